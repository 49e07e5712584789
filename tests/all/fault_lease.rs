//! F26, F27, F33: a lease that is lost while its holder is still at work, wrong clocks, and leases given back in time.

use std::fs::File;
use std::time::{Duration, Instant};

use policysync::sandbox::{Call, Fault, FaultPlan, Moment};

use crate::world::{Ran, World};
use crate::world_process::{Going, at_once, until};

/// Longer than any test.
const HELD: u64 = 600_000;

/// A lease so long that a run renews it after 16 s only, if it does so because of its length; it is fresh for 2.5 s, and the
/// next run waits 5 s for its holder.
const LONG: &str = "50s";
/// When the next run is done, and the holder would not yet renew a [`LONG`] lease because of its length.
const ANSWERED_LATE: u64 = 9000;

/// A world whose leases last so long, and nobody is called dead because his process is: as on two machines.
fn world(lease: &str) -> World {
    let mut world = World::new();
    world.env.push(("POLICYSYNC_TEST_LEASE".to_owned(), lease.to_owned()));
    world.env.push(("USER".to_owned(), "alice".to_owned()));
    world.env.push(("HOSTNAME".to_owned(), "build-7".to_owned()));
    world
}

fn say(world: &mut World, name: &str, value: &str) {
    world.env.retain(|(known, _)| known != name);
    world.env.push((name.to_owned(), value.to_owned()));
}

/// Starts an apply whose first create is done and its answer held back; one call at a time.
fn start_held(world: &World, ms: u64) -> Going {
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::Delay { ms, effect: Moment::Before }));
    let run = world.start_apply(&["--concurrency", "1"]);
    world.arrived("POST /policy", 1);
    until("the create is done", || world.service.policies().len() == 1);
    run
}

/// Ends the lease that stands in the record.
#[track_caller]
fn unlock(world: &World) -> Ran {
    let lease = world.record()["lease"]["id"].as_str().expect("there is a lease").to_owned();
    let ran = world.run(&["state", "unlock", &lease]);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran
}

/// Applies as soon as the lease that stands in the record is over. One that is renewed in that very moment isn't.
fn take_over(world: &World) -> Ran {
    let mut ran = world.apply(&[]);
    until("the lease is over", || {
        if ran.code == Some(6) {
            assert!(ran.err.contains("is locked by alice@build-7 (pid"), "{ran}");
            ran = world.apply(&[]);
        }
        ran.code != Some(6)
    });
    ran
}

#[track_caller]
fn lost_its_lease(ran: &Ran, to: &str, counts: &str) {
    assert_eq!(ran.code, Some(6), "{ran}");
    assert!(ran.out.contains("stopped[lease-lost]: acme: the record of acme at"), "{ran}");
    assert!(ran.out.contains(to), "{to}: {ran}");
    assert!(ran.out.contains(counts), "{counts}: {ran}");
    assert!(ran.out.contains("what is done here is done in the service"), "{ran}");
}

#[test]
fn f26_a_holder_stopped_past_its_lease_makes_no_further_call_and_says_what_it_had_done() {
    let world = world("2s");
    world.policies(6);
    let held = Fault::Delay { ms: 4000, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().from(Call::Create, 3, held));
    let first = world.start_apply(&["--concurrency", "2"]);
    world.arrived("POST /policy", 4);
    until("four are created", || world.service.policies().len() == 4);
    first.signal("STOP");
    world.service.set_faults(FaultPlan::none());
    let second = take_over(&world);
    assert_eq!(second.code, Some(0), "{second}");
    assert!(second.err.contains("it ended without being given back"), "{second}");
    assert!(second.err.contains("that run may still be at work"), "{second}");
    world.holds_the_tree();
    // Its answers have come while it was stopped: it could go on at once.
    world.quiet();
    first.signal("CONT");
    let first = first.end();
    lost_its_lease(&first, "another run has taken it over, and has ended", "4 done, 2 not tried");
    assert_eq!(world.calls("POST"), 6, "nothing was sent twice");
    world.settles(&[]);
}

