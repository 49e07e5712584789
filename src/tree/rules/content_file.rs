//! `contentFile` names a plain text file inside the tree: by a relative path, through no link, and no policy file.

use crate::domain::{Code, Finding, Place};
use crate::tree::disk::Read;
use crate::tree::rules::{encoding, entry_kind, file_size};
use crate::tree::yaml::{BYTE_ORDER_MARK, quote};

/// The path leads out of the tree.
pub(in crate::tree) const OUTSIDE: Code = Code("content-outside-tree");
/// The path isn't one that means the same on every system.
pub(in crate::tree) const BAD_PATH: Code = Code("bad-content-path");
/// There is no such file.
pub(in crate::tree) const MISSING: Code = Code("content-file-missing");
/// The file would be read as a policy itself.
pub(in crate::tree) const A_POLICY: Code = Code("content-file-is-policy");
/// The file holds nothing.
pub(in crate::tree) const EMPTY: Code = Code("content-file-empty");

/// The path below the root that `written`, in the file `file`, names. `place` is where it is written.
pub(in crate::tree) fn resolve(file: &str, written: &str, place: &Place) -> Result<String, Finding> {
    let wrong =
        |code, why: &str| Finding::error(code, place.clone(), format!("`contentFile` {} {why}", quote(written)));
    if written.starts_with('/') || written.starts_with('~') {
        return Err(wrong(OUTSIDE, "is not relative to this file").hint("write the path from this file's folder"));
    }
    // A backslash or a drive's letter means something on one system and nothing on the next.
    if written.contains("://") {
        return Err(wrong(BAD_PATH, "is an address").hint("copy the text into the tree, and name that file"));
    }
    if written.contains(['\\', ':', '\0']) {
        return Err(wrong(BAD_PATH, "can't hold `\\`, `:` or NUL").hint("separate folders with `/`"));
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in written.split('/') {
        match part {
            "" => return Err(wrong(BAD_PATH, "has an empty part").hint("name a file")),
            "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err(wrong(OUTSIDE, "leads out of the tree").hint("keep the text inside the tree"));
                }
            }
            part => parts.push(part),
        }
    }
    let Some(name) = parts.last().map(|name| name.to_ascii_lowercase()) else {
        return Err(wrong(BAD_PATH, "names the tree itself").hint("name a file"));
    };
    if name.ends_with(".yaml") || name.ends_with(".yml") {
        return Err(wrong(A_POLICY, "has the ending of a policy file").hint("end the text's name with `.md` or `.txt`"));
    }
    Ok(parts.join("/"))
}

/// The text of the file at `path`, as far as it is one.
pub(in crate::tree) fn text(path: &str, read: Read, place: &Place) -> Result<String, Finding> {
    let wrong = |code, why: String| Finding::error(code, place.clone(), format!("{} {why}", quote(path)));
    match read {
        Read::Missing => Err(wrong(MISSING, "does not exist".to_owned())
            .hint("write its path from this file's folder on, with the ending: `texts/pii.md`")),
        Read::Link => Err(wrong(entry_kind::LINK, "is, or lies below, a symbolic link".to_owned())
            .hint("name the file that the link points to")),
        Read::NotAFile("a file") => Err(wrong(entry_kind::NOT_REGULAR, "lies below a file, not a folder".to_owned())),
        Read::NotAFile(what) => Err(wrong(entry_kind::NOT_REGULAR, format!("is {what}, not a regular file"))),
        Read::TooLarge => Err(wrong(file_size::CODE, format!("has more than {} bytes (256 KiB)", file_size::LIMIT))),
        Read::Bytes(bytes) => {
            let text = encoding::text(path, bytes)?;
            let said = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
            if said.trim().is_empty() { Err(wrong(EMPTY, "is empty".to_owned())) } else { Ok(text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_the_tree() {
        let at = |written: &str| resolve("acme/prod/a.yaml", written, &Place::file("f")).map_err(|f| f.code.0);
        assert_eq!(at("b.md").as_deref(), Ok("acme/prod/b.md"));
        assert_eq!(at("./c/../b.md").as_deref(), Ok("acme/prod/b.md"));
        assert_eq!(at("../../b.md").as_deref(), Ok("b.md"));
        for (outside, code) in [
            ("../../../b.md", "content-outside-tree"),
            ("../../../acme/prod/b.md", "content-outside-tree"),
            ("../../etc/../../passwd", "content-outside-tree"),
            ("/etc/passwd", "content-outside-tree"),
            ("~/b.md", "content-outside-tree"),
            ("C:\\b.md", "bad-content-path"),
            ("..\\..\\..\\b.md", "bad-content-path"),
            ("c:b.md", "bad-content-path"),
            ("b//c.md", "bad-content-path"),
            ("b/", "bad-content-path"),
            ("b\0.md", "bad-content-path"),
            ("../..", "bad-content-path"),
            ("b.YML", "content-file-is-policy"),
        ] {
            assert_eq!(at(outside), Err(code), "{outside}");
        }
    }
}
