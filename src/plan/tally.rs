//! Violations, counted: by what was done, by day, by policy, by repository, by severity.
//!
//! Laws, each tested: each way of counting adds up to the same total; the order in which they were read changes nothing; one
//! that was read twice counts once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::api::{Person, Violation};
use crate::domain::{Address, PolicyId, RepoId, Scope, ScopeName, ScopePath, UserId};
use crate::state::Record;
use crate::tree::Tree;

/// How many, by what was done about them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that were blocked.
    pub blocked: usize,
    /// Calls that were let through: logged, or told to someone.
    pub let_through: usize,
    /// Of which the service doesn't say it.
    pub untold: usize,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(self) -> usize {
        self.blocked + self.let_through + self.untold
    }

    fn add(&mut self, blocked: Option<bool>) {
        match blocked {
            Some(true) => self.blocked += 1,
            Some(false) => self.let_through += 1,
            None => self.untold += 1,
        }
    }
}

/// The violations of one span of time, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub all: Counts,
    /// By day, in UTC: the days on which there was any.
    pub days: BTreeMap<Date, Counts>,
    /// Those whose time can't be read.
    pub undated: Counts,
    /// By severity, in the service's words; an empty one where it doesn't say.
    pub severities: BTreeMap<String, Counts>,
    /// By policy, the most first.
    pub policies: Vec<(Offended, Counts)>,
    /// By repository, the most first.
    pub repositories: Vec<(Site, Counts)>,
    /// By user, the most first; nothing where nobody asked whose calls they were.
    pub users: Vec<(Option<Person>, Counts)>,
    /// The newest, so many as were wanted.
    pub newest: Vec<Violation>,
}

/// A policy that was gone against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offended {
    /// Its id; nothing where that can't be read.
    pub id: Option<PolicyId>,
    /// Where it is recorded; nothing for one that nobody manages.
    pub address: Option<Address>,
    /// What it was called last.
    pub name: String,
}

/// Where it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The repository's id; nothing where the service doesn't say it.
    pub id: Option<RepoId>,
    /// Its folder in the tree, or as the record has it.
    pub path: Option<ScopePath>,
    /// What it is called.
    pub name: String,
}

/// What is known of the policies and repositories that the service names.
#[derive(Debug, Clone, Default)]
pub struct Known {
    policies: BTreeMap<PolicyId, Address>,
    repositories: BTreeMap<RepoId, ScopePath>,
}

impl Known {
    /// From the records, and the folders of the tree.
    #[must_use]
    pub fn of(tree: &Tree, records: &BTreeMap<ScopeName, Record>) -> Self {
        let mut known = Self::default();
        for (address, entry) in records.values().flat_map(|record| &record.policies) {
            known.policies.insert(entry.id.clone(), address.clone());
            known.place(&entry.sent.scope, &address.scope());
        }
        for (path, desired) in &tree.scopes {
            known.place(&desired.scope, path);
        }
        known
    }

    fn place(&mut self, scope: &Scope, path: &ScopePath) {
        if let Some(repo) = scope.repo() {
            self.repositories.insert(repo.clone(), path.clone());
        }
    }
}

/// Counts violations; of a few of the newest all is kept that was read of them.
#[must_use]
pub fn tally(violations: Vec<Violation>, known: &Known, with_users: bool, newest: usize) -> Tally {
    let violations = newest_first(violations);
    let mut tally = Tally::default();
    let mut policies: BTreeMap<Option<PolicyId>, (String, Counts)> = BTreeMap::new();
    let mut repositories: BTreeMap<Option<RepoId>, (String, Counts)> = BTreeMap::new();
    let mut users: BTreeMap<Option<UserId>, (Option<Person>, Counts)> = BTreeMap::new();
    for violation in &violations {
        let Violation { id: _, at, policy, policy_name, repo, repo_name, severity, blocked, user, explanation: _ } =
            violation;
        tally.all.add(*blocked);
        match at {
            Some(at) => tally.days.entry(day(*at)).or_default().add(*blocked),
            None => tally.undated.add(*blocked),
        }
        tally.severities.entry(severity.clone()).or_default().add(*blocked);
        // The newest comes first: what a thing is called by now.
        policies.entry(policy.clone()).or_insert_with(|| (policy_name.clone(), Counts::default())).1.add(*blocked);
        repositories.entry(repo.clone()).or_insert_with(|| (repo_name.clone(), Counts::default())).1.add(*blocked);
        if with_users {
            let id = user.as_ref().map(|user| user.id.clone());
            users.entry(id).or_insert_with(|| (user.clone(), Counts::default())).1.add(*blocked);
        }
    }
    let policies = policies.into_iter().map(|(id, (name, counts))| {
        let address = id.as_ref().and_then(|id| known.policies.get(id).cloned());
        (Offended { id, address, name }, counts)
    });
    // What is managed stands before what isn't.
    tally.policies = most_first(policies, |Offended { id, address, name }| {
        (address.is_none(), address.clone(), name.clone(), id.clone())
    });
    let sites = repositories.into_iter().map(|(id, (name, counts))| {
        let path = id.as_ref().and_then(|id| known.repositories.get(id).cloned());
        (Site { id, path, name }, counts)
    });
    tally.repositories =
        most_first(sites, |Site { id, path, name }| (path.is_none(), path.clone(), name.clone(), id.clone()));
    tally.users =
        most_first(users.into_values(), |user| user.as_ref().map(|Person { id, name }| (name.clone(), id.clone())));
    tally.newest = violations;
    tally.newest.truncate(newest);
    tally
}

/// The newest of the violations, at most so many, each once; whether there were more.
#[must_use]
pub fn newest_of(violations: Vec<Violation>, at_most: usize) -> (Vec<Violation>, bool) {
    let mut sorted = newest_first(violations);
    let is_cut = sorted.len() > at_most;
    sorted.truncate(at_most);
    (sorted, is_cut)
}

/// Each once, the newest first; at one time by their ids, and those without a time last.
fn newest_first(mut violations: Vec<Violation>) -> Vec<Violation> {
    violations.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
    let mut seen = BTreeSet::new();
    violations.retain(|violation| seen.insert(violation.id.clone()));
    violations
}

/// In the order of their numbers; those with the same number by what people read of them.
fn most_first<T, K: Ord>(counted: impl Iterator<Item = (T, Counts)>, read: fn(&T) -> K) -> Vec<(T, Counts)> {
    let mut counted: Vec<(T, Counts)> = counted.collect();
    counted.sort_by_cached_key(|(what, counts)| (std::cmp::Reverse(counts.total()), read(what)));
    counted
}

/// The day of a time, in UTC.
#[must_use]
pub fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}
