//! What is shown: the plan before the run, and what came of it after.

use super::Work;
use crate::apply::{ChangeOutcome, ChangeResult, Outcome};
use crate::cli::Format;
use crate::cli::fault::Fault;
use crate::domain::ScopeName;
use crate::plan::Plan;
use crate::report::{self, Frame};

impl Work<'_> {
    pub(super) fn show(&self, plan: &Plan) -> Result<(), Fault> {
        match self.global.format {
            Format::Text => {
                let text = report::plan_text(self.proposal(plan), self.console.result_styles());
                let hint = "nothing of this plan was applied; look at where the output goes";
                self.console.result(&text).map_err(|fault| fault.hint(hint))
            }
            // Whoever is asked must see what about; the result is something else.
            _ if self.asks() && self.console.can_ask() => {
                self.console.say_always(&report::plan_text(self.proposal(plan), self.console.talk_styles()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn finish(&self, plan: &Plan, outcome: &Outcome) -> Result<(), Fault> {
        self.witness.applied(self.proposal(plan), outcome, self.source.tree(), self.links);
        let text = match self.global.format {
            // The plan that was shown says already that there is nothing to do.
            Format::Text if outcome.changes.is_empty() && outcome.stops.is_empty() => return Ok(()),
            Format::Markdown => report::apply_markdown(self.proposal(plan), outcome, Frame::whole(self.links)),
            Format::Html => report::apply_html(self.proposal(plan), outcome, self.source.tree(), self.links),
            Format::Github => report::apply_annotations(self.proposal(plan), outcome, self.links),
            // SARIF is refused for this command.
            Format::Text | Format::Sarif => {
                report::apply_text(outcome, &self.settings.shown_tree(), self.console.result_styles())
            }
            Format::Json => report::apply_json(outcome, self.impacts.as_ref()),
        };
        self.console.result(&text)
    }

    /// The result where nothing may be begun: for people the plan that was shown says all but that.
    pub(super) fn refused(&self, plan: &Plan) -> Result<(), Fault> {
        match self.global.format {
            Format::Text if self.args.scope.refresh => {
                self.console.result("Nothing was applied; the service was only looked at.\n")
            }
            Format::Text => self.console.result("Nothing was applied, and nothing was called.\n"),
            _ => self.finish(plan, &untried(plan)),
        }
    }
}

/// The outcome of a plan of which nothing was tried.
fn untried(plan: &Plan) -> Outcome {
    let changes = plan.changes.iter().map(|change| ChangeOutcome::of(change, ChangeResult::Untried)).collect();
    Outcome { changes, ..Outcome::default() }
}

pub(super) fn untried_of(plan: &Plan, org: &ScopeName) -> Outcome {
    let changes = plan.of_org(org).map(|change| ChangeOutcome::of(change, ChangeResult::Untried)).collect();
    Outcome { changes, ..Outcome::default() }
}
