//! Characters that mean something in YAML where a text begins, and tabs.

use granit_parser::ErrorKind;

use super::{Pair, Spot, Told, told};
use crate::tree::yaml::syntax::is_tab;

pub(super) fn tab(spot: &Spot<'_>) -> Option<Told> {
    // The parser stops before the tab, at the bar of a block above it, or behind it.
    let ahead = || spot.text.get(spot.at..)?.find('\t').map(|tab| spot.at + tab);
    let behind = spot.left().find('\t').map(|tab| spot.line.begin + tab);
    // One line behind a tab is read as all there is, and the next one is too much.
    let above = || spot.nearest().filter(|line| line.said.starts_with('\t')).map(|line| line.begin);
    let first = match spot.kind {
        ErrorKind::ExpectedDocumentStart => above()?,
        kind => behind.or_else(ahead).filter(|_| is_tab(kind))?,
    };
    let tabs = spot.text.get(first..)?.bytes().take_while(|byte| *byte == b'\t').count();
    let begin = spot.text.get(..first)?.rfind('\n').map_or(0, |end| end + 1);
    let (what, hint) = match spot.text.get(begin..first)?.trim().is_empty() {
        true if spot.kind == &ErrorKind::ExpectedDocumentStart => {
            ("this line is indented with a tab", "take it away: begin all fields in the first column")
        }
        true => ("this line is indented with a tab", "indent it with spaces, two for each tab"),
        false => ("a tab can't stand here", "write a space in its place"),
    };
    told(what, hint, first..first + tabs)
}

/// A text that begins with a character that begins something else.
pub(super) fn first_of_a_text(spot: &Spot<'_>) -> Option<Told> {
    let field = spot.line.field();
    // What begins with a bracket is read to the other bracket, and the rest makes no sense.
    if let (ErrorKind::ExpectedBlockMappingKey, Some(field)) = (spot.kind, &field) {
        let first = field.value.chars().next().filter(|c| matches!(c, '{' | '[') && spot.at > field.value_at)?;
        return cant_begin(&first.to_string(), Some(field), field.value_at..field.value_at + 1);
    }
    let mark = spot.mark()?;
    match spot.kind {
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => None,
        ErrorKind::UnexpectedCharacter { .. } if field.as_ref().is_some_and(|field| is_placeholder(field.value)) => {
            let hint = "write the value itself; if the marks belong to the text, put all of it in quotes";
            told("a placeholder can't stand here; nothing fills it in", hint, spot.line.range())
        }
        ErrorKind::UnexpectedCharacter { .. }
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::BlockSequenceEntryNotAllowed => {
            let shown = if matches!(mark, '-' | '?') { format!("{mark} ") } else { mark.to_string() };
            cant_begin(&shown, field.as_ref(), spot.here())
        }
        ErrorKind::MissingAnchorOrAliasName if spot.left().trim().is_empty() => told(
            format!("a text can't begin with `{mark}`"),
            "begin each entry of a list with `- `; a list within a policy's text stands below `content: |`, indented",
            spot.here(),
        ),
        ErrorKind::MissingAnchorOrAliasName => cant_begin(&mark.to_string(), field.as_ref(), spot.here()),
        ErrorKind::InvalidBlockScalarHeader => {
            let hint = match mark {
                '>' => {
                    let quoted = field.as_ref().and_then(Pair::in_quotes).unwrap_or_else(|| "it in quotes".to_owned());
                    format!(
                        "if the text begins with `>`, write {quoted}; else begin it on the next line, two spaces in"
                    )
                }
                _ => "begin the text on the next line, two spaces in".to_owned(),
            };
            told(format!("no text can follow `{mark}` on its line"), hint, spot.here())
        }
        _ => None,
    }
}

/// A variable of Windows, `%NAME%`.
fn is_placeholder(value: &str) -> bool {
    value.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).is_some_and(|name| !name.contains([' ', '%']))
}

fn cant_begin(mark: &str, field: Option<&Pair<'_>>, range: std::ops::Range<usize>) -> Option<Told> {
    let shown = if mark == "`" { "a backtick".to_owned() } else { format!("`{mark}`") };
    if field.is_some_and(|field| range.start < field.value_at) {
        return told(format!("a field's name can't begin with {shown}"), "take the mark away", range);
    }
    let hint = match field.filter(|field| field.value_at == range.start) {
        Some(field) => field.safely(),
        None => "put the text in quotes".to_owned(),
    };
    told(format!("a text can't begin with {shown}"), hint, range)
}
