//! The one total order of changes: what protects comes first, so that a crash in the middle leaves more protection, not less.

use crate::domain::{ChangeKind, Direction};

use super::Change;

/// When a change is done; one rank is finished before the next is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Creates, and updates that let less through.
    Strengthen,
    /// What changes nothing of the kind, or can't be judged.
    Settle,
    /// Updates that let more through.
    Weaken,
    /// Deletes, and what only the record forgets.
    Delete,
}

impl Rank {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Strengthen, Self::Settle, Self::Weaken, Self::Delete];

    pub(super) fn of(kind: ChangeKind, direction: Direction) -> Self {
        match (kind, direction) {
            (ChangeKind::Delete | ChangeKind::Forget, _) => Self::Delete,
            (_, Direction::Weaker) => Self::Weaken,
            (_, Direction::Stronger) => Self::Strengthen,
            (_, Direction::Neutral | Direction::Unclear) => Self::Settle,
        }
    }
}

/// Sorts by rank, and within a rank by address.
pub(super) fn sort(changes: &mut [Change]) {
    changes.sort_by(|a, b| (a.rank(), &a.address).cmp(&(b.rank(), &b.address)));
}
