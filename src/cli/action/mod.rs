//! What a run tells GitHub besides its result, when it is a step of the action: outputs, the job's summary, annotations, and
//! a comment on the pull request or an issue. Outside the action nothing of this happens.
//!
//! The exit code is settled before; nothing here changes it.

mod bodies;
mod outputs;
mod place;
mod post;
mod runner_files;
mod seen;
mod wanted;

pub(in crate::cli) use place::Place;
pub(in crate::cli) use seen::Doing;

use std::cell::RefCell;

use crate::apply::Outcome;
use crate::github::Reviewed;
use crate::plan::{Drift, Plan};
use crate::report::{Links, Proposal};
use crate::tree::Tree;

use super::console::Console;
use super::environment;
use super::exit::Exit;
use super::fault::Fault;
use super::reviewed;
use super::settings::Settings;
use seen::Seen;

/// Sees what a command comes to, and tells it where the action's users look.
pub(in crate::cli) struct Witness {
    console: Console,
    /// Nothing where this is no step of the action.
    seen: Option<RefCell<Seen>>,
}

impl Witness {
    /// A witness where `POLICYSYNC_ACTION` says that this is a step of the action; else one that looks away.
    pub(in crate::cli) fn new(doing: Doing, console: Console) -> Self {
        let here = environment::variable("POLICYSYNC_ACTION").is_some_and(|said| said == "true");
        Self { console, seen: here.then(|| RefCell::new(Seen::new(doing))) }
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        if let Some(seen) = &self.seen {
            note(&mut seen.borrow_mut());
        }
    }

    /// The tree as it was read, with its findings.
    pub(in crate::cli) fn read(&self, tree: &Tree, settings: &Settings, links: &Links) {
        self.note(|seen| seen.read(tree, &settings.tree, links));
    }

    /// What would change, or is about to.
    pub(in crate::cli) fn planned(&self, plan: Proposal<'_>, tree: &Tree, settings: &Settings, links: &Links) {
        self.note(|seen| seen.planned(plan, tree, links, &settings.shown_tree()));
    }

    /// What was done.
    pub(in crate::cli) fn applied(&self, plan: Proposal<'_>, outcome: &Outcome, tree: &Tree, links: &Links) {
        self.note(|seen| seen.applied(plan, outcome, tree, links));
    }

    /// What others changed.
    pub(in crate::cli) fn drifted(&self, drift: &Drift<'_>, tree: &Tree, links: &Links) {
        self.note(|seen| seen.drifted(drift, tree, links));
    }

    /// Why an organization's part was not done; the run goes on.
    pub(in crate::cli) fn failed(&self, fault: &Fault) {
        self.note(|seen| seen.failed(fault));
    }

    /// The plan that was reviewed.
    pub(in crate::cli) fn reviewed(&self, reviewed: &Reviewed) {
        self.note(|seen| seen.reviewed = Some(reviewed.clone()));
    }

    /// What differs from the plan that was reviewed.
    pub(in crate::cli) fn differences(&self, plan: &Plan) -> Option<String> {
        reviewed::differences(self.seen.as_ref()?.borrow().reviewed.as_ref()?, plan)
    }

    /// Tells all of it. What can't be told is a warning.
    pub(in crate::cli) fn tell(self, ended: &Result<Exit, Fault>) {
        let Some(seen) = self.seen else { return };
        let mut seen = seen.into_inner();
        seen.ended(ended);
        let wanted = wanted::Wanted::read(&self.console);
        // After an interrupt every second counts, and GitHub's runner gives few.
        let posted = match seen.exit {
            Exit::Interrupted => post::Posted::default(),
            _ => post::post(&seen, &wanted, &self.console),
        };
        if let Err(fault) = self.console.result(&bodies::annotations(&seen, &posted)) {
            self.console.fault(&fault);
        }
        runner_files::write(&seen, &posted, &self.console);
    }
}
