//! Floor 3: tree and record joined into a plan. Pure: no clock, no network, no environment, no disk.
//!
//! Laws, each tested: planning twice gives the same bytes; a plan from a tree that equals its record is empty; no weaker
//! change stands before a stronger one; applying a prefix of a plan and planning again gives the rest.

mod change;
mod digest;
mod drift;
mod effective;
mod guard;
mod join;
mod order;
mod pull;
mod pull_folders;
mod pull_scope;
mod reach;
mod rename;
mod wording;

use std::collections::BTreeMap;

pub use change::{Base, Change, Notice, NoticeCode, Plan};
pub(crate) use drift::is_as_recorded;
pub use drift::{Drift, Drifted, Fate, Unmanaged, drift};
pub use effective::{Holding, Outlook, Standing, effective};
pub use guard::{Allowance, Guard, InvalidAllowance, Verdict};
pub use order::Rank;
pub use pull::{Ask, Doing, Left, NewFolder, Pull, Pulled, Reason, pull};
pub use pull_folders::Folders;
pub use reach::{Reach, Reaches};

use crate::domain::{Endpoint, ScopeName};
use crate::state::Record;
use crate::tree::Tree;

/// What the user said about planning.
#[derive(Debug, Clone)]
pub struct Options {
    /// The service that the plan is for; a part of its digest.
    pub endpoint: Endpoint,
    /// Whether policies that no file asks for any more are deleted; else they are only named.
    pub prune: bool,
    /// What the guards were told to let pass.
    pub allow: Vec<Allowance>,
    /// Only this organization; else all of the tree and all of the records.
    pub org: Option<ScopeName>,
}

/// Joins the tree with the records into the changes that would make the service match.
///
/// The tree must have no finding of error level: what is not proven is not in it, and would look deleted.
#[must_use]
pub fn plan(tree: &Tree, records: &BTreeMap<ScopeName, Record>, options: &Options) -> Plan {
    let wanted = |org: &ScopeName| options.org.as_ref().is_none_or(|only| only == org);
    let mut joined = join::Joined::default();
    for (org, record) in records.iter().filter(|(org, _)| wanted(org)) {
        join::organization(tree, org, Some(record), options.prune, &mut joined);
    }
    for org in tree.organizations().filter(|org| wanted(org) && !records.contains_key(org)) {
        join::organization(tree, &org, None, options.prune, &mut joined);
    }
    let join::Joined { mut changes, mut notices, unchanged, scopes_changed, base } = joined;
    order::sort(&mut changes);
    notices.sort();
    let guards = guard::judge(tree, records, &scopes_changed, options);
    let digest = digest::of(&options.endpoint, &changes);
    let reach = reach::of(tree, records, &changes);
    Plan { endpoint: options.endpoint.clone(), changes, reach, notices, guards, unchanged, digest, base }
}
