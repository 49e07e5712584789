//! Findings: what is wrong or odd in the tree, as data with a stable code.

use serde::{Deserialize, Serialize};

/// The stable name of a kind of finding, kebab-case; `docs/findings.md` has a heading for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing is planned or applied while it stands.
    Error,
    /// Told, and passed over.
    Warning,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// A place in the tree: a file, and where in it. Ordered by path, then by where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Place {
    /// The path below the tree's root, `/` between its parts, on every system.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters (Unicode scalar values).
    pub column: usize,
    /// The byte of the file at which what is meant begins.
    pub start: usize,
    /// The byte after its last; equal to `start` for a point between two.
    pub end: usize,
}

impl Place {
    /// A file as a whole: its first line.
    #[must_use]
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), line: 1, column: 1, start: 0, end: 0 }
    }
}

/// Another place that has to do with a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there, in a few words.
    pub message: String,
}

/// Something wrong or odd in the tree.
///
/// Ordered by place, so that a sorted list reads as the tree does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// Which kind.
    pub code: Code,
    /// How bad.
    pub level: Level,
    /// What, in one sentence without its end: `riskType "hihg" is not LOW, MEDIUM or HIGH`.
    pub message: String,
    /// What to do: `did you mean HIGH?`.
    pub hint: Option<String>,
    /// Other places that have to do with it, in order.
    pub related: Vec<Related>,
}

impl Finding {
    /// A finding of error level.
    #[must_use]
    pub fn error(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { place, code, level: Level::Error, message: message.into(), hint: None, related: Vec::new() }
    }

    /// A finding of warning level.
    #[must_use]
    pub fn warning(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, place, message) }
    }

    /// With what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With what to do, where nothing better was said.
    #[must_use]
    pub fn or_hint(self, hint: impl Into<String>) -> Self {
        if self.hint.is_some() { self } else { self.hint(hint) }
    }

    /// With another place that has to do with it.
    #[must_use]
    pub fn related(mut self, place: Place, message: impl Into<String>) -> Self {
        self.related.push(Related { place, message: message.into() });
        self
    }
}
