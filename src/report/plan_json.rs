//! A plan as JSON, `policysync.plan/1`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::proposal::Proposal;
use super::sighting_json::SightingReport;
use super::{escape, path_below};
use crate::domain::{ActionType, ChangeKind, Direction, Field, RiskType, ScopedPolicy};
use crate::plan::{Change, Impact, Notice, Plan, Reach, Verdict};

/// What would change, in the order in which it would be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "The plan of `policysync plan --format json`")]
pub struct PlanReport {
    /// The form of this document.
    pub format: PlanFormat,
    /// SHA-256 over the changes and the endpoint: the same work has the same digest.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub digest: String,
    /// The service that it is for.
    pub endpoint: String,
    /// How many changes of each kind.
    pub summary: PlanSummary,
    /// The changes, in order.
    pub changes: Vec<ChangeReport>,
    /// What one should know and nothing is done about.
    pub notices: Vec<NoticeReport>,
    /// The guards that found something.
    pub guards: Vec<GuardReport>,
}

/// The form of a document of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum PlanFormat {
    /// The first one.
    #[serde(rename = "policysync.plan/1")]
    V1,
}

/// How many changes of each kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanSummary {
    /// New in the tree.
    pub create: usize,
    /// Other fields than recorded.
    pub update: usize,
    /// The same policy under another key.
    pub rename: usize,
    /// The same policy in another scope.
    #[serde(rename = "move")]
    pub moved: usize,
    /// Not in the tree any more, and pruning is on.
    pub delete: usize,
    /// Live already, equal in all fields: only recorded.
    pub adopt: usize,
    /// Dropped from the record, left live.
    pub forget: usize,
    /// As recorded.
    pub unchanged: usize,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeReport {
    /// The policy; for a rename or a move, its new address.
    pub address: String,
    /// The address it had, for a rename or a move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub from: Option<String>,
    /// What is done.
    pub kind: ChangeKind,
    /// Whether it lets more through.
    pub direction: Direction,
    /// The file that asks for it; for a delete, the one it was recorded from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize", range(min = 1))]
    pub line: Option<usize>,
    /// What is recorded; null where there is nothing yet.
    pub before: Option<PolicyReport>,
    /// What is wanted; null where there shall be nothing.
    pub after: Option<PolicyReport>,
    /// The fields that differ; all of them for a create, none for a delete.
    pub fields: Vec<Field>,
    /// What the service was seen to hold instead of what is recorded, where it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SightingReport")]
    pub drift: Option<SightingReport>,
    /// Whether it says `protected`, where a file or the record does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ProtectionReport")]
    pub protected: Option<ProtectionReport>,
    /// Where it lives on: this delete is what is left of its move there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub moved_to: Option<String>,
    /// How many scopes below its own the policy holds in, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ReachReport")]
    pub reach: Option<ReachReport>,
    /// What the policy did lately, where it lets more through and `--impact` asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ImpactReport")]
    pub impact: Option<ImpactReport>,
}

/// What a policy did lately: how often it was gone against, or why that can't be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImpactReport {
    /// How many days back.
    pub days: u32,
    /// Calls that it blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub blocked: Option<u64>,
    /// Calls that it let through: logged, or told to someone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub let_through: Option<u64>,
    /// Why neither is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub unknown: Option<String>,
}

/// Whether a policy says `protected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProtectionReport {
    /// When it was last applied.
    pub before: bool,
    /// Now.
    pub after: bool,
}

/// How many scopes below its own a policy holds in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReachReport {
    /// Workspaces below an organization.
    pub workspaces: usize,
    /// Repositories below an organization or a workspace.
    pub repositories: usize,
}

/// A policy and where it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyReport {
    /// The organization's id.
    pub org_id: String,
    /// The workspace's id; null for an organization's policy.
    pub workspace_id: Option<String>,
    /// The repository's id; null above the repository level.
    pub repo_id: Option<String>,
    /// What people see.
    pub name: String,
    /// How severe a breach is.
    #[schemars(schema_with = "risk_schema")]
    pub risk_type: RiskType,
    /// What happens on a breach: 0 logs, 1 alerts, 2 blocks.
    #[schemars(schema_with = "action_schema")]
    pub action_type: ActionType,
    /// The rule's text.
    pub content: String,
}

pub(super) fn risk_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": RiskType::ALL.map(RiskType::as_str)})
}

pub(super) fn action_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "integer", "enum": ActionType::ALL.map(ActionType::number)})
}

/// Something one should know and nothing is done about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeReport {
    /// What it is about.
    pub address: String,
    /// Its kind: a stable name.
    pub code: String,
    /// The sentence.
    pub message: String,
}

