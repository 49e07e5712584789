//! Renames: the same policy under another key of the same scope. Found only where there is no doubt.
//!
//! Law: whether a pair is a rename depends on the tree, and on what is recorded and in no file; not on which of the plan's
//! other changes are done already. So a plan made in the middle of an apply is the rest of the first one.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Address, Scope, ScopedPolicy};

/// What was found among the policies of one organization.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Renames {
    /// New address → the recorded one it continues.
    pub(super) certain: BTreeMap<Address, Address>,
    /// New addresses that could continue a recorded one, but not for certain.
    pub(super) doubtful: BTreeSet<Address>,
}

/// Policies by address.
type Policies<'a> = BTreeMap<&'a Address, &'a ScopedPolicy>;
/// By what two policies of a scope are the same: text, name.
type Likeness<'a> = (&'a Scope, Option<&'a str>, Option<&'a str>);

/// Pairs what is recorded and in no file (`gone`) with those policies of the tree (`wanted`) that are not recorded (`new`).
///
/// Two policies of one scope are the same if text and name are; of those left, if the texts are; of those left, if the
/// names are. A likeness that several policies of the tree share, or several of those that are gone, proves nothing; nor
/// does a name where the text points elsewhere.
pub(super) fn find<'a>(gone: &Policies<'a>, wanted: &Policies<'a>, new: &BTreeSet<&'a Address>) -> Renames {
    let mut found = Renames::default();
    if gone.is_empty() {
        return found;
    }
    let (mut left, mut misled) = (gone.clone(), BTreeSet::new());
    for likeness in LIKENESSES {
        let (olds, news) = (group(&left, likeness), group(wanted, likeness));
        for (what, olds) in &olds {
            match (olds.as_slice(), news.get(what).map_or(&[][..], Vec::as_slice)) {
                (_, []) => {}
                ([old], [one]) if new.contains(one) && !misled.contains(old) && !found.certain.contains_key(*one) => {
                    found.certain.insert((*one).clone(), (*old).clone());
                    left.remove(old);
                }
                // Something in the tree is like it, and can't be shown to be it.
                (olds, _) => misled.extend(olds.iter().copied()),
            }
        }
    }
    for likeness in LIKENESSES {
        let olds = group(&left, likeness);
        let like = wanted.iter().filter(|(_, scoped)| olds.contains_key(&likeness(scoped)));
        let doubtful = like.filter(|(address, _)| new.contains(*address) && !found.certain.contains_key(**address));
        found.doubtful.extend(doubtful.map(|(address, _)| (*address).clone()));
    }
    found
}

/// By what two policies of a scope are the same, the surest first.
const LIKENESSES: [fn(&ScopedPolicy) -> Likeness<'_>; 3] = [
    |scoped| (&scoped.scope, Some(scoped.policy.content()), Some(scoped.policy.name())),
    |scoped| (&scoped.scope, Some(scoped.policy.content()), None),
    |scoped| (&scoped.scope, None, Some(scoped.policy.name())),
];

/// The addresses by what their policies are compared by.
fn group<'a>(
    policies: &Policies<'a>,
    likeness: fn(&ScopedPolicy) -> Likeness<'_>,
) -> BTreeMap<Likeness<'a>, Vec<&'a Address>> {
    let mut groups: BTreeMap<_, Vec<&'a Address>> = BTreeMap::new();
    for (address, scoped) in policies {
        groups.entry(likeness(scoped)).or_default().push(address);
    }
    groups
}
