//! Renames and moves: the same policy under another key of its scope, or in another scope. Found only where there is no doubt.
//!
//! Law: whether a pair is one depends on the tree, and on what is recorded and in no file; not on which of the plan's other
//! changes are done already. So a plan made in the middle of an apply is the rest of the first one.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Address, Scope, ScopedPolicy};

/// What was found among the policies of one organization.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    /// New address → the recorded one it continues.
    pub(super) certain: BTreeMap<Address, Address>,
    /// New addresses that could continue a recorded one, but not for certain.
    pub(super) doubtful: BTreeSet<Address>,
    /// Recorded ones that are like the same one of the tree: none of them may go elsewhere, or who looks again when it has
    /// gone would take another for certain.
    contested: BTreeSet<Address>,
}

/// Policies by address.
pub(super) type Policies<'a> = BTreeMap<&'a Address, &'a ScopedPolicy>;
/// By what two policies are the same, as far as each counts: scope, text, name, key.
type Likeness<'a> = (Option<&'a Scope>, Option<&'a str>, Option<&'a str>, Option<&'a str>);
/// Takes what counts from a policy.
type Trait = for<'a> fn(&'a Address, &'a ScopedPolicy) -> Likeness<'a>;

/// By what two policies of a scope are the same, the surest first: text and name; of those left, the text; of those left, the
/// name.
const RENAMES: [Trait; 3] = [
    |_, scoped| (Some(&scoped.scope), Some(scoped.policy.content()), Some(scoped.policy.name()), None),
    |_, scoped| (Some(&scoped.scope), Some(scoped.policy.content()), None, None),
    |_, scoped| (Some(&scoped.scope), None, Some(scoped.policy.name()), None),
];

/// By what two policies of different scopes are the same: a name alone proves nothing there, since each repository may have a
/// policy of that name.
const MOVES: [Trait; 4] = [
    |at, scoped| (None, Some(scoped.policy.content()), Some(scoped.policy.name()), Some(at.key())),
    |_, scoped| (None, Some(scoped.policy.content()), Some(scoped.policy.name()), None),
    |_, scoped| (None, Some(scoped.policy.content()), None, None),
    |at, scoped| (None, None, Some(scoped.policy.name()), Some(at.key())),
];

/// Pairs what is recorded and in no file (`gone`) with those policies of the tree (`wanted`) in the same scope that are not
/// recorded (`new`).
///
/// A likeness that several policies of the tree share, or several of those that are gone, proves nothing; nor does a weaker
/// one where a surer one points elsewhere.
pub(super) fn renames<'a>(gone: &Policies<'a>, wanted: &Policies<'a>, new: &BTreeSet<&'a Address>) -> Pairs {
    find(gone, wanted, new, &RENAMES, BTreeSet::new())
}

/// The same over the scopes of an organization, of what is no rename.
pub(super) fn moves<'a>(
    gone: &Policies<'a>,
    wanted: &Policies<'a>,
    new: &BTreeSet<&'a Address>,
    renames: &'a Pairs,
) -> Pairs {
    find(gone, wanted, new, &MOVES, renames.contested.iter().collect())
}

/// `misled` are recorded ones that nothing continues for certain, whatever is like them.
fn find<'a>(
    gone: &Policies<'a>,
    wanted: &Policies<'a>,
    new: &BTreeSet<&'a Address>,
    traits: &[Trait],
    mut misled: BTreeSet<&'a Address>,
) -> Pairs {
    let mut found = Pairs::default();
    if gone.is_empty() {
        return found;
    }
    let mut left = gone.clone();
    for likeness in traits {
        let (olds, news) = (group(&left, *likeness), group(wanted, *likeness));
        for (what, olds) in &olds {
            let news = news.get(what).map_or(&[][..], Vec::as_slice);
            // A move within a scope would be a rename, and was in doubt as one: the folder has another name.
            let fits = |one: &Address, old: &Address| {
                let (one, old) = (wanted.get(one), gone.get(old));
                what.0.is_some() || one.map(|one| &one.scope) != old.map(|old| &old.scope)
            };
            match (olds.as_slice(), news) {
                (_, []) => {}
                ([old], [one])
                    if new.contains(one)
                        && !found.certain.contains_key(*one)
                        && fits(one, old)
                        && !misled.contains(old) =>
                {
                    found.certain.insert((*one).clone(), (*old).clone());
                    left.remove(old);
                }
                // Something in the tree is like it, and can't be shown to be it.
                (olds, news) => {
                    if olds.len() > 1 && news.len() == 1 {
                        found.contested.extend(olds.iter().map(|old| (*old).clone()));
                    }
                    misled.extend(olds.iter().copied());
                }
            }
        }
    }
    for likeness in traits {
        let olds = group(&left, *likeness);
        let like = wanted.iter().filter(|(address, scoped)| olds.contains_key(&likeness(address, scoped)));
        let doubtful = like.filter(|(address, _)| new.contains(*address) && !found.certain.contains_key(**address));
        found.doubtful.extend(doubtful.map(|(address, _)| (*address).clone()));
    }
    found
}

/// The addresses by what their policies are compared by.
fn group<'a>(policies: &Policies<'a>, likeness: Trait) -> BTreeMap<Likeness<'a>, Vec<&'a Address>> {
    let mut groups: BTreeMap<_, Vec<&'a Address>> = BTreeMap::new();
    for (address, scoped) in policies {
        groups.entry(likeness(address, scoped)).or_default().push(address);
    }
    groups
}
