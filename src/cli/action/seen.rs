//! What a run came to, kept until it is told: the values are gone by then.

use std::path::Path;

use crate::apply::{ChangeOutcome, ChangeResult, Outcome};
use crate::cli::Command;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::domain::{ChangeKind, Digest};
use crate::github::Reviewed;
use crate::plan::Drift;
use crate::report::{self, Links, Proposal};
use crate::tree::Tree;

use super::bodies::Body;

/// Which command a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Doing {
    Plan,
    Apply,
    /// It has no word for a pull request.
    Other,
}

impl Doing {
    pub(in crate::cli) fn of(command: &Command) -> Self {
        match command {
            Command::Plan(_) => Self::Plan,
            Command::Apply(_) => Self::Apply,
            _ => Self::Other,
        }
    }
}

/// What was seen of a run.
pub(super) struct Seen {
    pub(super) doing: Doing,
    pub(super) exit: Exit,
    /// Why there is no result, for people.
    pub(super) fault: Option<Failed>,
    /// How many findings of error level the tree has, where it was read.
    pub(super) errors: Option<usize>,
    /// The names of the tree's organizations, as a JSON list.
    pub(super) organizations: Option<String>,
    pub(super) plan: Option<Planned>,
    /// How many policies drifted, where that was looked at.
    pub(super) drifted: Option<usize>,
    /// The last thing that was seen: it is what is told.
    pub(super) body: Option<Body>,
    pub(super) reviewed: Option<Reviewed>,
}

/// Why there is no result, layer by layer.
pub(super) struct Failed {
    pub(super) layers: Vec<String>,
    pub(super) hint: Option<String>,
}

/// What is told of a plan apart from its text.
pub(super) struct Planned {
    pub(super) digest: Digest,
    pub(super) changes: Vec<(String, String)>,
    pub(super) create: usize,
    pub(super) update: usize,
    pub(super) rename: usize,
    pub(super) moved: usize,
    pub(super) delete: usize,
    pub(super) weaker: usize,
    pub(super) json: String,
}

impl Seen {
    pub(super) fn new(doing: Doing) -> Self {
        Self {
            doing,
            exit: Exit::Failure,
            fault: None,
            errors: None,
            organizations: None,
            plan: None,
            drifted: None,
            body: None,
            reviewed: None,
        }
    }

    pub(super) fn read(&mut self, tree: &Tree, root: &Path, links: &Links) {
        self.errors = Some(tree.errors());
        let names: Vec<String> = tree.organizations().map(|org| org.to_string()).collect();
        self.organizations = serde_json::to_string(&names).ok();
        self.body = Some(Body::findings(tree, root, links));
    }

    pub(super) fn planned(&mut self, proposal: Proposal<'_>, tree: &Tree, links: &Links, root: &str) {
        let plan = proposal.plan();
        let short = |change: &crate::plan::Change| (change.address.to_string(), change.digest().short());
        self.plan = Some(Planned {
            digest: plan.digest,
            changes: plan.changes.iter().map(short).collect(),
            create: plan.count(ChangeKind::Create),
            update: plan.count(ChangeKind::Update),
            rename: plan.count(ChangeKind::Rename),
            moved: plan.count(ChangeKind::Move),
            delete: plan.count(ChangeKind::Delete),
            weaker: plan.weaker().count(),
            json: report::plan_json(proposal, root),
        });
        self.body = Some(Body::plan(proposal, tree, links));
    }

    pub(super) fn applied(&mut self, plan: Proposal<'_>, outcome: &Outcome, tree: &Tree, links: &Links) {
        // Where nothing was tried, the plan and what refuses it say it all.
        let tried = |change: &ChangeOutcome| change.result != ChangeResult::Untried;
        if outcome.changes.iter().any(tried) || !outcome.stops.is_empty() {
            self.body = Some(Body::outcome(plan, outcome, tree, links));
        }
    }

    pub(super) fn drifted(&mut self, drift: &Drift<'_>, tree: &Tree, links: &Links) {
        self.drifted = Some(drift.drifted.len());
        self.body = Some(Body::drift(drift, tree, links));
    }

    /// Why something was not done; the first reason is the one that is told.
    pub(super) fn failed(&mut self, fault: &Fault) {
        let layers = fault.error.chain().map(ToString::to_string).collect();
        self.fault.get_or_insert(Failed { layers, hint: Some(fault.hint.clone()) });
    }

    /// How it ended.
    pub(super) fn ended(&mut self, ended: &Result<Exit, Fault>) {
        match ended {
            Ok(exit) => self.exit = *exit,
            Err(fault) => {
                self.exit = fault.exit;
                self.failed(fault);
            }
        }
    }

    /// Whether the run stopped because the plan is not the one that was reviewed.
    pub(super) fn is_another_plan(&self) -> bool {
        let planned = self.plan.as_ref().filter(|plan| !plan.changes.is_empty()).map(|plan| plan.digest);
        let reviewed = self.reviewed.as_ref().map(|reviewed| reviewed.digest);
        self.exit == Exit::Locked && planned.is_some() && reviewed.is_some() && planned != reviewed
    }
}
