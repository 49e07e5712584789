//! What people mostly did where the parser gives up: the lines say it better than the parser can. Each reason is looked for
//! in turn; the first that fits says what is wrong, what to do, and where the eye should go.

mod blocks;
mod columns;
mod escapes;
mod fields;
mod foreign;
mod marks;
mod names;
mod quotes;

use std::ops::Range;

use granit_parser::ErrorKind;

use super::quote::tick;
use super::text::BYTE_ORDER_MARK;
#[cfg(test)]
pub(in crate::tree) use names::FIELDS;
pub(in crate::tree) use names::{Slip, Slipped};

/// What is wrong, what to do, and which bytes show it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) what: String,
    pub(super) hint: String,
    pub(super) range: Range<usize>,
}

fn told(what: impl Into<String>, hint: impl Into<String>, range: Range<usize>) -> Option<Told> {
    Some(Told { what: what.into(), hint: hint.into(), range })
}

/// The usual reason for which the parser gives up at the byte `at`; nothing where none fits.
pub(super) fn usual(text: &str, at: usize, kind: &ErrorKind) -> Option<Told> {
    let spot = Spot::of(text, at, kind)?;
    let reasons: [fn(&Spot<'_>) -> Option<Told>; 15] = [
        foreign::merge_conflict,
        foreign::of_another_kind,
        foreign::marks_of_a_diff,
        marks::tab,
        quotes::after_the_quote,
        escapes::backslash,
        quotes::not_closed,
        blocks::slipped_out,
        blocks::shallower_than_its_first_line,
        fields::without_its_colon,
        fields::two_on_a_line,
        columns::another_column,
        fields::colon_in_a_text,
        marks::first_of_a_text,
        fields::stray_line,
    ];
    reasons.into_iter().find_map(|reason| reason(&spot))
}

/// How many lines up is looked.
const FAR: usize = 200;

/// Where the parser gave up.
struct Spot<'t> {
    text: &'t str,
    at: usize,
    kind: &'t ErrorKind,
    line: Line<'t>,
    /// The lines above it in the same document, the nearest first.
    above: Vec<Line<'t>>,
}

impl<'t> Spot<'t> {
    fn of(text: &'t str, at: usize, kind: &'t ErrorKind) -> Option<Self> {
        let before = text.get(..at)?;
        let begin = before.rfind('\n').map_or(0, |end| end + 1);
        let line = Line::at(text, begin);
        let mut above = Vec::new();
        let mut end = begin;
        while end > 0 && above.len() < FAR {
            let begin = text.get(..end - 1)?.rfind('\n').map_or(0, |end| end + 1);
            let line = Line::at(text, begin);
            if line.is_marker() {
                break;
            }
            above.push(line);
            end = begin;
        }
        Some(Self { text, at, kind, line, above })
    }

    /// The line itself, then those above it.
    fn upwards(&self) -> impl Iterator<Item = &Line<'t>> {
        std::iter::once(&self.line).chain(&self.above)
    }

    /// The nearest line above that holds something.
    fn nearest(&self) -> Option<&Line<'t>> {
        self.above.iter().find(|line| !line.body().is_empty())
    }

    /// What stands on the line before the place.
    fn left(&self) -> &'t str {
        self.text.get(self.line.begin..self.at).unwrap_or_default()
    }

    /// The character at the place.
    fn mark(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn here(&self) -> Range<usize> {
        self.at..self.at + self.mark().filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8)
    }
}

/// One line of the text.
#[derive(Clone, Copy)]
struct Line<'t> {
    begin: usize,
    said: &'t str,
}

impl<'t> Line<'t> {
    fn at(text: &'t str, begin: usize) -> Self {
        let said = text.get(begin..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        match said.strip_prefix(BYTE_ORDER_MARK) {
            Some(said) => Self { begin: begin + BYTE_ORDER_MARK.len_utf8(), said },
            None => Self { begin, said },
        }
    }

    /// Whether a document begins or ends with it.
    fn is_marker(&self) -> bool {
        let rest = self.said.strip_prefix("---").or_else(|| self.said.strip_prefix("..."));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    }

    /// Whether the next line of the text that holds something belongs to the same value.
    fn goes_on(&self, text: &str) -> bool {
        let below = text.get(self.begin..).unwrap_or_default().lines().skip(1);
        below.map(str::trim_end).find(|line| !line.is_empty()).is_some_and(|line| line.starts_with(' '))
    }

    /// Without the spaces around it.
    fn body(&self) -> &'t str {
        self.said.trim()
    }

    /// How many spaces it begins with.
    fn indent(&self) -> usize {
        self.said.len() - self.said.trim_start_matches(' ').len()
    }

    /// The bytes of its body.
    fn range(&self) -> Range<usize> {
        let start = self.begin + self.said.len() - self.said.trim_start().len();
        start..start + self.body().len()
    }

    /// The field that begins on it, after the `-` of a list if there is one.
    fn field(&self) -> Option<Pair<'t>> {
        let start = self.range().start;
        let body = self.body();
        let inner = body.strip_prefix("- ").map_or(body, str::trim_start);
        let name_at = start + body.len() - inner.len();
        let colon = inner
            .match_indices(':')
            .map(|(at, _)| at)
            .find(|at| inner.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])))?;
        let (name, rest) = (inner.get(..colon)?, inner.get(colon + 1..)?);
        let value = rest.trim();
        let value_at = name_at + colon + 1 + rest.len() - rest.trim_start().len();
        Some(Pair { name, name_at, value, value_at })
    }
}

/// A field as its line has it.
struct Pair<'t> {
    name: &'t str,
    name_at: usize,
    value: &'t str,
    value_at: usize,
}

impl Pair<'_> {
    /// Whether its name is one word, as those of fields are.
    fn is_plain(&self) -> bool {
        let name = self.name.trim_matches(['"', '\'']);
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
    }

    /// The field with its text in quotes, where that is short and needs no marks of its own, and is all text.
    fn in_quotes(&self) -> Option<String> {
        let (name, value) = (self.name, self.value);
        if value.starts_with('#') || value.contains(" #") {
            return None;
        }
        match (value.contains(['"', '\\']), value.contains('\'')) {
            (false, _) => shown(&format!("{name}: \"{value}\"")),
            (true, false) => shown(&format!("{name}: '{value}'")),
            (true, true) => None,
        }
    }

    /// How its text is written so that no character of it means anything else.
    fn safely(&self) -> String {
        match (self.in_quotes(), self.name == "content") {
            (Some(quoted), true) => format!("put the text in quotes, {quoted}, or below `content: |`, indented"),
            (Some(quoted), false) => format!("put the text in quotes: {quoted}"),
            (None, true) => "write the text below `content: |`, indented by two spaces".to_owned(),
            (None, false) => "put the text in quotes".to_owned(),
        }
    }
}

/// The longest example that is shown, in characters.
const SHORT: usize = 56;

/// A line as it is to be written, in backticks; nothing where it is long, or a character of it would stand as an escape.
fn shown(line: &str) -> Option<String> {
    let ticked = tick(line);
    let is_whole = ticked.len() == line.len() + 2;
    (is_whole && line.chars().count() <= SHORT).then_some(ticked)
}
