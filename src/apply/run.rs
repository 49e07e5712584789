//! One run over one organization, from the lease to its release.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::api::ApiError;
use crate::domain::{Address, ChangeKind, Endpoint, PolicyId, ScopeName, ScopedPolicy};
use crate::plan::Change;
use crate::state::{Intent, LENGTH, Record, StoreError, Undecided};

use super::bookkeeping::{self, Ended};
use super::context::{Effects, Settings, Shared, failure};
use super::custody::Custody;
use super::execute::{Execution, Job, store_failure};
use super::halt::Halt;
use super::recover::{self, Recovered};
use super::settle::Claimed;
use super::survey::{self, Step, Survey};
use super::{ApplyError, ChangeOutcome, ChangeResult, Event, Failure, Outcome, Stop, Unsaved, readback};

/// How often the lease is renewed while nothing else is saved.
const RENEWAL: std::time::Duration = std::time::Duration::from_secs(LENGTH.as_secs() / 4);

/// A run that holds the lease on an organization's record.
pub struct Run {
    effects: Effects,
    settings: Settings,
    custody: Custody,
    halt: Halt,
    watch: JoinHandle<()>,
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
        let (store, clock) = (Arc::clone(&effects.store), Arc::clone(&effects.clock));
        let (custody, taken) = Custody::take(store, clock, org, endpoint, &settings.holder).await?;
        if let Some(taken) = taken {
            effects.progress.tell(&Event::TookOver {
                org,
                whose: &taken.lease,
                why: match taken.why {
                    crate::state::Ended::Expired => "it ended without being given back",
                    crate::state::Ended::HolderGone => "its process is dead",
                },
            });
        }
        let halt = Halt::new();
        let (mut interrupt, stop) = (effects.interrupt.clone(), halt.clone());
        let watch = tokio::spawn(async move {
            interrupt.wait().await;
            stop.stop(Stop::Interrupted);
        });
        Ok(Self { effects, settings, custody, halt, watch })
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
        self.effects.progress.tell(&Event::Recovering {
            org: &org,
            pending: pending.len(),
            settle: self.settings.settle,
        });
        let creates = pending.iter().filter_map(|(address, intent)| {
            let after = intent.after.clone().filter(|_| intent.change == ChangeKind::Create)?;
            Some((address.clone(), after))
        });
        let shared = self.shared(creates.collect(), self.custody.record.known.iter().cloned());
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
        self.custody.save().await?;
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
                () = tokio::time::sleep(RENEWAL) => self.custody.save().await?,
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
        let creates = changes.iter().filter(|change| change.kind == ChangeKind::Create);
        let creates = creates.filter_map(|change| Some((change.address.clone(), change.after.clone()?))).collect();
        let reader = self.effects.session.reader();
        let begun = match self.prepare(&scopes, changes, &reader).await {
            Ok(begun) => begun,
            Err(error) => {
                // Nothing was changed, so nothing is lost if even the release fails: the lease ends by itself.
                let _ = self.custody.release().await;
                self.watch.abort();
                return Err(error);
            }
        };
        let Begun { jobs, outcomes } = begun;
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
            call: self.settings.call,
            outcomes,
        };
        execution.run(&jobs).await;
        let mut outcomes = execution.outcomes;
        let mut warnings = Vec::new();
        if any_call && !self.halt.is_stopped() {
            let record = &self.custody.record;
            let reading = readback::compare(&shared, &scopes, record, &outcomes, self.settings.concurrency);
            let stopped = || Err("the run was interrupted".to_owned());
            match self.halt.unless_stopped(reading).await.unwrap_or_else(stopped) {
                Ok(wrong) => self.take_back(wrong, &jobs, &mut outcomes),
                Err(why) => warnings.push(format!("what was applied could not be read back: {why}")),
            }
        }
        let mut outcome = Outcome { warnings, ..Outcome::default() };
        // In the plan's order, as they were planned.
        outcome.changes = changes.iter().filter_map(|change| outcomes.remove(&change.address)).collect();
        self.finish(&mut outcome).await;
        Ok(outcome)
    }

    /// Looks at what is live, decides about each change, and saves the intents: all before the first call.
    async fn prepare<'c>(
        &mut self,
        scopes: &BTreeSet<crate::domain::Scope>,
        changes: &[&'c Change],
        reader: &crate::api::Reader,
    ) -> Result<Begun<'c>, ApplyError> {
        let mut begun = Begun { jobs: Vec::new(), outcomes: BTreeMap::new() };
        self.effects.progress.tell(&Event::Surveying { scopes: scopes.len() });
        let surveyed = self.halt.unless_stopped(self.survey(scopes, changes, reader)).await;
        let (survey, steps) = surveyed.ok_or(ApplyError::Interrupted)??;
        let before = self.custody.record.clone();
        let now = self.custody.now();
        for (change, step) in steps {
            self.decide(change, step, now, &mut begun);
        }
        self.custody.record.known.extend(survey.ids().cloned());
        if let Err(error) = self.custody.save().await {
            // Nothing was begun, so nothing of it may stay behind if the release can be saved after all.
            self.custody.record = before;
            return Err(error.into());
        }
        Ok(begun)
    }

    /// What is live, and what that means for each change.
    async fn survey<'c>(
        &self,
        scopes: &BTreeSet<crate::domain::Scope>,
        changes: &[&'c Change],
        reader: &crate::api::Reader,
    ) -> Result<(Survey, Vec<(&'c Change, Step)>), ApplyError> {
        let survey = Survey::of(reader, scopes, self.settings.concurrency).await?;
        let mut steps = Vec::new();
        for change in changes {
            steps.push((*change, survey.step(change, &self.custody.record, reader).await?));
        }
        Ok((survey, steps))
    }

    /// Writes one change into the record: as an intent, or as done where no call is needed.
    fn decide<'c>(&mut self, change: &'c Change, step: Step, now: jiff::Timestamp, begun: &mut Begun<'c>) {
        let commit = self.settings.commit.as_ref();
        let intent = bookkeeping::intent(change, now, commit);
        let record = &mut self.custody.record;
        let ended = match step {
            Step::Call => {
                let old = change.from.as_ref().unwrap_or(&change.address);
                let former = record.policies.get(old).map(|entry| (old.clone(), entry.clone()));
                record.pending.insert(change.address.clone(), intent.clone());
                begun.jobs.push(Job { change, intent, former });
                return;
            }
            Step::Refuse(failure) => {
                let outcome = ChangeOutcome::of(change, ChangeResult::Failed(failure));
                begun.outcomes.insert(change.address.clone(), outcome);
                return;
            }
            Step::Readdress => bookkeeping::readdress(record, change).map(|id| (id, None)),
            Step::Take(live) => {
                let id = live.id.clone();
                let remark = bookkeeping::enter(record, &change.address, &intent, &Ended::Live(live), now);
                Some((id, remark.map(bookkeeping::Remark::text)))
            }
            Step::Gone => {
                bookkeeping::enter(record, &change.address, &intent, &Ended::Gone, now);
                change.id.clone().map(|id| (id, Some("it was gone already".to_owned())))
            }
        };
        let Some((id, note)) = ended else { return };
        let mut outcome = ChangeOutcome::of(change, ChangeResult::Applied { id, note });
        if change.kind == ChangeKind::Create {
            outcome.kind = ChangeKind::Adopt;
        }
        begun.outcomes.insert(change.address.clone(), outcome);
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

    /// Saves and releases; what can't be saved is handed back.
    async fn finish(mut self, outcome: &mut Outcome) {
        self.watch.abort();
        let org = self.custody.record.org.clone();
        let stop = self.halt.reason();
        let lost = matches!(stop, Some(Stop::LeaseLost(_)));
        if let Some(stop) = stop {
            outcome.stops.push((org.clone(), stop));
        }
        if lost {
            return;
        }
        match self.custody.release().await {
            Ok(()) => {}
            Err(error @ StoreError::Conflict { .. }) => {
                outcome.stops.push((org, Stop::LeaseLost(store_failure(&error))));
            }
            Err(error) => {
                let failure = store_failure(&error);
                outcome.unsaved.push(Unsaved { record: Box::new(self.custody.record), why: failure.message });
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

    /// Gives the lease back without having changed anything.
    ///
    /// # Errors
    /// Where the record can't be saved; the lease then ends by itself.
    pub async fn release(mut self) -> Result<(), ApplyError> {
        self.watch.abort();
        Ok(self.custody.release().await?)
    }

    fn shared(&self, creates: Vec<(Address, ScopedPolicy)>, known: impl Iterator<Item = PolicyId>) -> Shared {
        let recorded: BTreeSet<PolicyId> =
            self.custody.record.policies.values().map(|entry| entry.id.clone()).collect();
        Shared {
            session: self.effects.session.clone(),
            reader: self.effects.session.reader(),
            writer: self.effects.session.writer(),
            progress: Arc::clone(&self.effects.progress),
            settle: self.settings.settle,
            call: self.settings.call,
            halt: self.halt.clone(),
            lease: self.custody.end(),
            known: Arc::new(known.chain(recorded.iter().cloned()).collect()),
            recorded: Arc::new(recorded),
            claimed: Claimed::default(),
            creates: Arc::new(creates),
        }
    }
}

/// What stands in the record before the first call.
struct Begun<'c> {
    jobs: Vec<Job<'c>>,
    outcomes: BTreeMap<Address, ChangeOutcome>,
}