#[test]
fn a_run_whose_lease_is_ended_by_hand_stops_before_its_next_call_and_the_next_one_waits_for_it() {
    let world = world(LONG);
    world.policies(5);
    let first = start_held(&world, ANSWERED_LATE);
    let ran = unlock(&world);
    assert!(ran.out.contains("the lease of alice@build-7 (pid"), "{ran}");
    assert_eq!(world.record()["lease"]["revoked"], true, "{}", world.record());
    world.service.set_faults(FaultPlan::none());
    let second = world.apply(&[]);
    assert_eq!(second.code, Some(0), "{second}");
    assert!(second.err.contains("it was ended by someone else"), "{second}");
    assert!(second.err.contains("for up to 5s (that run may still be at work, and a request"), "{second}");
    let first = first.end();
    assert_eq!(first.code, Some(6), "{first}");
    assert_eq!(world.calls("POST"), 5, "nothing was sent twice");
    world.settles(&[]);
}

/// F33: whoever's clock is wrong, and how: at worst a lease is taken over while its holder is at work, and nothing is
/// doubled by that either.
#[test]
fn f33_whatever_the_clocks_say_nothing_is_doubled() {
    let (right, behind, ahead) = ("0s", "-43800h", "43800h");
    at_once([(behind, right), (right, ahead), (behind, ahead)], |(first_clock, second_clock)| {
        let mut world = world(LONG);
        world.policies(5);
        say(&mut world, "POLICYSYNC_TEST_CLOCK", first_clock);
        let first = start_held(&world, ANSWERED_LATE);
        say(&mut world, "POLICYSYNC_TEST_CLOCK", second_clock);
        let second = take_over(&world);
        assert_eq!(second.code, Some(0), "{first_clock} {second_clock} {second}");
        assert!(second.err.contains("it ended without being given back"), "{second}");
        let first = first.end();
        assert_eq!(first.code, Some(6), "{first_clock} {second_clock} {first}");
        assert_eq!(world.calls("POST"), 5, "nothing was sent twice: {first} {second}");
        world.settles(&[]);
    });
}

/// F33, the other way: a lease that seems to end in years is waited for, or ended by hand.
#[test]
fn f33_a_lease_from_the_future_is_held() {
    at_once([("43800h", "0s"), ("0s", "-43800h")], |(first_clock, second_clock)| {
        let mut world = world("10s");
        world.policies(3);
        say(&mut world, "POLICYSYNC_TEST_CLOCK", first_clock);
        let first = start_held(&world, 4000);
        say(&mut world, "POLICYSYNC_TEST_CLOCK", second_clock);
        let second = world.apply(&[]);
        assert_eq!(second.code, Some(6), "{second}");
        assert!(second.err.contains("policysync state unlock"), "{second}");
        let first = first.end();
        assert_eq!(first.code, Some(0), "{first}");
        world.settles(&[]);
    });
}

/// The taker gives up before it has found out all: the one after it still knows that the first may be at work.
#[test]
fn who_takes_over_from_a_taker_that_gave_up_waits_for_the_first_holder_too() {
    let world = world("10s");
    world.policies(3);
    let first = start_held(&world, HELD);
    let id = world.record()["lease"]["id"].clone();
    first.signal("STOP");
    unlock(&world);
    let second = world.start_apply(&[]);
    until("it looks", || second.told().contains("that run may still be at work"));
    assert_eq!(world.record()["lease"]["contested"], true, "{}", world.record());
    second.signal("INT");
    let second = second.end();
    assert_eq!(second.code, Some(130), "{second}");
    let left = world.record()["lease"].clone();
    assert_eq!((&left["id"], &left["revoked"]), (&id, &true.into()), "{left}");
    world.service.set_faults(FaultPlan::none());
    let third = world.apply(&[]);
    assert_eq!(third.code, Some(0), "{third}");
    assert!(third.err.contains("that run may still be at work"), "{third}");
    first.signal("CONT");
    assert_eq!(first.end().code, Some(6));
    assert_eq!(world.calls("POST"), 3);
    world.settles(&[]);
}

