//! A plan in a file: what was reviewed, to be applied later just so, or not at all. Pure: bytes come in and go out.
//!
//! Laws, each tested: what was saved reads back equal; a file of which a byte was altered or lost is refused; a record that
//! holds other policies than the plan was made from is found out, and what differs is named.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Address, Digest, ScopeName};
use crate::state::{Entry, Lineage, Record};

use super::{Plan, digest};

/// The form of the file.
const FORMAT: &str = "policysync.saved-plan/1";

/// A plan, and all that is needed to tell whether it still fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPlan {
    /// The plan.
    pub plan: Plan,
    /// Whether the service was looked at when it was made.
    pub refreshed: bool,
    /// The records it was made from, by organization; an organization without one is not here.
    bases: BTreeMap<ScopeName, Fingerprint>,
}

/// What a record held, in few bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fingerprint {
    lineage: Lineage,
    /// By address, of the whole entry.
    policies: BTreeMap<Address, String>,
    /// How many changes of an earlier run were pending.
    pending: usize,
}

/// The whole document.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document<P> {
    format: String,
    checksum: Digest,
    saved: P,
}

/// Why some bytes are no plan that could be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlan {
    /// They can't be read.
    #[error("it is no saved plan, or a part of it is missing: {0}")]
    Unreadable(String),
    /// They are of another version.
    #[error("it has the form {0:?}, and this version of policysync reads {FORMAT:?}")]
    Form(String),
    /// Something in it is not as it was saved.
    #[error("it was altered after it was saved")]
    Altered,
}

impl SavedPlan {
    /// A plan as it is to be saved; `records` are those it was made from.
    #[must_use]
    pub fn new(plan: Plan, records: &BTreeMap<ScopeName, Record>, refreshed: bool) -> Self {
        let made_from = records.iter().filter(|(org, _)| plan.base.contains_key(*org));
        let bases = made_from.map(|(org, record)| (org.clone(), Fingerprint::of(record))).collect();
        Self { plan, refreshed, bases }
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let document = Document { format: FORMAT.to_owned(), checksum: checksum(self), saved: self };
        let mut bytes = serde_json::to_vec_pretty(&document).expect("plain values are always JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`NotAPlan`], where they are none, or not as they were saved.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAPlan> {
        let unreadable = |error: serde_json::Error| NotAPlan::Unreadable(error.to_string());
        let outer: Document<serde_json::Value> = serde_json::from_slice(bytes).map_err(unreadable)?;
        if outer.format != FORMAT {
            return Err(NotAPlan::Form(outer.format));
        }
        let saved = Self::deserialize(outer.saved).map_err(unreadable)?;
        // To the byte: what the types pass over is no part of what was saved.
        let is_whole = checksum(&saved) == outer.checksum && saved.to_bytes() == bytes;
        let is_its_own = digest::of(&saved.plan.endpoint, &saved.plan.changes) == saved.plan.digest;
        if is_whole && is_its_own { Ok(saved) } else { Err(NotAPlan::Altered) }
    }

    /// What moved in an organization's record since the plan was made; empty where nothing did.
    #[must_use]
    pub fn moved(&self, org: &ScopeName, now: Option<&Record>) -> Vec<String> {
        let now = now.map(Fingerprint::of);
        match (self.bases.get(org), &now) {
            (None, None) => Vec::new(),
            // Begun by a run that has applied nothing.
            (None, Some(now)) if now.policies.is_empty() && now.pending == 0 => Vec::new(),
            (None, Some(_)) => vec![format!("{org} had no record then, and has one now")],
            (Some(_), None) => vec![format!("the record of {org} is gone")],
            (Some(then), Some(now)) => then.differences(now, org),
        }
    }
}

fn checksum(saved: &SavedPlan) -> Digest {
    Digest::of(&serde_json::to_vec(saved).expect("plain values are always JSON"))
}

impl Fingerprint {
    fn of(record: &Record) -> Self {
        let policies = record.policies.iter().map(|(address, entry)| (address.clone(), of_entry(entry))).collect();
        Self { lineage: record.lineage, policies, pending: record.pending.len() }
    }

    fn differences(&self, now: &Self, org: &ScopeName) -> Vec<String> {
        if self.lineage != now.lineage {
            return vec![format!("{org} has another record now: the one it had then was lost, or begun anew")];
        }
        let mut moved = Vec::new();
        for (address, then) in &self.policies {
            match now.policies.get(address) {
                None => moved.push(format!("{address} is recorded no more")),
                Some(now) if now != then => moved.push(format!("{address} was applied since")),
                Some(_) => {}
            }
        }
        let new = now.policies.keys().filter(|address| !self.policies.contains_key(*address));
        moved.extend(new.map(|address| format!("{address} was recorded since")));
        if self.pending != now.pending {
            moved.push(format!("{} changes are pending in {org} now, and {} were then", now.pending, self.pending));
        }
        moved
    }
}

fn of_entry(entry: &Entry) -> String {
    Digest::of(&serde_json::to_vec(entry).expect("plain values are always JSON")).short()
}
