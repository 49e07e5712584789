//! What holds in a scope: its own policies and those of the scopes above it, which can be added to below and never taken
//! away. Pure.

use std::collections::BTreeMap;

use crate::domain::{Address, ChangeKind, ScopeName, ScopePath, ScopedPolicy};
use crate::state::Record;
use crate::tree::Tree;

use super::{Change, Plan};

/// What a plan and the records it was made from say of a policy that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// It stays as it is, or nobody asked.
    Stays,
    /// The plan changes it; `policy` is what it is before, where it is live already.
    Changes(&'a Change),
    /// No file asks for it any more, and it stays live.
    Unmanaged,
}

/// A policy that holds in a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding<'a> {
    /// Which policy.
    pub address: &'a Address,
    /// As the tree wants it; where no file asks for it, as recorded.
    pub policy: &'a ScopedPolicy,
    /// What becomes of it.
    pub standing: Standing<'a>,
}

/// A plan, and the records that it was made from.
#[derive(Debug, Clone, Copy)]
pub struct Outlook<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// By organization.
    pub records: &'a BTreeMap<ScopeName, Record>,
}

/// All policies that hold in a scope, level by level from the organization down to the scope itself; by address within one.
#[must_use]
pub fn effective<'a>(
    tree: &'a Tree,
    scope: &ScopePath,
    outlook: Option<Outlook<'a>>,
) -> Vec<(ScopePath, Vec<Holding<'a>>)> {
    let mut levels: Vec<ScopePath> = std::iter::successors(Some(scope.clone()), ScopePath::parent).collect();
    levels.reverse();
    let mut holding: BTreeMap<&'a Address, Holding<'a>> = BTreeMap::new();
    let holds = |address: &Address| levels.contains(&address.scope());
    if let Some(Outlook { plan, records }) = outlook {
        // What was renamed is there under its new key; what moves away is there until it has.
        let renames = plan.changes.iter().filter(|change| change.kind != ChangeKind::Move);
        let renamed: Vec<&Address> = renames.filter_map(|change| change.from.as_ref()).collect();
        let recorded = records.values().flat_map(|record| &record.policies);
        for (address, entry) in recorded.filter(|(address, _)| holds(address) && !renamed.contains(address)) {
            holding.insert(address, Holding { address, policy: &entry.sent, standing: Standing::Unmanaged });
        }
    }
    for (address, desired) in tree.policies.iter().filter(|(address, _)| holds(address)) {
        holding.insert(address, Holding { address, policy: &desired.scoped, standing: Standing::Stays });
    }
    for change in outlook.into_iter().flat_map(|outlook| &outlook.plan.changes) {
        let old = change.from.as_ref().filter(|_| change.kind == ChangeKind::Move);
        for address in [Some(&change.address), old].into_iter().flatten() {
            if let Some(holding) = holding.get_mut(address) {
                holding.standing = Standing::Changes(change);
            }
        }
    }
    let of =
        |level: &ScopePath| holding.values().filter(|holding| holding.address.scope() == *level).copied().collect();
    levels.iter().map(|level| (level.clone(), of(level))).collect()
}
