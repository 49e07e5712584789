//! Renames: the same policy under another key of the same scope. Found only where there is no doubt.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Address, Policy, ScopedPolicy};

/// What was found among the policies of one organization.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Renames {
    /// New address → the recorded one it continues.
    pub(super) certain: BTreeMap<Address, Address>,
    /// New addresses that could continue several recorded ones, or share one with another.
    pub(super) doubtful: BTreeSet<Address>,
}

/// Pairs what is recorded and in no file (`gone`) with what is in a file and not recorded (`new`).
///
/// Two policies of one scope are the same if their texts are; of those left, if their names are.
pub(super) fn find<'a>(
    gone: &BTreeMap<&'a Address, &'a ScopedPolicy>,
    new: &BTreeMap<&'a Address, &'a ScopedPolicy>,
) -> Renames {
    let mut found = Renames::default();
    let keys: [fn(&Policy) -> &str; 2] = [Policy::content, Policy::name];
    for key in keys {
        let taken: BTreeSet<&Address> = found.certain.values().collect();
        let left_gone = group(gone.iter().filter(|(address, _)| !taken.contains(*address)), key);
        let left_new = group(new.iter().filter(|(address, _)| !found.certain.contains_key(**address)), key);
        for (what, addresses) in left_new {
            match (left_gone.get(&what).map(Vec::as_slice), addresses.as_slice()) {
                (None, _) => {}
                (Some([old]), [new]) => {
                    found.doubtful.remove(*new);
                    found.certain.insert((*new).clone(), (*old).clone());
                }
                (Some(_), several) => found.doubtful.extend(several.iter().map(|address| (*address).clone())),
            }
        }
    }
    found
}

/// The addresses by scope and by one of the policy's texts.
fn group<'a, 'i>(
    policies: impl Iterator<Item = (&'i &'a Address, &'i &'a ScopedPolicy)>,
    key: fn(&Policy) -> &str,
) -> BTreeMap<(&'a crate::domain::Scope, &'a str), Vec<&'a Address>>
where
    'a: 'i,
{
    let mut groups: BTreeMap<_, Vec<&'a Address>> = BTreeMap::new();
    for (address, scoped) in policies {
        groups.entry((&scoped.scope, key(&scoped.policy))).or_default().push(address);
    }
    groups
}
