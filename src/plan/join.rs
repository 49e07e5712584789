//! The join: for each address of one organization, what the tree wants, what is recorded and what is live, side by side.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Address, ChangeKind, Direction, ScopeName, ScopedPolicy};
use crate::state::{Entry, Lease, Record};
use crate::tree::{DesiredPolicy, Tree};

use super::guard::ScopeChanged;
use super::sighting::Look;
use super::{Base, Change, Notice, NoticeCode, Options};
use super::{changes, rename};

/// What the joins of all organizations come to.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) changes: Vec<Change>,
    pub(super) notices: Vec<Notice>,
    pub(super) unchanged: usize,
    pub(super) scopes_changed: Vec<ScopeChanged>,
    pub(super) base: BTreeMap<ScopeName, Base>,
}

/// Joins one organization.
pub(super) fn organization(
    tree: &Tree,
    org: &ScopeName,
    record: Option<&Record>,
    look: &Look<'_>,
    options: &Options,
    joined: &mut Joined,
) {
    let (first, nothing) = (joined.changes.len(), BTreeMap::new());
    let recorded = record.map_or(&nothing, |record| &record.policies);
    if let Some(record) = record {
        joined.base.insert(org.clone(), Base { lineage: record.lineage, serial: record.serial });
    }
    let undecided = pending(record, joined);
    let wanted: BTreeMap<&Address, &DesiredPolicy> = of_org(tree, org).collect();
    let left = Left::of(recorded, &wanted, &undecided);
    let new: BTreeSet<&Address> = wanted
        .keys()
        .copied()
        .filter(|address| !recorded.contains_key(*address) && !undecided.addresses.contains(*address))
        .collect();
    let in_tree = wanted.iter().map(|(address, desired)| (*address, &desired.scoped)).collect();
    let renames = rename::renames(&left.gone, &in_tree, &new);
    let renamed: BTreeSet<&Address> = renames.certain.values().collect();
    let elsewhere = left.gone.iter().filter(|(address, _)| !renamed.contains(*address)).map(|(at, was)| (*at, *was));
    let elsewhere: rename::Policies<'_> = elsewhere.collect();
    let not_renamed = new.iter().copied().filter(|address| !renames.certain.contains_key(*address)).collect();
    let moves = rename::moves(&elsewhere, &in_tree, &not_renamed, &renames);
    let continued: BTreeSet<&Address> = renamed.into_iter().chain(moves.certain.values()).collect();

    let mut scopes_changed = BTreeMap::new();
    for (address, desired) in wanted.iter().filter(|(address, _)| !undecided.addresses.contains(**address)) {
        let old = renames.certain.get(*address).or_else(|| moves.certain.get(*address));
        match recorded.get(old.unwrap_or(address)) {
            None => {
                let doubt = match (renames.doubtful.contains(*address), moves.doubtful.contains(*address)) {
                    (true, _) => Some(NoticeCode::AmbiguousRename),
                    (false, true) => Some(NoticeCode::AmbiguousMove),
                    (false, false) => None,
                };
                let create = changes::of(address, desired);
                let is_created = joined.arrives(create, &desired.scoped, look, options.adopt_by_name);
                if let Some(code) = doubt.filter(|_| is_created) {
                    joined.in_doubt(address, code);
                }
            }
            Some(entry) if old.is_some_and(|old| moves.certain.get(*address) == Some(old)) => {
                joined.moved(address, old, desired, entry, (look, options.adopt_by_name));
            }
            Some(entry) if entry.sent.scope != desired.scoped.scope => {
                let scopes = (address.scope(), entry.sent.scope.clone(), desired.scoped.scope.clone());
                scopes_changed.insert(address.scope(), scopes);
            }
            Some(entry) => joined.recorded(address, old, desired, entry, (look, options.adopt_by_name)),
        }
    }
    joined.scopes_changed.extend(scopes_changed.into_values());
    for (address, entry) in recorded {
        if let Some(target) = left.moved.get(address) {
            joined.rest_of_move(address, entry, target, recorded, look);
        } else if left.gone.contains_key(address) && !continued.contains(address) {
            joined.gone(address, entry, options.prune, look);
        }
    }
    weaker_than_applied(&mut joined.changes[first..], recorded);
}

