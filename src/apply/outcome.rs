//! What came of a run: every change ends as applied, failed (why), undecided or not tried.

use crate::domain::{Address, ChangeKind, Direction, Place, PolicyId, ScopeName};
use crate::plan::Change;
use crate::state::{Record, Undecided};

/// What came of the plans of one or more organizations.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every change of the plan, in its order.
    pub changes: Vec<ChangeOutcome>,
    /// Why work was stopped before its end, by organization.
    pub stops: Vec<(ScopeName, Stop)>,
    /// What a reader should know besides, in order.
    pub warnings: Vec<String>,
    /// The records that could not be saved: their only copies.
    pub unsaved: Vec<Unsaved>,
}

/// A record that could not be saved, and why.
#[derive(Debug)]
pub struct Unsaved {
    /// The record as it should stand in the store.
    pub record: Box<Record>,
    /// What the store said.
    pub why: String,
}

/// What came of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeOutcome {
    /// Which policy.
    pub address: Address,
    /// What was to be done; `adopt` where an equal unmanaged policy was found instead of creating one.
    pub kind: ChangeKind,
    /// Whether it lets more through.
    pub direction: Direction,
    /// Where the tree asks for it.
    pub place: Option<Place>,
    /// How it ended.
    pub result: ChangeResult,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeResult {
    /// Done, and recorded.
    Applied {
        /// The policy's id.
        id: PolicyId,
        /// What a reader should know about it, if anything: `the service keeps another text than it was sent`.
        note: Option<String>,
    },
    /// Surely not done.
    Failed(Failure),
    /// Not known: the next run looks again, or someone decides between the candidates.
    Undecided {
        /// The live policies that could be it; none where it could not be looked for.
        candidates: Vec<PolicyId>,
        /// Why.
        failure: Failure,
    },
    /// Not begun.
    Untried,
}

/// Why something was not done, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What and why.
    pub message: String,
    /// What to do, in a sentence without a full stop.
    pub hint: String,
}

/// What to do where it is not known whether something happened.
pub(super) const LOOKED_FOR: &str = "apply again: the next run looks for it before anything else";

/// What to do where policysync broke one of its own laws.
pub const OUR_FAULT: &str = "this is a fault of policysync: report it, with this message";

impl Failure {
    /// What and why, and what to do.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }

    /// Several live policies could be what a create without an answer has made.
    pub(super) fn several(address: &Address, ids: &[PolicyId]) -> Self {
        let named: Vec<&str> = ids.iter().map(PolicyId::as_str).collect();
        let message = match ids {
            [] => "what came of it can't be seen".to_owned(),
            [one] => format!("its answer was lost, and {one} could be it, with another text"),
            several => {
                format!("its answer was lost, and {} live policies could be it: {}", several.len(), named.join(", "))
            }
        };
        let hint = format!(
            "say which one it is with `policysync state resolve {address} --adopt ID`, or that none is with --forget"
        );
        Self::new(message, hint)
    }
}

/// Why a run stopped before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Ctrl-C or SIGTERM.
    Interrupted,
    /// The service does not accept the token any more.
    Unauthorized(Failure),
    /// The service can't be reached.
    Unreachable(Failure),
    /// The run's own time limit is over.
    OutOfTime,
    /// Another run took the record over: nothing more may be done or saved.
    LeaseLost(Failure),
    /// The record can't be saved.
    Unsaved(Failure),
}

/// A run's outcome in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Summary {
    /// All that was planned is done.
    Applied,
    /// Something was not.
    Partial,
    /// Stopped by the user; what was done is recorded.
    Interrupted,
    /// There was nothing to do.
    Nothing,
}

impl Outcome {
    /// The outcome in one word.
    #[must_use]
    pub fn summary(&self) -> Summary {
        if self.stops.iter().any(|(_, stop)| *stop == Stop::Interrupted) {
            Summary::Interrupted
        } else if self.changes.iter().any(|change| !change.is_applied())
            || !self.stops.is_empty()
            || !self.unsaved.is_empty()
        {
            Summary::Partial
        } else if self.changes.is_empty() {
            Summary::Nothing
        } else {
            Summary::Applied
        }
    }

    /// How many changes ended in a way.
    pub fn count(&self, ended: impl Fn(&ChangeResult) -> bool) -> usize {
        self.changes.iter().filter(|change| ended(&change.result)).count()
    }

    /// With another organization's outcome.
    pub fn join(&mut self, other: Self) {
        let Self { changes, stops, warnings, unsaved } = other;
        self.changes.extend(changes);
        self.stops.extend(stops);
        self.warnings.extend(warnings);
        self.unsaved.extend(unsaved);
    }
}

impl ChangeOutcome {
    /// The end of a planned change.
    #[must_use]
    pub fn of(change: &Change, result: ChangeResult) -> Self {
        Self {
            address: change.address.clone(),
            kind: change.kind,
            direction: change.direction,
            place: change.place.clone(),
            result,
        }
    }

    /// What an earlier run left open: several live policies could be it.
    #[must_use]
    pub fn undecided(address: &Address, kind: ChangeKind, several: &Undecided) -> Self {
        let candidates: Vec<PolicyId> = several.candidates.iter().cloned().collect();
        let failure = Failure::several(address, &candidates);
        let result = ChangeResult::Undecided { candidates, failure };
        Self { address: address.clone(), kind, direction: Direction::Stronger, place: None, result }
    }

    /// Whether it is done.
    #[must_use]
    pub fn is_applied(&self) -> bool {
        matches!(self.result, ChangeResult::Applied { .. })
    }
}
