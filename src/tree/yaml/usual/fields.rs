//! Fields whose colon is missing or isn't one, colons that are part of a text, and lines that are no field.

use granit_parser::ErrorKind;

use super::{Line, Pair, SHORT, Spot, Told, known, told};
use crate::tree::yaml::quote::tick;

pub(super) fn without_its_colon(spot: &Spot<'_>) -> Option<Told> {
    let may_be = match spot.kind {
        ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedDocumentStart => ill(&spot.line).is_some(),
        // The line above was taken for the beginning of a text that goes on in this one.
        ErrorKind::MappingValueNotAllowed => ill(&spot.line).is_none(),
        _ => false,
    };
    if !may_be {
        return None;
    }
    let from = usize::from(ill(&spot.line).is_none());
    spot.upwards().skip(from).map_while(ill).last()
}

/// What is wrong with a line that begins with the name of a field and no colon that counts.
fn ill(line: &Line<'_>) -> Option<Told> {
    let body = line.body();
    let word = body.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).next()?;
    let field = known(word)?;
    let rest = body.get(word.len()..)?;
    let value = |mark: &str| rest.trim_start().strip_prefix(mark).map(str::trim).unwrap_or_default();
    let (what, value) = if rest.starts_with('\u{ff1a}') {
        ("has a wide colon (U+FF1A), which is another character than `:`", value("\u{ff1a}"))
    } else if let Some(value) = rest.strip_prefix(":\u{a0}") {
        ("has a no-break space (U+00A0) after its `:`, which looks like a space", value.trim())
    } else if rest.starts_with(':') && rest.len() > 1 && !rest.starts_with(": ") {
        ("has no space after its `:`", value(":"))
    } else if rest.trim_start().starts_with('=') {
        ("has a `=` in place of its `:`", value("="))
    } else if rest.is_empty() || (rest.starts_with(' ') && !rest.contains(": ") && !rest.ends_with(':')) {
        ("has no `:`", rest.trim())
    } else {
        return None;
    };
    let fixed = format!("{word}: {value}");
    let hint = match fixed.chars().count() <= SHORT && !fixed.contains(['`', '\\']) {
        true => format!("write {}", tick(fixed.trim_end())),
        false => format!("write a `:` and a space after {}", tick(word)),
    };
    let start = line.range().start;
    told(format!("{} {what}", tick(field)), hint, start..start + word.len())
}

pub(super) fn two_on_a_line(spot: &Spot<'_>) -> Option<Told> {
    if spot.kind != &ErrorKind::MappingValueNotAllowed {
        return None;
    }
    let left = spot.left();
    let begin = left.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).map_or(0, |at| at + 1);
    let (before, word) = (left.get(..begin)?, left.get(begin..)?);
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
    let ends_here = |field: &Pair<'_>| !spot.text.get(field.value_at + field.value.len()..).is_some_and(goes_on);
    let hint = match of_the_line {
        Some(field) if ends_here(&field) => field.safely(),
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

/// Whether the rest of a file goes on with an indented line.
fn goes_on(rest: &str) -> bool {
    rest.trim_start_matches('\r').strip_prefix('\n').is_some_and(|next| next.starts_with(' '))
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
