//! What is reviewed is what is sent: no characters that can't be seen, or that change how others are shown.
//!
//! An error everywhere but in a policy's text, comments and unknown fields included. In the text it is a warning: control
//! and direction characters have honest uses there, and it is kept byte for byte; only a NUL has none. A line feed or tab is an error too where
//! one line is due (not in `content` and the values of `metadata`).
//!
//! Left alone: the joiners U+200C and U+200D between two visible characters beyond ASCII, as several scripts and emoji
//! need them; one variation selector (U+FE00–U+FE0F) after a visible character; the byte order mark at a file's beginning.

use std::ops::Range;

use crate::domain::{Code, Finding};
use crate::tree::yaml::{BYTE_ORDER_MARK, Document, Entry, Node, SYNTAX, Spanned, Text, Value, is_invisible, tick};

/// One that can't be seen, anywhere but in a policy's text.
pub(in crate::tree) const CODE: Code = Code("unprintable-character");
/// One that can't be seen, in a policy's text.
pub(in crate::tree) const IN_CONTENT: Code = Code("unprintable-content");

/// The lines outside of texts that get a finding of their own; the last of them counts the rest.
const MOST_LINES: usize = 20;

/// The characters of `text` that can't be seen, and where.
fn odd(text: &str, lines: bool) -> impl Iterator<Item = (usize, char)> {
    let mut before = None;
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        while let Some((at, c)) = rest.next() {
            let after = rest.peek().map(|(_, next)| *next);
            let last = before.replace(c);
            // All that is ASCII and printable, quickly.
            if matches!(c, ' '..='~') || is_fine(last, c, after, lines) {
                continue;
            }
            return Some((at, c));
        }
        None
    })
}

/// Whether there is surely nothing odd in `text`: all of it is printable ASCII, as nearly all of most trees is.
fn is_plain(text: &str, lines: bool) -> bool {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') || (lines && *byte == b'\n');
    // Without a way out in the middle of a piece, many bytes are looked at at once.
    text.as_bytes().chunks(128).all(|piece| piece.iter().fold(true, |all, byte| all & plain(byte)))
}

/// Whether a text that stands on one line holds nothing that can't be seen.
pub(in crate::tree) fn is_clean(text: &str) -> bool {
    odd(text, false).next().is_none()
}

fn is_fine(before: Option<char>, c: char, after: Option<char>, lines: bool) -> bool {
    let visible = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(c));
    let beyond = |c: Option<char>| visible(c) && c.is_some_and(|c| !c.is_ascii());
    match c {
        '\n' | '\t' => lines,
        '\r' => lines && after == Some('\n'),
        '\u{200c}' | '\u{200d}' => beyond(before) && beyond(after),
        '\u{fe00}'..='\u{fe0f}' => visible(before) && !matches!(before, Some('\u{fe00}'..='\u{fe0f}')),
        c => !c.is_control() && !is_invisible(c),
    }
}

fn describe(c: char) -> String {
    let what = match c {
        '\0' => "NUL",
        '\t' => "a tab",
        '\n' => "a line feed",
        '\r' => "a carriage return",
        '\u{1b}' => "escape",
        '\u{200b}' => "a zero-width space",
        '\u{200c}' | '\u{200d}' => "a zero-width joiner",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "changes the direction of text"
        }
        BYTE_ORDER_MARK => "a byte order mark",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "a variation selector",
        '\u{e0000}'..='\u{e007f}' => "a tag character",
        c if c.is_control() => "a control character",
        _ => "an invisible character",
    };
    format!("U+{:04X} ({what})", u32::from(c))
}

fn finding(code: Code, holder: &str, first: char, more: usize, text: &Text<'_>, range: Range<usize>) -> Finding {
    let others = match more {
        0 => String::new(),
        1 => " and one more character that can't be seen".to_owned(),
        more => format!(" and {more} more characters that can't be seen"),
    };
    let message = format!("{holder} holds {}{others}", describe(first));
    let place = text.place(range);
    if code == IN_CONTENT {
        return Finding::warning(code, place, message).hint("it is kept as it is; take it away if it isn't meant");
    }
    let hint = match first {
        '\n' => "write it on one line; a block needs `|-` to end without a line feed",
        '\r' => "save the file with line ends of Linux (LF) or Windows (CRLF)",
        _ => "take it away, or type the text anew",
    };
    Finding::error(code, place, message).hint(hint)
}

/// What is to be said of one text of a document.
fn one(
    written: &str,
    range: &Range<usize>,
    holder: impl FnOnce() -> String,
    code: Code,
    lines: bool,
    text: &Text<'_>,
) -> Option<Finding> {
    if is_plain(written, lines) {
        return None;
    }
    let found: Vec<char> = odd(written, lines).map(|(_, c)| c).collect();
    let more = found.len().checked_sub(1)?;
    // A NUL ends the text for many a program: nothing that follows it would be enforced.
    let (first, code) = if found.contains(&'\0') { ('\0', CODE) } else { (*found.first()?, code) };
    // Where it stands in the file, unless it is written there as an escape.
    let raw = text.as_str().get(range.clone()).unwrap_or_default();
    let exact = odd(raw, lines).find(|(_, c)| *c == first);
    let range = exact.map_or(range.clone(), |(at, c)| range.start + at..range.start + at + c.len_utf8());
    Some(finding(code, &holder(), first, more, text, range))
}

