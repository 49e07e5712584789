//! Fields and entries of lists that begin in another column than those they belong to.

use granit_parser::ErrorKind;

use super::{Line, Spot, Told, told};
use crate::tree::yaml::quote::tick;

pub(super) fn another_column(spot: &Spot<'_>) -> Option<Told> {
    if spot.kind == &ErrorKind::MappingValueNotAllowed {
        return further_in(spot);
    }
    let is_entry = |body: &str| body.starts_with("- ") || body == "-";
    match spot.kind {
        _ if !spot.left().trim().is_empty() => {
            let is_over = spot.kind == &ErrorKind::ExpectedDocumentStart;
            is_over.then(|| told("there is more text after the closing bracket", "take it away", spot.here()))?
        }
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry if is_entry(spot.line.body()) => {
            told(
                "this `-` stands in another column than those above",
                "begin each entry of a list in one column; a list within a policy's text stands below `content: |`",
                spot.line.range(),
            )
        }
        ErrorKind::ExpectedBlockSequenceEntry if spot.line.field().is_some() => told(
            "this field begins further to the left than the one after the `-` above",
            "a file holds one policy: take the `- ` away, and begin each field in the first column",
            spot.line.range(),
        ),
        ErrorKind::ExpectedBlockMappingKey if spot.line.field().is_some() => told(
            "this field begins in another column than those above",
            "begin fields that belong together in one column",
            spot.line.range(),
        ),
        ErrorKind::ExpectedDocumentStart if !is_further_left(spot) => told(
            "there is more text after what is complete already",
            "write a field a line, `name: PII`, and nothing before, between or around them",
            spot.line.range(),
        ),
        ErrorKind::ExpectedDocumentStart if spot.line.field().is_some() => told(
            "this field begins further to the left than those above",
            "begin all fields in one column; the first column is best",
            spot.line.range(),
        ),
        _ => None,
    }
}

fn further_in(spot: &Spot<'_>) -> Option<Told> {
    let above = spot.nearest()?;
    let field = spot.line.field().filter(|field| field.name_at < spot.at && spot.at <= field.value_at)?;
    let is_deeper = spot.line.indent() > above.indent() && field.is_plain() && above.field().is_some();
    let what = format!("{} is indented further than the field above it", tick(field.name));
    let hint = "begin it in the same column as that one";
    is_deeper.then(|| told(what, hint, field.name_at..field.name_at + field.name.len()))?
}

/// Whether the line begins further to the left than all above it.
fn is_further_left(spot: &Spot<'_>) -> bool {
    let lines = spot.above.iter().filter(|line| !line.body().is_empty() && !line.body().starts_with('#'));
    lines.map(Line::indent).min().is_some_and(|indent| spot.line.indent() < indent)
}