/// What a guard found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardReport {
    /// Its name, as in `--allow`.
    pub guard: String,
    /// How many things it found.
    pub found: usize,
    /// Whether the user let it pass; if not, it refuses the plan.
    pub allowed: bool,
    /// What was found, and why that is refused.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl PlanReport {
    /// A plan; `root` is the tree's folder as the user wrote it.
    #[must_use]
    pub fn of<'a>(plan: impl Into<Proposal<'a>>, root: &str) -> Self {
        let proposal = plan.into();
        let plan = proposal.plan;
        let Plan { endpoint, changes, reach, notices, guards, unchanged, digest, base: _ } = plan;
        Self {
            format: PlanFormat::V1,
            digest: digest.to_string(),
            endpoint: endpoint.to_string(),
            summary: PlanSummary {
                create: plan.count(ChangeKind::Create),
                update: plan.count(ChangeKind::Update),
                rename: plan.count(ChangeKind::Rename),
                moved: plan.count(ChangeKind::Move),
                delete: plan.count(ChangeKind::Delete),
                adopt: plan.count(ChangeKind::Adopt),
                forget: plan.count(ChangeKind::Forget),
                unchanged: *unchanged,
            },
            changes: changes
                .iter()
                .map(|change| ChangeReport {
                    impact: proposal.impact(&change.address).map(ImpactReport::of),
                    ..ChangeReport::of(change, reach.changes.get(&change.address), root)
                })
                .collect(),
            notices: notices.iter().map(NoticeReport::of).collect(),
            guards: guards.iter().map(GuardReport::of).collect(),
        }
    }
}

impl ChangeReport {
    fn of(change: &Change, reach: Option<&Reach>, root: &str) -> Self {
        let Change { address, kind, direction, from, id: _, before, after, fields, place, .. } = change;
        let Change { sighting, protection, moved_to, .. } = change;
        Self {
            address: address.to_string(),
            from: from.as_ref().map(ToString::to_string),
            kind: *kind,
            direction: *direction,
            file: place.as_ref().map(|place| path_below(root, &place.file)),
            line: place.as_ref().map(|place| place.line),
            before: before.as_ref().map(PolicyReport::of),
            after: after.as_ref().map(PolicyReport::of),
            fields: fields.clone(),
            drift: sighting.as_ref().map(|sighting| SightingReport::of(sighting, change.id.as_ref())),
            protected: protection
                .is_any()
                .then_some(ProtectionReport { before: protection.recorded, after: protection.wanted }),
            moved_to: moved_to.as_ref().map(ToString::to_string),
            reach: reach.map(|Reach { workspaces, repositories }| ReachReport {
                workspaces: *workspaces,
                repositories: *repositories,
            }),
            impact: None,
        }
    }
}

impl ImpactReport {
    pub(super) fn of((impact, days): (&Impact, u32)) -> Self {
        let nothing = Self { days, blocked: None, let_through: None, unknown: None };
        match impact {
            Impact::Counted { blocked, let_through } => {
                Self { blocked: Some(*blocked), let_through: Some(*let_through), ..nothing }
            }
            Impact::Unknown(why) => Self { unknown: Some(why.clone()), ..nothing },
        }
    }
}

impl PolicyReport {
    pub(super) fn of(scoped: &ScopedPolicy) -> Self {
        let ScopedPolicy { scope, policy } = scoped;
        Self {
            org_id: scope.org().to_string(),
            workspace_id: scope.workspace().map(ToString::to_string),
            repo_id: scope.repo().map(ToString::to_string),
            name: policy.name().to_owned(),
            risk_type: policy.risk_type(),
            action_type: policy.action_type(),
            content: policy.content().to_owned(),
        }
    }
}

impl NoticeReport {
    fn of(notice: &Notice) -> Self {
        let Notice { address, code, message } = notice;
        Self { address: address.to_string(), code: code.as_str().to_owned(), message: message.clone() }
    }
}

impl GuardReport {
    fn of(verdict: &Verdict) -> Self {
        let Verdict { guard, found, allowed, message, hint } = verdict;
        Self {
            guard: guard.as_str().to_owned(),
            found: *found,
            allowed: *allowed,
            message: message.clone(),
            hint: hint.clone(),
        }
    }
}

/// A plan as a document; `root` is the tree's folder as the user wrote it.
#[must_use]
pub fn plan_json<'a>(plan: impl Into<Proposal<'a>>, root: &str) -> String {
    escape::json(&PlanReport::of(plan, root))
}
