//! How far a change reaches: a policy of an organization or a workspace holds in every scope below it too. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{Address, ScopeLevel, ScopeName, ScopePath};
use crate::state::Record;
use crate::tree::Tree;

use super::Change;

/// How many scopes below its own a policy holds in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reach {
    /// Workspaces below an organization.
    pub workspaces: usize,
    /// Repositories below an organization or a workspace.
    pub repositories: usize,
}

impl Reach {
    /// Whether it is no further than the policy's own scope.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    fn add(&mut self, level: ScopeLevel) {
        match level {
            ScopeLevel::Organization => {}
            ScopeLevel::Workspace => self.workspaces += 1,
            ScopeLevel::Repository => self.repositories += 1,
        }
    }
}

/// How far the changes of a plan reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reaches {
    /// Of each change that calls the service and reaches beyond its own scope.
    pub changes: BTreeMap<Address, Reach>,
    /// Of all of them together, each scope counted once.
    pub all: Reach,
}

/// Counts the scopes that the tree and the records know below each change's own.
pub(super) fn of(tree: &Tree, records: &BTreeMap<ScopeName, Record>, changes: &[Change]) -> Reaches {
    let recorded = records.values().flat_map(|record| record.policies.keys()).map(Address::scope);
    let recorded = recorded.flat_map(|scope| std::iter::successors(Some(scope), ScopePath::parent));
    let scopes: BTreeSet<ScopePath> = tree.scopes.keys().cloned().chain(recorded).collect();
    let mut below: BTreeMap<ScopePath, Reach> = BTreeMap::new();
    for scope in &scopes {
        for above in std::iter::successors(scope.parent(), ScopePath::parent) {
            below.entry(above).or_default().add(scope.level());
        }
    }
    let mut reaches = Reaches::default();
    let mut reaching = BTreeSet::new();
    for change in changes.iter().filter(|change| change.calls_service()) {
        let scope = change.address.scope();
        if let Some(reach) = below.get(&scope) {
            reaches.changes.insert(change.address.clone(), *reach);
            reaching.insert(scope);
        }
        // What a move leaves is touched too.
        reaching.extend(change.from.as_ref().map(Address::scope));
    }
    for scope in &scopes {
        if std::iter::successors(scope.parent(), ScopePath::parent).any(|above| reaching.contains(&above)) {
            reaches.all.add(scope.level());
        }
    }
    reaches
}
