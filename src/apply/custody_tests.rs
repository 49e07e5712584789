use std::sync::Mutex;

use jiff::SignedDuration;

use super::*;
use crate::apply::test_record::{change, intent_of};
use crate::domain::ChangeKind;
use crate::state::MemoryStore;

/// A clock that a test sets.
struct SetClock(Mutex<Timestamp>);

impl SetClock {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new("2026-01-01T10:00:00Z".parse().unwrap())))
    }

    fn set(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.saturating_add(by).unwrap();
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn org() -> ScopeName {
    ScopeName::new("acme").unwrap()
}

async fn take(store: &MemoryStore, clock: &Arc<SetClock>, who: &str) -> Result<(Custody, Option<Taken>), ApplyError> {
    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let holder = Holder { name: who.to_owned(), run: None, process: None };
    let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(clock);
    Custody::take(Arc::new(store.clone()), clock, &org(), &endpoint, &holder).await
}

async fn kept(store: &MemoryStore) -> (Record, Version) {
    store.load(&org()).await.unwrap().expect("there is a record")
}

/// A run with one create pending, and what its record is kept in.
async fn at_work(clock: &Arc<SetClock>) -> (Custody, MemoryStore) {
    let store = MemoryStore::new();
    let (mut custody, taken) = take(&store, clock, "first").await.ok().unwrap();
    assert!(taken.is_none());
    let create = change(ChangeKind::Create, "acme/one", None, Some("text"));
    custody.record.pending.insert(create.address.clone(), intent_of(&create));
    custody.save().await.unwrap();
    (custody, store)
}

/// Someone ends the lease by hand.
async fn unlock(store: &MemoryStore) {
    let (mut record, version) = kept(store).await;
    let id = record.lease.as_ref().unwrap().id;
    record.unlock(id).unwrap();
    record.serial += 1;
    store.save_if(&record, Some(&version)).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_was_ended_by_hand_is_lost_at_the_next_save() {
    let clock = SetClock::new();
    let (mut custody, store) = at_work(&clock).await;
    unlock(&store).await;
    // The record has this run's lease and just the serial that its next save would have: it isn't its own save all the same.
    let lost = custody.save().await;
    assert!(matches!(lost, Err(StoreError::Conflict { .. })), "{lost:?}");
    assert_eq!(custody.successor().await.as_deref(), Some("this run's lease was ended by someone else"));
}

#[tokio::test]
async fn a_taker_knows_that_the_holder_may_be_at_work_until_all_is_found_out() {
    let clock = SetClock::new();
    let (first, store) = at_work(&clock).await;
    unlock(&store).await;
    let (mut second, taken) = take(&store, &clock, "second").await.ok().unwrap();
    assert_eq!(taken.expect("it was another's").why, Ended::Revoked);
    assert!(second.is_contested());
    assert!(kept(&store).await.0.lease.unwrap().contested, "whoever finds the second one dead knows it too");
    assert!(first.successor().await.unwrap().starts_with("second has taken it over, at "));

    // It gives up: the first one's lease stands there again, and is over.
    second.release().await.unwrap();
    let left = kept(&store).await.0.lease.expect("the next run has to know");
    assert_eq!((left.id, left.revoked), (first.lease.id, true));
    let (mut third, taken) = take(&store, &clock, "third").await.ok().unwrap();
    assert_eq!(taken.expect("it was another's").lease.id, first.lease.id);
    assert!(third.is_contested());

    third.settled_with_former();
    third.save().await.unwrap();
    assert!(!kept(&store).await.0.lease.unwrap().contested);
    third.release().await.unwrap();
    assert_eq!(kept(&store).await.0.lease, None);
}

#[tokio::test]
async fn an_expired_lease_is_no_proof_that_its_holder_is_dead() {
    let clock = SetClock::new();
    let (mut first, store) = at_work(&clock).await;
    assert!(matches!(take(&store, &clock, "second").await, Err(ApplyError::Locked { .. })));
    clock.set(SignedDuration::from_mins(11));
    let (second, taken) = take(&store, &clock, "second").await.ok().unwrap();
    assert_eq!(taken.expect("it was another's").why, Ended::Expired);
    assert!(second.is_contested());
    assert!(matches!(first.save().await, Err(StoreError::Conflict { .. })));
}

#[tokio::test]
async fn nothing_pending_is_nothing_to_wait_for() {
    let clock = SetClock::new();
    let store = MemoryStore::new();
    let (_first, _) = take(&store, &clock, "first").await.ok().unwrap();
    unlock(&store).await;
    let (mut second, taken) = take(&store, &clock, "second").await.ok().unwrap();
    assert!(taken.is_some() && !second.is_contested());
    second.release().await.unwrap();
    assert_eq!(kept(&store).await.0.lease, None);
}

/// F33: a clock that jumps costs a save, and no decision about a call rests on it otherwise.
#[tokio::test]
async fn f33_a_clock_that_jumps_costs_one_save() {
    for jump in [SignedDuration::from_hours(24 * 365 * 5), SignedDuration::from_hours(-24 * 365 * 5)] {
        let clock = SetClock::new();
        let (mut custody, _store) = at_work(&clock).await;
        assert!(custody.is_fresh());
        clock.set(jump);
        assert!(!custody.is_fresh() && custody.is_stale_soon());
        custody.save().await.unwrap();
        assert!(custody.is_fresh() && !custody.is_stale_soon());
    }
}

#[tokio::test]
async fn a_call_waits_for_a_renewal_and_not_past_a_stop() {
    let clock = SetClock::new();
    let (mut custody, _store) = at_work(&clock).await;
    let (freshness, halt) = (custody.freshness(), Halt::new());
    assert!(freshness.wait(&halt).await, "it is fresh");
    clock.set(SignedDuration::from_mins(1));
    let waiting = tokio::spawn({
        let (freshness, halt) = (freshness.clone(), halt.clone());
        async move { freshness.wait(&halt).await }
    });
    freshness.wanted().await;
    custody.save().await.unwrap();
    assert!(waiting.await.unwrap(), "the renewal lets it go on");
    clock.set(SignedDuration::from_mins(1));
    halt.stop(crate::apply::Stop::Interrupted);
    assert!(!freshness.wait(&halt).await);
}

#[tokio::test]
async fn what_could_not_be_saved_says_whose_lease_it_was_saved_under() {
    let clock = SetClock::new();
    let (mut custody, store) = at_work(&clock).await;
    let id = custody.lease.id;
    unlock(&store).await;
    assert!(custody.release().await.is_err());
    let lease = custody.into_unsaved().lease.unwrap();
    assert_eq!((lease.id, lease.revoked), (id, true));
}
