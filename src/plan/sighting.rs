//! What the service was seen to hold, where that is not what is recorded. Pure.
//!
//! A plan that looked carries it along, so that apply can tell whether the service still holds just that.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::{ApiError, LivePolicy, Snapshot};
use crate::domain::{ActionType, Policy, PolicyId, RiskType, Scope, ScopeName, ScopedPolicy};
use crate::state::{Entry, Record};
use crate::tree::Tree;

use super::UnmanagedIndex;
use super::drift::is_as_recorded;

/// What the service was seen to hold instead of what is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Sighting {
    /// The recorded policy with other fields: someone changed it.
    Edited(Seen),
    /// The service says that it has no policy of the recorded id: someone deleted it.
    Gone(PolicyId),
    /// A policy that nobody manages.
    Unmanaged(Seen),
}

/// The fields of a live policy as the service has them, whatever they may be, and who left them so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seen {
    /// What people see.
    pub name: String,
    /// The severity's word on the wire.
    pub risk_type: String,
    /// The action's number on the wire.
    pub action_type: i64,
    /// The rule's text.
    pub content: String,
    /// Who changed it last, as far as the service says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Seen {
    pub(super) fn of(live: &LivePolicy) -> Self {
        let LivePolicy { name, content, risk_type, action_type, updated_by, updated_at, .. } = live;
        Self {
            name: name.clone(),
            risk_type: risk_type.clone(),
            action_type: *action_type,
            content: content.clone(),
            by: updated_by.as_ref().map(|person| person.name.clone()),
            at: *updated_at,
        }
    }

    /// Whether it is a policy as a tree could ask for it: words that the service documents, and texts that a file may have.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let Self { name, risk_type, action_type, content, by: _, at: _ } = self;
        let risk = risk_type.parse::<RiskType>().ok();
        let action = ActionType::ALL.into_iter().find(|action| i64::from(action.number()) == *action_type);
        let texts = |(risk, action)| Policy::new(name.clone(), content.clone(), risk, action).is_ok();
        risk.zip(action).is_some_and(texts)
    }

    /// Whether a live policy still has these fields; who left them so makes no difference.
    #[must_use]
    pub fn is_still(&self, live: &LivePolicy) -> bool {
        let Self { name, risk_type, action_type, content, by: _, at: _ } = self;
        (name, risk_type, *action_type, content) == (&live.name, &live.risk_type, live.action_type, &live.content)
    }
}

impl Sighting {
    /// The fields that were seen; nothing where the policy is gone.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen> {
        match self {
            Self::Edited(seen) | Self::Unmanaged(seen) => Some(seen),
            Self::Gone(_) => None,
        }
    }
}

/// What the service holds of a recorded policy.
pub(super) enum Now<'a> {
    /// It is as recorded, or nobody looked.
    AsRecorded,
    /// It is otherwise.
    Edited(&'a LivePolicy),
    /// There is none of that id.
    Gone,
    /// It could not be looked at, and why.
    Unseen(String),
}

/// What a snapshot shows, by the questions that a join asks. Without one it answers as if all were as recorded.
pub(super) struct Look<'a> {
    snapshot: Option<&'a Snapshot>,
    unmanaged: UnmanagedIndex<'a>,
    /// What the tree asks for, by scope and name.
    wanted: BTreeMap<(&'a Scope, &'a str), Vec<&'a ScopedPolicy>>,
}

/// The live policies that nobody manages and that have the name of one that is wanted.
pub(super) struct Namesakes<'a> {
    /// All but those that are what another file asks for.
    pub(super) live: Vec<&'a LivePolicy>,
    /// How many files ask for that name in that scope.
    pub(super) files: usize,
}

impl<'a> Namesakes<'a> {
    /// The one that only one file can continue.
    pub(super) fn only(&self) -> Option<&'a LivePolicy> {
        match (self.live.as_slice(), self.files) {
            ([one], 1) => Some(one),
            _ => None,
        }
    }
}

impl<'a> Look<'a> {
    pub(super) fn of(snapshot: Option<&'a Snapshot>, tree: &'a Tree, records: &BTreeMap<ScopeName, Record>) -> Self {
        let mut wanted = BTreeMap::<_, Vec<_>>::new();
        let Some(seen) = snapshot else { return Self { snapshot, unmanaged: UnmanagedIndex::default(), wanted } };
        let taken: BTreeSet<&PolicyId> = records.values().flat_map(super::unmanaged::taken).collect();
        for scoped in tree.policies.values().map(|desired| &desired.scoped) {
            wanted.entry((&scoped.scope, scoped.policy.name())).or_default().push(scoped);
        }
        Self { snapshot, unmanaged: UnmanagedIndex::of(seen.policies.values(), &taken), wanted }
    }

    /// Those of the name of one that is wanted and that none is equal to.
    pub(super) fn namesakes(&self, wanted: &ScopedPolicy) -> Namesakes<'a> {
        let files = self.wanted.get(&(&wanted.scope, wanted.policy.name())).map_or(&[][..], Vec::as_slice);
        let is_anothers = |live: &LivePolicy| files.iter().any(|file| live.reads_as(file));
        let live = self.unmanaged.of_name(wanted).iter().copied().filter(|live| !is_anothers(live)).collect();
        Namesakes { live, files: files.len() }
    }

    /// Why a scope could not be listed.
    pub(super) fn closed(&self, scope: &Scope) -> Option<&'a ApiError> {
        self.snapshot.and_then(|snapshot| snapshot.closed.get(scope))
    }

    pub(super) fn now(&self, entry: &Entry) -> Now<'a> {
        let Some(snapshot) = self.snapshot else { return Now::AsRecorded };
        match snapshot.policies.get(&entry.id) {
            Some(live) if is_as_recorded(live, entry) => Now::AsRecorded,
            Some(live) => Now::Edited(live),
            None if snapshot.gone.contains(&entry.id) => Now::Gone,
            None => {
                let why = snapshot.unseen.get(&entry.id);
                Now::Unseen(why.map_or_else(|| "it was not looked at".to_owned(), ToString::to_string))
            }
        }
    }

    /// The policies that nobody manages.
    pub(super) fn unmanaged(&self) -> &UnmanagedIndex<'a> {
        &self.unmanaged
    }
}

/// A live policy in the tree's terms. Texts that nobody edited count as what was sent: the service keeps them otherwise.
/// Nothing where it has a word that the service does not document.
pub(super) fn as_sent(live: &LivePolicy, entry: &Entry) -> Option<ScopedPolicy> {
    let ScopedPolicy { scope, policy } = live.scoped()?;
    let sent = &entry.sent.policy;
    let name = if live.name == entry.live_name() { sent.name() } else { policy.name() };
    let content = if live.content == entry.live_content() { sent.content() } else { policy.content() };
    let policy = Policy::new(name.to_owned(), content.to_owned(), policy.risk_type(), policy.action_type()).ok()?;
    Some(ScopedPolicy { scope, policy })
}
