//! The record as JSON, `policysync.state/1`: for programs that ask what is managed, under which id, and who works with it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;
use crate::domain::{Address, ChangeKind, ScopeName};
use crate::state::{Claim, Entry, Intent, Lease, Record, Stored};

/// What is recorded, by organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "The records of `policysync state list --format json`")]
pub struct StateReport {
    /// The form of this document.
    pub format: StateFormat,
    /// The organizations that have a record, by name.
    pub organizations: Vec<OrganizationState>,
}

/// The form of a document of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum StateFormat {
    /// The first one.
    #[serde(rename = "policysync.state/1")]
    V1,
}

/// One organization's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationState {
    /// The organization's folder name.
    pub organization: String,
    /// The service it was applied to.
    pub endpoint: String,
    /// The record's identity for its whole life.
    pub lineage: String,
    /// How often it was saved.
    pub serial: u64,
    /// When a policy was last applied; left out where none is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub last_applied: Option<String>,
    /// Who works with it, or did and has not given it back; left out where nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LeaseReport")]
    pub lease: Option<LeaseReport>,
    /// What an earlier run began and did not see the end of, by address.
    pub pending: Vec<PendingReport>,
    /// What is managed, by address.
    pub policies: Vec<EntryReport>,
}

/// A lease on a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeaseReport {
    /// What `state unlock` takes.
    pub id: String,
    /// Who, for people to read.
    pub holder: String,
    /// The CI run's address, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub run: Option<String>,
    /// Since when.
    pub acquired_at: String,
    /// Until when, unless renewed.
    pub expires_at: String,
    /// Whether it keeps others off.
    pub held: bool,
}

/// A change whose end isn't known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PendingReport {
    /// Which policy.
    pub address: String,
    /// What was to be done.
    pub kind: ChangeKind,
    /// When it was written down.
    pub intended_at: String,
    /// Whether someone has to decide what came of it; else the next apply finds out.
    pub undecided: bool,
    /// The ids of the live policies that could be it, where someone has to decide.
    pub candidates: Vec<String>,
}

/// A managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntryReport {
    /// Which policy.
    pub address: String,
    /// The service's id for it.
    pub id: String,
    /// The id of its organization.
    pub org_id: String,
    /// The id of its workspace; null for a policy of the organization.
    pub workspace_id: Option<String>,
    /// The id of its repository; null for a policy above that level.
    pub repo_id: Option<String>,
    /// What people see.
    pub name: String,
    /// LOW, MEDIUM or HIGH.
    pub risk_type: String,
    /// log, alert or block.
    pub action_type: String,
    /// The rule's text, as it was sent.
    pub content: String,
    /// The texts that the service keeps otherwise than they were sent; left out where it doesn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "StoredReport")]
    pub stored: Option<StoredReport>,
    /// When it was last applied.
    pub applied_at: String,
    /// The file it came from, below the tree's root.
    pub file: String,
    /// The commit it came from, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub commit: Option<String>,
    /// Whether its file said `protected` when it was last applied.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// Where it was moved to: created there, and not yet deleted here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub moved_to: Option<String>,
}

/// Texts as the service keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredReport {
    /// The name it keeps.
    pub name: String,
    /// The content it keeps.
    pub content: String,
}

/// All records. `claim` says what a run that began now would do about a lease.
#[must_use]
pub fn state_json(records: &BTreeMap<ScopeName, Record>, claim: &dyn Fn(&Lease) -> Claim) -> String {
    let organizations = records.values().map(|record| OrganizationState::of(record, claim)).collect();
    escape::json(&StateReport { format: StateFormat::V1, organizations })
}

/// One entry.
#[must_use]
pub fn entry_json(address: &Address, entry: &Entry) -> String {
    escape::json(&EntryReport::of(address, entry))
}

impl OrganizationState {
    fn of(record: &Record, claim: &dyn Fn(&Lease) -> Claim) -> Self {
        let Record { format: _, lineage, serial, org, endpoint, policies, lease, pending, known: _ } = record;
        Self {
            organization: org.to_string(),
            endpoint: endpoint.as_str().to_owned(),
            lineage: lineage.to_string(),
            serial: *serial,
            last_applied: policies.values().map(|entry| entry.applied_at).max().map(|at| at.to_string()),
            lease: lease.as_ref().map(|lease| LeaseReport::of(lease, claim)),
            pending: pending.iter().map(|(address, intent)| PendingReport::of(address, intent)).collect(),
            policies: policies.iter().map(|(address, entry)| EntryReport::of(address, entry)).collect(),
        }
    }
}

impl LeaseReport {
    fn of(lease: &Lease, claim: &dyn Fn(&Lease) -> Claim) -> Self {
        let held = matches!(claim(lease), Claim::Held { .. });
        let Lease { id, holder, acquired_at, expires_at, run, process: _, revoked: _, contested: _ } = lease;
        Self {
            id: id.to_string(),
            holder: holder.clone(),
            run: run.clone(),
            acquired_at: acquired_at.to_string(),
            expires_at: expires_at.to_string(),
            held,
        }
    }
}

impl PendingReport {
    fn of(address: &Address, intent: &Intent) -> Self {
        let candidates = intent.undecided.iter().flat_map(|several| &several.candidates);
        Self {
            address: address.to_string(),
            kind: intent.change,
            intended_at: intent.intended_at.to_string(),
            undecided: intent.undecided.is_some(),
            candidates: candidates.map(ToString::to_string).collect(),
        }
    }
}

impl EntryReport {
    fn of(address: &Address, entry: &Entry) -> Self {
        let Entry { id, sent, stored, applied_at, file, commit, protected, moved_to } = entry;
        let (scope, policy) = (&sent.scope, &sent.policy);
        Self {
            address: address.to_string(),
            id: id.to_string(),
            org_id: scope.org().to_string(),
            workspace_id: scope.workspace().map(ToString::to_string),
            repo_id: scope.repo().map(ToString::to_string),
            name: policy.name().to_owned(),
            risk_type: policy.risk_type().as_str().to_owned(),
            action_type: policy.action_type().as_str().to_owned(),
            content: policy.content().to_owned(),
            stored: stored
                .as_ref()
                .map(|Stored { name, content }| StoredReport { name: name.clone(), content: content.clone() }),
            applied_at: applied_at.to_string(),
            file: file.clone(),
            commit: commit.clone(),
            protected: *protected,
            moved_to: moved_to.as_ref().map(ToString::to_string),
        }
    }
}
