//! What became of files of the repository, as JSON, `policysync.files/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;

/// What `policysync init|new|fmt` has done, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync init|new|fmt --format json` has done")]
pub struct FilesReport {
    /// The form of this document.
    pub format: FilesFormat,
    /// The files that there is something to say of.
    pub files: Vec<FileDone>,
    /// What to do next, in order.
    pub next: Vec<Next>,
}

/// The form of a document of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum FilesFormat {
    /// The first one.
    #[serde(rename = "policysync.files/1")]
    V1,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileDone {
    /// Its path, from the folder in which policysync was run.
    pub path: String,
    /// What became of it.
    pub did: FileDid,
    /// Why; left out where that goes without saying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub why: Option<String>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum FileDid {
    /// It was not there, and is now.
    Written,
    /// It was there, and was left as it was.
    Kept,
    /// It has the house's form now.
    Formatted,
    /// It has not the house's form; nothing was done.
    Unformatted,
    /// It could not be given the house's form; it was left as it was.
    Refused,
}

/// A command to go on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Next {
    /// The command.
    pub command: String,
    /// What it does.
    pub what: String,
}

/// As a document.
#[must_use]
pub fn files_json(report: &FilesReport) -> String {
    escape::json(report)
}
