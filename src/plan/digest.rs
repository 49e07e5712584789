//! What makes two plans the same work: the canonical changes, not the records' serials.

use serde::Serialize;

use crate::domain::{Address, ChangeKind, Digest, Endpoint, ScopedPolicy};

use super::Change;

/// The canonical form of a change. A field added here changes every digest there is.
#[derive(Serialize)]
struct Canonical<'a> {
    address: &'a Address,
    kind: ChangeKind,
    before: Option<&'a ScopedPolicy>,
    after: Option<&'a ScopedPolicy>,
}

impl<'a> Canonical<'a> {
    fn of(change: &'a Change) -> Self {
        let Change { address, kind, before, after, direction: _, from: _, id: _, fields: _, place: _ } = change;
        Self { address, kind: *kind, before: before.as_ref(), after: after.as_ref() }
    }
}

pub(super) fn of(endpoint: &Endpoint, changes: &[Change]) -> Digest {
    let canonical: Vec<Canonical<'_>> = changes.iter().map(Canonical::of).collect();
    let bytes = serde_json::to_vec(&(endpoint, canonical)).expect("plain values are always JSON");
    Digest::of(&bytes)
}

/// One change alone: says which of a plan's changes are not those of another.
pub(super) fn of_change(change: &Change) -> Digest {
    Digest::of(&serde_json::to_vec(&Canonical::of(change)).expect("plain values are always JSON"))
}
