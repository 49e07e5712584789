//! A text as YAML: as it is where nobody could read it otherwise, as a block where it has lines, else in double quotes.

use crate::tree::yaml::{BYTE_ORDER_MARK, is_invisible};

/// Words that some reader of YAML takes for something else than a text.
const WORDS: &[&str] = &["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// A text that stands behind `field: ` on one line.
#[must_use]
pub fn line(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    // A digit or sign at the beginning could make it a number or a date elsewhere; all that YAML marks anything with is left out.
    let harmless = |c: char| (c.is_alphanumeric() || " -_.,/()+;'".contains(c)) && !is_invisible(c);
    text.starts_with(char::is_alphabetic)
        && !text.ends_with(' ')
        && text.chars().all(harmless)
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A text of any lines that stands behind `field: ` and ends its document: it may end with empty lines.
pub(in crate::tree) fn block(text: &str) -> Option<String> {
    if !fits_a_block(text) {
        return None;
    }
    // Where the text itself begins with space, nobody could tell how much of it is indentation.
    let indicator = if text.starts_with([' ', '\n']) { "2" } else { "" };
    let chomping = match text.strip_suffix('\n') {
        None => "-",
        Some(rest) if rest.ends_with('\n') => "+",
        Some(_) => "",
    };
    let mut out = format!("|{indicator}{chomping}\n");
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            out.push_str("  ");
            out.push_str(line);
        }
        out.push('\n');
    }
    Some(out)
}

fn fits_a_block(text: &str) -> bool {
    let stays = |c: char| match c {
        '\n' | '\t' => true,
        // Some readers take the first three for the end of a line; the mark is taken for a file's beginning.
        '\u{85}' | '\u{2028}' | '\u{2029}' | BYTE_ORDER_MARK | '\u{fffe}' | '\u{ffff}' => false,
        c => !c.is_control(),
    };
    // Other readers than ours fail on a block that begins with a tab, and lose a last line of mere spaces.
    let first = text.trim_start_matches('\n');
    let last = text.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    text.chars().all(stays) && !first.starts_with('\t') && !last.trim().is_empty()
}

/// A text in double quotes, what can't be seen as escapes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || is_invisible(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                let code = u32::from(c);
                out.push_str(&match code {
                    0..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                });
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_read_otherwise_is_quoted() {
        for plain in ["PII protection", "Ärzte, don't", "a/b (c)", "персональные данные"] {
            assert_eq!(line(plain), plain);
        }
        for odd in
            ["no", "Null", "012", "a: b", "a #b", "- a", " a", "a ", "", "~", "*a", "a\nb", "x\u{200b}", "\u{3164}x"]
        {
            assert!(line(odd).starts_with('"'), "{odd:?}");
        }
        assert_eq!(line("a\u{202e}\u{7}\u{e0041}\"\\"), r#""a\u202e\x07\U000e0041\"\\""#);
    }

    #[test]
    fn a_block_says_how_it_ends_and_where_it_begins() {
        for (text, want) in [
            ("a", "|-\n  a\n"),
            ("a\n", "|\n  a\n"),
            ("a\n\n b\n\n", "|+\n  a\n\n   b\n\n"),
            (" a\n", "|2\n   a\n"),
            ("\na", "|2-\n\n  a\n"),
        ] {
            assert_eq!(block(text).as_deref(), Some(want), "{text:?}");
        }
        for odd in ["\ta", "\n\ta", "a\rb", "a\u{85}", "a\u{2028}b", "\u{feff}a", "a\u{7}", "a\n  ", "  \n"] {
            assert_eq!(block(odd), None, "{odd:?}");
        }
    }
}
