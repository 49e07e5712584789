//! The log as JSON: each line of standard error is one such object, `policysync.log/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::doctor_json::SettingFrom;
use super::escape;
use crate::domain::{Finding, Level};

/// A line of the log. What an event doesn't have is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "A line of what `policysync --log-format json` writes to standard error")]
pub struct LogLine {
    /// The form of this line.
    pub format: LogForm,
    /// When: RFC 3339, UTC, to the millisecond.
    pub time: String,
    /// How much it matters.
    pub level: LogLevel,
    /// What kind of line it is.
    pub event: LogEvent,
    /// What people are told, on one line; what a terminal would obey or hide is written out.
    pub message: String,
    /// The organization it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub org: Option<String>,
    /// The policy it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub address: Option<String>,
    /// A call's method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub method: Option<String>,
    /// The host of a call to an object store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub host: Option<String>,
    /// A call's path and query, without the host; nothing where credentials for an object store are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub path: Option<String>,
    /// A git command's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub command: Option<String>,
    /// The remote that a git command speaks with, without a user's name or password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub remote: Option<String>,
    /// The answer's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16")]
    pub status: Option<u16>,
    /// Why there was no answer that could be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub fault: Option<String>,
    /// Which try of the call it was, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    pub attempt: Option<u32>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub elapsed_ms: Option<u64>,
    /// In how many milliseconds it is tried again, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub retry_in_ms: Option<u64>,
    /// The work that is long: `applying`, `reading the tree`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub work: Option<String>,
    /// How much of it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub done: Option<u64>,
    /// How much of it there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub total: Option<u64>,
    /// How much of it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub failed: Option<u64>,
    /// How much of it is done in a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub per_second: Option<f64>,
    /// How long it will take, in milliseconds, as far as that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub left_ms: Option<u64>,
    /// A setting's name, as in `policysync.yaml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub setting: Option<String>,
    /// A setting's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub value: Option<String>,
    /// Who said a setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SettingFrom")]
    pub from: Option<SettingFrom>,
    /// A finding's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub code: Option<String>,
    /// The file it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize")]
    pub line: Option<usize>,
    /// The column, in characters, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize")]
    pub column: Option<usize>,
    /// Why, layer by layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub hint: Option<String>,
    /// The exit code that such a failure has, or that a git command had; on Windows it may be any number of 32 bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i32")]
    pub exit_code: Option<i32>,
    /// The record, as `policysync state push` takes it from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub record: Option<String>,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum LogForm {
    /// The first one.
    #[serde(rename = "policysync.log/1")]
    V1,
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum LogLevel {
    /// Something failed, or is wrong in the tree.
    Error,
    /// Something that must not be missed; told with `--quiet` too.
    Warning,
    /// What happens.
    Info,
    /// How it happens, for `-v` and `-vv`.
    Debug,
}

/// What kind of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum LogEvent {
    /// Something that is told on the way.
    Note,
    /// How far a long work is.
    Progress,
    /// A try of a call to the service, to GitHub or to an object store; with `-v`.
    Call,
    /// A git command: with `-v` where it speaks with a remote, with `-vv` where it works here.
    Git,
    /// A step that begins or ends; with `-vv`.
    Step,
    /// A setting in force; with `-vv`.
    Setting,
    /// Something wrong or odd in a file.
    Finding,
    /// Something that must not be missed.
    Warning,
    /// Why the work, or a part of it, could not be done.
    Failure,
    /// A record that could be saved nowhere: its only copy.
    Record,
}

impl LogLine {
    /// A line without further fields. The message must be escaped already; the time is filled in where the line is written.
    #[must_use]
    pub fn new(level: LogLevel, event: LogEvent, message: impl Into<String>) -> Self {
        Self {
            format: LogForm::V1,
            time: String::new(),
            level,
            event,
            message: message.into(),
            org: None,
            address: None,
            method: None,
            host: None,
            path: None,
            command: None,
            remote: None,
            status: None,
            fault: None,
            attempt: None,
            elapsed_ms: None,
            retry_in_ms: None,
            work: None,
            done: None,
            total: None,
            failed: None,
            per_second: None,
            left_ms: None,
            setting: None,
            value: None,
            from: None,
            code: None,
            file: None,
            line: None,
            column: None,
            causes: Vec::new(),
            hint: None,
            exit_code: None,
            record: None,
        }
    }

    /// A finding; `path` is its file's as people are shown it.
    #[must_use]
    pub fn finding(finding: &Finding, path: String) -> Self {
        let Finding { place, code, level, message, hint, related: _ } = finding;
        let level = match level {
            Level::Error => LogLevel::Error,
            Level::Warning => LogLevel::Warning,
        };
        Self {
            code: Some(code.to_string()),
            file: Some(path),
            line: Some(place.line),
            column: Some(place.column),
            hint: hint.as_deref().map(|hint| escape::line(hint).into_owned()),
            ..Self::new(level, LogEvent::Finding, escape::line(message))
        }
    }
}

/// A line as a document on one line, its line feed included.
#[must_use]
pub fn log_json(line: &LogLine) -> String {
    escape::json_line(line)
}
