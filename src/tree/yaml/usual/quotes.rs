//! Quotes and brackets that are not closed, closed too early, or hold what can't stand in them.

use granit_parser::ErrorKind;

use super::{Line, Pair, Spot, Told, told};

pub(super) fn after_the_quote(spot: &Spot<'_>) -> Option<Told> {
    let is_single = match spot.kind {
        ErrorKind::InvalidTrailingSingleQuotedScalar => true,
        ErrorKind::InvalidTrailingDoubleQuotedScalar => false,
        _ => return None,
    };
    let mut before = spot.left().chars().rev().skip_while(|c| *c == ' ');
    let is_apostrophe = is_single
        && before.next() == Some('\'')
        && before.next().is_some_and(char::is_alphabetic)
        && spot.mark().is_some_and(char::is_alphabetic);
    let field = spot.line.field().filter(|field| field.value_at < spot.at);
    let other = field.as_ref().and_then(|field| {
        let whole = field.value.trim_end_matches('\'').trim_start_matches('\'');
        let pair = Pair { value: if is_apostrophe { whole } else { field.value }, ..*field };
        pair.in_quotes()
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
    let at = if is_apostrophe { spot.at - 1 } else { spot.at };
    told(what, hint, at..at + spot.here().len().max(1))
}

pub(super) fn backslash(spot: &Spot<'_>) -> Option<Told> {
    let is_escape = matches!(
        spot.kind,
        ErrorKind::UnknownQuotedScalarEscape
            | ErrorKind::InvalidQuotedScalarHexEscape
            | ErrorKind::InvalidLowSurrogateHexEscape
            | ErrorKind::InvalidUnicodeEscape
    );
    // The parser names the whole text; the first `\` that begins nothing is what is wrong.
    let rest = spot.text.get(spot.at..).filter(|_| is_escape)?;
    let mut marks = rest.char_indices().peekable();
    let mut found = None;
    while let Some((at, c)) = marks.next() {
        if c != '\\' {
            continue;
        }
        let (_, next) = marks.next()?;
        let digits = match next {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '0' | 'a' | 'b' | 't' | '\t' | 'n' | 'v' | 'f' | 'r' | 'e' | ' ' | '"' | '/' | '\\' | 'N' | '_' | 'L'
            | 'P' | '\n' | '\r' => continue,
            _ => {
                found = Some((at, next));
                break;
            }
        };
        let hex =
            rest.get(at + 2..).map_or(0, |rest| rest.bytes().take(digits).take_while(u8::is_ascii_hexdigit).count());
        if hex < digits || digits == 8 {
            found = Some((at, next));
            break;
        }
    }
    let (at, next) = found?;
    let begin = spot.at + at;
    told(
        "within double quotes a `\\` begins an escape, and there is none like this",
        "write `\\\\` for each `\\`, or put the text in single quotes, which leave it as it is",
        begin..begin + 1 + next.len_utf8(),
    )
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
    let begins_a_field = |line: &&str| Line { begin: 0, said: line }.field().is_some_and(|field| field.is_plain());
    let is_closed =
        below.take_while(|line| !begins_a_field(line)).any(|line| ends(line, ' ').is_some_and(|c| c == mark));
    if is_closed && spot.line.begin > line.begin {
        let hint = "put two spaces before it, or write the text below `content: |`, indented";
        return told("this line of the text in quotes is not indented", hint, spot.line.range());
    }
    let inner = field.value.trim_start_matches(mark).trim_end_matches(['"', '\'']);
    let is_last = spot.text.get(line.begin..spot.at)?.lines().skip(1).all(|line| line.trim().is_empty())
        || spot.line.field().is_some_and(|field| field.is_plain())
            && spot.above.first().is_some_and(|above| above.begin == line.begin);
    let whole = Pair { value: inner, ..field }.in_quotes().filter(|_| is_last);
    let hint = whole.map_or_else(|| "close it where the text ends".to_owned(), |whole| format!("close it: {whole}"));
    told("this quote is never closed", hint, start..start + 1)
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
