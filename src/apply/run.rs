//! One run over one organization, from the lease to its release.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::api::{ApiError, Reader};
use crate::domain::{Address, Endpoint, PolicyId, ScopeName, ScopedPolicy};
use crate::plan::Change;
use crate::state::{Intent, Lease, Record, Undecided};

use super::bookkeeping::{self, Ended};
use super::context::{Effects, Settings, Shared, failure};
use super::custody::{Custody, Holder, Leased, Taken};
use super::execute::{Execution, Job};
use super::halt::Halt;
use super::prepare::Begun;
use super::progress::Listing;
use super::recover::{self, Recovered};
use super::settle::Claimed;
use super::survey;
use super::{ApplyError, ChangeOutcome, ChangeResult, Event, Failure, Outcome, Stop, readback};

/// How long a run that was interrupted while it takes the lease waits for that to end, so that it can give it back.
pub(super) const LAST_OF_TAKING: Duration = Duration::from_millis(2500);

/// A run that holds the lease on an organization's record.
pub struct Run {
    pub(super) effects: Effects,
    pub(super) settings: Settings,
    pub(super) custody: Custody,
    pub(super) halt: Halt,
    pub(super) watch: JoinHandle<()>,
}

impl Run {
    /// Takes the lease.
    ///
    /// # Errors
    /// [`ApplyError::Locked`] where another run has it; where the record is another's; where the store fails.
    pub async fn begin(
        effects: Effects,
        settings: Settings,
        org: &ScopeName,
        endpoint: &Endpoint,
    ) -> Result<Self, ApplyError> {
        if effects.interrupt.is_set() {
            return Err(ApplyError::Interrupted);
        }
        let halt = Halt::new();
        let (mut interrupt, stop) = (effects.interrupt.clone(), halt.clone());
        let watch = tokio::spawn(async move {
            interrupt.wait().await;
            stop.stop(Stop::Interrupted);
        });
        let taken = Self::take(&effects, &halt, org, endpoint, &settings.holder).await;
        let (custody, taken) = taken.inspect_err(|_| watch.abort())?;
        let run = Self { effects, settings, custody, halt, watch };
        if let Some(Taken { lease, why }) = taken {
            run.effects.progress.tell(&Event::TookOver { org, whose: &lease, why });
        }
        if run.halt.is_stopped() {
            // Nothing was begun; a lease that can't be given back ends by itself.
            let _ = run.release().await;
            return Err(ApplyError::Interrupted);
        }
        Ok(run)
    }

    /// Takes the lease; not for long once the run was interrupted.
    async fn take(
        effects: &Effects,
        halt: &Halt,
        org: &ScopeName,
        endpoint: &Endpoint,
        holder: &Holder,
    ) -> Result<(Custody, Option<Taken>), ApplyError> {
        let (store, clock) = (Arc::clone(&effects.store), Arc::clone(&effects.clock));
        let taking = Custody::take(store, clock, org, endpoint, holder);
        tokio::pin!(taking);
        tokio::select! {
            taken = &mut taking => taken,
            () = halt.stopped() => {
                tokio::time::timeout(LAST_OF_TAKING, taking).await.unwrap_or(Err(ApplyError::Interrupted))
            }
        }
    }

