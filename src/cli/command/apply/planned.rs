//! What is planned: what a tree asks for or a plan that was saved, after a look at the service where that is wanted; and
//! whether it is the plan that was reviewed.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::super::{counterparts, saved};
use super::Work;
use crate::api::Reader;
use crate::cli::args::ScopeArgs;
use crate::cli::call_log::CallLog;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::target::Target;
use crate::cli::{impact, live};
use crate::domain::ScopeName;
use crate::plan::{self, Plan, SavedPlan};
use crate::report::Proposal;
use crate::state::Record;
use crate::tree::Tree;

/// What is applied.
pub(super) enum Source {
    /// What a tree asks for.
    Tree(Tree),
    /// A plan that was saved, and nothing else.
    Saved(Box<SavedPlan>),
}

/// Of a saved plan nothing is read from a tree.
static NO_TREE: LazyLock<Tree> = LazyLock::new(Tree::default);

impl Source {
    pub(super) fn tree(&self) -> &Tree {
        match self {
            Self::Tree(tree) => tree,
            Self::Saved(_) => &NO_TREE,
        }
    }
}

impl Work<'_> {
    /// The plan, and the service with which a session was opened for it, if one was. What the policies did lately that it
    /// weakens is looked up where that is asked for.
    pub(super) async fn planned(
        &mut self,
        records: &BTreeMap<ScopeName, Record>,
        only: Option<&ScopeName>,
    ) -> Result<(Plan, Option<Target>), Fault> {
        let scope = &self.args.scope;
        let mut target = None;
        let plan = match self.source {
            Source::Saved(saved) => {
                saved::check(saved, self.settings, scope.org.as_ref(), records)?;
                let mut plan = saved.plan.clone();
                plan.allow(&self.settings.options(scope).allow);
                plan
            }
            Source::Tree(tree) if scope.refresh => {
                let reader = target.insert(self.opened().await?).session.reader();
                let plan = self.plan(records, only, Some(&reader)).await?;
                counterparts::warn(tree, only, &reader, (self.settings, self.pace), self.console).await;
                plan
            }
            Source::Tree(_) => self.plan(records, only, None).await?,
        };
        if scope.impact {
            let opened = match target.take() {
                Some(target) => target,
                None => self.opened().await?,
            };
            let reader = target.insert(opened).session.reader();
            let looking = impact::look(&plan, &reader, self.pace, self.console);
            self.impacts = Some(live::unless_interrupted(&self.interrupt, async { Ok(looking.await) }).await?);
        }
        Ok((plan, target))
    }

    /// A session with the service.
    pub(super) async fn opened(&self) -> Result<Target, Fault> {
        Target::open(self.settings, self.pace, Arc::new(CallLog(*self.console))).await
    }

    pub(super) fn proposal<'p>(&'p self, plan: &'p Plan) -> Proposal<'p> {
        Proposal::new(plan, self.impacts.as_ref())
    }

    /// Plans from the tree and the records; with a reader, from what is live too.
    pub(super) async fn plan(
        &self,
        records: &BTreeMap<ScopeName, Record>,
        only: Option<&ScopeName>,
        reader: Option<&Reader>,
    ) -> Result<Plan, Fault> {
        let (tree, scope) = (self.source.tree(), ScopeArgs { org: only.cloned(), ..self.args.scope.clone() });
        let snapshot = match reader {
            Some(reader) => {
                let looking = live::look(reader, tree, records, only, (self.settings, self.pace), self.console);
                Some(live::unless_interrupted(&self.interrupt, looking).await?)
            }
            None => None,
        };
        Ok(plan::plan(tree, records, snapshot.as_ref(), &self.settings.options(&scope)))
    }

    /// Refuses another plan than the one that was reviewed.
    pub(super) fn expected(&self, plan: &Plan) -> Result<(), Fault> {
        let Some(expected) = self.expected.filter(|expected| *expected != plan.digest) else { return Ok(()) };
        let differs = self.witness.differences(plan).map_or_else(String::new, |differs| format!(" ({differs})"));
        let message = format!(
            "this is not the plan that was reviewed{differs}: its digest is {}, and {expected} was expected",
            plan.digest
        );
        Err(Fault::new(Exit::Locked, message).hint(
            "nothing was touched; the tree, the record, the flags or, with --refresh, the service are others than when that \
             plan was made: review the plan above",
        ))
    }

    /// Whether nothing but the plan that was shown may be applied.
    pub(super) fn is_pinned(&self) -> bool {
        self.expected.is_some() || matches!(self.source, Source::Saved(_))
    }
}
