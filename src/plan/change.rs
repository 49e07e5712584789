//! What a plan is made of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{
    Address, ChangeKind, Digest, Direction, Endpoint, Field, Place, PolicyId, ScopeName, ScopedPolicy,
};
use crate::state::Lineage;

use super::{Allowance, Guard, Rank, Reaches, Sighting, Verdict};

/// The ordered changes that make the service match, and the base they were made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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

    /// Lets guards pass that refused it when it was made.
    pub fn allow(&mut self, allow: &[Allowance]) {
        let digest = self.digest;
        for verdict in self.guards.iter_mut().filter(|verdict| Guard::ALLOWABLE.contains(&verdict.guard)) {
            verdict.allowed |= allow.iter().any(|allowance| allowance.covers(verdict.guard, verdict.found, digest));
        }
    }

    /// The flag that lets just this plan pass the guards that refuse it; nothing where none does, or no flag would.
    #[must_use]
    pub fn flag_to_allow(&self) -> Option<String> {
        let refused: Vec<&Verdict> = self.refusals().collect();
        let can_pass = refused.iter().all(|verdict| Guard::ALLOWABLE.contains(&verdict.guard));
        if refused.is_empty() || !can_pass {
            return None;
        }
        let mut found: BTreeMap<Guard, usize> = BTreeMap::new();
        for verdict in refused {
            let most = found.entry(verdict.guard).or_default();
            *most = verdict.found.max(*most);
        }
        let guards: Vec<String> = found.iter().map(|(guard, found)| format!("{}={found}", guard.as_str())).collect();
        Some(format!("--allow {}@{}", guards.join(","), self.digest))
    }

    /// The changes of one organization, in order.
    pub fn of_org<'a>(&'a self, org: &'a ScopeName) -> impl Iterator<Item = &'a Change> {
        self.changes.iter().filter(move |change| change.address.is_in(org))
    }

    /// The organizations in which something changes.
    #[must_use]
    pub fn orgs(&self) -> BTreeSet<ScopeName> {
        self.changes.iter().map(|change| change.address.org()).collect()
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// The policy; for a rename or a move, its new address.
    pub address: Address,
    /// What is done.
    pub kind: ChangeKind,
    /// Whether it lets more through.
    pub direction: Direction,
    /// The address it had, where that was another one: for a rename, a move, and what takes their place where the service
    /// holds something else than is recorded.
    pub from: Option<Address>,
    /// The service's id, where it is recorded, or is to be.
    pub id: Option<PolicyId>,
    /// What is recorded; where the service was looked at and holds something else, that.
    pub before: Option<ScopedPolicy>,
    /// What is wanted.
    pub after: Option<ScopedPolicy>,
    /// The fields that differ; all of them for a create, none for a delete.
    pub fields: Vec<Field>,
    /// Where the tree asks for it; for a delete, the file it was recorded from.
    pub place: Option<Place>,
    /// What the service was seen to hold instead of what is recorded.
    pub sighting: Option<Sighting>,
    /// Whether it says `protected`.
    pub protection: Protection,
    /// Where it lives on: this delete is what is left of its move there.
    pub moved_to: Option<Address>,
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
            ChangeKind::Create | ChangeKind::Move | ChangeKind::Delete => true,
            ChangeKind::Update | ChangeKind::Rename | ChangeKind::Adopt => !self.fields.is_empty(),
            ChangeKind::Forget => false,
        }
    }
}

/// Whether a policy says `protected`, before a change and after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Protection {
    /// What its file said when it was last applied.
    pub recorded: bool,
    /// What its file says; what is recorded, where no file asks for it.
    pub wanted: bool,
}

impl Protection {
    /// Whether the word comes or goes.
    #[must_use]
    pub fn changes(self) -> bool {
        self.recorded != self.wanted
    }

    /// Whether it says so before or after.
    #[must_use]
    pub fn is_any(self) -> bool {
        self.recorded || self.wanted
    }

    /// Whether the word goes.
    #[must_use]
    pub fn is_lifted(self) -> bool {
        self.recorded && !self.wanted
    }
}

/// Something a reader should know and nothing is done about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notice {
    /// What it is about.
    pub address: Address,
    /// Which kind.
    pub code: NoticeCode,
    /// The sentence.
    pub message: String,
}

/// The kinds of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeCode {
    /// In the record, in no file, and pruning is off.
    NoLongerManaged,
    /// An update takes words away that carry a rule: a negation, a duty.
    SofterWording,
    /// It could be a rename, but of more than one policy: delete and create instead.
    AmbiguousRename,
    /// It could be a move from another scope, but of more than one policy: delete and create instead.
    AmbiguousMove,
    /// The service has a policy of the same name there that nobody manages.
    NameTaken,
    /// The service has one that is equal where a move goes, and nobody manages it: the move takes it.
    TwinTaken,
    /// The service was to be looked at, and this could not be seen: it is planned as recorded.
    Unseen,
    /// An earlier run began something with it, and its end isn't known: `apply` looks first.
    Pending,
    /// Several live policies could be the one an earlier run made: someone has to decide.
    Undecided,
}

impl NoticeCode {
    /// All of them, in the order in which people are told of them.
    pub const ALL: [Self; 9] = [
        Self::NoLongerManaged,
        Self::SofterWording,
        Self::AmbiguousRename,
        Self::AmbiguousMove,
        Self::NameTaken,
        Self::TwinTaken,
        Self::Unseen,
        Self::Pending,
        Self::Undecided,
    ];

    /// What it remarks, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NoLongerManaged => "A recorded policy that no file asks for any more",
            Self::SofterWording => "A text that loses words that carry a rule",
            Self::AmbiguousRename => "More than one policy fits a rename",
            Self::AmbiguousMove => "More than one policy fits a move",
            Self::NameTaken => "The service has a policy of that name that nobody manages",
            Self::TwinTaken => "Where a move goes lies an equal policy that nobody manages",
            Self::Unseen => "A policy or a scope that could not be looked at",
            Self::Pending => "An earlier run began something and did not see its end",
            Self::Undecided => "Somebody has to say what came of an earlier run",
        }
    }

    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoLongerManaged => "no-longer-managed",
            Self::SofterWording => "softer-wording",
            Self::AmbiguousRename => "ambiguous-rename",
            Self::AmbiguousMove => "ambiguous-move",
            Self::NameTaken => "name-taken",
            Self::TwinTaken => "twin-taken",
            Self::Unseen => "unseen",
            Self::Pending => "pending",
            Self::Undecided => "undecided",
        }
    }
}
