//! Drift as JSON, `policysync.drift/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;
use super::plan_json::PolicyReport;
use crate::api::{LivePolicy, Person};
use crate::domain::Direction;
use crate::plan::{Drift, Drifted, Fate, Unmanaged};

/// What is live and not as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync drift --format json` found")]
pub struct DriftReport {
    /// The form of this document.
    pub format: DriftFormat,
    /// The counts.
    pub summary: DriftSummary,
    /// The recorded policies that are not live as recorded, by address.
    pub drifted: Vec<DriftedReport>,
    /// The policies of the same scopes that nobody manages, by scope and name.
    pub unmanaged: Vec<UnmanagedReport>,
    /// What could not be looked at: nothing is said of it.
    pub unseen: Vec<UnseenReport>,
}

/// The form of a document of drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum DriftFormat {
    /// The first one.
    #[serde(rename = "policysync.drift/1")]
    V1,
}

/// How many policies are how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DriftSummary {
    /// Live with other fields than recorded.
    pub edited: usize,
    /// Recorded, and not there any more.
    pub gone: usize,
    /// Of both: weaker than the tree asks for.
    pub weaker: usize,
    /// Live as recorded.
    pub as_recorded: usize,
    /// With a change pending, whose end the next apply finds out.
    pub pending: usize,
    /// Live in the same scopes, and not recorded.
    pub unmanaged: usize,
    /// Scopes and policies that could not be looked at.
    pub unseen: usize,
}

/// A recorded policy that is not live as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DriftedReport {
    /// Which policy.
    pub address: String,
    /// The service's id.
    pub id: String,
    /// What became of it.
    pub fate: FateWord,
    /// Whether what is live lets more through than what the tree asks for.
    pub direction: Direction,
    /// What is recorded.
    pub recorded: PolicyReport,
    /// What is live; null where it is gone.
    pub live: Option<LiveReport>,
    /// Whether what is live is what the tree asks for.
    pub as_wanted: bool,
}

/// What became of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum FateWord {
    /// It has other fields.
    Edited,
    /// It is not there any more.
    Gone,
}

/// A policy as the service holds it, whatever it may contain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveReport {
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
    /// LOW, MEDIUM or HIGH, or a word that is not documented.
    pub risk_type: String,
    /// 0, 1 or 2, or a number that is not documented.
    pub action_type: i64,
    /// The rule's text.
    pub content: String,
    /// Who made it, where the service says so.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Option<String>,
    /// Who changed it last, where the service says so.
    pub updated_by: Option<String>,
    /// When it was changed last.
    pub updated_at: Option<String>,
}

/// A policy that nobody manages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnmanagedReport {
    /// The policy.
    pub live: LiveReport,
    /// The address of a file that asks for just this policy: the next apply adopts it. Null where there is none.
    pub equals: Option<String>,
}

/// What could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnseenReport {
    /// A policy's address, or a scope.
    pub what: String,
    /// What the service said.
    pub why: String,
}

impl DriftReport {
    /// What was found.
    #[must_use]
    pub fn of(drift: &Drift<'_>) -> Self {
        let Drift { drifted, unmanaged, unseen, closed, pending, as_recorded } = drift;
        let edited = drifted.iter().filter(|drifted| matches!(drifted.fate, Fate::Edited(_))).count();
        let policies = unseen.iter().map(|(address, why)| (address.to_string(), why));
        let scopes = closed.iter().map(|(scope, why)| (scope.to_string(), why));
        let unseen: Vec<_> =
            policies.chain(scopes).map(|(what, why)| UnseenReport { what, why: why.clone() }).collect();
        Self {
            format: DriftFormat::V1,
            summary: DriftSummary {
                edited,
                gone: drifted.len() - edited,
                weaker: drifted.iter().filter(|drifted| drifted.direction == Direction::Weaker).count(),
                as_recorded: *as_recorded,
                pending: *pending,
                unmanaged: unmanaged.len(),
                unseen: unseen.len(),
            },
            drifted: drifted.iter().map(DriftedReport::of).collect(),
            unmanaged: unmanaged.iter().map(UnmanagedReport::of).collect(),
            unseen,
        }
    }
}

impl DriftedReport {
    fn of(drifted: &Drifted<'_>) -> Self {
        let Drifted { address, entry, wanted, fate, direction } = drifted;
        let live = match fate {
            Fate::Edited(live) => Some(*live),
            Fate::Gone => None,
        };
        Self {
            address: address.to_string(),
            id: entry.id.to_string(),
            fate: if live.is_some() { FateWord::Edited } else { FateWord::Gone },
            direction: *direction,
            recorded: PolicyReport::of(&entry.sent),
            live: live.map(LiveReport::of),
            as_wanted: live.is_some_and(|live| live.equals(wanted)),
        }
    }
}

impl LiveReport {
    fn of(live: &LivePolicy) -> Self {
        let LivePolicy {
            id,
            scope,
            name,
            content,
            risk_type,
            action_type,
            created_by,
            created_at,
            updated_by,
            updated_at,
        } = live;
        let person = |person: &Option<Person>| person.as_ref().map(|person| person.name.clone());
        Self {
            id: id.to_string(),
            org_id: scope.org().to_string(),
            workspace_id: scope.workspace().map(ToString::to_string),
            repo_id: scope.repo().map(ToString::to_string),
            name: name.clone(),
            risk_type: risk_type.clone(),
            action_type: *action_type,
            content: content.clone(),
            created_by: person(created_by),
            created_at: created_at.as_ref().map(ToString::to_string),
            updated_by: person(updated_by),
            updated_at: updated_at.as_ref().map(ToString::to_string),
        }
    }
}

impl UnmanagedReport {
    fn of(unmanaged: &Unmanaged<'_>) -> Self {
        let Unmanaged { live, equals } = unmanaged;
        Self { live: LiveReport::of(live), equals: equals.map(ToString::to_string) }
    }
}

/// Drift as a document.
#[must_use]
pub fn drift_json(drift: &Drift<'_>) -> String {
    escape::json(&DriftReport::of(drift))
}
