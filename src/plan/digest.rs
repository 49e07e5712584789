//! What makes two plans the same work: the canonical changes, not the records' serials.

use serde::Serialize;

use crate::domain::{Address, ChangeKind, Digest, Endpoint, ScopedPolicy};

use super::{Change, Protection, Seen, Sighting};

/// The canonical form of a change. A field added here changes every digest there is, unless it is left out where it says
/// nothing.
#[derive(Serialize)]
struct Canonical<'a> {
    address: &'a Address,
    kind: ChangeKind,
    before: Option<&'a ScopedPolicy>,
    after: Option<&'a ScopedPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protection: Option<(bool, bool)>,
    /// The fields of a live policy that no tree could ask for: `before` can't have them.
    #[serde(skip_serializing_if = "Option::is_none")]
    odd: Option<Odd<'a>>,
}

impl<'a> Canonical<'a> {
    fn of(change: &'a Change) -> Self {
        let Change {
            address,
            kind,
            before,
            after,
            protection: Protection { recorded, wanted },
            sighting,
            direction: _,
            from: _,
            id: _,
            fields: _,
            place: _,
            moved_to: _,
        } = change;
        let odd = sighting.as_ref().and_then(odd);
        let protection = (recorded != wanted).then_some((*recorded, *wanted));
        Self { address, kind: *kind, before: before.as_ref(), after: after.as_ref(), protection, odd }
    }
}

/// Name, risk, action and content on the wire.
type Odd<'a> = (&'a str, &'a str, i64, &'a str);

pub(super) fn of(endpoint: &Endpoint, changes: &[Change]) -> Digest {
    let canonical: Vec<Canonical<'_>> = changes.iter().map(Canonical::of).collect();
    let bytes = serde_json::to_vec(&(endpoint, canonical)).expect("plain values are always JSON");
    Digest::of(&bytes)
}

/// One change alone: says which of a plan's changes are not those of another.
pub(super) fn of_change(change: &Change) -> Digest {
    Digest::of(&serde_json::to_vec(&Canonical::of(change)).expect("plain values are always JSON"))
}

fn odd(sighting: &Sighting) -> Option<Odd<'_>> {
    let Seen { name, risk_type, action_type, content, by: _, at: _ } =
        sighting.seen().filter(|seen| !seen.is_plain())?;
    Some((name, risk_type, *action_type, content))
}
