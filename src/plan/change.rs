//! What a plan is made of.

use std::collections::BTreeMap;

use crate::domain::{
    Address, ChangeKind, Digest, Direction, Endpoint, Field, Place, PolicyId, ScopeName, ScopedPolicy,
};
use crate::state::Lineage;

use super::{Rank, Reaches, Verdict};

/// The ordered changes that make the service match, and the base they were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The service it is for.
    pub endpoint: Endpoint,
    /// In the order in which they are done.
    pub changes: Vec<Change>,
    /// How far they reach below their own scopes.
    pub reach: Reaches,
    /// What a reader should know and nothing is done about, in order.
    pub notices: Vec<Notice>,
    /// The guards that found something, in the order of their names.
    pub guards: Vec<Verdict>,
    /// How many policies are as recorded.
    pub unchanged: usize,
    /// SHA-256 over the canonical changes: the same work has the same digest.
    pub digest: Digest,
    /// The records it was made from, by organization.
    pub base: BTreeMap<ScopeName, Base>,
}

/// The state of a record that a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Which record.
    pub lineage: Lineage,
    /// Which save of it.
    pub serial: u64,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many changes are of a kind.
    #[must_use]
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes.iter().filter(|change| change.kind == kind).count()
    }

    /// How many policies are no longer managed by any file, and left alone.
    #[must_use]
    pub fn orphans(&self) -> usize {
        self.notices.iter().filter(|notice| notice.code == NoticeCode::NoLongerManaged).count()
    }

    /// The changes that let more through.
    pub fn weaker(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.direction == Direction::Weaker)
    }

    /// The guards that refuse it.
    pub fn refusals(&self) -> impl Iterator<Item = &Verdict> {
        self.guards.iter().filter(|verdict| !verdict.allowed)
    }

    /// The changes of one organization, in order.
    pub fn of_org<'a>(&'a self, org: &'a ScopeName) -> impl Iterator<Item = &'a Change> {
        self.changes.iter().filter(move |change| change.address.is_in(org))
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The policy; for a rename, under its new key.
    pub address: Address,
    /// What is done.
    pub kind: ChangeKind,
    /// Whether it lets more through.
    pub direction: Direction,
    /// The address it had, for a rename.
    pub from: Option<Address>,
    /// The service's id, where it is recorded.
    pub id: Option<PolicyId>,
    /// What is recorded.
    pub before: Option<ScopedPolicy>,
    /// What is wanted.
    pub after: Option<ScopedPolicy>,
    /// The fields that differ; all of them for a create, none for a delete.
    pub fields: Vec<Field>,
    /// Where the tree asks for it; for a delete, the file it was recorded from.
    pub place: Option<Place>,
}

impl Change {
    /// SHA-256 over its canonical form: the same work has the same digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        super::digest::of_change(self)
    }

    /// When it is done, relative to others.
    #[must_use]
    pub fn rank(&self) -> Rank {
        Rank::of(self.kind, self.direction)
    }

    /// Whether the service is called for it: a rename that changes no field only moves the record.
    #[must_use]
    pub fn calls_service(&self) -> bool {
        match self.kind {
            ChangeKind::Create | ChangeKind::Update | ChangeKind::Move | ChangeKind::Delete => true,
            ChangeKind::Rename => !self.fields.is_empty(),
            ChangeKind::Adopt | ChangeKind::Forget => false,
        }
    }
}

/// Something a reader should know and nothing is done about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// What it is about.
    pub address: Address,
    /// Which kind.
    pub code: NoticeCode,
    /// The sentence.
    pub message: String,
}

/// The kinds of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeCode {
    /// In the record, in no file, and pruning is off.
    NoLongerManaged,
    /// An update takes words away that carry a rule: a negation, a duty.
    SofterWording,
    /// It could be a rename, but of more than one policy: delete and create instead.
    AmbiguousRename,
    /// An earlier run began something with it, and its end isn't known: `apply` looks first.
    Pending,
    /// Several live policies could be the one an earlier run made: someone has to decide.
    Undecided,
}

impl NoticeCode {
    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoLongerManaged => "no-longer-managed",
            Self::SofterWording => "softer-wording",
            Self::AmbiguousRename => "ambiguous-rename",
            Self::Pending => "pending",
            Self::Undecided => "undecided",
        }
    }
}