    /// Looks at what is live.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.effects.session.reader()
    }

    /// The record, as this run holds it.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.custody.record
    }

    /// Finds out what came of the work that an earlier run left pending, and records it. Writes nothing to the service.
    ///
    /// # Errors
    /// Where it can't be found out: nothing may be planned before that is known.
    pub async fn recover(&mut self) -> Result<(), ApplyError> {
        let pending: Vec<_> = self.custody.record.pending.clone().into_iter().collect();
        if pending.is_empty() {
            return Ok(());
        }
        let org = self.custody.record.org.clone();
        let former_at_work = self.custody.is_contested();
        let settle = self.settings.settle + if former_at_work { Lease::fresh() } else { Duration::ZERO };
        let count = pending.len();
        self.effects.progress.tell(&Event::Recovering { org: &org, pending: count, settle, former_at_work });
        let creates = pending.iter().filter_map(|(address, intent)| {
            let after = intent.after.clone().filter(|_| intent.change.creates())?;
            Some((address.clone(), after))
        });
        let known = self.custody.record.known.iter().cloned();
        let shared = Shared { settle, ..self.shared(creates.collect(), known) };
        let mut unknown = None;
        for (address, intent, recovered) in self.look_for_pending(&shared, pending).await? {
            match recovered {
                Recovered::Ended(ended) => self.enter_recovered(&address, &intent, &ended),
                Recovered::Stopped => unknown = Some(ApplyError::Interrupted),
                // The service speaks, but not about this one: the others can go on without it.
                Recovered::Unknown(error @ ApiError::Refused(_)) => self.leave_open(&address, &error),
                Recovered::Unknown(source) => {
                    let what = format!("can't find out what came of {address}, which an earlier run began");
                    unknown = unknown.or(Some(ApplyError::Service { what, source }));
                }
            }
        }
        if self.custody.record.pending.is_empty() {
            self.custody.record.known.clear();
        }
        if unknown.is_none() {
            self.custody.settled_with_former();
        }
        self.halt.unless_stopped(self.custody.save()).await.ok_or(ApplyError::Interrupted)??;
        unknown.map_or(Ok(()), Err)
    }

    /// Asks the service, renewing the lease meanwhile; a stop ends the asking.
    async fn look_for_pending(
        &mut self,
        shared: &Shared,
        pending: Vec<(Address, Intent)>,
    ) -> Result<Vec<(Address, Intent, Recovered)>, ApplyError> {
        let looking = recover::all(shared, pending, self.settings.concurrency);
        tokio::pin!(looking);
        loop {
            tokio::select! {
                found = &mut looking => return Ok(found),
                () = shared.halt.stopped() => return Err(ApplyError::Interrupted),
                () = tokio::time::sleep(Lease::length() / 4), if !self.custody.is_saving() => self.custody.begin_save(),
                saved = self.custody.saved(), if self.custody.is_saving() => saved?,
            }
        }
    }

    /// Keeps a change pending that can't be looked at now: nothing is planned for it before it can, or someone decides.
    fn leave_open(&mut self, address: &Address, error: &ApiError) {
        if let Some(intent) = self.custody.record.pending.get_mut(address) {
            intent.undecided.get_or_insert_with(|| Undecided { candidates: BTreeSet::new() });
        }
        let what = format!("what came of it can't be seen: {}", failure(error).message);
        self.effects.progress.tell(&Event::Recovered { address, what });
    }

    fn enter_recovered(&mut self, address: &Address, intent: &Intent, ended: &Ended) {
        let now = self.custody.now();
        let remark = bookkeeping::enter(&mut self.custody.record, address, intent, ended, now);
        let change = intent.change;
        let mut what = match ended {
            Ended::Live(live) => format!("the {change} happened: it is recorded as {}", live.id),
            Ended::Gone => format!("the {change} happened: it is gone"),
            Ended::Moved(live) => format!("the {change} happened: it is recorded as {}", live.id),
            Ended::Half(live) => {
                format!("the {change} happened in part: it is recorded as {}, and still live where it was", live.id)
            }
            Ended::NotDone => format!("the {change} did not happen"),
            Ended::Open(ids) => {
                let ids: Vec<&str> = ids.iter().map(PolicyId::as_str).collect();
                format!("several live policies could be it: {}", ids.join(", "))
            }
        };
        if let Some(remark) = remark {
            what = format!("{what}; {}", remark.text());
        }
        self.effects.progress.tell(&Event::Recovered { address, what });
    }

    /// Applies the changes of a plan that was made from [`Run::record`], then saves and releases.
    ///
    /// # Errors
    /// Where nothing was changed: the touched scopes can't be listed, or the intents can't be saved.
    pub async fn execute(mut self, changes: &[&Change]) -> Result<Outcome, ApplyError> {
        let scopes = survey::touched(changes.iter().copied());
        let creates = changes.iter().filter(|change| change.kind.creates());
        let creates = creates.filter_map(|change| Some((change.address.clone(), change.after.clone()?))).collect();
        let reader = self.effects.session.reader().told_to(Arc::new(Listing(Arc::clone(&self.effects.progress))));
        let begun = match self.prepare(&scopes, changes, &reader).await {
            Ok(begun) => begun,
            Err(error) => {
                // Nothing was changed, so nothing is lost if even the release fails: the lease ends by itself.
                let _ = self.release().await;
                return Err(error);
            }
        };
        let Begun { jobs, outcomes, mut warnings } = begun;
        for outcome in outcomes.values() {
            self.effects.progress.tell(&Event::Ended(outcome));
        }
        let shared = self.shared(creates, self.custody.record.known.iter().cloned());
        self.effects.progress.tell(&Event::Started { changes: jobs.len() });
        let any_call = !jobs.is_empty();
        let mut execution = Execution {
            custody: &mut self.custody,
            shared: &shared,
            concurrency: self.settings.concurrency.max(1),
            outcomes,
        };
        execution.run(&jobs).await;
        let mut outcomes = execution.outcomes;
        if any_call && !self.halt.is_stopped() {
            let record = &self.custody.record;
            let reading = readback::compare(&shared, &scopes, record, &outcomes, self.settings.concurrency);
            let stopped = || Err("the run was interrupted".to_owned());
            match self.halt.unless_stopped(reading).await.unwrap_or_else(stopped) {
                Ok(wrong) => self.take_back(wrong, &jobs, &mut outcomes),
                Err(why) => warnings
                    .push(format!("what was applied could not be read back: {why}; `policysync drift` looks again")),
            }
        }
        let mut outcome = Outcome { warnings, ..Outcome::default() };
        // In the plan's order, as they were planned.
        outcome.changes = changes.iter().filter_map(|change| outcomes.remove(&change.address)).collect();
        self.finish(&mut outcome).await;
        Ok(outcome)
    }

    /// What was not as applied when it was read back is no success: its intent is pending again, and the record has of it
    /// what it had before, so that the next run finds out what came of it.
    fn take_back(
        &mut self,
        wrong: Vec<(Address, Failure)>,
        jobs: &[Job<'_>],
        outcomes: &mut BTreeMap<Address, ChangeOutcome>,
    ) {
        let record = &mut self.custody.record;
        for (address, failure) in wrong {
            if let Some(job) = jobs.iter().find(|job| job.change.address == address) {
                record.policies.remove(&address);
                record.policies.extend(job.former.clone());
                record.pending.insert(address.clone(), job.intent.clone());
            }
            if let Some(outcome) = outcomes.get_mut(&address) {
                outcome.result = ChangeResult::Failed(failure);
            }
        }
    }

    /// Changes what is recorded without a call to the service, then saves and releases: for what was found live.
    pub async fn record_as(mut self, enter: impl FnOnce(&mut Record, jiff::Timestamp)) -> Outcome {
        let now = self.custody.now();
        enter(&mut self.custody.record, now);
        let mut outcome = Outcome::default();
        self.finish(&mut outcome).await;
        outcome
    }

    fn shared(&self, creates: Vec<(Address, ScopedPolicy)>, known: impl Iterator<Item = PolicyId>) -> Shared {
        let recorded: BTreeSet<PolicyId> =
            self.custody.record.policies.values().map(|entry| entry.id.clone()).collect();
        let freshness = self.custody.freshness();
        let leased = Leased { freshness: freshness.clone(), halt: self.halt.clone() };
        Shared {
            session: self.effects.session.clone(),
            reader: self.effects.session.reader(),
            writer: self.effects.session.writer().while_granted(Arc::new(leased)),
            progress: Arc::clone(&self.effects.progress),
            settle: self.settings.settle,
            halt: self.halt.clone(),
            freshness,
            looks_first: self.settings.looks_first,
            known: Arc::new(known.chain(recorded.iter().cloned()).collect()),
            recorded: Arc::new(recorded),
            claimed: Claimed::default(),
            creates: Arc::new(creates),
        }
    }
}
