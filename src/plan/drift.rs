//! Drift: what is live and not as recorded, by tree, record and live side by side. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::api::{LivePolicy, Snapshot};
use crate::domain::{Address, Direction, Policy, Scope, ScopeName, ScopedPolicy};
use crate::state::{Entry, Record};
use crate::tree::Tree;

/// What became of a recorded policy behind policysync's back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate<'a> {
    /// It is live with other fields.
    Edited(&'a LivePolicy),
    /// The service says that there is none of that id.
    Gone,
}

/// A recorded policy that is not live as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drifted<'a> {
    /// Which policy.
    pub address: &'a Address,
    /// What is recorded of it.
    pub entry: &'a Entry,
    /// What the tree asks for; where no file does, what was applied.
    pub wanted: &'a ScopedPolicy,
    /// What became of it.
    pub fate: Fate<'a>,
    /// Whether what is live lets more through than what is wanted.
    pub direction: Direction,
}

/// A live policy in a scope of the tree or the record that is not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged<'a> {
    /// The policy.
    pub live: &'a LivePolicy,
    /// The address of a file that asks for just this policy and is not recorded yet: the next apply adopts it.
    pub equals: Option<&'a Address>,
}

/// What live, record and tree come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift<'a> {
    /// By address.
    pub drifted: Vec<Drifted<'a>>,
    /// By scope and name.
    pub unmanaged: Vec<Unmanaged<'a>>,
    /// Recorded policies that could not be looked at, and why.
    pub unseen: Vec<(&'a Address, String)>,
    /// Scopes that could not be listed, and why: policies that nobody manages may be there.
    pub closed: Vec<(&'a Scope, String)>,
    /// Recorded policies with a change pending, which is no drift before its end is known.
    pub pending: usize,
    /// How many policies are live as recorded.
    pub as_recorded: usize,
}

impl Drift<'_> {
    /// Whether everything was seen.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unseen.is_empty() && self.closed.is_empty()
    }
}

/// Compares what is live with what is recorded. `records` and `scopes` are what the snapshot was taken for.
#[must_use]
pub fn drift<'a>(
    tree: &'a Tree,
    records: &'a BTreeMap<ScopeName, Record>,
    snapshot: &'a Snapshot,
    only: Option<&ScopeName>,
) -> Drift<'a> {
    let wanted_org = |org: &ScopeName| only.is_none_or(|only| only == org);
    let mut found = Drift::default();
    for (_, record) in records.iter().filter(|(org, _)| wanted_org(org)) {
        for (address, entry) in &record.policies {
            one(tree, record, address, entry, snapshot, &mut found);
        }
    }
    // Also of organizations that aren't looked at: two may stand for scopes of one.
    let managed: BTreeSet<_> =
        records.values().flat_map(|record| record.policies.values()).map(|entry| &entry.id).collect();
    let is_new =
        |address: &Address| records.get(&address.org()).is_none_or(|record| !record.policies.contains_key(address));
    let new: HashMap<&ScopedPolicy, &Address> = tree
        .policies
        .iter()
        .filter(|(address, _)| is_new(address))
        .map(|(address, desired)| (&desired.scoped, address))
        .collect();
    for live in snapshot.policies.values().filter(|live| !managed.contains(&live.id)) {
        let equals = live.scoped().and_then(|scoped| new.get(&scoped).copied());
        found.unmanaged.push(Unmanaged { live, equals });
    }
    found
        .unmanaged
        .sort_by(|a, b| (&a.live.scope, &a.live.name, &a.live.id).cmp(&(&b.live.scope, &b.live.name, &b.live.id)));
    found.closed.extend(snapshot.closed.iter().map(|(scope, error)| (scope, error.to_string())));
    found
}

fn one<'a>(
    tree: &'a Tree,
    record: &Record,
    address: &'a Address,
    entry: &'a Entry,
    snapshot: &'a Snapshot,
    found: &mut Drift<'a>,
) {
    if record.pending.contains_key(address) {
        found.pending += 1;
        return;
    }
    let wanted = tree.policies.get(address).map_or(&entry.sent, |desired| &desired.scoped);
    if let Some(live) = snapshot.policies.get(&entry.id) {
        if is_as_recorded(live, entry) {
            found.as_recorded += 1;
            return;
        }
        let direction = direction(live, entry, wanted);
        found.drifted.push(Drifted { address, entry, wanted, fate: Fate::Edited(live), direction });
    } else if snapshot.gone.contains(&entry.id) {
        let direction = Direction::between(Some(wanted), None);
        found.drifted.push(Drifted { address, entry, wanted, fate: Fate::Gone, direction });
    } else {
        let why = snapshot.unseen.get(&entry.id).map_or_else(|| "it was not looked at".to_owned(), ToString::to_string);
        found.unseen.push((address, why));
    }
}

/// Whether what is live lets more through than what is wanted; a word that the service does not document is unclear.
fn direction(live: &LivePolicy, entry: &Entry, wanted: &ScopedPolicy) -> Direction {
    let Some(ScopedPolicy { scope, policy }) = live.scoped() else { return Direction::Unclear };
    // Nobody edited the text: the service keeps it otherwise, or the tree has a new one.
    let content = if live.content == entry.live_content() { wanted.policy.content() } else { policy.content() };
    let now = Policy::new(policy.name().to_owned(), content.to_owned(), policy.risk_type(), policy.action_type());
    now.map_or(Direction::Unclear, |policy| Direction::between(Some(wanted), Some(&ScopedPolicy { scope, policy })))
}

/// Whether a live policy is what the record says the service keeps.
pub(crate) fn is_as_recorded(live: &LivePolicy, entry: &Entry) -> bool {
    let ScopedPolicy { scope, policy } = &entry.sent;
    live.scope == *scope
        && live.name == entry.live_name()
        && live.content == entry.live_content()
        && live.risk_type == policy.risk_type().as_str()
        && live.action_type == i64::from(policy.action_type().number())
}
