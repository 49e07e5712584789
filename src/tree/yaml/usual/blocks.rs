//! Lines of a text below `|` or `>` that are not indented as they must be.

use super::names::{Slipped, ill};
use super::{FAR, Line, Spot, Told, told};
use crate::tree::yaml::quote::tick;

/// The line that opens the block which the place lies in or under, and its number among those above.
fn head<'s, 't>(spot: &'s Spot<'t>, is_above: impl Fn(&Line<'t>) -> bool) -> Option<(usize, &'s Line<'t>)> {
    let (number, head) = spot.above.iter().enumerate().find(|(_, line)| is_above(line))?;
    head.field().is_some_and(|field| field.value.starts_with(['|', '>'])).then_some((number, head))
}

/// A line of a block that is not indented ends it, and what follows makes no sense any more.
pub(super) fn slipped_out(spot: &Spot<'_>) -> Option<Told> {
    let is_indented = |line: &Line<'_>| line.said.is_empty() || line.said.starts_with(' ');
    let is_field = |line: &Line<'_>| line.field().is_some_and(|field| field.is_plain()) && !line.said.starts_with('-');
    let (number, head) = head(spot, |line| !is_indented(line) && is_field(line))?;
    let below = spot.above.get(..number)?.iter().rev().chain(std::iter::once(&spot.line));
    let slipped = below.filter(|line| !is_indented(line)).find(|line| !is_field(line))?;
    if let Some(field) = Slipped::of(slipped.said).filter(|_| !slipped.said.starts_with(char::is_whitespace)) {
        if field.is_sure() {
            return ill(spot.text, slipped);
        }
        let is_after_its_text = spot.above.get(..number)?.last().is_some_and(|first| first.begin != slipped.begin);
        if let Some(head) = head.field().filter(|_| is_after_its_text) {
            let name = tick(head.name);
            let hint = format!(
                "if it belongs to the text of {name}, put two spaces before it; if it is a field, write a `:` and a space after its name"
            );
            return told("this line is no field", hint, slipped.range());
        }
    }
    if let Some(space) = slipped.said.chars().next().filter(|c| c.is_whitespace()) {
        let what = format!("this line is indented with U+{:04X}, which looks like a space", u32::from(space));
        let width = slipped.said.len() - slipped.said.trim_start().len();
        return told(what, "type the spaces before it anew", slipped.begin..slipped.begin + width);
    }
    told("a line of the text above is not indented", "put two spaces before each line below the `|`", slipped.range())
}

/// A line further to the left than the first one, which says how far in the text stands.
pub(super) fn shallower_than_its_first_line(spot: &Spot<'_>) -> Option<Told> {
    let indent = spot.line.indent();
    let (number, _) = head(spot, |line| !line.body().is_empty() && line.indent() < indent)?;
    let first = spot.above.get(..number)?.iter().rev().find(|line| !line.body().is_empty())?;
    let hint = "begin no line of a text further to the left than its first";
    (first.indent() > indent)
        .then(|| told("this line begins further to the left than the text's first", hint, spot.line.range()))?
}

/// Whether a line, by its number from the place upwards, is text: it stands further in than a field that has a value.
pub(super) fn is_text(spot: &Spot<'_>, number: usize) -> bool {
    let mut lines = spot.upwards().skip(number).filter(|line| !line.body().is_empty());
    let Some(mut indent) = lines.next().map(Line::indent) else { return false };
    for line in lines.filter(|line| !line.body().starts_with('#')) {
        if line.indent() < indent {
            // Fields in brackets may stand further in too.
            let value = line.field().map(|field| field.value).unwrap_or_default();
            if !value.is_empty() && !value.starts_with(['{', '[', '#']) {
                return true;
            }
            indent = line.indent();
        }
    }
    // What it belongs to is too far up to be seen.
    indent > 0 && spot.above.len() >= FAR
}
