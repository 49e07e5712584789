//! Guards: rules over a plan that can refuse it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{ChangeKind, Digest, Direction, Field, Scope, ScopeName, ScopePath, ScopedPolicy};
use crate::state::Record;
use crate::tree::Tree;

use super::{Change, Options, Protection};

/// How many changes a guard's message names.
const NAMED: usize = 5;

/// A rule over a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// More deletes than an organization usually has at a time.
    Delete,
    /// An organization's record has policies, and the tree has none for it.
    EmptyTree,
    /// A folder stands for an organization whose policies are recorded under another folder's name. What one record calls its
    /// own the other would adopt or delete, so nothing lets this pass.
    OrganizationId,
    /// A policy whose file says `protected`, or did when it was last applied, would be deleted or weakened.
    Protected,
    /// A folder stands for another id than when its policies were applied. The service can't change a policy's scope, so
    /// nothing lets this pass.
    ScopeId,
    /// A policy would let more through: block → alert, HIGH → LOW, a narrower scope. Deletes have a guard of their own.
    Weaken,
}

impl Guard {
    /// Those that `--allow` knows.
    pub const ALLOWABLE: [Self; 4] = [Self::Weaken, Self::Delete, Self::Protected, Self::EmptyTree];

    /// All of them, in the order in which people are told of them.
    pub const ALL: [Self; 6] =
        [Self::Weaken, Self::Delete, Self::Protected, Self::EmptyTree, Self::ScopeId, Self::OrganizationId];

    /// What it refuses, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Delete => "More deletes than are usual",
            Self::EmptyTree => "An organization whose policies are all gone from the tree",
            Self::OrganizationId => "Two records for one organization",
            Self::Protected => "A protected policy would be weakened or deleted",
            Self::ScopeId => "A folder stands for another scope than before",
            Self::Weaken => "Changes that let more through",
        }
    }

    /// The name in reports, in the settings and in `--allow`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::EmptyTree => "empty-tree",
            Self::OrganizationId => "organization-id",
            Self::Protected => "protected",
            Self::ScopeId => "scope-id",
            Self::Weaken => "weaken",
        }
    }
}

/// What a guard found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
    /// Which guard.
    pub guard: Guard,
    /// How many things it found.
    pub found: usize,
    /// Whether the user let it pass.
    pub allowed: bool,
    /// What was found, what is allowed, and why that is refused.
    pub message: String,
    /// What to do; the exact flag, where one would let it pass.
    pub hint: String,
}

/// A scope that stands for another id than recorded: its path, the recorded scope, the tree's.
pub(super) type ScopeChanged = (ScopePath, Scope, Scope);

/// What the guards look at.
pub(super) struct Case<'a> {
    pub(super) tree: &'a Tree,
    pub(super) records: &'a BTreeMap<ScopeName, Record>,
    pub(super) changes: &'a [Change],
    pub(super) scopes_changed: &'a [ScopeChanged],
    pub(super) options: &'a Options,
    pub(super) digest: Digest,
}

/// Asks every guard; those that found something, in the order of their names.
pub(super) fn judge(case: &Case<'_>) -> Vec<Verdict> {
    let emptied = case.emptied();
    let mut verdicts: Vec<Verdict> = case.deletes(&emptied).into_iter().collect();
    verdicts.extend(emptied.into_iter().map(|(org, recorded)| case.empty_tree(org, recorded)));
    let orgs = case.tree.organizations().filter(|org| case.options.wants(org));
    verdicts.extend(orgs.filter_map(|org| organization_id(case.tree, &org, case.records)));
    verdicts.extend(case.protected());
    verdicts.extend(case.scopes_changed.iter().map(scope_id));
    verdicts.extend(case.weaker());
    verdicts
}

impl<'a> Case<'a> {
    /// The organizations that have lost all their files, and how many policies each has recorded.
    fn emptied(&self) -> Vec<(&'a ScopeName, usize)> {
        let has_policies = |org: &ScopeName| self.tree.policies.keys().any(|address| address.is_in(org));
        let wanted = self.records.iter().filter(|(org, _)| self.options.wants(org));
        let lost = wanted.filter(|(org, record)| !record.policies.is_empty() && !has_policies(org));
        lost.map(|(org, record)| (org, record.policies.len())).collect()
    }

    fn empty_tree(&self, org: &ScopeName, recorded: usize) -> Verdict {
        let policies = counted(recorded, "policy", "policies");
        let limit = self.options.limits.empty_tree;
        Verdict {
            guard: Guard::EmptyTree,
            found: recorded,
            allowed: recorded <= limit || self.allows(Guard::EmptyTree, recorded),
            message: format!(
                "the tree has no policy of organization {org}, and its record has {policies}: is it the right folder?{}",
                match limit {
                    0 => String::new(),
                    limit => format!(" The settings let an organization of at most {limit} go"),
                }
            ),
            hint: self.hint(Guard::EmptyTree, recorded, "if all of them should go"),
        }
    }

    /// More deletes than are usual. An organization that has lost everything has a guard of its own.
    fn deletes(&self, emptied: &[(&ScopeName, usize)]) -> Option<Verdict> {
        let limit = self.options.limits.delete;
        let (mut found, mut over) = (0, Vec::new());
        for (org, record) in self.records.iter().filter(|(org, _)| !emptied.iter().any(|(lost, _)| lost == org)) {
            // What is left of a move was agreed to with the move.
            let deletes = self.changes.iter().filter(|change| {
                change.kind == ChangeKind::Delete && change.moved_to.is_none() && change.address.is_in(org)
            });
            let (deletes, recorded) = (deletes.count(), record.policies.len());
            if deletes > limit.of(recorded) {
                found += deletes;
                over.push(format!("{deletes} of the {recorded} of {org}"));
            }
        }
        let over = (!over.is_empty()).then(|| over.join(", "))?;
        let policies = counted(found, "policy", "policies");
        Some(Verdict {
            guard: Guard::Delete,
            found,
            allowed: self.allows(Guard::Delete, found),
            message: format!(
                "{policies} would be deleted ({over}), and {limit} at a time; a delete can't be taken back"
            ),
            hint: self.hint(Guard::Delete, found, "if they should go"),
        })
    }

