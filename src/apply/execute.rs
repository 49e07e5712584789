//! The calls: rank by rank, a bounded number at a time, with checkpoints between.
//!
//! One task owns the record; calls run beside it and send back how they ended. A checkpoint is saved beside the calls too,
//! so that a slow store holds nobody up, at most once a second. A checkpoint also renews the lease, and calls start only
//! while the last one is fresh.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::api::LivePolicy;
use crate::domain::Address;
use crate::plan::{Change, Rank};
use crate::state::{Entry, Intent, Lease, StoreError};

use super::bookkeeping::{self, Ended, Remark};
use super::calls::{self, Called};
use super::context::Shared;
use super::custody::Custody;
use super::halt::LAST;
use super::outcome::LOOKED_FOR;
use super::{ChangeOutcome, ChangeResult, Event, Failure, Stop};

/// The shortest time between two checkpoints.
const CHECKPOINT: Duration = Duration::from_secs(1);
/// How long calls under way get once the run was stopped; less where saving takes long, because a save comes after them.
const GRACE: Duration = Duration::from_secs(5);
const SHORTEST_GRACE: Duration = Duration::from_secs(1);
/// A store whose saves take longer than a lease stays fresh lets no call start. So many in a row, and the run gives up.
const SLOW_SAVES: u32 = 3;

/// A change, and its intent as it stands in the record.
pub(super) struct Job<'a> {
    pub(super) change: &'a Change,
    pub(super) intent: Intent,
    /// What the record has of the policy, and where.
    pub(super) former: Option<(Address, Entry)>,
    /// What the service is expected to hold of it.
    pub(super) expected: Option<Entry>,
    /// What a move has to create, where that is live already.
    pub(super) made: Option<Box<LivePolicy>>,
}

