//! Takes a mapping apart by its fields' names. What was never asked for is unknown: the reader's questions are the list of
//! the fields there are.

use std::ops::RangeInclusive;

use super::node::{Entry, Node, Spanned, Value};
use super::quote::{quote, tick};
use super::suggest::nearest;
use super::text::Text;
use crate::domain::{Code, Finding};

/// A mapping is due and something else is there.
pub const NOT_A_MAPPING: Code = Code("not-a-mapping");
/// A text is due and something else is there.
pub const NOT_A_TEXT: Code = Code("not-a-text");
/// A list is due and something else is there.
pub const NOT_A_LIST: Code = Code("not-a-list");
/// A field that nobody asks for.
pub const UNKNOWN_FIELD: Code = Code("unknown-field");
/// A field is there and has no value.
pub const EMPTY_VALUE: Code = Code("empty-value");
/// A field that must be `true` or `false` is neither.
pub const NOT_A_FLAG: Code = Code("not-true-or-false");
/// A field that must be a number is none, or out of bounds.
pub const NOT_A_NUMBER: Code = Code("not-a-number");

/// A field as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field<T> {
    /// It isn't there.
    Absent,
    /// It is there, and what is wrong with it was reported.
    Refused,
    /// Its value.
    Given(Spanned<T>),
}

impl<T> Field<T> {
    /// Its value and place, if it has one.
    #[must_use]
    pub fn given(&self) -> Option<&Spanned<T>> {
        match self {
            Self::Given(spanned) => Some(spanned),
            Self::Absent | Self::Refused => None,
        }
    }

    /// Its value, if it has one.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Given(spanned) => Some(spanned.value),
            Self::Absent | Self::Refused => None,
        }
    }

    /// Whether it isn't there at all.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T> From<Result<Spanned<T>, Finding>> for Field<T> {
    fn from(read: Result<Spanned<T>, Finding>) -> Self {
        read.map_or(Self::Refused, Self::Given)
    }
}

/// What is left to say when all fields were taken.
#[derive(Debug)]
pub struct Finished {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// The fields that are there by a wrong name; that they are missing needn't be said too.
    pub meant: Vec<&'static str>,
}

/// A mapping whose fields are taken one by one; [`Fields::finish`] tells what was found wrong and which were not asked for.
#[derive(Debug)]
pub struct Fields<'n, 't, 'a> {
    text: &'t Text<'a>,
    entries: &'n [Entry],
    asked: Vec<&'static str>,
    findings: Vec<Finding>,
}

impl<'n, 't, 'a> Fields<'n, 't, 'a> {
    /// The fields of a node; `what` names it in a message: `a policy`.
    ///
    /// # Errors
    /// The finding, where the node is no mapping; nothing, where that was reported before.
    pub fn of(node: &'n Node, what: &str, text: &'t Text<'a>) -> Result<Self, Option<Finding>> {
        match &node.value {
            Value::Mapping(entries) => Ok(Self { text, entries, asked: Vec::new(), findings: Vec::new() }),
            Value::Refused => Err(None),
            Value::Text { .. } | Value::Sequence(_) => {
                let message = format!("{what} must be made of fields (`name: value`), not {}", node.kind());
                Err(Some(Finding::error(NOT_A_MAPPING, text.place(node.range.clone()), message)))
            }
        }
    }

    /// The node of a field, whatever it is.
    pub fn node(&mut self, name: &'static str) -> Option<&'n Entry> {
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
        self.entries.iter().find(|entry| entry.key.value == name)
    }

    /// A text, with something in it: `~`, nothing and mere spaces are findings.
    pub fn text(&mut self, name: &'static str) -> Field<String> {
        let text = self.text;
        self.read(name, |entry| text_of(entry, text))
    }

    /// A text, or YAML's `null` where it stands for "none".
    pub fn text_or_null(&mut self, name: &'static str) -> Field<Option<String>> {
        let text = self.text;
        self.read(name, |entry| {
            if entry.value.is_null() && !entry.value.range.is_empty() {
                return Ok(Spanned { value: None, range: entry.value.range.clone() });
            }
            let Spanned { value, range } = text_of(entry, text)?;
            Ok(Spanned { value: Some(value), range })
        })
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'static str) -> Field<bool> {
        let text = self.text;
        self.read(name, |entry| {
            if !matches!(entry.value.value, Value::Text { .. }) {
                return Err(unfit(entry, NOT_A_FLAG, "true or false", text).hint(A_FLAG));
            }
            let written = text_of(entry, text)?;
            let read = choose(&written, name, NOT_A_FLAG, "true or false", &[("true", true), ("false", false)], text);
            read.map_err(|finding| match written.value.to_ascii_lowercase().as_str() {
                "yes" | "y" | "on" | "1" | "enabled" | "always" => finding.hint("did you mean true?"),
                "no" | "n" | "off" | "0" | "disabled" | "never" => finding.hint("did you mean false?"),
                _ => finding.or_hint(A_FLAG),
            })
        })
    }

    /// One of some words.
    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        code: Code,
        expected: &str,
        options: &[(&str, T)],
    ) -> Field<T> {
        let text = self.text;
        self.read(name, |entry| choose(&text_of(entry, text)?, name, code, expected, options, text))
    }

