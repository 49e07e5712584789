//! The calls: rank by rank, a bounded number at a time, with checkpoints between.
//!
//! One task owns the record; calls run beside it and send back how they ended. A checkpoint is saved beside the calls too,
//! so that a slow store holds nobody up, at most once a second.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::domain::Address;
use crate::plan::{Change, Rank};
use crate::state::{Entry, Intent, StoreError};

use super::bookkeeping::{self, Ended, Remark};
use super::calls::{self, Called};
use super::context::Shared;
use super::custody::Custody;
use super::{ChangeOutcome, ChangeResult, Event, Failure, Stop};

/// The shortest time between two checkpoints.
const CHECKPOINT: Duration = Duration::from_secs(1);
/// How long calls under way get once the run was stopped. A cancelled CI job is killed 7.5 s after its signal.
const GRACE: Duration = Duration::from_secs(5);

/// A change, and its intent as it stands in the record.
pub(super) struct Job<'a> {
    pub(super) change: &'a Change,
    pub(super) intent: Intent,
    /// What the record has of the policy, and where.
    pub(super) former: Option<(Address, Entry)>,
}

/// Calls the service for every job; what was done is in the record and in the outcomes.
pub(super) struct Execution<'a> {
    pub(super) custody: &'a mut Custody,
    pub(super) shared: &'a Shared,
    pub(super) concurrency: usize,
    /// The time limit of one call: none is started that could outlive the lease.
    pub(super) call: Duration,
    pub(super) outcomes: BTreeMap<Address, ChangeOutcome>,
}

impl Execution<'_> {
    /// Runs all jobs; one rank is finished before the next is begun.
    pub(super) async fn run(&mut self, jobs: &[Job<'_>]) {
        let mut checkpoints = Checkpoints::new();
        for rank in Rank::ALL {
            let of_rank: VecDeque<&Job<'_>> = jobs.iter().filter(|job| job.change.rank() == rank).collect();
            self.rank(of_rank, &mut checkpoints).await;
        }
    }

    async fn rank(&mut self, mut waiting: VecDeque<&Job<'_>>, checkpoints: &mut Checkpoints) {
        let mut calls: JoinSet<Called> = JoinSet::new();
        let mut under_way: BTreeMap<tokio::task::Id, &Job<'_>> = BTreeMap::new();
        let mut grace = None;
        loop {
            while calls.len() < self.concurrency && self.may_call() {
                let Some(job) = waiting.pop_front() else { break };
                let (shared, change) = (self.shared.clone(), job.change.clone());
                let former = job.former.as_ref().map(|(_, entry)| entry.clone());
                let handle = calls.spawn(async move { calls::call(&shared, &change, former.as_ref()).await });
                under_way.insert(handle.id(), job);
            }
            if calls.is_empty() && (waiting.is_empty() || self.shared.halt.is_stopped()) {
                break;
            }
            if self.shared.halt.is_stopped() && grace.is_none() {
                grace = Some(Instant::now() + GRACE);
                self.shared.progress.tell(&Event::Stopping { in_flight: calls.len(), grace: GRACE });
            }
            tokio::select! {
                Some(joined) = calls.join_next_with_id() => {
                    let (id, called) = match joined {
                        Ok((id, called)) => (id, called),
                        Err(error) => (error.id(), lost(&error)),
                    };
                    if let Some(job) = under_way.remove(&id) {
                        self.ended(job, called);
                        checkpoints.dirty = true;
                    }
                }
                _ = checkpoints.tick.tick(), if !self.custody.is_saving() => self.checkpoint(checkpoints),
                saved = self.custody.saved(), if self.custody.is_saving() => self.checkpointed(saved, checkpoints),
                () = self.shared.halt.stopped(), if grace.is_none() => {}
                () = tokio::time::sleep_until(grace.unwrap_or_else(Instant::now)), if grace.is_some() => break,
            }
        }
        for job in under_way.into_values() {
            let why = Failure::new(format!("its answer did not come within {}s of the stop", GRACE.as_secs()))
                .hint("apply again: the next run looks for it before anything else");
            self.ended(job, Called { ended: Ended::Open(Vec::new()), failure: Some(why), untried: false });
        }
        for job in waiting {
            self.ended(job, Called::untried());
        }
    }

    /// A run whose lease is near its end starts no further call before it is renewed.
    fn may_call(&mut self) -> bool {
        let near_end = self.custody.is_near_end(self.call);
        if near_end && !self.custody.is_saving() {
            self.custody.begin_save();
        }
        !near_end && !self.shared.halt.is_stopped()
    }

    fn ended(&mut self, job: &Job<'_>, called: Called) {
        let Job { change, intent, former: _ } = job;
        let Called { ended, failure, untried } = called;
        let now = self.custody.now();
        let remark = bookkeeping::enter(&mut self.custody.record, &change.address, intent, &ended, now);
        let result = match (ended, failure) {
            (Ended::Live(live), _) => Remark::result(remark, live.id),
            (Ended::Gone, _) => match change.id.clone() {
                Some(id) => ChangeResult::Applied { id, note: None },
                None => ChangeResult::Untried,
            },
            (Ended::NotDone, _) if untried => ChangeResult::Untried,
            (Ended::NotDone, failure) => {
                ChangeResult::Failed(failure.unwrap_or_else(|| Failure::new("it was not done")))
            }
            (Ended::Open(candidates), failure) => ChangeResult::Undecided {
                candidates,
                failure: failure.unwrap_or_else(|| Failure::new("whether it happened is not known")),
            },
        };
        let outcome = ChangeOutcome::of(change, result);
        self.shared.progress.tell(&Event::Ended(&outcome));
        self.outcomes.insert(change.address.clone(), outcome);
    }

    /// Begins to save what has ended since the last checkpoint, and to renew the lease.
    fn checkpoint(&mut self, checkpoints: &mut Checkpoints) {
        let due = checkpoints.dirty || self.custody.is_due();
        if due && checkpoints.begun.elapsed() >= checkpoints.pause {
            checkpoints.dirty = false;
            checkpoints.begun = Instant::now();
            self.custody.begin_save();
        }
    }

    fn checkpointed(&self, saved: Result<(), StoreError>, checkpoints: &mut Checkpoints) {
        match saved {
            // A record that is slow to save is saved less often: never more than a tenth of the time.
            Ok(()) => checkpoints.pause = CHECKPOINT.max(checkpoints.begun.elapsed() * 10),
            Err(error @ StoreError::Conflict { .. }) => {
                self.shared.halt.stop(Stop::LeaseLost(store_failure(&error)));
            }
            Err(error) => {
                checkpoints.dirty = true;
                self.shared.halt.stop(Stop::Unsaved(store_failure(&error)));
            }
        }
    }
}

struct Checkpoints {
    tick: tokio::time::Interval,
    dirty: bool,
    begun: Instant,
    pause: Duration,
}

impl Checkpoints {
    fn new() -> Self {
        let mut tick = interval(CHECKPOINT / 4);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { tick, dirty: false, begun: Instant::now(), pause: CHECKPOINT }
    }
}

/// A call's task that panicked: what it did is not known.
fn lost(error: &tokio::task::JoinError) -> Called {
    let why = Failure::new(format!("policysync broke down in the middle of it: {error}"))
        .hint("this is a fault of policysync; apply again: the next run looks for it before anything else");
    Called { ended: Ended::Open(Vec::new()), failure: Some(why), untried: false }
}

pub(super) fn store_failure(error: &StoreError) -> Failure {
    let mut message = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        message.push_str(&format!(": {source}"));
    }
    Failure { message, hint: error.hint() }
}
