//! What the policies that a plan weakens did lately: a value beside the plan, never a part of it. The plan, its order and its
//! digest are the same whether anyone looked or not.

use std::collections::BTreeMap;

use super::{Change, Plan};
use crate::domain::{Address, Direction, PolicyId};

/// What was learnt, by the address of the change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impacts {
    /// How many days back.
    pub days: u32,
    /// One for each change that lets more through, where that was asked for.
    pub changes: BTreeMap<Address, Impact>,
}

/// What a policy did lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Impact {
    /// How often it was gone against.
    Counted {
        /// Calls that were blocked.
        blocked: u64,
        /// Calls that were let through: logged, or told to someone.
        let_through: u64,
    },
    /// It can't be told, and why.
    Unknown(String),
}

impl Impacts {
    /// What was learnt of the policy of this change, and in how many days.
    #[must_use]
    pub fn of(&self, address: &Address) -> Option<(&Impact, u32)> {
        self.changes.get(address).map(|impact| (impact, self.days))
    }
}

impl Plan {
    /// The live policies that changes weaken or delete, each by the address of its change.
    #[must_use]
    pub fn weakened(&self) -> BTreeMap<Address, PolicyId> {
        let id = |change: &Change| Some((change.address.clone(), change.id.clone()?));
        self.changes.iter().filter(|change| change.direction == Direction::Weaker).filter_map(id).collect()
    }
}

impl Impact {
    /// In words, for people: `blocked 312 calls in 30 days`.
    #[must_use]
    pub fn in_words(&self, days: u32) -> String {
        let calls = |number: u64| if number == 1 { "1 call".to_owned() } else { format!("{number} calls") };
        match self {
            Self::Counted { blocked: 0, let_through: 0 } => format!("nothing in {days} days"),
            Self::Counted { blocked, let_through: 0 } => format!("blocked {} in {days} days", calls(*blocked)),
            Self::Counted { blocked: 0, let_through } => {
                format!("noticed {} in {days} days, and blocked none", calls(*let_through))
            }
            Self::Counted { blocked, let_through } => {
                format!("blocked {} in {days} days, and noticed {let_through} more", calls(*blocked))
            }
            Self::Unknown(why) => format!("unknown: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_policy_did_is_one_phrase() {
        for ((blocked, let_through), said) in [
            ((0, 0), "nothing in 30 days"),
            ((312, 0), "blocked 312 calls in 30 days"),
            ((1, 0), "blocked 1 call in 30 days"),
            ((0, 1), "noticed 1 call in 30 days, and blocked none"),
            ((2, 40), "blocked 2 calls in 30 days, and noticed 40 more"),
        ] {
            assert_eq!(Impact::Counted { blocked, let_through }.in_words(30), said);
        }
        assert_eq!(
            Impact::Unknown("the service answered 403".to_owned()).in_words(30),
            "unknown: the service answered 403"
        );
    }
}
