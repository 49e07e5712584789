//! What the service recommends and what became of it, as JSON, `policysync.recommend/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan_json::{action_schema, risk_schema};
use super::{escape, path_below};
use crate::domain::{ActionType, RiskType, ScopePath};
use crate::plan::DraftFile;

/// What `policysync recommend` has written, or would write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync recommend --format json` has drafted")]
pub struct RecommendReport {
    /// The form of this document.
    pub format: RecommendFormat,
    /// The scope that the drafts are for.
    pub scope: String,
    /// Whether nothing was written, and was not to be (`--dry-run`).
    pub dry_run: bool,
    /// The drafts, in the service's order.
    pub drafts: Vec<DraftReport>,
    /// How many tokens of a language model the question took; left out where the service doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub tokens_in: Option<u64>,
    /// How many the answer took; left out where the service doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub tokens_out: Option<u64>,
    /// What is odd about the answer.
    pub odd: Vec<String>,
}

/// The form of a document of drafts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum RecommendFormat {
    /// The first one.
    #[serde(rename = "policysync.recommend/1")]
    V1,
}

/// One draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DraftReport {
    /// Its file, as the tree's folder was given, joined with the path below it.
    pub file: String,
    /// Its address.
    pub address: String,
    /// What became of the file.
    pub did: DraftDid,
    /// Why it was not written; left out where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub why: Option<String>,
    /// Its name, made from its text.
    pub name: String,
    /// How severe a breach is.
    #[schemars(schema_with = "risk_schema")]
    pub risk_type: RiskType,
    /// What happens on a breach: 0 logs, 1 alerts, 2 blocks.
    #[schemars(schema_with = "action_schema")]
    pub action_type: ActionType,
    /// Its text.
    pub content: String,
    /// Fields for which the service said a word that there isn't, and what stands there instead.
    pub chosen: Vec<String>,
}

/// What became of a draft's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum DraftDid {
    /// It is there now.
    Written,
    /// It would be written.
    Drafted,
    /// It was there already, and says the same; nothing was done.
    Kept,
    /// It could not be written.
    Refused,
}

impl RecommendReport {
    /// A report without a draft yet.
    #[must_use]
    pub fn of(scope: &ScopePath, dry_run: bool) -> Self {
        Self {
            format: RecommendFormat::V1,
            scope: scope.to_string(),
            dry_run,
            drafts: Vec::new(),
            tokens_in: None,
            tokens_out: None,
            odd: Vec::new(),
        }
    }
}

impl DraftReport {
    /// A draft and what became of it; `root` is the tree's folder as the user wrote it.
    #[must_use]
    pub fn of(draft: &DraftFile, root: &str, did: DraftDid, why: Option<String>) -> Self {
        let DraftFile { file, address, name, risk_type, action_type, content, chosen, doing: _ } = draft;
        Self {
            file: path_below(root, file),
            address: address.to_string(),
            did,
            why,
            name: name.clone(),
            risk_type: *risk_type,
            action_type: *action_type,
            content: content.clone(),
            chosen: chosen.clone(),
        }
    }
}

/// As a document.
#[must_use]
pub fn recommend_json(report: &RecommendReport) -> String {
    escape::json(report)
}