/// What someone has weakened in the service is no measure of what the tree asks for: a policy that is to be weaker than it was
/// applied is named so, though the service may be as weak by now, or weaker.
fn weaker_than_applied(changes: &mut [Change], recorded: &BTreeMap<Address, Entry>) {
    for change in changes.iter_mut().filter(|change| change.sighting.is_some() && change.kind != ChangeKind::Create) {
        let entry = recorded.get(change.from.as_ref().unwrap_or(&change.address));
        if let (Some(entry), Some(after)) = (entry, &change.after)
            && Direction::between(Some(&entry.sent), Some(after)) == Direction::Weaker
        {
            change.direction = Direction::Weaker;
        }
    }
}

fn of_org<'a>(tree: &'a Tree, org: &'a ScopeName) -> impl Iterator<Item = (&'a Address, &'a DesiredPolicy)> {
    tree.policies.iter().filter(move |(address, _)| address.is_in(org))
}

/// What is recorded and in no file.
struct Left<'a> {
    /// Whose end is to be decided.
    gone: BTreeMap<&'a Address, &'a ScopedPolicy>,
    /// What lives on elsewhere already: a move that was interrupted before its delete.
    moved: BTreeMap<&'a Address, &'a Address>,
}

impl<'a> Left<'a> {
    fn of(
        recorded: &'a BTreeMap<Address, Entry>,
        wanted: &BTreeMap<&Address, &DesiredPolicy>,
        undecided: &Undecided,
    ) -> Self {
        let mut left = Self { gone: BTreeMap::new(), moved: BTreeMap::new() };
        for (address, entry) in recorded.iter().filter(|(address, _)| !wanted.contains_key(address)) {
            match &entry.moved_to {
                // Whether it has arrived has to be decided first.
                _ if undecided.moving.contains(address) => {}
                Some(target) if recorded.contains_key(target) => drop(left.moved.insert(address, target)),
                _ => drop(left.gone.insert(address, &entry.sent)),
            }
        }
        left
    }
}

/// What someone has to decide about first.
#[derive(Default)]
struct Undecided {
    addresses: BTreeSet<Address>,
    /// Where the undecided moves come from.
    moving: BTreeSet<Address>,
}

/// Names what an earlier run left behind; returns what someone has to decide about first.
fn pending(record: Option<&Record>, joined: &mut Joined) -> Undecided {
    let mut undecided = Undecided::default();
    let whose =
        record.and_then(|record| record.lease.as_ref()).map_or_else(String::new, |Lease { holder, run, .. }| {
            let run = run.as_ref().map_or_else(String::new, |run| format!(", {run}"));
            format!(" ({holder}{run})")
        });
    for (address, intent) in record.into_iter().flat_map(|record| &record.pending) {
        let (code, message) = match &intent.undecided {
            None => {
                let what = intent.change;
                let at = intent.intended_at;
                let message = format!("an earlier run{whose} began to {what} it at {at} and did not see the end");
                (NoticeCode::Pending, message)
            }
            Some(several) => {
                undecided.addresses.insert(address.clone());
                undecided.moving.extend(intent.from.clone());
                let ids: Vec<String> = several.candidates.iter().map(ToString::to_string).collect();
                let (what, at) = (intent.change, intent.intended_at);
                let message = match ids.as_slice() {
                    [] => format!(
                        "what came of an earlier run's {what} (of {at}) can't be seen, so nothing is planned for it; if it surely did \
                         not happen, say so with `policysync state resolve {address} --forget`"
                    ),
                    ids => format!(
                        "an earlier run's {what} (of {at}) could be any of these: {}; say which one with `policysync state resolve \
                         {address} --adopt ID`, or that none is with --forget",
                        ids.join(", ")
                    ),
                };
                (NoticeCode::Undecided, message)
            }
        };
        joined.notices.push(Notice { address: address.clone(), code, message });
    }
    undecided
}
