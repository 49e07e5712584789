//! The texts of the tree that somebody should read again: new ones, and those that are not as they were applied. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::wording::softened;
use crate::domain::{Address, Digest, ScopeName};
use crate::state::Record;
use crate::tree::{DesiredPolicy, Tree};

/// What became of a text since it was last applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newness {
    /// It was never applied.
    New,
    /// Its policy was applied with another one.
    Changed,
    /// It is as it was applied, be it from another file.
    Applied,
}

/// A policy's text, to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText<'t> {
    /// Whose it is.
    pub address: &'t Address,
    /// The policy.
    pub desired: &'t DesiredPolicy,
    /// What became of it.
    pub newness: Newness,
    /// What of its words a changed text has lost, in a sentence.
    pub softened: Option<String>,
    /// What the service knows it by while it judges: the recorded id of the policy; for one that has none, a UUID made from its
    /// address, the same each time. No two of one tree alike.
    pub id: String,
}

/// The tree's texts, by address; of one organization if one is asked for.
#[must_use]
pub fn texts<'t>(
    tree: &'t Tree,
    records: &BTreeMap<ScopeName, Record>,
    only: Option<&ScopeName>,
) -> Vec<PolicyText<'t>> {
    let applied: BTreeMap<&ScopeName, BTreeSet<&str>> = records
        .iter()
        .map(|(org, record)| (org, record.policies.values().map(|entry| entry.sent.policy.content()).collect()))
        .collect();
    let mut ids = BTreeSet::new();
    let wanted = tree.policies.iter().filter(|(address, _)| only.is_none_or(|org| address.is_in(org)));
    wanted
        .map(|(address, desired)| {
            let org = address.org();
            let entry = records.get(&org).and_then(|record| record.policies.get(address));
            let content = desired.scoped.policy.content();
            let before = entry.map(|entry| entry.sent.policy.content());
            let newness = match before {
                Some(before) if before == content => Newness::Applied,
                Some(_) => Newness::Changed,
                None if applied.get(&org).is_some_and(|texts| texts.contains(content)) => Newness::Applied,
                None => Newness::New,
            };
            let recorded = entry.map(|entry| entry.id.as_str().to_owned());
            let id = recorded.filter(|id| !ids.contains(id)).unwrap_or_else(|| made_up(address));
            ids.insert(id.clone());
            let softened = before.filter(|before| *before != content).and_then(|before| softened(before, content));
            PolicyText { address, desired, newness, softened, id }
        })
        .collect()
}

/// An id for a policy that the service doesn't know: no telling what its folder is called, and nobody's else.
fn made_up(address: &Address) -> String {
    let mut bytes = [0; 16];
    let digest = Digest::of(format!("policysync lint {address}").as_bytes());
    bytes.iter_mut().zip(digest.bytes()).for_each(|(byte, from)| *byte = *from);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_up_the_same_each_time_and_is_a_uuid() {
        let [one, other] = ["acme/pii", "acme/keys"].map(|address| made_up(&address.parse().expect("an address")));
        assert_eq!(one, made_up(&"acme/pii".parse().expect("an address")));
        assert_ne!(one, other);
        assert_eq!(uuid::Uuid::try_parse(&one).expect("a UUID").get_version_num(), 4);
        assert!(!one.contains("acme"));
    }
}
