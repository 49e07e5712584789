//! The house's form of policy and scope files: fields in one order, texts as block literals, no trailing space.
//!
//! [`text`](text()) is pure. Laws: what a file means is the same before and after, to the byte of each text, and so is each comment;
//! else the file is refused and stays as it is. Formatting twice is formatting once.

mod chunks;

use std::path::Path;

use rayon::prelude::*;

use super::desired::TreeError;
use super::disk::{self, Read, Reading};
use super::layout::Layout;
use super::prove::{self, Around};
use super::rules::{draft, file_size};
use super::texts::Texts;
use super::yaml::{self, BYTE_ORDER_MARK, Node, Text, Value};
use crate::domain::{Finding, Level};

/// The order of a policy's fields; its text stands last, where it can be as long as it likes.
pub const POLICY: &[&str] = &[
    "draft",
    "key",
    "name",
    "riskType",
    "actionType",
    "orgId",
    "workspaceId",
    "repoId",
    "protected",
    "metadata",
    "contentFile",
    "content",
];

const SCOPE: &[&str] = &["id", "name"];

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Policies.
    Policy,
    /// A folder's scope.
    Scope,
}

/// What formatting a file comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formatted {
    /// It has the house's form.
    Same,
    /// Its text in the house's form.
    Changed(String),
    /// It stays as it is, and why.
    Refused(&'static str),
}

/// Formats each file of a tree, in the order of their paths; writes nothing.
///
/// # Errors
/// [`TreeError`] where the tree can't be read.
pub fn tree(root: &Path) -> Result<Vec<(String, Formatted)>, TreeError> {
    let layout = Layout::of(&disk::list(root)?);
    let scopes = layout.scope_files.iter().map(|file| (file.path.as_str(), Kind::Scope));
    let policies = layout.policy_files.iter().map(|file| (file.path.as_str(), Kind::Policy));
    let mut files: Vec<_> = scopes.chain(policies).collect();
    files.sort_unstable_by_key(|(path, _)| *path);
    files.into_par_iter().map(|(path, kind)| Ok((path.to_owned(), file(root, path, kind)?))).collect()
}

fn file(root: &Path, path: &str, kind: Kind) -> Result<Formatted, TreeError> {
    let reading = Reading::of(root);
    let read = |file: &str| {
        let read = reading.read(file, file_size::LIMIT);
        read.map_err(|source| TreeError::Io { path: reading.path(file), source })
    };
    let Read::Bytes(bytes) = read(path)? else { return Ok(Formatted::Refused(HAS_ERRORS)) };
    // A draft has a form like any other.
    let is_error = |finding: &Finding| finding.level == Level::Error && finding.code != draft::CODE;
    let findings = match kind {
        Kind::Policy => {
            prove::policy_file(path, bytes.clone(), None, Around { read: &read, files: &Texts::default() })?.findings
        }
        Kind::Scope => prove::scope_file(path, bytes.clone()).findings,
    };
    if findings.iter().any(is_error) {
        return Ok(Formatted::Refused(HAS_ERRORS));
    }
    Ok(String::from_utf8(bytes).map_or(Formatted::Refused(HAS_ERRORS), |written| text(&written, kind)))
}

const HAS_ERRORS: &str = "it has errors; `policysync validate` shows them";

/// Formats the text of one file.
#[must_use]
pub fn text(written: &str, kind: Kind) -> Formatted {
    let plain = written.strip_prefix(BYTE_ORDER_MARK).unwrap_or(written).replace("\r\n", "\n");
    if plain.contains('\r') {
        return Formatted::Refused("it has a carriage return that ends no line");
    }
    let order = if kind == Kind::Policy { POLICY } else { SCOPE };
    let Some(formatted) = documents(&plain, order) else {
        return Formatted::Refused("its fields don't stand on lines of their own, from the first column on");
    };
    if formatted == written {
        return Formatted::Same;
    }
    // The one thing that must never happen: somebody's words say something else afterwards.
    match same_meaning(&plain, &formatted) && yaml::comments(&plain) == yaml::comments(&formatted) {
        true => Formatted::Changed(formatted),
        false => Formatted::Refused("in the house's form it would not say the same"),
    }
}

/// Each document between its `---` formatted; nothing where one can't be.
fn documents(text: &str, order: &[&str]) -> Option<String> {
    let mut out = String::new();
    let mut document = String::new();
    for line in text.split_inclusive('\n') {
        let mark = line.trim_end();
        if mark == "---" || mark == "..." {
            out.push_str(&chunks::formatted(&document, order)?);
            document.clear();
            out.push_str(mark);
            out.push('\n');
        } else if line.starts_with("---") && line.chars().nth(3).is_some_and(char::is_whitespace) {
            // The document begins on the line of its mark.
            return None;
        } else {
            document.push_str(line);
        }
    }
    out.push_str(&chunks::formatted(&document, order)?);
    Some(out)
}

/// Whether two texts have the same documents: the same fields with the same values, in whatever order.
fn same_meaning(one: &str, other: &str) -> bool {
    let (one, other) = (Text::new("", one), Text::new("", other));
    let (one, other) = (yaml::parse(&one), yaml::parse(&other));
    one.len() == other.len()
        && one.iter().zip(&other).all(|(one, other)| {
            let clean = one.findings.is_empty() && other.findings.is_empty();
            clean
                && match (&one.root, &other.root) {
                    (Some(one), Some(other)) => same_value(one, other),
                    (None, None) => true,
                    (Some(_), None) | (None, Some(_)) => false,
                }
        })
}

fn same_value(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Text { text: a, style: _ }, Value::Text { text: b, style: _ }) => {
            a == b && one.is_null() == other.is_null()
        }
        (Value::Mapping(a), Value::Mapping(b)) => {
            let found = |key: &str| b.iter().find(|entry| entry.key.value == key);
            let same = |entry: &yaml::Entry| {
                found(&entry.key.value).is_some_and(|other| same_value(&entry.value, &other.value))
            };
            a.len() == b.len() && a.iter().all(same)
        }
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b))
        }
        _ => false,
    }
}
