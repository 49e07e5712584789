//! Escapes within double quotes that are none, or give no character.

use granit_parser::ErrorKind;

use super::{Spot, Told, told};

pub(super) fn backslash(spot: &Spot<'_>) -> Option<Told> {
    let is_escape = matches!(
        spot.kind,
        ErrorKind::UnknownQuotedScalarEscape
            | ErrorKind::InvalidQuotedScalarHexEscape
            | ErrorKind::InvalidLowSurrogateHexEscape
            | ErrorKind::InvalidLowSurrogate
            | ErrorKind::MissingLowSurrogate
            | ErrorKind::UnpairedLowSurrogate
            | ErrorKind::InvalidUnicodeEscape
    );
    // The parser names the whole text; the first escape that is wrong is what is wrong with it.
    let text = spot.text.get(spot.at..).filter(|_| is_escape)?;
    match first_wrong(text)? {
        Wrong::Unknown(at, end) => told(
            "within double quotes a `\\` begins an escape, and there is none like this",
            "write `\\\\` for each `\\`, or put the text in single quotes, which leave it as it is",
            spot.at + at..spot.at + end,
        ),
        Wrong::NoCharacter(at, end) => told(
            "there is no character of this number",
            "write the character itself, or `\\U` and its number in eight digits, as in `\\U0001F600`",
            spot.at + at..spot.at + end,
        ),
    }
}

/// What is wrong with an escape, and which bytes show it.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    Unknown(usize, usize),
    NoCharacter(usize, usize),
}

fn first_wrong(text: &str) -> Option<Wrong> {
    let number = |at: usize, digits: usize| {
        let digits = text.get(at..at + digits).filter(|said| said.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find('\\')?;
        let next = text.get(at + 1..)?.chars().next()?;
        let begin = at + 1 + next.len_utf8();
        let digits = match next {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '0' | 'a' | 'b' | 't' | '\t' | 'n' | 'v' | 'f' | 'r' | 'e' | ' ' | '"' | '/' | '\\' | 'N' | '_' | 'L'
            | 'P' | '\n' | '\r' => 0,
            _ => return Some(Wrong::Unknown(at, begin)),
        };
        from = begin + digits;
        if digits == 0 {
            continue;
        }
        let Some(code) = number(begin, digits) else { return Some(Wrong::Unknown(at, begin)) };
        if char::from_u32(code).is_some() {
            continue;
        }
        // Two halves of a pair, as JSON writes what lies beyond U+FFFF.
        let second = text.get(from..from + 2).filter(|said| digits == 4 && *said == "\\u");
        let second = second.and_then(|_| number(from + 2, 4));
        let is_pair = (0xd800..0xdc00).contains(&code) && second.is_some_and(|it| (0xdc00..0xe000).contains(&it));
        if !is_pair {
            return Some(Wrong::NoCharacter(at, from));
        }
        from += 6;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_escape_that_is_wrong_is_found_behind_those_that_are_right() {
        for (text, want) in [
            (r#""\U0001F600 \q""#, Some(Wrong::Unknown(12, 14))),
            (r#""\uD83D\uDE00 \q""#, Some(Wrong::Unknown(14, 16))),
            (r#""\xe9\u00e9\\ \x4""#, Some(Wrong::Unknown(14, 16))),
            (r#""a \uD83D\u0041""#, Some(Wrong::NoCharacter(3, 9))),
            (r#""\uDE00""#, Some(Wrong::NoCharacter(1, 7))),
            (r#""\U0000D83D""#, Some(Wrong::NoCharacter(1, 11))),
            (r#""\U00110000""#, Some(Wrong::NoCharacter(1, 11))),
            (r#""\UFFFFFFFF""#, Some(Wrong::NoCharacter(1, 11))),
            (r#""\ué""#, Some(Wrong::Unknown(1, 3))),
            (r#""\n\U0001F600""#, None),
        ] {
            assert_eq!(first_wrong(text), want, "{text}");
        }
    }
}
