//! What a change's end means for the record. Pure.

use jiff::Timestamp;

use crate::api::LivePolicy;
use crate::domain::{ActionType, Address, ChangeKind, Policy, PolicyId, RiskType, ScopedPolicy};
use crate::plan::Change;
use crate::state::{Entry, Intent, Record, Stored, Undecided};

use super::{ChangeResult, Failure};

/// How a change's call ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The policy is live, like this.
    Live(Box<LivePolicy>),
    /// The policy is gone.
    Gone,
    /// Surely nothing happened.
    NotDone,
    /// Not known; these could be it.
    Open(Vec<PolicyId>),
}

/// What is odd about what the service keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remark {
    /// To be told, and no more.
    Note(String),
    /// Not what was wanted: the change did not succeed.
    Wrong(String),
}

impl Remark {
    pub(super) fn text(self) -> String {
        match self {
            Self::Note(text) | Self::Wrong(text) => text,
        }
    }

    /// How a change ended that left the policy `id` with this remark.
    pub(super) fn result(remark: Option<Self>, id: PolicyId) -> ChangeResult {
        match remark {
            None => ChangeResult::Applied { id, note: None },
            Some(Self::Note(note)) => ChangeResult::Applied { id, note: Some(note) },
            Some(Self::Wrong(why)) => {
                ChangeResult::Failed(Failure::new(why).hint("the next plan shows the difference"))
            }
        }
    }
}

/// The intent of a change: what is needed to finish or undo it.
pub(super) fn intent(change: &Change, now: Timestamp, commit: Option<&String>) -> Intent {
    Intent {
        change: change.kind,
        intended_at: now,
        id: change.id.clone(),
        from: change.from.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
        file: change.place.as_ref().map(|place| place.file.clone()),
        commit: commit.cloned(),
        undecided: None,
    }
}

/// Writes into the record how the change with this intent ended; returns what a reader should know.
pub(super) fn enter(
    record: &mut Record,
    address: &Address,
    intent: &Intent,
    ended: &Ended,
    now: Timestamp,
) -> Option<Remark> {
    match ended {
        Ended::Live(live) => {
            record.pending.remove(address);
            record.policies.remove(intent.from.as_ref().unwrap_or(address));
            let wanted = intent.after.as_ref().or(intent.before.as_ref())?;
            let (entry, remark) = entry(live, wanted, intent, now);
            record.policies.insert(address.clone(), entry);
            remark
        }
        Ended::Gone => {
            record.pending.remove(address);
            record.policies.remove(intent.from.as_ref().unwrap_or(address));
            None
        }
        Ended::NotDone => {
            record.pending.remove(address);
            None
        }
        Ended::Open(candidates) => {
            let intent = record.pending.entry(address.clone()).or_insert_with(|| intent.clone());
            // Only a create without an answer has candidates that someone must decide between.
            if intent.change == ChangeKind::Create && !candidates.is_empty() {
                intent.undecided = Some(Undecided { candidates: candidates.iter().cloned().collect() });
            }
            None
        }
    }
}

/// Moves a policy to another address; nothing about it changes in the service.
pub(super) fn readdress(record: &mut Record, change: &Change) -> Option<PolicyId> {
    let mut entry = record.policies.remove(change.from.as_ref()?)?;
    if let Some(place) = &change.place {
        entry.file.clone_from(&place.file);
    }
    let id = entry.id.clone();
    record.policies.insert(change.address.clone(), entry);
    Some(id)
}

/// The entry of a policy that is live, and what is odd about it.
///
/// Texts that the service keeps otherwise are kept beside what was sent, so that they are told once and are no drift for
/// ever. An action or a risk that it keeps otherwise is recorded as it is: the next plan shows the difference.
fn entry(live: &LivePolicy, wanted: &ScopedPolicy, intent: &Intent, now: Timestamp) -> (Entry, Option<Remark>) {
    let sent = &wanted.policy;
    let mut note = None;
    let mut wrong = Vec::new();
    let mut stored = None;
    if live.name != sent.name() || live.content != sent.content() {
        let which = match (live.name != sent.name(), live.content != sent.content()) {
            (true, false) => "name",
            (false, _) => "content",
            (true, true) => "name and content",
        };
        let text = format!("the service keeps another {which} than it was sent (it trims, perhaps); both are recorded");
        note = Some(Remark::Note(text));
        stored = Some(Stored { name: live.name.clone(), content: live.content.clone() });
    }
    let risk = live.risk_type.parse::<RiskType>().unwrap_or(sent.risk_type());
    let action = u8::try_from(live.action_type).ok().and_then(|number| ActionType::try_from(number).ok());
    let action = action.unwrap_or(sent.action_type());
    if risk != sent.risk_type() {
        wrong.push(format!("the service keeps riskType {risk}, and was sent {}", sent.risk_type()));
    }
    if action != sent.action_type() {
        wrong.push(format!("the service keeps actionType {action}, and was sent {}", sent.action_type()));
    }
    let policy = Policy::new(sent.name().to_owned(), sent.content().to_owned(), risk, action);
    let entry = Entry {
        id: live.id.clone(),
        sent: ScopedPolicy { scope: wanted.scope.clone(), policy: policy.unwrap_or_else(|_| sent.clone()) },
        stored,
        applied_at: now,
        file: intent.file.clone().unwrap_or_default(),
        commit: intent.commit.clone(),
    };
    (entry, if wrong.is_empty() { note } else { Some(Remark::Wrong(wrong.join("; "))) })
}
