//! The record of one organization: a pure value.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{Address, ChangeKind, Endpoint, PolicyId, ScopeName, ScopedPolicy};

/// The format that this version writes; older ones are upgraded when read, newer ones are refused.
pub const FORMAT: u32 = 1;

/// The identity of a record for its whole life: two records with different ones were never the same.
pub type Lineage = Uuid;

/// What policysync last applied to one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// [`FORMAT`] when written.
    pub format: u32,
    /// Given when the record is begun, kept for ever.
    pub lineage: Lineage,
    /// One more at each save.
    pub serial: u64,
    /// The organization's folder name.
    pub org: ScopeName,
    /// The service it was applied to.
    pub endpoint: Endpoint,
    /// What is managed, by address.
    #[serde(default)]
    pub policies: BTreeMap<Address, Entry>,
    /// Who works with it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// What was begun and is not known to be finished.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pending: BTreeMap<Address, Intent>,
    /// The ids that were live in the touched scopes before the first create of the pending work: none of these is ours.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub known: BTreeSet<PolicyId>,
}

/// One managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The service's id for it.
    pub id: PolicyId,
    /// As it was sent.
    #[serde(flatten)]
    pub sent: ScopedPolicy,
    /// As the service keeps it, where that differs from what was sent (it trims, say).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<Stored>,
    /// When it was last applied. Shown, never decided on.
    pub applied_at: Timestamp,
    /// The file it came from, below the tree's root.
    pub file: String,
    /// The commit it came from, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether its file said `protected` when it was last applied: it holds for the change that takes the word away too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// Where it was moved to: it was created there, and all that is left to do is to delete it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<Address>,
}

/// The texts that the service keeps otherwise than they were sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// The name it keeps.
    pub name: String,
    /// The content it keeps.
    pub content: String,
}

impl Entry {
    /// The name that the service is known to keep.
    #[must_use]
    pub fn live_name(&self) -> &str {
        self.stored.as_ref().map_or(self.sent.policy.name(), |stored| &stored.name)
    }

    /// The content that the service is known to keep.
    #[must_use]
    pub fn live_content(&self) -> &str {
        self.stored.as_ref().map_or(self.sent.policy.content(), |stored| &stored.content)
    }
}

/// A change that was begun: what is needed to finish or undo it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// What was to be done.
    pub change: ChangeKind,
    /// When it was written down. Shown, never decided on.
    pub intended_at: Timestamp,
    /// The policy it is about, where the service has given it an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PolicyId>,
    /// The address the policy had before, for a rename or a move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// The policy that a move deletes once the new one is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<PolicyId>,
    /// What was recorded before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ScopedPolicy>,
    /// What is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ScopedPolicy>,
    /// The file it comes from, below the tree's root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The commit it comes from, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether the file says `protected`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// Set where several live policies could be it: someone has to say which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
}

/// The live policies that an interrupted create could have made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undecided {
    /// Their ids, at least two.
    pub candidates: BTreeSet<PolicyId>,
}

/// Who works with a record, and until when nobody else may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// Made anew by each run.
    pub id: Uuid,
    /// Who, for people to read: `alice@laptop (pid 4711)`.
    pub holder: String,
    /// Since when.
    pub acquired_at: Timestamp,
    /// Until when, unless renewed.
    pub expires_at: Timestamp,
    /// The CI run's address, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The process, where the system names processes for good: a dead one's lease needn't be waited out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// Whether someone else than its holder has ended it, who may not know that yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// Whether it was taken from a holder that may still be at work, and what that one began isn't all found out yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contested: bool,
}

/// A process, named so that no other one, on this machine or elsewhere, ever has the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// The kernel's boot id.
    pub boot: String,
    /// The process-id namespace: containers of one kernel count their processes each from 1.
    pub namespace: String,
    /// The process id within it.
    pub pid: u32,
    /// When it was started, in clock ticks since the boot.
    pub started: u64,
}

impl Record {
    /// An organization's first record: nothing managed yet.
    #[must_use]
    pub fn new(lineage: Lineage, org: ScopeName, endpoint: Endpoint) -> Self {
        Self {
            format: FORMAT,
            lineage,
            serial: 0,
            org,
            endpoint,
            policies: BTreeMap::new(),
            lease: None,
            pending: BTreeMap::new(),
            known: BTreeSet::new(),
        }
    }
}
