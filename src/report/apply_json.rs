//! What came of a run as JSON, `policysync.apply/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::apply_text::stop_sentence;
use super::escape;
use super::plan_json::ImpactReport;
use crate::apply::{ChangeOutcome, ChangeResult, Failure, Outcome, Stop, Summary, Unsaved};
use crate::domain::{ChangeKind, ScopeName};
use crate::plan::Impacts;

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "The outcome of `policysync apply --format json`")]
pub struct ApplyReport {
    /// The form of this document.
    pub format: ApplyFormat,
    /// The run in one word.
    pub outcome: OutcomeWord,
    /// How many changes ended in each way.
    pub summary: ApplySummary,
    /// Every change of the plan, in its order.
    pub changes: Vec<ResultReport>,
    /// The organizations whose work was stopped before its end, and why; left out where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<StopReport>,
    /// What one should know besides; left out where there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The organizations whose record could not be saved; left out where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsaved: Vec<UnsavedReport>,
}

/// The form of a document of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ApplyFormat {
    /// The first one.
    #[serde(rename = "policysync.apply/1")]
    V1,
}

/// A run in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum OutcomeWord {
    /// All that was planned is done.
    Applied,
    /// Something was not.
    Partial,
    /// Stopped by the user; what was done is recorded.
    Interrupted,
    /// There was nothing to do.
    Nothing,
}

/// How many changes ended in each way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplySummary {
    /// Done, and recorded.
    pub applied: usize,
    /// Surely not done.
    pub failed: usize,
    /// Not known: the next run looks again, or someone decides.
    pub undecided: usize,
    /// Not begun.
    pub untried: usize,
}

/// What came of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResultReport {
    /// Which policy.
    pub address: String,
    /// What was to be done.
    pub kind: ChangeKind,
    /// How it ended.
    pub result: ResultWord,
    /// The policy's id, where the change was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// Why it was not applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub error: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub hint: Option<String>,
    /// What one should know about an applied change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub note: Option<String>,
    /// The ids of the live policies that could be it, where that is undecided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
    /// What the policy did lately, where it lets more through and `--impact` asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ImpactReport")]
    pub impact: Option<ImpactReport>,
}

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ResultWord {
    /// Done, and recorded.
    Applied,
    /// Surely not done.
    Failed,
    /// Not known.
    Undecided,
    /// Not begun.
    Untried,
}

/// Why the work on an organization was stopped before its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopReport {
    /// The organization's folder name.
    pub organization: String,
    /// The reason's stable name.
    pub reason: String,
    /// The sentence.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub hint: Option<String>,
}

/// An organization whose record could not be saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnsavedReport {
    /// The organization's folder name.
    pub organization: String,
    /// What the store said.
    pub error: String,
}

impl ApplyReport {
    /// What came of a run, with what was learnt before it of the policies that it weakens.
    #[must_use]
    pub fn of(outcome: &Outcome, impacts: Option<&Impacts>) -> Self {
        let result = |change: &ChangeOutcome| ResultReport {
            impact: impacts.and_then(|impacts| impacts.of(&change.address)).map(ImpactReport::of),
            ..ResultReport::of(change)
        };
        let Outcome { changes, stops, warnings, unsaved } = outcome;
        Self {
            format: ApplyFormat::V1,
            outcome: match outcome.summary() {
                Summary::Applied => OutcomeWord::Applied,
                Summary::Partial => OutcomeWord::Partial,
                Summary::Interrupted => OutcomeWord::Interrupted,
                Summary::Nothing => OutcomeWord::Nothing,
            },
            summary: ApplySummary::of(outcome),
            changes: changes.iter().map(result).collect(),
            stops: stops.iter().map(|(org, stop)| StopReport::of(org, stop)).collect(),
            warnings: warnings.clone(),
            unsaved: unsaved.iter().map(UnsavedReport::of).collect(),
        }
    }
}

impl ApplySummary {
    /// The counts of a run.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        Self {
            applied: outcome.count(|result| matches!(result, ChangeResult::Applied { .. })),
            failed: outcome.count(|result| matches!(result, ChangeResult::Failed(_))),
            undecided: outcome.count(|result| matches!(result, ChangeResult::Undecided { .. })),
            untried: outcome.count(|result| matches!(result, ChangeResult::Untried)),
        }
    }
}

impl ResultReport {
    fn of(change: &ChangeOutcome) -> Self {
        let ChangeOutcome { address, kind, direction: _, place: _, result } = change;
        let plain = Self {
            address: address.to_string(),
            kind: *kind,
            result: ResultWord::Untried,
            id: None,
            error: None,
            hint: None,
            note: None,
            candidates: Vec::new(),
            impact: None,
        };
        let failed = |failure: &Failure, plain: Self| {
            let Failure { message, hint } = failure;
            Self { error: Some(message.clone()), hint: Some(hint.clone()), ..plain }
        };
        match result {
            ChangeResult::Applied { id, note } => {
                Self { result: ResultWord::Applied, id: Some(id.to_string()), note: note.clone(), ..plain }
            }
            ChangeResult::Failed(failure) => Self { result: ResultWord::Failed, ..failed(failure, plain) },
            ChangeResult::Undecided { candidates, failure } => Self {
                result: ResultWord::Undecided,
                candidates: candidates.iter().map(ToString::to_string).collect(),
                ..failed(failure, plain)
            },
            ChangeResult::Untried => plain,
        }
    }
}

impl StopReport {
    fn of(org: &ScopeName, stop: &Stop) -> Self {
        let (reason, Failure { message, hint }) = stop_sentence(stop);
        Self { organization: org.to_string(), reason: reason.to_owned(), message, hint: Some(hint) }
    }
}

impl UnsavedReport {
    fn of(unsaved: &Unsaved) -> Self {
        let Unsaved { record, why } = unsaved;
        Self { organization: record.org.to_string(), error: why.clone() }
    }
}

/// What came of a run as a document, with what was learnt before it of the policies that it weakens.
#[must_use]
pub fn apply_json(outcome: &Outcome, impacts: Option<&Impacts>) -> String {
    escape::json(&ApplyReport::of(outcome, impacts))
}
