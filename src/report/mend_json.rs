//! What was changed in a record by hand, as JSON, `policysync.mend/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;

/// What `policysync state mv|rm|resolve|unlock|push` has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync state mv|rm|resolve|unlock|push --format json` has done")]
pub struct MendReport {
    /// The form of this document.
    pub format: MendFormat,
    /// What was done.
    pub did: Mended,
    /// The organization whose record was changed.
    pub organization: String,
    /// The number of the save.
    pub serial: u64,
    /// The policies it is about, by address.
    pub policies: Vec<MendedPolicy>,
    /// The lease that was ended; left out where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub lease: Option<String>,
}

/// The form of a document of a mended record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum MendFormat {
    /// The first one.
    #[serde(rename = "policysync.mend/1")]
    V1,
}

/// What was done to a record by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Mended {
    /// A policy has another address.
    Moved,
    /// Policies are no longer recorded; they stay live.
    Forgotten,
    /// A live policy is the one that an interrupted create made.
    Adopted,
    /// No live policy is the one that an interrupted create was to make.
    Disowned,
    /// A lease is ended; the addresses are those whose work is pending.
    Unlocked,
    /// A rescued record is back; the addresses are those whose work is pending.
    Pushed,
}

/// One policy of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MendedPolicy {
    /// Its address; the new one, where it was moved.
    pub address: String,
    /// The address it had before, where it was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub from: Option<String>,
    /// The service's id for it, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub id: Option<String>,
}

/// As a document.
#[must_use]
pub fn mend_json(report: &MendReport) -> String {
    escape::json(report)
}
