//! Guards: rules over a plan that can refuse it, and what the user told them to let pass.

use std::collections::BTreeMap;

use crate::domain::{Scope, ScopeName, ScopePath};
use crate::state::Record;
use crate::tree::Tree;

use super::Options;

/// A rule over a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// An organization's record has policies, and the tree has none for it.
    EmptyTree,
    /// A folder stands for another id than when its policies were applied. The service can't change a policy's scope, so
    /// nothing lets this pass.
    ScopeId,
    /// A folder stands for an organization whose policies are recorded under another folder's name. What one record calls its
    /// own the other would adopt or delete, so nothing lets this pass.
    OrganizationId,
}

impl Guard {
    /// Those that `--allow` knows.
    pub const ALLOWABLE: [Self; 1] = [Self::EmptyTree];

    /// The name in reports and in `--allow`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmptyTree => "empty-tree",
            Self::ScopeId => "scope-id",
            Self::OrganizationId => "organization-id",
        }
    }
}

/// What a guard found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which guard.
    pub guard: Guard,
    /// How many things it found.
    pub found: usize,
    /// Whether the user let it pass.
    pub allowed: bool,
    /// What was found and why that is refused.
    pub message: String,
    /// What to do; the exact flag, where one would let it pass.
    pub hint: String,
}

/// `--allow GUARD[=N]`: let a guard pass, up to a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Which guard.
    pub guard: Guard,
    /// At most so many things found; any number where not given.
    pub at_most: Option<usize>,
}

/// A text that is no allowance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no guard; write GUARD or GUARD=N, where GUARD is one of: {}", Guard::ALLOWABLE.map(Guard::as_str).join(", "))]
pub struct InvalidAllowance {
    text: String,
}

impl std::str::FromStr for Allowance {
    type Err = InvalidAllowance;
    fn from_str(text: &str) -> Result<Self, InvalidAllowance> {
        let wrong = || InvalidAllowance { text: text.to_owned() };
        let (name, number) = text.split_once('=').map_or((text, None), |(name, number)| (name, Some(number)));
        let guard = Guard::ALLOWABLE.into_iter().find(|guard| guard.as_str() == name).ok_or_else(wrong)?;
        let at_most = number.map(str::parse).transpose().map_err(|_| wrong())?;
        Ok(Self { guard, at_most })
    }
}

impl Allowance {
    fn covers(&self, guard: Guard, found: usize) -> bool {
        self.guard == guard && self.at_most.is_none_or(|most| found <= most)
    }
}

/// A scope that stands for another id than recorded: its path, the recorded scope, the tree's.
pub(super) type ScopeChanged = (ScopePath, Scope, Scope);

/// Asks every guard.
pub(super) fn judge(
    tree: &Tree,
    records: &BTreeMap<ScopeName, Record>,
    scopes_changed: &[ScopeChanged],
    options: &Options,
) -> Vec<Verdict> {
    let emptied = records
        .iter()
        .filter(|(org, _)| options.org.as_ref().is_none_or(|only| only == *org))
        .filter(|(org, record)| !record.policies.is_empty() && !has_policies(tree, org))
        .map(|(org, record)| empty_tree(org, record.policies.len(), &options.allow));
    let moved = scopes_changed.iter().map(scope_id);
    let wanted = tree.organizations().filter(|org| options.org.as_ref().is_none_or(|only| only == org));
    let renamed = wanted.filter_map(|org| organization_id(tree, &org, records));
    emptied.chain(moved).chain(renamed).collect()
}

fn has_policies(tree: &Tree, org: &ScopeName) -> bool {
    tree.policies.keys().any(|address| address.is_in(org))
}

fn empty_tree(org: &ScopeName, recorded: usize, allow: &[Allowance]) -> Verdict {
    let policies = if recorded == 1 { "1 policy" } else { &format!("{recorded} policies") };
    Verdict {
        guard: Guard::EmptyTree,
        found: recorded,
        allowed: allow.iter().any(|allowance| allowance.covers(Guard::EmptyTree, recorded)),
        message: format!(
            "the tree has no policy of organization {org}, and its record has {policies}: is it the right folder?"
        ),
        hint: format!("if all of them should go, say so with --allow empty-tree={recorded}"),
    }
}

fn organization_id(tree: &Tree, org: &ScopeName, records: &BTreeMap<ScopeName, Record>) -> Option<Verdict> {
    let id = tree.scopes.get(&ScopePath::organization(org))?.scope.org();
    let has = |record: &Record| record.policies.values().any(|entry| entry.sent.scope.org() == id);
    let (other, record) = records.iter().find(|(other, record)| *other != org && has(record))?;
    Some(Verdict {
        guard: Guard::OrganizationId,
        found: record.policies.len(),
        allowed: false,
        message: format!(
            "the folder {org} stands for the organization {id}, whose policies are recorded under the name {other}: two \
             records would call the same policies their own"
        ),
        hint: format!("name the folder {other} again, or give {org} an id of its own in {org}/_scope.yaml"),
    })
}

fn scope_id((path, recorded, wanted): &ScopeChanged) -> Verdict {
    Verdict {
        guard: Guard::ScopeId,
        found: 1,
        allowed: false,
        message: format!(
            "{path} was applied as {recorded} and now stands for {wanted}: the service can't move a policy to another scope"
        ),
        hint: format!("put the old id back into {path}/_scope.yaml, or give the new scope a folder of its own"),
    }
}
