//! Fields whose colon is missing or isn't one, colons that are part of a text, and lines that are no field.

use granit_parser::ErrorKind;

use super::names::{Slipped, ill, known};
use super::{Line, Spot, Told, told};
use crate::tree::yaml::quote::tick;

pub(super) fn without_its_colon(spot: &Spot<'_>) -> Option<Told> {
    let is_ill = Slipped::of(spot.line.said).is_some();
    let may_be = match spot.kind {
        ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedDocumentStart => is_ill,
        // The line above was taken for the beginning of a text that goes on in this one.
        ErrorKind::MappingValueNotAllowed => !is_ill,
        _ => false,
    };
    if !may_be {
        return None;
    }
    spot.upwards().skip(usize::from(!is_ill)).map_while(|line| ill(spot.text, line)).last()
}

pub(super) fn two_on_a_line(spot: &Spot<'_>) -> Option<Told> {
    if spot.kind != &ErrorKind::MappingValueNotAllowed {
        return None;
    }
    let left = spot.left();
    let word = left.rsplit(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).next()?;
    let before = left.strip_suffix(word)?;
    let field = known(word).filter(|field| *field == word && before.contains(": "))?;
    let start = spot.at - word.len();
    let hint = format!("begin {} on a line of its own", tick(field));
    told(format!("{} begins in the middle of a line", tick(field)), hint, start..spot.at)
}

pub(super) fn colon_in_a_text(spot: &Spot<'_>) -> Option<Told> {
    if spot.kind != &ErrorKind::MappingValueNotAllowed || spot.mark() != Some(':') {
        return None;
    }
    let what = match spot.text.get(spot.at + 1..).is_some_and(|rest| rest.starts_with(['\n', '\r']) || rest.is_empty())
    {
        true => "this text ends its line with a `:`, which begins a field",
        false => "this text holds a `:` and a space, which begin a field",
    };
    let of_the_line = spot.line.field().filter(|field| field.value_at < spot.at);
    let hint = match of_the_line {
        Some(field) if !spot.line.goes_on(spot.text) => field.safely(),
        _ => "write the text below `content: |`, each line indented by two spaces".to_owned(),
    };
    let is_a_line_above =
        spot.nearest().is_some_and(|above| above.indent() == spot.line.indent() && above.field().is_none());
    if spot.line.field().is_some_and(|field| field.is_plain() && field.value_at >= spot.at) && is_a_line_above {
        let above = spot.nearest()?;
        let hint = "a field is its name, `:`, a space and its value, as in `name: PII`; a comment begins with `#`";
        return told("this line is no field: no `:` ends its name", hint, above.range());
    }
    told(what, hint, spot.here())
}

/// A line that is neither a field nor indented as a part of the text above it.
pub(super) fn stray_line(spot: &Spot<'_>) -> Option<Told> {
    if !matches!(spot.kind, ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey) {
        return None;
    }
    let above =
        spot.upwards().skip(1).find_map(Line::field).filter(|field| field.is_plain() && !field.value.is_empty());
    let part =
        above.map(|field| format!("if it belongs to the text of {}, put two spaces before it; ", tick(field.name)));
    let hint = format!("{}a field is its name, `:`, a space and its value", part.unwrap_or_default());
    told("this line is no field", hint, spot.line.range())
}
