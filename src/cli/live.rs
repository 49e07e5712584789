//! Looking at what the service holds: each scope of the tree and the records, in one pass. Reads only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::api::{ApiError, Reader, Snapshot};
use crate::apply::{ApplyError, Interrupt};
use crate::domain::{PolicyId, Scope, ScopeName};
use crate::report;
use crate::state::Record;
use crate::tree::Tree;

use super::console::Console;
use super::fault::Fault;
use super::settings::{Pace, Settings};
use super::stretch::{BETWEEN_LINES, Stretch};

/// Takes a snapshot of the scopes of the tree and of the records, and of what is recorded.
pub(super) async fn look(
    reader: &Reader,
    tree: &Tree,
    records: &BTreeMap<ScopeName, Record>,
    only: Option<&ScopeName>,
    (settings, pace): (&Settings, &Pace),
    console: &Console,
) -> Result<Snapshot, Fault> {
    let (scopes, ids) = looked_at(tree, records, only);
    let counted = report::counted(scopes.len(), "scope", "scopes");
    console.say(&format!("looking at {counted} of {}", settings.endpoint));
    let reader = told(reader.clone(), console, BETWEEN_LINES);
    let taken = Snapshot::take(&reader, &scopes, &ids, pace.concurrency).await;
    taken.map_err(|error| unseen(error, settings))
}

/// Why it could not be seen what the service holds, and which service that is.
pub(super) fn unseen(error: ApiError, settings: &Settings) -> Fault {
    Fault::from(error).while_doing(format!("can't see what {} holds", settings.endpoint))
}

/// A reader that tells how far it is, until it is dropped; elsewhere than on a terminal first after `patience`.
pub(super) fn told(reader: Reader, console: &Console, patience: Duration) -> Reader {
    reader.told_to(Arc::new(Stretch::begin(console, "looking at the service", patience)))
}

/// Reads can be dropped without harm.
pub(super) async fn unless_interrupted<T>(
    interrupt: &Interrupt,
    reads: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let mut interrupt = interrupt.clone();
    tokio::select! {
        biased;
        () = interrupt.wait() => Err(ApplyError::Interrupted.into()),
        read = reads => read,
    }
}

/// The scopes of the tree and of the records, and the ids that are recorded.
fn looked_at(
    tree: &Tree,
    records: &BTreeMap<ScopeName, Record>,
    only: Option<&ScopeName>,
) -> (BTreeSet<Scope>, BTreeSet<PolicyId>) {
    let wanted = |org: &ScopeName| only.is_none_or(|only| only == org);
    let entries = || records.iter().filter(|(org, _)| wanted(org)).flat_map(|(_, record)| record.policies.values());
    let folders = tree.scopes.iter().filter(|(path, _)| wanted(&path.org())).map(|(_, desired)| desired.scope.clone());
    let scopes = folders.chain(entries().map(|entry| entry.sent.scope.clone())).collect();
    (scopes, entries().map(|entry| entry.id.clone()).collect())
}
