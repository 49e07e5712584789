//! The run over organizations, one after another: one that fails doesn't stop the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::saved;
use super::Work;
use super::planned::Source;
use super::results::untried_of;
use crate::apply::{ChangeOutcome, Effects, Holder, Outcome, Run};
use crate::cli::exit::{self, Exit};
use crate::cli::fault::Fault;
use crate::cli::target::Target;
use crate::cli::watch::Watch;
use crate::cli::{environment, rescue};
use crate::domain::{Clock as _, ScopeName, SystemClock};
use crate::plan::Plan;
use crate::report::escape;
use crate::state::{Claim, Process, Record, Store};

/// The organizations in which something is to be done or looked for.
pub(super) fn with_work(
    plan: &Plan,
    records: &BTreeMap<ScopeName, Record>,
    source: &Source,
    only: Option<&ScopeName>,
) -> BTreeSet<ScopeName> {
    if matches!(source, Source::Saved(_)) {
        return plan.orgs();
    }
    let changed = plan.changes.iter().map(|change| change.address.org());
    let left = records.iter().filter(|(_, record)| !record.pending.is_empty() || is_left_behind(record));
    let left = left.map(|(org, _)| org.clone());
    changed.chain(left).filter(|org| only.is_none_or(|only| only == org)).collect()
}

/// Whether a run died that had nothing more to do than to give its lease back: the next one does it.
fn is_left_behind(record: &Record) -> bool {
    let Some(lease) = &record.lease else { return false };
    let gone = lease.process.as_ref().is_some_and(Process::is_gone);
    matches!(Claim::on(Some(lease), uuid::Uuid::new_v4(), SystemClock.now(), gone), Claim::TakeOver { .. })
}