/// Takes the file store's lock, as a save of another process does that was stopped in the middle.
fn lock(world: &World, state: &str) -> File {
    let folder = world.path().join(state);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let file = File::create(folder.join("acme.json.lock")).expect("a file can be made");
    file.lock().expect("nobody has it");
    file
}

/// Waits until a run has the lock's file open: then it waits for the lock.
fn waits_at_the_lock(run: &Going) {
    until("it waits at the lock", || {
        let Ok(open) = std::fs::read_dir(format!("/proc/{}/fd", run.id())) else { return false };
        let mut names = open.flatten().filter_map(|fd| std::fs::read_link(fd.path()).ok());
        names.any(|name| name.ends_with("acme.json.lock"))
    });
}

/// F27: before it has the lease.
#[test]
fn f27_a_signal_while_it_waits_at_the_stores_lock_ends_it() {
    at_once(["INT", "TERM"], |signal| {
        let world = World::new();
        world.policies(1);
        let lock = lock(&world, ".policysync/state");
        let run = world.start_apply(&[]);
        waits_at_the_lock(&run);
        let begun = Instant::now();
        run.signal(signal);
        let ran = run.end();
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?} {ran}", begun.elapsed());
        assert_eq!(ran.code, Some(130), "{ran}");
        assert_eq!(world.service.requests().len(), 0);
        drop(lock);
        world.settles(&[]);
    });
}

/// A run whose first create is recorded, or will be as soon as the lock is free, and whose second one is under way.
fn start_locked(world: &World, state: &str) -> (Going, File) {
    world.policies(3);
    let slow = Fault::Delay { ms: 1500, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().every(Call::Create, slow));
    let run = world.start_apply(&["--concurrency", "1"]);
    world.arrived("POST /policy", 1);
    let lock = lock(world, state);
    world.arrived("POST /policy", 2);
    waits_at_the_lock(&run);
    (run, lock)
}

/// F27: a save that takes long is waited for, and the lease given back after it.
#[test]
fn f27_a_signal_during_a_slow_save_waits_for_it_and_gives_the_lease_back() {
    let world = World::new();
    let (run, lock) = start_locked(&world, ".policysync/state");
    let begun = Instant::now();
    run.signal("TERM");
    until("all but the save has ended", || begun.elapsed() > Duration::from_millis(2500));
    drop(lock);
    let ran = run.end();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?} {ran}", begun.elapsed());
    assert_eq!(ran.code, Some(130), "{ran}");
    assert!(ran.out.contains("2 done, 1 not tried. The record is saved."), "{ran}");
    assert!(world.record()["lease"].is_null() && world.record()["pending"].is_null(), "{}", world.record());
    world.settles(&[]);
}

/// F27: a save that doesn't end is given up in time for a CI job; its record goes to a file, and can be put back.
#[test]
fn f27_a_signal_while_saving_hangs_leaves_a_copy_that_can_be_put_back() {
    let mut world = World::new();
    say(&mut world, "POLICYSYNC_STATE", "here/state");
    let (run, lock) = start_locked(&world, "here/state");
    world.env.retain(|(name, _)| name != "POLICYSYNC_STATE");
    let begun = Instant::now();
    run.signal("TERM");
    let ran = run.end();
    assert!(begun.elapsed() < Duration::from_millis(7500), "{:?} {ran}", begun.elapsed());
    assert_eq!(ran.code, Some(1), "never 130, which says that the record is saved: {ran}");
    assert!(ran.err.contains("were left after the interrupt"), "{ran}");
    drop(lock);
    let command = ran.err.split("put it back with: policysync ").nth(1).expect("the way back is told");
    let command: Vec<&str> = command.lines().next().unwrap().split(' ').collect();
    assert_eq!(&command[3..], ["--state", "here/state"], "it says where the record is kept: {ran}");
    let back = world.run(&command);
    assert_eq!(back.code, Some(0), "{back}");
    std::fs::rename(world.path().join("here"), world.path().join(".policysync")).unwrap();
    assert!(world.record()["lease"].is_null(), "{}", world.record());
    assert_eq!(world.record()["policies"].as_object().map(serde_json::Map::len), Some(2));
    world.settles(&[]);
    assert_eq!(world.calls("POST"), 3);
}
