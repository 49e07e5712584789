//! The join: for each address of one organization, what the tree wants and what is recorded, side by side.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Address, ChangeKind, Direction, Field, Place, ScopeName, ScopedPolicy};
use crate::state::{Entry, Lease, Record};
use crate::tree::{DesiredPolicy, Tree};

use super::guard::ScopeChanged;
use super::rename;
use super::{Base, Change, Notice, NoticeCode};

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
pub(super) fn organization(tree: &Tree, org: &ScopeName, record: Option<&Record>, prune: bool, joined: &mut Joined) {
    let nothing = BTreeMap::new();
    let recorded = record.map_or(&nothing, |record| &record.policies);
    if let Some(record) = record {
        joined.base.insert(org.clone(), Base { lineage: record.lineage, serial: record.serial });
    }
    let undecided = pending(record, joined);
    let wanted: BTreeMap<&Address, &DesiredPolicy> = of_org(tree, org).collect();
    let gone: BTreeMap<&Address, &ScopedPolicy> = recorded
        .iter()
        .filter(|(address, _)| !wanted.contains_key(address))
        .map(|(address, entry)| (address, &entry.sent))
        .collect();
    let new: BTreeSet<&Address> = wanted
        .keys()
        .copied()
        .filter(|address| !recorded.contains_key(*address) && !undecided.contains(*address))
        .collect();
    let in_tree = wanted.iter().map(|(address, desired)| (*address, &desired.scoped)).collect();
    let renames = rename::find(&gone, &in_tree, &new);
    let continued: BTreeSet<&Address> = renames.certain.values().collect();

    let mut scopes_changed = BTreeMap::new();
    for (address, desired) in &wanted {
        if undecided.contains(*address) {
            continue;
        }
        let old = renames.certain.get(*address);
        match recorded.get(old.unwrap_or(address)) {
            None => joined.create(address, desired, renames.doubtful.contains(*address)),
            Some(entry) if entry.sent.scope != desired.scoped.scope => {
                let scopes = (address.scope(), entry.sent.scope.clone(), desired.scoped.scope.clone());
                scopes_changed.insert(address.scope(), scopes);
            }
            Some(entry) => joined.compare(address, old, desired, entry),
        }
    }
    joined.scopes_changed.extend(scopes_changed.into_values());
    for (address, entry) in recorded {
        if gone.contains_key(address) && !continued.contains(address) {
            joined.gone(address, entry, prune);
        }
    }
}

fn of_org<'a>(tree: &'a Tree, org: &'a ScopeName) -> impl Iterator<Item = (&'a Address, &'a DesiredPolicy)> {
    tree.policies.iter().filter(move |(address, _)| address.is_in(org))
}

/// Names what an earlier run left behind; returns the addresses that someone has to decide about first.
fn pending(record: Option<&Record>, joined: &mut Joined) -> BTreeSet<Address> {
    let mut undecided = BTreeSet::new();
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
                undecided.insert(address.clone());
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

impl Joined {
    fn create(&mut self, address: &Address, desired: &DesiredPolicy, doubtful: bool) {
        if doubtful {
            self.notices.push(Notice {
                address: address.clone(),
                code: NoticeCode::AmbiguousRename,
                message: "a recorded policy that no file asks for any more has the same text or name, but which continues which \
                          can't be told; so it is created anew"
                    .to_owned(),
            });
        }
        self.changes.push(Change {
            address: address.clone(),
            kind: ChangeKind::Create,
            direction: Direction::between(None, Some(&desired.scoped)),
            from: None,
            id: None,
            before: None,
            after: Some(desired.scoped.clone()),
            fields: vec![Field::Name, Field::RiskType, Field::ActionType, Field::Content],
            place: Some(desired.place.clone()),
        });
    }

    /// In both; `old` is the recorded address where the key is another one now.
    fn compare(&mut self, address: &Address, old: Option<&Address>, desired: &DesiredPolicy, entry: &Entry) {
        let fields = Field::differing(&entry.sent.policy, &desired.scoped.policy);
        if old.is_none() && fields.is_empty() {
            self.unchanged += 1;
            return;
        }
        self.changes.push(Change {
            address: address.clone(),
            kind: if old.is_some() { ChangeKind::Rename } else { ChangeKind::Update },
            direction: Direction::between(Some(&entry.sent), Some(&desired.scoped)),
            from: old.cloned(),
            id: Some(entry.id.clone()),
            before: Some(entry.sent.clone()),
            after: Some(desired.scoped.clone()),
            fields,
            place: Some(desired.place.clone()),
        });
    }

    /// Recorded, and in no file.
    fn gone(&mut self, address: &Address, entry: &Entry, prune: bool) {
        if !prune {
            let message = format!("no file asks for it any more; it stays live as {}; --prune deletes it", entry.id);
            self.notices.push(Notice { address: address.clone(), code: NoticeCode::NoLongerManaged, message });
            return;
        }
        self.changes.push(Change {
            address: address.clone(),
            kind: ChangeKind::Delete,
            direction: Direction::between(Some(&entry.sent), None),
            from: None,
            id: Some(entry.id.clone()),
            before: Some(entry.sent.clone()),
            after: None,
            fields: Vec::new(),
            place: Some(Place::file(entry.file.clone())),
        });
    }
}