impl Work<'_> {
    pub(super) async fn apply(
        &self,
        target: Target,
        store: &Arc<dyn Store>,
        plan: &Plan,
        records: &BTreeMap<ScopeName, Record>,
        orgs: BTreeSet<ScopeName>,
    ) -> Result<Exit, Fault> {
        if let Some(folder) = &self.settings.sandbox {
            let folder = folder.to_string_lossy();
            self.console.say(&format!("applying to the built-in stand-in, kept in {}", escape::line(&folder)));
        }
        let effects = Effects {
            store: Arc::clone(store),
            session: target.session.clone(),
            clock: Arc::new(SystemClock),
            progress: Arc::new(Watch::new(*self.console)),
            interrupt: self.interrupt.clone(),
        };
        let (mut outcome, mut faults) = (Outcome::default(), Vec::new());
        for org in orgs {
            match self.organization(&effects, &org, plan, records.get(&org)).await {
                Ok(done) => outcome.join(done),
                Err(fault) => {
                    self.console.fault(&fault);
                    self.witness.failed(&fault);
                    faults.push(fault.exit);
                    outcome.join(untried_of(plan, &org));
                }
            }
        }
        drop(effects);
        rescue::keep(&outcome.unsaved, self.settings, self.console);
        target.close().await?;
        for warning in &outcome.warnings {
            self.console.warn(warning);
        }
        self.finish(plan, &outcome)?;
        Ok(verdict(&outcome, &faults))
    }

    /// One organization, from the lease to its release.
    async fn organization(
        &self,
        effects: &Effects,
        org: &ScopeName,
        shown: &Plan,
        planned_from: Option<&Record>,
    ) -> Result<Outcome, Fault> {
        let holder = Holder { name: environment::holder(), run: environment::run_url(), process: Process::current() };
        let settings = crate::apply::Settings {
            concurrency: self.pace.concurrency,
            settle: self.pace.settle,
            holder,
            commit: environment::commit(),
            looks_first: self.args.scope.refresh || matches!(self.source, Source::Saved(saved) if saved.refreshed),
        };
        let mut run = Run::begin(effects.clone(), settings, org, &self.settings.endpoint).await?;
        if let Err(error) = run.recover().await {
            // The pending work stays in the record; a lease that can't be given back ends by itself.
            let _ = run.release().await;
            return Err(error.into());
        }
        let renewed = match self.renewed(&run, org, shown, planned_from).await {
            Ok(renewed) => renewed,
            Err(fault) => {
                // A lease that can't be given back ends by itself; why nothing is done is what counts.
                let _ = run.release().await;
                return Err(fault);
            }
        };
        let plan = renewed.as_ref().unwrap_or(shown);
        let changes: Vec<_> = plan.of_org(org).collect();
        let undecided = undecided(run.record());
        let mut outcome = match changes.is_empty() {
            true => run.release().await.map(|()| Outcome::default())?,
            false => run.execute(&changes).await?,
        };
        outcome.changes.extend(undecided);
        Ok(outcome)
    }

    /// The plan anew, where the record is another one than the plan was made from; agreed to, if it is another plan.
    async fn renewed(
        &self,
        run: &Run,
        org: &ScopeName,
        shown: &Plan,
        planned_from: Option<&Record>,
    ) -> Result<Option<Plan>, Fault> {
        let now = run.record();
        if let Source::Saved(saved) = self.source {
            saved::refuse_moved(&saved.moved(org, Some(now)))?;
            return Ok(None);
        }
        let moved_on = match planned_from {
            None => !now.policies.is_empty() || !now.pending.is_empty(),
            Some(before) => (&before.policies, &before.pending) != (&now.policies, &now.pending),
        };
        if !moved_on {
            return Ok(None);
        }
        let reader = self.args.scope.refresh.then(|| run.reader());
        let plan = self.plan(&BTreeMap::from([(org.clone(), now.clone())]), Some(org), reader.as_ref()).await?;
        if plan.of_org(org).eq(shown.of_org(org)) {
            return Ok(Some(plan));
        }
        if self.is_pinned() {
            let message = format!("the record of {org} has changed since the plan was made, and so has the plan");
            return Err(Fault::new(Exit::Locked, message)
                .hint("nothing was touched; plan again, and review what is left to do"));
        }
        self.console.say(&format!("the record of {org} has changed since the plan was made; planned anew"));
        self.agree(org, &plan, plan.of_org(org).next().is_none()).await?;
        Ok(Some(plan))
    }

    /// Shows a plan that came anew, and asks again.
    async fn agree(&self, org: &ScopeName, plan: &Plan, nothing_to_do: bool) -> Result<(), Fault> {
        self.show(plan)?;
        if plan.refusals().next().is_some() {
            let message = format!("{org}: a guard refuses the new plan; nothing of it was applied");
            return Err(Fault::new(Exit::Refused, message).hint("look at what the guard says above, then plan again"));
        }
        if !nothing_to_do && !self.confirm().await? {
            let message = format!("{org}: nothing of the new plan was applied");
            return Err(
                Fault::new(Exit::Locked, message).hint("apply again, once what the record has now is what you want")
            );
        }
        Ok(())
    }
}

/// What an earlier run left for someone to decide: not part of a plan, and no success either.
fn undecided(record: &Record) -> Vec<ChangeOutcome> {
    let open =
        record.pending.iter().filter_map(|(address, intent)| Some((address, intent, intent.undecided.as_ref()?)));
    open.map(|(address, intent, several)| ChangeOutcome::undecided(address, intent.change, several)).collect()
}

/// The exit code of a run over several organizations: what was done in one is not undone by what failed in another.
fn verdict(outcome: &Outcome, faults: &[Exit]) -> Exit {
    let applied = outcome.changes.iter().any(ChangeOutcome::is_applied);
    match faults.first() {
        _ if faults.contains(&Exit::Interrupted) => Exit::Interrupted,
        Some(_) if applied => Exit::Partial,
        Some(first) => *first,
        None => exit::of_outcome(outcome),
    }
}