/// What is to be said of the texts of a document: its fields' names and values.
pub(in crate::tree) fn in_document(root: &Node, text: &Text<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    walk(root, &mut Vec::new(), &mut |path, written, range, is_name| {
        let (code, lines) = match path {
            // A key is looked at by its own rule.
            ["key"] if !is_name => return,
            ["content"] if !is_name => (IN_CONTENT, true),
            ["metadata", _] if !is_name => (CODE, true),
            _ => (CODE, false),
        };
        let holder = || match path.last() {
            Some(field) if !is_name => tick(field),
            _ => "a field's name".to_owned(),
        };
        if code == IN_CONTENT {
            let content = super::content::line_endings(written);
            findings.extend(one(&content, range, holder, code, lines, text));
        } else {
            findings.extend(one(written, range, holder, code, lines, text));
        }
    });
    findings
}

/// What is to be said of a policy's text that has a file to itself.
pub(in crate::tree) fn in_content_file(text: &Text<'_>) -> Option<Finding> {
    let content = text.as_str().strip_prefix(BYTE_ORDER_MARK).unwrap_or(text.as_str());
    let skipped = text.as_str().len() - content.len();
    one(content, &(skipped..text.as_str().len()), || "the text".to_owned(), IN_CONTENT, true, text)
}

/// What is to be said of all that is no text of a document: comments, and what could not be read. One finding a line,
/// up to [`MOST_LINES`].
pub(in crate::tree) fn outside(documents: &[Document], text: &Text<'_>) -> Vec<Finding> {
    if is_plain(text.as_str(), true) {
        return Vec::new();
    }
    let mut found = odd(text.as_str(), true).filter(|(at, c)| *at > 0 || *c != BYTE_ORDER_MARK).peekable();
    if found.peek().is_none() {
        return Vec::new();
    }
    let mut inside: Vec<Range<usize>> = Vec::new();
    for root in documents.iter().filter_map(|document| document.root.as_ref()) {
        walk(root, &mut Vec::new(), &mut |_, _, range, _| inside.push(range.clone()));
    }
    inside.sort_by_key(|range| range.start);
    let is_inside = |at: usize| {
        let next = inside.partition_point(|range| range.start <= at);
        next.checked_sub(1).and_then(|last| inside.get(last)).is_some_and(|range| range.contains(&at))
    };
    let unread: Vec<usize> = documents
        .iter()
        .flat_map(|document| &document.findings)
        .filter(|finding| finding.code == SYNTAX)
        .map(|finding| finding.place.line)
        .collect();
    let mut firsts: Vec<(usize, char)> = Vec::new();
    for (at, c) in found.filter(|(at, _)| !is_inside(*at)) {
        // YAML has no control characters, and said so.
        if (c.is_control() || c == BYTE_ORDER_MARK) && unread.contains(&text.place(at..at).line) {
            continue;
        }
        let same_line = |last: usize| !text.as_str().get(last..at).unwrap_or_default().contains('\n');
        if !firsts.last().is_some_and(|(last, _)| same_line(*last)) {
            firsts.push((at, c));
        }
    }
    let more = firsts.len().saturating_sub(MOST_LINES);
    let told = firsts.iter().take(MOST_LINES).enumerate();
    told.map(|(number, (at, c))| {
        let more = if number + 1 == MOST_LINES { more } else { 0 };
        finding(CODE, "the line", *c, more, text, *at..*at + c.len_utf8())
    })
    .collect()
}

type Visit<'v> = dyn FnMut(&[&str], &str, &Range<usize>, bool) + 'v;

/// Calls `visit` for each text below a node, with the names of the fields that lead to it, and whether it is a name itself.
fn walk<'n>(node: &'n Node, path: &mut Vec<&'n str>, visit: &mut Visit<'_>) {
    match &node.value {
        Value::Text { text, .. } => visit(path, text, &node.range, false),
        Value::Sequence(items) => items.iter().for_each(|item| walk(item, path, visit)),
        Value::Mapping(entries) => {
            for Entry { key: Spanned { value, range }, value: below } in entries {
                path.push(value);
                visit(path, value, range, true);
                walk(below, path, visit);
                path.pop();
            }
        }
        Value::Refused => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd_ones(text: &str) -> Vec<char> {
        odd(text, true).map(|(_, c)| c).collect()
    }

    #[test]
    fn honest_text_is_left_alone() {
        for text in [
            "plain\n\ttext\r\n",
            "Zürich, naïve, 日本語",
            "می\u{200c}خواهم",
            "👩\u{200d}💻 ❤\u{fe0f} 1\u{fe0f}\u{20e3}",
            "❤\u{fe0f}\u{200d}🔥",
            "क\u{94d}\u{200d}ष",
        ] {
            assert_eq!(odd_ones(text), Vec::<char>::new(), "{text:?}");
        }
    }

    #[test]
    fn what_hides_is_found() {
        for (text, want) in [
            ("pay\u{200c}load", '\u{200c}'),
            ("a\u{200b}b", '\u{200b}'),
            ("a\u{202e}b", '\u{202e}'),
            ("a\u{2066}b", '\u{2066}'),
            ("a\u{feff}b", '\u{feff}'),
            ("a\u{e0041}", '\u{e0041}'),
            ("\u{1b}[2K", '\u{1b}'),
            ("a\rb", '\r'),
            ("a\u{9b}b", '\u{9b}'),
            ("\u{7f}", '\u{7f}'),
            ("x\u{fe00}\u{fe01}", '\u{fe01}'),
            ("\u{200d}👩", '\u{200d}'),
            ("a\u{2028}b", '\u{2028}'),
        ] {
            assert_eq!(odd_ones(text), [want], "{text:?}");
        }
    }
}
