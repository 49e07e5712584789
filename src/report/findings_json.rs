//! Findings as JSON, `policysync.findings/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{escape, path_below};
use crate::domain::{Finding, Level, Place, Related};
use crate::tree::Tree;

/// All findings of a tree, in the order of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "The findings of `policysync validate --format json`")]
pub struct FindingsReport {
    /// The form of this document.
    pub format: FindingsFormat,
    /// What is wrong or odd, sorted by place.
    pub findings: Vec<FindingReport>,
    /// How much was looked at and found.
    pub summary: FindingsSummary,
}

/// The form of a document of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum FindingsFormat {
    /// The first one.
    #[serde(rename = "policysync.findings/1")]
    V1,
}

/// Something wrong or odd in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindingReport {
    /// Its kind: a stable name, explained in docs/findings.md.
    pub code: String,
    /// How bad it is: nothing is planned while an error stands.
    pub level: LevelWord,
    /// The file, as the tree's folder was given, joined with the path below it; `/` between its parts.
    pub file: String,
    /// The line, from 1.
    #[schemars(range(min = 1))]
    pub line: usize,
    /// The column, from 1, in Unicode scalar values.
    #[schemars(range(min = 1))]
    pub column: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub hint: Option<String>,
    /// Other places that have to do with it.
    pub related: Vec<RelatedReport>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum LevelWord {
    /// Nothing is planned or applied while it stands.
    Error,
    /// Told, and passed over.
    Warning,
}

/// Another place that has to do with a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RelatedReport {
    /// The file, as in the finding.
    pub file: String,
    /// The line, from 1.
    #[schemars(range(min = 1))]
    pub line: usize,
    /// The column, from 1, in Unicode scalar values.
    #[schemars(range(min = 1))]
    pub column: usize,
    /// What is there.
    pub message: String,
}

/// How much was looked at and found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindingsSummary {
    /// How many findings are errors.
    pub errors: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// How many policies the tree has.
    pub policies: usize,
    /// How many policy and scope files were read.
    pub files: usize,
}

impl FindingsReport {
    /// The findings of a tree; `root` is its folder as the user wrote it.
    #[must_use]
    pub fn of(tree: &Tree, root: &str) -> Self {
        let errors = tree.errors();
        Self {
            format: FindingsFormat::V1,
            findings: tree.findings.iter().map(|finding| FindingReport::of(finding, root)).collect(),
            summary: FindingsSummary {
                errors,
                warnings: tree.findings.len() - errors,
                policies: tree.policies.len(),
                files: tree.files,
            },
        }
    }
}

impl FindingReport {
    fn of(finding: &Finding, root: &str) -> Self {
        let Finding { place: Place { file, line, column, start: _, end: _ }, code, level, message, hint, related } =
            finding;
        Self {
            code: code.to_string(),
            level: match level {
                Level::Error => LevelWord::Error,
                Level::Warning => LevelWord::Warning,
            },
            file: path_below(root, file),
            line: *line,
            column: *column,
            message: message.clone(),
            hint: hint.clone(),
            related: related.iter().map(|related| RelatedReport::of(related, root)).collect(),
        }
    }
}

impl RelatedReport {
    fn of(related: &Related, root: &str) -> Self {
        let Related { place: Place { file, line, column, start: _, end: _ }, message } = related;
        Self { file: path_below(root, file), line: *line, column: *column, message: message.clone() }
    }
}

/// The findings of a tree as a document; `root` is its folder as the user wrote it.
#[must_use]
pub fn findings_json(tree: &Tree, root: &str) -> String {
    escape::json(&FindingsReport::of(tree, root))
}
