//! Quotes and brackets that are not closed, closed too early, or hold what can't stand in them.

use granit_parser::ErrorKind;

use super::names::known;
use super::{Line, Pair, Spot, Told, told};

pub(super) fn after_the_quote(spot: &Spot<'_>) -> Option<Told> {
    let mark = match spot.kind {
        ErrorKind::InvalidTrailingSingleQuotedScalar => '\'',
        ErrorKind::InvalidTrailingDoubleQuotedScalar => '"',
        _ => return None,
    };
    let closing = spot.left().rfind(mark)?;
    let before = spot.left().get(..closing)?.chars().next_back();
    let is_beside = closing + mark.len_utf8() == spot.left().len();
    let field = spot.line.field().filter(|field| field.value_at < spot.at && field.value.starts_with(mark));
    let is_closed_later = field.as_ref().map_or(spot.line.body(), |field| field.value).ends_with(mark);
    let is_apostrophe = mark == '\''
        && before.is_some_and(char::is_alphabetic)
        && spot.mark().is_some_and(char::is_alphabetic)
        && (is_beside || is_closed_later);
    let other = field.filter(|_| !spot.line.goes_on(spot.text)).and_then(|field| {
        let behind = field.value.get(mark.len_utf8()..)?;
        let within = behind.strip_suffix(mark);
        let whole = match before.is_some_and(char::is_whitespace) {
            // `"Say "hi" now"`: the quotes at both ends are those of the whole text.
            true => within?,
            false if is_apostrophe => within.unwrap_or(behind),
            false if is_beside && is_closed_later => return None,
            false => field.value,
        };
        // Two in a row are one, in quotes of their own kind.
        if whole.contains("''") {
            return None;
        }
        Pair { value: whole, ..field }.in_quotes()
    });
    let (what, hint) = match (is_apostrophe, other) {
        (true, Some(other)) => ("this apostrophe ends the text", format!("write it within double quotes: {other}")),
        (true, None) => {
            ("this apostrophe ends the text", "write '' for it, or put the text in double quotes".to_owned())
        }
        (false, Some(other)) => {
            ("there is more text after the closing quote", format!("put all of it in quotes: {other}"))
        }
        (false, None) => (
            "there is more text after the closing quote",
            "put all of it in quotes of the other kind, or write it below `content: |`, indented".to_owned(),
        ),
    };
    let range = match is_apostrophe {
        true => spot.line.begin + closing..spot.line.begin + closing + mark.len_utf8(),
        false => spot.at..spot.at + spot.here().len().max(1),
    };
    told(what, hint, range)
}

/// A quote or a bracket that is open where the next field begins.
pub(super) fn not_closed(spot: &Spot<'_>) -> Option<Told> {
    match spot.kind {
        ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::UnclosedQuotedScalar
        | ErrorKind::DocumentIndicatorInQuotedScalar => quote(spot),
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent => bracket(spot),
        _ => None,
    }
}

fn quote(spot: &Spot<'_>) -> Option<Told> {
    let (line, field, mark) = spot.upwards().find_map(|line| {
        let field = line.field()?;
        let mark = field.value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        (ends(field.value, mark).is_none() && field.value_at < spot.at).then_some((line, field, mark))
    })?;
    let start = field.value_at;
    // Closed further down: then a line of the text begins too far to the left.
    let below = spot.text.get(line.begin..)?.lines().skip(1);
    let mut below = below.map(|said| Line { begin: 0, said }).take_while(|line| !line.is_marker() && !is_a_field(line));
    let is_closed = below.any(|line| ends(line.said, ' ').is_some_and(|c| c == mark));
    if is_closed && spot.line.begin > line.begin {
        let hint = "put two spaces before it, or write the text below `content: |`, indented";
        return told("this line of the text in quotes is not indented", hint, spot.line.range());
    }
    let inner = field.value.trim_start_matches(mark).trim_end_matches(['"', '\'']);
    let is_last = spot.text.get(line.begin..spot.at)?.lines().skip(1).all(|line| line.trim().is_empty())
        || spot.line.field().is_some_and(|field| field.is_plain())
            && spot.above.first().is_some_and(|above| above.begin == line.begin);
    let whole = Pair { value: inner, ..field }.in_quotes().filter(|_| is_last && !inner.trim().is_empty());
    let hint = whole.map_or_else(|| "close it where the text ends".to_owned(), |whole| format!("close it: {whole}"));
    told("this quote is never closed", hint, start..start + 1)
}

/// Whether a line of a file in which a quote is open is a field rather than a line of the text: `Note: two` may be either.
fn is_a_field(line: &Line<'_>) -> bool {
    line.field().is_some_and(|field| {
        known(field.name.trim_matches(['"', '\''])).is_some()
            || (field.is_plain() && field.value.starts_with(['"', '\'', '|', '>', '[', '{']))
    })
}

/// The quote with which a text ends that begins with the quote `mark` (or, where that is a space, any line).
fn ends(said: &str, mark: char) -> Option<char> {
    let said = said.trim();
    if mark == ' ' {
        return said.chars().last().filter(|c| matches!(c, '"' | '\''));
    }
    let mut inner = said.chars().skip(1).peekable();
    while let Some(c) = inner.next() {
        match c {
            '\\' if mark == '"' => {
                inner.next();
            }
            c if c == mark && mark == '\'' && inner.peek() == Some(&'\'') => {
                inner.next();
            }
            c if c == mark => return Some(c),
            _ => {}
        }
    }
    None
}

fn bracket(spot: &Spot<'_>) -> Option<Told> {
    let (field, mark) = spot.upwards().find_map(|line| {
        let field = line.field()?;
        let mark = field.value.chars().next().filter(|c| matches!(c, '[' | '{'))?;
        Some((field, mark))
    })?;
    let close = if mark == '[' { ']' } else { '}' };
    let range = field.value_at..field.value_at + 1;
    let quoted = field.in_quotes().map_or_else(|| "put the text in quotes".to_owned(), |it| format!("write {it}"));
    told("this bracket is never closed", format!("close it with `{close}`; if a text is meant, {quoted}"), range)
}
