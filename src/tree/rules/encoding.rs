//! A file is UTF-8 and holds no NUL.

use super::characters;
use crate::domain::{Code, Finding};
use crate::tree::yaml::Text;

/// The bytes are no UTF-8.
pub(in crate::tree) const CODE: Code = Code("not-utf-8");

/// The text of a file's bytes.
pub(in crate::tree) fn text(file: &str, bytes: Vec<u8>) -> Result<String, Finding> {
    match String::from_utf8(bytes) {
        Ok(text) => match text.find('\0') {
            None => Ok(text),
            // What follows a NUL is invisible to many tools; nobody writes one.
            Some(at) => {
                let place = Text::new(file, &text).place(at..at + 1);
                let message = "the file holds a NUL (U+0000) and is not read";
                Err(Finding::error(characters::CODE, place, message).hint("is it a text file?"))
            }
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bad = error.as_bytes().get(at).copied().unwrap_or_default();
            let valid = String::from_utf8_lossy(error.as_bytes().get(..at).unwrap_or_default());
            let mut place = Text::new(file, &valid).place(at..at);
            place.end = at + 1;
            // The marks at the beginning of what Windows calls Unicode.
            if at == 0 && [[0xff, 0xfe], [0xfe, 0xff]].iter().any(|mark| error.as_bytes().starts_with(mark)) {
                let hint = "save it as UTF-8: editors have that beside the name in \"Save as\"";
                return Err(Finding::error(CODE, place, "the file is UTF-16, not UTF-8").hint(hint));
            }
            let message = format!("the file is not UTF-8: byte 0x{bad:02x} can't stand here");
            Err(Finding::error(CODE, place, message).hint("save it as UTF-8"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_byte_is_named() {
        let finding = text("f", b"name: x\ncontent: \xfc\n".to_vec()).expect_err("Latin-1");
        assert_eq!((finding.place.line, finding.place.column, finding.place.start), (2, 10, 17));
        assert!(finding.message.contains("0xfc"), "{}", finding.message);
    }
}
