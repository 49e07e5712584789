//! Texts from files, made fit to stand in a message: nothing unprintable, nothing endless.

/// The longest text shown in a message, in characters.
const SHOWN: usize = 60;

/// A text from a file within a message: in double quotes, unprintable characters as escapes, cut after 60 characters.
#[must_use]
pub fn quote(text: &str) -> String {
    format!("\"{}\"", escaped(text, '"'))
}

/// A field's name from a file within a message: in backticks, otherwise as [`quote`].
#[must_use]
pub fn tick(name: &str) -> String {
    format!("`{}`", escaped(name, '`'))
}

fn escaped(text: &str, delimiter: char) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == SHOWN {
            out.push('…');
            break;
        }
        if c == delimiter || c == '\\' {
            out.push('\\');
            out.push(c);
        } else if c == '"' || c == '\'' {
            out.push(c);
        } else if is_invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.extend(c.escape_debug());
        }
    }
    out
}

/// Whether a character can't be seen although it is there, or changes the order in which others are shown.
///
/// Unicode's `Default_Ignorable_Code_Point` without the variation selectors 1 to 16, and the line and paragraph
/// separators, the interlinear marks and the format characters of old scripts.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_raw_reaches_a_message() {
        for bad in ["\u{1b}[2K", "a\u{202e}b", "\u{200b}", "\u{e0041}", "\u{9b}", "a\r\nb", "\u{feff}"] {
            for shown in [quote(bad), tick(bad)] {
                assert!(!shown.chars().any(|c| c.is_control() || is_invisible(c)), "{shown:?}");
            }
        }
        assert_eq!(quote("a\u{202e}b"), "\"a\\u{202e}b\"");
        assert_eq!(quote("say \"hi\""), r#""say \"hi\"""#);
        assert_eq!(tick("ris`k"), r"`ris\`k`");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(quote(&"x".repeat(61)), format!("\"{}…\"", "x".repeat(60)));
        assert_eq!(quote(&"x".repeat(60)), format!("\"{}\"", "x".repeat(60)));
    }
}