    /// A whole number within bounds.
    pub fn number(&mut self, name: &'static str, bounds: &RangeInclusive<u64>) -> Field<u64> {
        let text = self.text;
        self.read(name, |entry| {
            let Spanned { value, range } = text_of(entry, text)?;
            match value.parse().ok().filter(|number| bounds.contains(number)) {
                Some(number) => Ok(Spanned { value: number, range }),
                None => {
                    let (from, to) = (bounds.start(), bounds.end());
                    let message = format!("{} {} is not a number from {from} to {to}", tick(name), quote(&value));
                    let hint = format!("write a whole number from {from} to {to}, in digits alone");
                    Err(Finding::error(NOT_A_NUMBER, text.place(range), message).hint(hint))
                }
            }
        })
    }

    /// The nodes of a list.
    pub fn list(&mut self, name: &'static str) -> Field<&'n [Node]> {
        let text = self.text;
        self.read(name, |entry| match &entry.value.value {
            Value::Sequence(items) => Ok(Spanned { value: items.as_slice(), range: entry.value.range.clone() }),
            _ => Err(unfit(entry, NOT_A_LIST, "a list", text).hint("write an entry a line, each after `- `")),
        })
    }

    /// A mapping of texts to texts, in the order of the file. Its texts may be empty; what is no text is left out and reported.
    pub fn texts(&mut self, name: &'static str) -> Field<Vec<(Spanned<String>, Spanned<String>)>> {
        let text = self.text;
        let Some(entry) = self.node(name) else { return Field::Absent };
        let entries = match &entry.value.value {
            Value::Mapping(entries) => entries,
            Value::Refused => return Field::Refused,
            Value::Text { .. } if entry.value.is_null() => {
                let range = if entry.value.range.is_empty() { &entry.key.range } else { &entry.value.range };
                let message = format!("{} is empty", tick(name));
                let hint = "write its entries below it, each two spaces in, as in `owner: security`; or take it away";
                self.findings.push(Finding::error(EMPTY_VALUE, text.place(range.clone()), message).hint(hint));
                return Field::Refused;
            }
            Value::Text { .. } | Value::Sequence(_) => {
                let finding = unfit(entry, NOT_A_MAPPING, "made of fields (`name: value`)", text);
                self.findings.push(finding.hint("write a line for each, indented: `owner: security`"));
                return Field::Refused;
            }
        };
        let mut texts = Vec::new();
        for Entry { key, value } in entries {
            match &value.value {
                Value::Text { text, .. } => {
                    texts.push((key.clone(), Spanned { value: text.clone(), range: value.range.clone() }));
                }
                Value::Refused => {}
                Value::Mapping(_) | Value::Sequence(_) => {
                    let message =
                        format!("{} in {} must be a text, not {}", tick(&key.value), tick(name), value.kind());
                    let finding = Finding::error(NOT_A_TEXT, text.place(value.range.clone()), message);
                    self.findings.push(finding.hint("write it as one text, as in `owners: Ada, Grace`"));
                }
            }
        }
        Field::Given(Spanned { value: texts, range: entry.value.range.clone() })
    }

    /// The fields of a field.
    pub fn fields(&mut self, name: &'static str) -> Option<Self> {
        let entry = self.node(name)?;
        match Self::of(&entry.value, &tick(name), self.text) {
            Ok(fields) => Some(fields),
            Err(finding) => {
                self.findings.extend(finding);
                None
            }
        }
    }

    /// What was found wrong, and the fields that nobody asked for. `synonyms` are words that others use for a field:
    /// `("severity", "riskType")`.
    #[must_use]
    pub fn finish(self, synonyms: &[(&str, &'static str)]) -> Finished {
        let Self { text, entries, asked, mut findings } = self;
        let mut meant = Vec::new();
        for Entry { key, .. } in entries.iter().filter(|entry| !asked.contains(&entry.key.value.as_str())) {
            let message = format!("{} is not a known field", tick(&key.value));
            let finding = Finding::error(UNKNOWN_FIELD, text.place(key.range.clone()), message);
            let synonym =
                synonyms.iter().find(|(word, _)| word.eq_ignore_ascii_case(&key.value)).map(|(_, field)| *field);
            findings.push(match nearest(&key.value, asked.iter().copied()).or(synonym) {
                Some(field) => {
                    meant.push(field);
                    finding.hint(format!("did you mean `{field}`?"))
                }
                None => finding.hint(format!("the fields are {}", listed(&asked))),
            });
        }
        Finished { findings, meant }
    }

    fn read<T>(&mut self, name: &'static str, read: impl FnOnce(&'n Entry) -> Result<Spanned<T>, Finding>) -> Field<T> {
        let Some(entry) = self.node(name) else { return Field::Absent };
        if entry.value.value == Value::Refused {
            return Field::Refused;
        }
        let result = read(entry);
        if let Err(finding) = &result {
            self.findings.push(finding.clone());
        }
        result.into()
    }
}

const A_FLAG: &str = "write `true` or `false`";

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn unfit(entry: &Entry, code: Code, due: &str, text: &Text<'_>) -> Finding {
    let Entry { key, value } = entry;
    let range = if value.range.is_empty() { key.range.clone() } else { value.range.clone() };
    let message = format!("{} must be {due}, not {}", tick(&key.value), value.kind());
    Finding::error(code, text.place(range), message)
}

fn text_of(entry: &Entry, text: &Text<'_>) -> Result<Spanned<String>, Finding> {
    let Entry { key, value } = entry;
    let Value::Text { text: written, .. } = &value.value else {
        let in_lines = value.range.end > value.range.start
            && text.as_str().get(value.range.clone()).is_some_and(|it| it.contains('\n'));
        let hint = match in_lines {
            true => format!(
                "write it as one text: {}, and its lines below it, indented",
                tick(&format!("{}: |", key.value))
            ),
            false => "put it in quotes, if a text is meant".to_owned(),
        };
        return Err(unfit(entry, NOT_A_TEXT, "a text", text).hint(hint));
    };
    if value.is_null() || written.trim().is_empty() {
        let range = if value.range.is_empty() { key.range.clone() } else { value.range.clone() };
        let message = format!("{} is empty", tick(&key.value));
        return Err(
            Finding::error(EMPTY_VALUE, text.place(range), message).hint("write its value, or take the line away")
        );
    }
    Ok(Spanned { value: written.clone(), range: value.range.clone() })
}

/// The option that a text names, exactly; else the finding, with the option that it is near to.
///
/// # Errors
/// The finding: `riskType "hihg" is not LOW, MEDIUM or HIGH`.
pub fn choose<T: Copy>(
    written: &Spanned<String>,
    name: &str,
    code: Code,
    expected: &str,
    options: &[(&str, T)],
    text: &Text<'_>,
) -> Result<Spanned<T>, Finding> {
    let Spanned { value: word, range } = written;
    if let Some((_, value)) = options.iter().find(|(option, _)| option == word) {
        return Ok(Spanned { value: *value, range: range.clone() });
    }
    let message = format!("{} {} is not {expected}", tick(name), quote(word));
    let finding = Finding::error(code, text.place(range.clone()), message);
    Err(match nearest(word, options.iter().map(|(option, _)| *option)) {
        Some(near) if word.starts_with(['\u{201c}', '\u{201e}', '\u{2018}', '\u{201a}', '\u{ab}']) => {
            finding.hint(format!("did you mean {near}? Typographic quotes are part of the text; write it without any"))
        }
        Some(near) => finding.hint(format!("did you mean {near}?")),
        None => finding,
    })
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
