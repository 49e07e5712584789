//! A plan as it is shown: with what is known besides of the policies that it weakens.

use super::view::View;
use crate::domain::Address;
use crate::plan::{Change, Impact, Impacts, Plan};

/// A plan, and what the policies did lately that it weakens, where someone looked.
#[derive(Debug, Clone, Copy)]
pub struct Proposal<'a> {
    pub(super) plan: &'a Plan,
    impacts: Option<&'a Impacts>,
}

impl<'a> Proposal<'a> {
    /// A plan with what was learnt.
    #[must_use]
    pub fn new(plan: &'a Plan, impacts: Option<&'a Impacts>) -> Self {
        Self { plan, impacts }
    }

    /// The plan alone.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// What the policy of a change did lately, and in how many days.
    pub(super) fn impact(&self, address: &Address) -> Option<(&'a Impact, u32)> {
        self.impacts?.of(address)
    }

    /// The same in words: `blocked 312 calls in 30 days`.
    pub(super) fn impact_in_words(&self, address: &Address) -> Option<String> {
        self.impact(address).map(|(impact, days)| impact.in_words(days))
    }

    /// A change, ready to be shown.
    pub(super) fn view(&self, change: &'a Change) -> View<'a> {
        let impact = self.impact_in_words(&change.address);
        View { impact, ..View::of(change, self.plan.reach.changes.get(&change.address)) }
    }
}

impl<'a> From<&'a Plan> for Proposal<'a> {
    fn from(plan: &'a Plan) -> Self {
        Self::new(plan, None)
    }
}
