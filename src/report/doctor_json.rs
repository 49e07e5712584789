//! Whether everything is in order, as JSON, `policysync.doctor/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;

/// What holds, and whether it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync doctor --format json` writes")]
pub struct DoctorReport {
    /// The form of this document.
    pub format: DoctorFormat,
    /// The settings in force.
    pub settings: Vec<Setting>,
    /// What was looked at, in the order in which one thing needs the other.
    pub checks: Vec<Check>,
}

/// The form of a document of a look at everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum DoctorFormat {
    /// The first one.
    #[serde(rename = "policysync.doctor/1")]
    V1,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Setting {
    /// Its name, as in `policysync.yaml`.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Who said it.
    pub from: SettingFrom,
}

/// Who said a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SettingFrom {
    /// A flag.
    Flag,
    /// A variable of the environment.
    Environment,
    /// `policysync.yaml`.
    File,
    /// Nobody.
    Default,
}

impl SettingFrom {
    /// For people: `by flag`, `default`.
    #[must_use]
    pub fn said(self) -> &'static str {
        match self {
            Self::Flag => "by flag",
            Self::Environment => "by environment",
            Self::File => "by file",
            Self::Default => "default",
        }
    }
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// What: tree, record, token, service, clock.
    pub what: String,
    /// How it is.
    pub health: Health,
    /// What was seen.
    pub said: String,
    /// What to do; left out where there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub hint: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Health {
    /// In order.
    Good,
    /// It works, and should be looked at.
    Warning,
    /// It does not work.
    Error,
}

/// As a document.
#[must_use]
pub fn doctor_json(report: &DoctorReport) -> String {
    escape::json(report)
}
