//! The join: for each address of one organization, what the tree wants and what is recorded, side by side.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Address, ChangeKind, Direction, Field, Place, ScopeName, ScopedPolicy};
use crate::state::{Entry, Record};
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
    let (gone, new) = unmatched(recorded, &wanted, &undecided);
    let renames = rename::find(&gone, &new);

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
    let continued: BTreeSet<&Address> = renames.certain.values().collect();
    for address in gone.keys().filter(|address| !continued.contains(*address)) {
        if let Some(entry) = recorded.get(*address) {
            joined.gone(address, entry, prune);
        }
    }
}

fn of_org<'a>(tree: &'a Tree, org: &'a ScopeName) -> impl Iterator<Item = (&'a Address, &'a DesiredPolicy)> {
    tree.policies.iter().filter(move |(address, _)| address.is_in(org))
}

/// The policies that stand on one side only: recorded and in no file, in a file and not recorded.
fn unmatched<'a>(
    recorded: &'a BTreeMap<Address, Entry>,
    wanted: &BTreeMap<&'a Address, &'a DesiredPolicy>,
    undecided: &BTreeSet<Address>,
) -> (BTreeMap<&'a Address, &'a ScopedPolicy>, BTreeMap<&'a Address, &'a ScopedPolicy>) {
    let (mut gone, mut new) = (BTreeMap::new(), BTreeMap::new());
    let mut recorded = recorded.iter().peekable();
    // Both are in order, so that one pass over the two is enough.
    for (address, desired) in wanted {
        while let Some((before, entry)) = recorded.next_if(|(other, _)| other < address) {
            gone.insert(before, &entry.sent);
        }
        if recorded.next_if(|(other, _)| other == address).is_none() && !undecided.contains(*address) {
            new.insert(*address, &desired.scoped);
        }
    }
    gone.extend(recorded.map(|(address, entry)| (address, &entry.sent)));
    (gone, new)
}

/// Names what an earlier run left behind; returns the addresses that someone has to decide about first.
fn pending(record: Option<&Record>, joined: &mut Joined) -> BTreeSet<Address> {
    let mut undecided = BTreeSet::new();
    for (address, intent) in record.into_iter().flat_map(|record| &record.pending) {
        let (code, message) = match &intent.undecided {
            None => {
                let what = intent.change;
                let message = format!("an earlier run began to {what} it and did not see the end; apply looks first");
                (NoticeCode::Pending, message)
            }
            Some(several) => {
                undecided.insert(address.clone());
                let ids: Vec<String> = several.candidates.iter().map(ToString::to_string).collect();
                let message = format!(
                    "several live policies could be it: {}; decide with `policysync state resolve {address} --adopt ID`",
                    ids.join(", ")
                );
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
                message: "it could be one of several recorded policies under a new key, so it is created anew"
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
        if let Some(old) = old {
            self.notices.push(Notice {
                address: address.clone(),
                code: NoticeCode::Renamed,
                message: format!("it was {old}"),
            });
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