/// Calls the service for every job; what was done is in the record and in the outcomes.
pub(super) struct Execution<'a> {
    pub(super) custody: &'a mut Custody,
    pub(super) shared: &'a Shared,
    pub(super) concurrency: usize,
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
        let freshness = self.custody.freshness();
        loop {
            while calls.len() < self.concurrency && !waiting.is_empty() && self.may_call(checkpoints) {
                let Some(job) = waiting.pop_front() else { break };
                let (shared, change) = (self.shared.clone(), job.change.clone());
                let (expected, made) = (job.expected.clone(), job.made.clone());
                let call = async move { calls::call(&shared, &change, expected.as_ref(), made).await };
                let handle = calls.spawn(call);
                under_way.insert(handle.id(), job);
            }
            if calls.is_empty() && (waiting.is_empty() || self.shared.halt.is_stopped()) {
                break;
            }
            if self.shared.halt.is_stopped() && grace.is_none() {
                let at_most = checkpoints.grace();
                grace = Some((Instant::now() + at_most, at_most));
                self.shared.progress.tell(&Event::Stopping { in_flight: calls.len(), grace: at_most });
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
                () = freshness.wanted(), if !self.custody.is_saving() => self.renew(checkpoints),
                () = self.shared.halt.stopped(), if grace.is_none() => {}
                () = tokio::time::sleep_until(grace.map_or_else(Instant::now, |(end, _)| end)), if grace.is_some() => {
                    break;
                }
            }
        }
        let at_most = grace.map_or(GRACE, |(_, at_most)| at_most);
        for job in under_way.into_values() {
            let why =
                Failure::new(format!("its answer did not come within {}s of the stop", at_most.as_secs()), LOOKED_FOR);
            self.ended(job, Called { ended: Ended::Open(Vec::new()), failure: Some(why), untried: false });
        }
        for job in waiting {
            self.ended(job, Called::untried());
        }
    }

    /// No call starts before the lease is fresh.
    fn may_call(&mut self, checkpoints: &mut Checkpoints) -> bool {
        if self.shared.halt.is_stopped() {
            return false;
        }
        self.renew(checkpoints);
        self.custody.is_fresh()
    }

    /// Begins to renew the lease, if it isn't fresh and nobody does so yet.
    fn renew(&mut self, checkpoints: &mut Checkpoints) {
        if !self.custody.is_fresh() && !self.custody.is_saving() {
            self.begin_checkpoint(checkpoints);
        }
    }

    fn ended(&mut self, job: &Job<'_>, called: Called) {
        let Job { change, intent, former: _, expected: _, made: _ } = job;
        let Called { ended, failure, untried } = called;
        let now = self.custody.now();
        let remark = bookkeeping::enter(&mut self.custody.record, &change.address, intent, &ended, now);
        let result = match (ended, failure) {
            (Ended::Live(live) | Ended::Moved(live), _) => Remark::result(remark, live.id),
            (Ended::Half(live), failure) => ChangeResult::Failed(calls::half(&live.id, failure)),
            (Ended::Gone, _) => match change.id.clone() {
                Some(id) => ChangeResult::Applied { id, note: None },
                None => ChangeResult::Untried,
            },
            (Ended::NotDone, _) if untried => ChangeResult::Untried,
            (Ended::NotDone, failure) => {
                ChangeResult::Failed(failure.unwrap_or_else(|| Failure::new("it was not done", "apply again")))
            }
            (Ended::Open(candidates), failure) => ChangeResult::Undecided {
                candidates,
                failure: failure.unwrap_or_else(|| Failure::new("whether it happened is not known", LOOKED_FOR)),
            },
        };
        let outcome = ChangeOutcome::of(change, result);
        self.shared.progress.tell(&Event::Ended(&outcome));
        self.outcomes.insert(change.address.clone(), outcome);
    }

    /// Begins to save what has ended since the last checkpoint, or to renew the lease: while calls are under way it is
    /// kept fresh, so that a run which has lost it soon learns of it.
    fn checkpoint(&mut self, checkpoints: &mut Checkpoints) {
        let due = checkpoints.dirty && checkpoints.begun.elapsed() >= checkpoints.pause;
        if due || self.custody.is_stale_soon() {
            self.begin_checkpoint(checkpoints);
        }
    }

    fn begin_checkpoint(&mut self, checkpoints: &mut Checkpoints) {
        checkpoints.dirty = false;
        checkpoints.begun = Instant::now();
        self.custody.begin_save();
    }

    fn checkpointed(&self, saved: Result<(), StoreError>, checkpoints: &mut Checkpoints) {
        match saved {
            Ok(()) => {
                checkpoints.saved();
                if checkpoints.slow == SLOW_SAVES && !self.shared.halt.is_stopped() {
                    self.shared.halt.stop(Stop::Unsaved(too_slow(&self.custody.place(), checkpoints.last)));
                }
            }
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
    /// How long the last save took.
    last: Duration,
    /// How many in a row took longer than a lease stays fresh.
    slow: u32,
}

impl Checkpoints {
    fn new() -> Self {
        let mut tick = interval(CHECKPOINT / 4);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { tick, dirty: false, begun: Instant::now(), pause: CHECKPOINT, last: Duration::ZERO, slow: 0 }
    }

    /// Notes that a save has ended. A record that is slow to save is saved less often: never more than a tenth of the
    /// time, as long as the lease stays fresh.
    fn saved(&mut self) {
        self.last = self.begun.elapsed();
        self.pause = (self.last * 10).min(Lease::fresh() / 2).max(CHECKPOINT);
        self.slow = if self.last >= Lease::fresh() { self.slow + 1 } else { 0 };
    }

    /// How long calls under way get once the run was stopped: a save may be under way then too, and one comes after.
    fn grace(&self) -> Duration {
        LAST.saturating_sub(self.last * 2).clamp(SHORTEST_GRACE, GRACE)
    }
}

fn too_slow(place: &str, took: Duration) -> Failure {
    let (took, fresh) = (took.as_secs(), Lease::fresh().as_secs());
    let why = format!(
        "saving the record to {place} took {took}s, and calls start only within {fresh}s of a save's beginning"
    );
    Failure::new(why, "look at what slows that place down, or keep the record nearer (--state)")
}

/// A call's task that panicked: what it did is not known.
fn lost(error: &tokio::task::JoinError) -> Called {
    let why = Failure::new(
        format!("policysync broke down in the middle of it: {error}"),
        "this is a fault of policysync; apply again: the next run looks for it before anything else",
    );
    Called { ended: Ended::Open(Vec::new()), failure: Some(why), untried: false }
}

pub(super) fn store_failure(error: &StoreError) -> Failure {
    let mut message = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        message.push_str(&format!(": {source}"));
    }
    Failure { message, hint: error.hint() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checkpoints of which one has just ended that took so long.
    fn saved_in(checkpoints: &mut Checkpoints, took: Duration) {
        checkpoints.begun = Instant::now() - took;
        checkpoints.saved();
    }

    #[tokio::test]
    async fn a_slow_record_is_saved_less_often_but_the_lease_stays_fresh() {
        let mut checkpoints = Checkpoints::new();
        let (second, half) = (Duration::from_secs(1), Lease::fresh() / 2);
        for (took, at_least, at_most) in [
            (Duration::ZERO, second, second),
            (Duration::from_millis(500), second * 5, second * 6),
            (second * 3, half, half),
            (second * 100, half, half),
        ] {
            saved_in(&mut checkpoints, took);
            let pause = checkpoints.pause;
            assert!((at_least..=at_most).contains(&pause), "{took:?} {pause:?}");
        }
    }

    #[tokio::test]
    async fn what_is_under_way_gets_less_time_where_saving_takes_long() {
        let mut checkpoints = Checkpoints::new();
        assert_eq!(checkpoints.grace(), GRACE);
        saved_in(&mut checkpoints, Duration::from_secs(2));
        let grace = checkpoints.grace();
        assert!(grace <= Duration::from_secs(3) && grace > Duration::from_secs(2), "{grace:?}");
        saved_in(&mut checkpoints, Duration::from_secs(20));
        assert_eq!(checkpoints.grace(), SHORTEST_GRACE);
    }

    #[tokio::test]
    async fn saves_that_outlast_the_freshness_are_counted_in_a_row() {
        let mut checkpoints = Checkpoints::new();
        let slow = Lease::fresh() + Duration::from_secs(1);
        for _ in 0..2 {
            saved_in(&mut checkpoints, slow);
        }
        saved_in(&mut checkpoints, Duration::ZERO);
        assert_eq!(checkpoints.slow, 0);
        for _ in 0..SLOW_SAVES {
            saved_in(&mut checkpoints, slow);
        }
        assert_eq!(checkpoints.slow, SLOW_SAVES);
        let told = too_slow(".policysync/state/acme.json", checkpoints.last);
        assert!(told.message.contains("took 31s") && told.message.contains("within 30s"), "{told:?}");
    }
}
