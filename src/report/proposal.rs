//! A plan as it is shown: with what is known besides of the policies that it weakens.

use super::view::View;
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
    pub(super) fn impact(&self, change: &Change) -> Option<(&'a Impact, u32)> {
        let Impacts { days, changes } = self.impacts?;
        changes.get(&change.address).map(|impact| (impact, *days))
    }

    /// A change, ready to be shown.
    pub(super) fn view(&self, change: &'a Change) -> View<'a> {
        let impact = self.impact(change).map(|(impact, days)| impact.in_words(days));
        View { impact, ..View::of(change, self.plan.reach.changes.get(&change.address)) }
    }
}

impl<'a> From<&'a Plan> for Proposal<'a> {
    fn from(plan: &'a Plan) -> Self {
        Self::new(plan, None)
    }
}