    fn protected(&self) -> Option<Verdict> {
        let is_protected = |change: &&Change| {
            let Protection { recorded, wanted } = change.protection;
            recorded || wanted
        };
        let weaker =
            self.changes.iter().filter(|change| change.direction == Direction::Weaker && change.moved_to.is_none());
        let found: Vec<&Change> = weaker.filter(is_protected).collect();
        if found.is_empty() {
            return None;
        }
        let lifted = found.iter().any(|change| change.protection.is_lifted());
        let also = if lifted { "; taking the word away in the same change lifts nothing" } else { "" };
        let policies = counted(found.len(), "protected policy", "protected policies");
        let limit = self.options.limits.protected;
        let by_settings = if limit == 0 { String::new() } else { format!("; the settings allow {limit}") };
        // A file that is gone has no word to take out.
        let way = match found.iter().all(|change| change.kind == ChangeKind::Delete) {
            true => "put the file back without `protected`, apply that, and delete it in a change of its own",
            false => "take `protected` out of the file first, apply that, and weaken or delete in a change of its own",
        };
        Some(Verdict {
            guard: Guard::Protected,
            found: found.len(),
            allowed: found.len() <= limit || self.allows(Guard::Protected, found.len()),
            message: format!("{policies} would be weakened or deleted: {}{also}{by_settings}", self.named(&found)),
            hint: format!("{way}; {}", self.hint(Guard::Protected, found.len(), "in an emergency")),
        })
    }

    fn weaker(&self) -> Option<Verdict> {
        let weaker = self.changes.iter().filter(|change| change.direction == Direction::Weaker);
        let found: Vec<&Change> =
            weaker.filter(|change| change.kind != ChangeKind::Delete && change.moved_to.is_none()).collect();
        let limit = self.options.limits.weaken;
        if found.is_empty() {
            return None;
        }
        let verb = if found.len() == 1 { "makes" } else { "make" };
        let changes = counted(found.len(), "change", "changes");
        let (by_settings, said) = (found.len() <= limit, self.allows(Guard::Weaken, found.len()));
        let allowed = match limit {
            _ if said => "said to be meant".to_owned(),
            0 => "none is allowed unless someone says so".to_owned(),
            limit if by_settings => format!("the settings allow {limit}"),
            limit => format!("the settings allow {limit} without being asked"),
        };
        Some(Verdict {
            guard: Guard::Weaken,
            found: found.len(),
            allowed: by_settings || said,
            message: format!("{changes} {verb} enforcement weaker: {}; {allowed}", self.named(&found)),
            hint: self.hint(Guard::Weaken, found.len(), "if that is meant"),
        })
    }

    fn allows(&self, guard: Guard, found: usize) -> bool {
        self.options.allow.iter().any(|allowance| allowance.covers(guard, found, self.digest))
    }

    /// The changes a guard found: `acme/pii (actionType block → log), …`, the first ones by name.
    fn named(&self, found: &[&Change]) -> String {
        let mut said: Vec<String> = found
            .iter()
            .take(NAMED)
            .map(|change| match self.what_gets_weaker(change) {
                parts if parts.is_empty() => change.address.to_string(),
                parts => format!("{} ({})", change.address, parts.join(", ")),
            })
            .collect();
        if found.len() > NAMED {
            said.push(format!("and {} more", found.len() - NAMED));
        }
        said.join(", ")
    }

    /// Which parts of a change let more through than what was applied, or else than what is live.
    fn what_gets_weaker(&self, change: &Change) -> Vec<String> {
        let record = self.records.get(&change.address.org());
        let entry = record.and_then(|record| record.policies.get(change.from.as_ref().unwrap_or(&change.address)));
        let befores = [entry.map(|entry| &entry.sent), change.before.as_ref()];
        let mut parts = befores.into_iter().flatten().map(|before| weaker_parts(before, change.after.as_ref()));
        parts.find(|parts| !parts.is_empty()).unwrap_or_default()
    }

    /// The flag that lets this pass.
    fn hint(&self, guard: Guard, found: usize, when: &str) -> String {
        let elsewhere = self.options.allow.iter().any(|allowance| allowance.is_for_another(guard, self.digest));
        let another = if elsewhere { "; the digest that was allowed is another plan's" } else { "" };
        format!("{when}, say so with --allow {}={found}{another}", guard.as_str())
    }
}

/// Which parts of a policy let more through than before.
fn weaker_parts(before: &ScopedPolicy, after: Option<&ScopedPolicy>) -> Vec<String> {
    let Some(after) = after else { return vec!["deleted".to_owned()] };
    let mut parts = Vec::new();
    if after.scope.level() < before.scope.level() {
        parts.push(format!("{} → {}", before.scope.level(), after.scope.level()));
    }
    let (old, new) = (&before.policy, &after.policy);
    if new.action_type() < old.action_type() {
        parts.push(format!("{} {} → {}", Field::ActionType, old.action_type(), new.action_type()));
    }
    if new.risk_type() < old.risk_type() {
        parts.push(format!("{} {} → {}", Field::RiskType, old.risk_type(), new.risk_type()));
    }
    parts
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
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
