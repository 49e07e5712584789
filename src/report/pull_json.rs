//! A pull as JSON, `policysync.pull/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{escape, path_below};
use crate::plan::{Doing, Left, Pull, Pulled, Reason};

/// What a pull wrote, and what it left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync pull --format json` wrote")]
pub struct PullReport {
    /// The form of this document.
    pub format: PullFormat,
    /// Whether only shown: nothing was written then.
    pub dry_run: bool,
    /// The counts.
    pub summary: PullSummary,
    /// The `_scope.yaml` files that were made, by path.
    pub scope_files: Vec<String>,
    /// The policies that have their file, by address.
    pub policies: Vec<PulledReport>,
    /// The live policies that were left alone, by scope and name.
    pub left: Vec<LeftReport>,
    /// The recorded policies that the service has no more, by address.
    pub gone: Vec<GoneReport>,
    /// What could not be looked at: nothing is said of it.
    pub unseen: Vec<PullUnseenReport>,
}

/// The form of a document of a pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum PullFormat {
    /// The first one.
    #[serde(rename = "policysync.pull/1")]
    V1,
}

/// How many policies are how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullSummary {
    /// With a new file.
    pub new: usize,
    /// With a file that was replaced.
    pub replaced: usize,
    /// With a file that said it already.
    pub unchanged: usize,
    /// Left alone.
    pub left: usize,
    /// Recorded, and not there any more.
    pub gone: usize,
    /// Scopes and policies that could not be looked at.
    pub unseen: usize,
}

/// A policy and its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PulledReport {
    /// Its address.
    pub address: String,
    /// The service's id.
    pub id: String,
    /// The file, its path beginning as the tree's was given.
    pub file: String,
    /// What became of the file.
    pub outcome: PullOutcome,
}

/// What became of a policy's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum PullOutcome {
    /// It was made.
    New,
    /// It said something else, and was replaced.
    Replaced,
    /// It said it already.
    Unchanged,
}

/// A live policy that was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeftReport {
    /// The service's id.
    pub id: String,
    /// The organization's id.
    pub org_id: String,
    /// The workspace's id; null for an organization's policy.
    pub workspace_id: Option<String>,
    /// The repository's id; null above the repository level.
    pub repo_id: Option<String>,
    /// What people see.
    pub name: String,
    /// The file that has to do with it, its path beginning as the tree's was given; null where there is none.
    pub file: Option<String>,
    /// Which kind of reason.
    pub reason: Reason,
    /// Why.
    pub why: String,
    /// What to do.
    pub hint: String,
}

/// A recorded policy that the service has no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GoneReport {
    /// Its address.
    pub address: String,
    /// The id it had.
    pub id: String,
}

/// What could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullUnseenReport {
    /// A policy's address, or a scope.
    pub what: String,
    /// What the service said.
    pub why: String,
}

impl PullReport {
    /// What a pull came to; `root` is the tree's path as the user wrote it.
    #[must_use]
    pub fn of(pull: &Pull, root: &str, dry_run: bool) -> Self {
        let Pull { folders, pulled, left, gone, unseen } = pull;
        let count = |is: fn(&Doing) -> bool| pulled.iter().filter(|pulled| is(&pulled.doing)).count();
        let made = folders.iter().filter(|folder| folder.scope_file.is_some());
        Self {
            format: PullFormat::V1,
            dry_run,
            summary: PullSummary {
                new: count(|doing| matches!(doing, Doing::Write(_))),
                replaced: count(|doing| matches!(doing, Doing::Replace(_))),
                unchanged: count(|doing| *doing == Doing::Right),
                left: left.len(),
                gone: gone.len(),
                unseen: unseen.len(),
            },
            scope_files: made.map(|folder| path_below(root, &format!("{}/_scope.yaml", folder.path))).collect(),
            policies: pulled.iter().map(|pulled| PulledReport::of(pulled, root)).collect(),
            left: left.iter().map(|left| LeftReport::of(left, root)).collect(),
            gone: gone.iter().map(|(at, id)| GoneReport { address: at.to_string(), id: id.to_string() }).collect(),
            unseen: unseen.iter().cloned().map(|(what, why)| PullUnseenReport { what, why }).collect(),
        }
    }
}

impl PulledReport {
    fn of(pulled: &Pulled, root: &str) -> Self {
        let Pulled { address, id, file, sent: _, stored: _, protected: _, doing } = pulled;
        let outcome = match doing {
            Doing::Right => PullOutcome::Unchanged,
            Doing::Write(_) => PullOutcome::New,
            Doing::Replace(_) => PullOutcome::Replaced,
        };
        Self { address: address.to_string(), id: id.to_string(), file: path_below(root, file), outcome }
    }
}

impl LeftReport {
    fn of(left: &Left, root: &str) -> Self {
        let Left { id, scope, name, file, reason, why, hint } = left;
        Self {
            id: id.to_string(),
            org_id: scope.org().to_string(),
            workspace_id: scope.workspace().map(ToString::to_string),
            repo_id: scope.repo().map(ToString::to_string),
            name: name.clone(),
            file: file.as_ref().map(|file| path_below(root, file)),
            reason: *reason,
            why: why.clone(),
            hint: hint.clone(),
        }
    }
}

/// A pull as a document.
#[must_use]
pub fn pull_json(pull: &Pull, root: &str, dry_run: bool) -> String {
    escape::json(&PullReport::of(pull, root, dry_run))
}
