//! Floor 3: tree, record and live joined into a plan. Pure: no clock, no network, no environment, no disk.
//!
//! Laws, each tested: planning twice gives the same bytes; a plan from a tree that equals its record is empty; no weaker
//! change stands before a stronger one; applying a prefix of a plan and planning again gives the rest.

mod account;
mod allowance;
mod arrivals;
mod change;
mod changes;
mod counterpart;
mod digest;
mod drafts;
mod drift;
mod effective;
mod guard;
mod impact;
mod join;
mod lint;
mod order;
mod pull;
mod pull_folders;
mod pull_scope;
mod reach;
mod rename;
mod saved;
mod sighting;
mod tally;
mod texts;
mod unmanaged;
mod wording;

use std::collections::BTreeMap;

pub use account::{Account, Gap};
pub use allowance::{Allowance, Allowances, InvalidAllowance, InvalidShare, Limits, Share};
pub use change::{Base, Change, Notice, NoticeCode, Plan, Protection};
pub use counterpart::{CODES, NO_COUNTERPART, without_counterpart};
pub use drafts::{DraftFile, Drafting, drafts};
pub(crate) use drift::is_as_recorded;
pub use drift::{Drift, Drifted, Fate, Unmanaged, drift};
pub use effective::{Holding, Outlook, Standing, effective};
pub use guard::{Guard, Verdict};
pub use impact::{Impact, Impacts};
pub use lint::{LINT_CODES, Lint, Linted, Opinion};
pub use order::Rank;
pub use pull::{Ask, Doing, Left, NewFolder, Pull, Pulled, Reason, pull};
pub use pull_folders::Folders;
pub use reach::{Reach, Reaches};
pub use saved::{NotAPlan, SavedPlan};
pub use sighting::{Seen, Sighting};
pub use tally::{Counts, Known, Offended, Site, Tally, day, newest_of, tally};
pub use texts::{Newness, PolicyText, texts};
pub(crate) use unmanaged::{UnmanagedIndex, taken};

use crate::api::Snapshot;
use crate::domain::{Endpoint, ScopeName};
use crate::state::Record;
use crate::tree::Tree;

/// What the user said about planning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The service that the plan is for; a part of its digest.
    pub endpoint: Endpoint,
    /// Whether policies that no file asks for any more are deleted; else they are only named.
    pub prune: bool,
    /// What the guards were told to let pass.
    pub allow: Vec<Allowance>,
    /// What the guards let pass without being told.
    pub limits: Limits,
    /// Whether a policy that nobody manages is taken over by the one of the same name in the tree.
    pub adopt_by_name: bool,
    /// Only this organization; else all of the tree and all of the records.
    pub org: Option<ScopeName>,
}

impl Options {
    /// What holds for a service unless something else is said.
    #[must_use]
    pub fn of(endpoint: Endpoint) -> Self {
        let (allow, limits) = (Vec::new(), Limits::default());
        Self { endpoint, prune: false, allow, limits, adopt_by_name: false, org: None }
    }

    fn wants(&self, org: &ScopeName) -> bool {
        self.org.as_ref().is_none_or(|only| only == org)
    }
}

/// Joins the tree with the records, and with what is live where that was looked at, into the changes that would make the
/// service match.
///
/// The tree must have no finding of error level: what is not proven is not in it, and would look deleted. A snapshot is of the
/// scopes of the tree and the records, and of the recorded ids.
#[must_use]
pub fn plan(tree: &Tree, records: &BTreeMap<ScopeName, Record>, live: Option<&Snapshot>, options: &Options) -> Plan {
    let look = sighting::Look::of(live, tree, records);
    let mut joined = join::Joined::default();
    for (org, record) in records.iter().filter(|(org, _)| options.wants(org)) {
        join::organization(tree, org, Some(record), &look, options, &mut joined);
    }
    for org in tree.organizations().filter(|org| options.wants(org) && !records.contains_key(org)) {
        join::organization(tree, &org, None, &look, options, &mut joined);
    }
    let join::Joined { mut changes, mut notices, unchanged, scopes_changed, base } = joined;
    order::sort(&mut changes);
    notices.sort();
    let digest = digest::of(&options.endpoint, &changes);
    let case = guard::Case { tree, records, changes: &changes, scopes_changed: &scopes_changed, options, digest };
    let guards = guard::judge(&case);
    let reach = reach::of(tree, records, &changes);
    Plan { endpoint: options.endpoint.clone(), changes, reach, notices, guards, unchanged, digest, base }
}
