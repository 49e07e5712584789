//! The laws that every store obeys, written once and run over each of them: [`contract!`] with something that can open
//! the same place any number of times.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's own functions; clippy knows only those marked as tests"
)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use policysync::domain::{
    ActionType, Endpoint, Key, OrgId, Policy, PolicyId, RiskType, Scope, ScopeName, ScopePath, ScopedPolicy,
};
use policysync::state::{Entry, MemoryStore, Record, Store, StoreError, Version};
use uuid::Uuid;

/// One place that holds records, for the length of a test.
pub(crate) trait Place: Sync {
    /// Another handle to it, as another run would open it.
    fn handle(&self) -> Arc<dyn Store>;

    /// How often each of the racers gets through: a place that takes long over a save shows as much with fewer.
    fn rounds(&self) -> usize {
        25
    }
}

impl Place for MemoryStore {
    fn handle(&self) -> Arc<dyn Store> {
        Arc::new(self.clone())
    }
}

/// Runs the contract over a kind of place: `contract!(memory, MemoryStore::new())`. What stands before the kind stands
/// before each of its tests: `contract!(#[ignore = "needs a server"] s3, …)`.
macro_rules! contract {
    (@laws $marks:tt $place:expr, $($law:ident)*) => {
        $($crate::store_contract::contract!(@law $marks $place, $law);)*
    };
    (@law [$($mark:tt)*] $place:expr, $law:ident) => {
        #[test]
        $($mark)*
        fn $law() {
            let place = $place;
            $crate::store_contract::$law(&place);
        }
    };
    ($(#[$mark:meta])* $kind:ident, $place:expr) => {
        mod $kind {
            $crate::store_contract::contract!(@laws [$(#[$mark])*] $place,
                nothing_is_there_at_first
                what_was_saved_is_loaded
                the_first_save_is_refused_where_a_record_is
                a_save_over_nothing_is_refused_where_one_was_loaded
                a_stale_version_is_refused_and_changes_nothing
                there_and_back_again_is_not_the_same_version
                every_save_of_the_same_record_is_another_version
                organizations_are_independent
                names_that_look_alike_are_kept_apart
                a_large_record_comes_back
                a_record_that_contradicts_itself_is_not_saved
                a_probe_leaves_nothing_behind
                of_many_first_saves_one_wins
                no_update_is_lost_in_a_race
                a_dropped_save_leaves_a_whole_record
            );
        }
    };
}
pub(crate) use contract;

contract!(memory, policysync::state::MemoryStore::new());

/// Runs a future on a runtime of its own, which ends only when the work it began on other threads has ended.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts").block_on(future)
}

pub(crate) fn name(text: &str) -> ScopeName {
    ScopeName::new(text).expect(text)
}

/// An organization's record with as many policies, and their contents that long.
pub(crate) fn record(org: &str, policies: usize, length: usize) -> Record {
    let endpoint: Endpoint = Endpoint::DEFAULT.parse().expect("the default is an endpoint");
    let mut record = Record::new(Uuid::from_u128(1), name(org), endpoint);
    for number in 0..policies {
        let address = ScopePath::organization(&name(org)).policy(&Key::new(format!("p{number}")).unwrap());
        let mut content = format!("Rule {number}: \"never\" do that.\n").repeat(length / 30 + 1);
        content.truncate(length.max(1));
        let policy = Policy::new(format!("Policy {number}"), content, RiskType::High, ActionType::Block).unwrap();
        let entry = Entry {
            id: PolicyId::new(format!("id-{number}")).unwrap(),
            sent: ScopedPolicy { scope: Scope::Organization { org: OrgId::new("org-1").unwrap() }, policy },
            stored: None,
            applied_at: "2026-11-22T18:00:00Z".parse().unwrap(),
            file: format!("{org}/p{number}.yaml"),
            commit: None,
            protected: false,
            moved_to: None,
        };
        record.policies.insert(address, entry);
    }
    record
}

fn numbered(serial: u64) -> Record {
    Record { serial, ..record("acme", 1, 40) }
}

fn save(store: &dyn Store, record: &Record, version: Option<&Version>) -> Result<Version, StoreError> {
    run(store.save_if(record, version))
}

fn load(store: &dyn Store, org: &str) -> Option<(Record, Version)> {
    run(store.load(&name(org))).expect("a store loads what it saved")
}

fn assert_conflict(refused: &Result<Version, StoreError>) {
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
}

pub(crate) fn nothing_is_there_at_first(place: &dyn Place) {
    let store = place.handle();
    assert_eq!(load(&*store, "acme"), None);
    assert_eq!(run(store.orgs()).unwrap(), BTreeSet::new());
}

pub(crate) fn what_was_saved_is_loaded(place: &dyn Place) {
    let version = save(&*place.handle(), &numbered(1), None).unwrap();
    assert_eq!(load(&*place.handle(), "acme"), Some((numbered(1), version.clone())));
    let next = save(&*place.handle(), &numbered(2), Some(&version)).unwrap();
    assert_ne!(next, version);
    assert_eq!(load(&*place.handle(), "acme"), Some((numbered(2), next)));
}

pub(crate) fn the_first_save_is_refused_where_a_record_is(place: &dyn Place) {
    let store = place.handle();
    save(&*store, &numbered(1), None).unwrap();
    assert_conflict(&save(&*store, &numbered(2), None));
    assert_eq!(load(&*store, "acme").unwrap().0, numbered(1));
}

pub(crate) fn a_save_over_nothing_is_refused_where_one_was_loaded(place: &dyn Place) {
    let store = place.handle();
    let elsewhere = save(&*store, &record("globex", 1, 40), None).unwrap();
    assert_conflict(&save(&*store, &numbered(1), Some(&elsewhere)));
    assert_eq!(load(&*store, "acme"), None);
}

pub(crate) fn a_stale_version_is_refused_and_changes_nothing(place: &dyn Place) {
    let (mine, theirs) = (place.handle(), place.handle());
    let old = save(&*mine, &numbered(1), None).unwrap();
    let new = save(&*theirs, &numbered(2), Some(&old)).unwrap();
    assert_conflict(&save(&*mine, &numbered(3), Some(&old)));
    assert_eq!(load(&*mine, "acme"), Some((numbered(2), new)));
}

pub(crate) fn there_and_back_again_is_not_the_same_version(place: &dyn Place) {
    let store = place.handle();
    let first = save(&*store, &numbered(1), None).unwrap();
    let second = save(&*store, &numbered(2), Some(&first)).unwrap();
    let third = save(&*store, &numbered(1), Some(&second)).unwrap();
    assert_ne!(first, third);
    assert_conflict(&save(&*store, &numbered(4), Some(&first)));
    assert_eq!(load(&*store, "acme"), Some((numbered(1), third)));
}

pub(crate) fn every_save_of_the_same_record_is_another_version(place: &dyn Place) {
    let store = place.handle();
    let first = save(&*store, &numbered(1), None).unwrap();
    let second = save(&*store, &numbered(1), Some(&first)).unwrap();
    assert_ne!(first, second);
    assert_conflict(&save(&*store, &numbered(1), Some(&first)));
}

pub(crate) fn organizations_are_independent(place: &dyn Place) {
    let store = place.handle();
    let acme = save(&*store, &record("acme", 2, 40), None).unwrap();
    let globex = save(&*store, &record("globex", 3, 40), None).unwrap();
    save(&*store, &record("acme", 4, 40), Some(&acme)).unwrap();
    assert_eq!(load(&*store, "globex"), Some((record("globex", 3, 40), globex)));
    assert_eq!(run(store.orgs()).unwrap(), BTreeSet::from([name("acme"), name("globex")]));
    assert_ne!(store.place(&name("acme")), store.place(&name("globex")));
}

pub(crate) fn names_that_look_alike_are_kept_apart(place: &dyn Place) {
    let orgs = [
        "acme",
        "Acme",
        "ACME",
        "acme.json",
        "acme.json.bak",
        "caf\u{e9}",
        "cafe\u{301}",
        "nul",
        "a+b@c",
        "汉字",
        // As long as names get, and longer still when each byte is written as three.
        &"Ü".repeat(64),
    ];
    let store = place.handle();
    for (number, org) in orgs.iter().enumerate() {
        save(&*store, &record(org, number, 40), None).unwrap();
    }
    for (number, org) in orgs.iter().enumerate() {
        assert_eq!(load(&*place.handle(), org).unwrap().0, record(org, number, 40));
    }
    assert_eq!(run(store.orgs()).unwrap(), orgs.iter().map(|org| name(org)).collect());
}

pub(crate) fn a_large_record_comes_back(place: &dyn Place) {
    let large = record("acme", 2_000, 1_000);
    let version = save(&*place.handle(), &large, None).unwrap();
    assert_eq!(load(&*place.handle(), "acme"), Some((large, version)));
}

pub(crate) fn a_record_that_contradicts_itself_is_not_saved(place: &dyn Place) {
    let store = place.handle();
    let version = save(&*store, &numbered(1), None).unwrap();
    let wrong = Record { policies: record("globex", 1, 40).policies, ..numbered(2) };
    let refused = save(&*store, &wrong, Some(&version));
    assert!(matches!(refused, Err(StoreError::Unfit { .. })), "{refused:?}");
    assert_eq!(load(&*store, "acme"), Some((numbered(1), version)));
}

pub(crate) fn a_probe_leaves_nothing_behind(place: &dyn Place) {
    let store = place.handle();
    run(store.probe()).unwrap();
    assert_eq!(run(store.orgs()).unwrap(), BTreeSet::new());
    let version = save(&*store, &numbered(1), None).unwrap();
    run(store.probe()).unwrap();
    assert_eq!(load(&*store, "acme"), Some((numbered(1), version)));
}

pub(crate) fn of_many_first_saves_one_wins(place: &dyn Place) {
    let start = std::sync::Barrier::new(8);
    let saves: Vec<_> = std::thread::scope(|scope| {
        let contender = |number: u64| {
            let (store, start) = (place.handle(), &start);
            scope.spawn(move || {
                start.wait();
                (number, save(&*store, &numbered(number), None))
            })
        };
        let contenders: Vec<_> = (1..=8).map(contender).collect();
        contenders.into_iter().map(|contender| contender.join().unwrap()).collect()
    });
    let (winners, losers): (Vec<_>, Vec<_>) = saves.into_iter().partition(|(_, saved)| saved.is_ok());
    assert_eq!(winners.len(), 1, "{winners:?}");
    losers.into_iter().for_each(|(_, refused)| assert_conflict(&refused));
    let (number, version) = &winners[0];
    assert_eq!(load(&*place.handle(), "acme"), Some((numbered(*number), version.as_ref().unwrap().clone())));
}

/// Adds one to the serial of the record of `acme`, as often as asked, by load, save and beginning again on a conflict.
pub(crate) fn count_up(store: &dyn Store, times: usize) {
    run(async {
        let mut left = times;
        while left > 0 {
            let found = store.load(&name("acme")).await.expect("a store loads what it saved");
            let (serial, version) = found.map_or((0, None), |(record, version)| (record.serial, Some(version)));
            match store.save_if(&numbered(serial + 1), version.as_ref()).await {
                Ok(_) => left -= 1,
                Err(StoreError::Conflict { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    });
}

pub(crate) fn no_update_is_lost_in_a_race(place: &dyn Place) {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let store = place.handle();
            scope.spawn(move || count_up(&*store, place.rounds()));
        }
    });
    assert_eq!(load(&*place.handle(), "acme").unwrap().0.serial, 8 * place.rounds() as u64);
}

pub(crate) fn a_dropped_save_leaves_a_whole_record(place: &dyn Place) {
    let mut known = (numbered(1), save(&*place.handle(), &numbered(1), None).unwrap());
    for polls in 0..8_u64 {
        let next = Record { serial: polls + 2, ..record("acme", 20, 500) };
        run(async {
            let store = place.handle();
            let mut saving = store.save_if(&next, Some(&known.1));
            for _ in 0..polls {
                // Between two polls the work on other threads gets on as far as it happens to.
                if let Poll::Ready(saved) = saving.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    saved.expect("nobody else saves");
                    break;
                }
                tokio::task::yield_now().await;
            }
        });
        let (found, version) = load(&*place.handle(), "acme").unwrap();
        assert!(found == known.0 || found == next, "neither the old nor the new record after {polls} polls");
        assert_eq!(found == known.0, version == known.1);
        known = (found, version);
    }
    save(&*place.handle(), &numbered(99), Some(&known.1)).expect("a dropped save holds nothing up");
}
