//! F25, F27, F32: two runs at once, Ctrl-C and SIGTERM, and readers that go away.

use std::process::Stdio;

use policysync::sandbox::{Call, Fault, FaultPlan, Moment, Options, Outcome};

use crate::world::{ALLOWED, World};
use crate::world_process::{at_once, until};

/// Longer than any test.
const HELD: u64 = 600_000;

fn held(effect: Moment) -> Fault {
    Fault::Delay { ms: HELD, effect }
}

#[track_caller]
fn no_lease(world: &World) {
    assert!(world.record()["lease"].is_null(), "the lease is given back: {}", world.record());
}

#[test]
fn f25_of_two_applies_at_once_one_works_and_the_other_says_who_does() {
    let mut world = World::new();
    world.env.push(("USER".to_owned(), "alice".to_owned()));
    world.env.push(("HOSTNAME".to_owned(), "build-7".to_owned()));
    world.env.push(("POLICYSYNC_RUN_URL".to_owned(), "https://ci.example/run/1".to_owned()));
    world.policies(5);
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::Late { ms: 6000, cut: false, code: None }));
    let first = world.start_apply(&[]);
    world.arrived("POST /policy", 1);
    let lease = world.record()["lease"].clone();
    let seen = world.service.requests().len();
    let second = world.apply(&[]);
    assert_eq!(second.code, Some(6), "{second}");
    let pid = first.id();
    let since = lease["acquiredAt"].as_str().expect("a time");
    let told =
        format!("the record of acme is locked by alice@build-7 (pid {pid}) since {since} (https://ci.example/run/1)");
    assert!(second.err.contains(&told), "{told}\n{second}");
    let only_the_firsts = world.service.requests().len() - seen;
    assert!(only_the_firsts <= 4, "the second made no call: {only_the_firsts}");
    let ran = first.end();
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("POST"), 5);
    world.settles(&[]);
}

/// F27: what is in flight is answered within the grace: it is recorded, nothing new is started.
#[test]
fn f27_a_signal_lets_calls_in_flight_end_and_starts_nothing_new() {
    at_once(["INT", "TERM"], |signal| {
        let world = World::new();
        world.policies(50);
        let late = Fault::Delay { ms: 1500, effect: Moment::Before };
        world.service.set_faults(FaultPlan::none().from(Call::Create, 1, late));
        let run = world.start_apply(&["--concurrency", "8"]);
        world.arrived("POST /policy", 8);
        run.signal(signal);
        let ran = run.end();
        assert_eq!(ran.code, Some(130), "{ran}");
        assert!(ran.out.contains("The record is saved."), "{ran}");
        let posts = world.calls("POST");
        assert!((8..50).contains(&posts), "nothing new was started: {posts}");
        let record = world.record();
        let recorded = record["policies"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(recorded, posts, "what was answered is recorded: {ran}");
        assert!(ran.out.contains(&format!("{posts} done, {} not tried", 50 - posts)), "{ran}");
        assert!(record["pending"].is_null(), "{record}");
        no_lease(&world);
        world.settles(&[]);
        assert_eq!(world.calls("POST"), 50);
    });
}

/// F27: what is not answered within the grace stays pending, and the next run finds out.
#[test]
fn f27_what_is_not_answered_within_the_grace_is_left_to_the_next_run() {
    at_once([Moment::Before, Moment::After], |effect| {
        let world = World::new();
        world.policies(20);
        world.service.set_faults(FaultPlan::none().from(Call::Create, 5, held(effect)));
        let run = world.start_apply(&["--concurrency", "4"]);
        world.arrived("POST /policy", 8);
        run.signal("TERM");
        let ran = run.end();
        assert_eq!(ran.code, Some(130), "{ran}");
        assert!(ran.out.contains("4 done, 4 undecided, 12 not tried. The record is saved."), "{ran}");
        assert_eq!(world.record()["pending"].as_object().map(serde_json::Map::len), Some(4));
        no_lease(&world);
        world.quiet();
        world.settles(&[]);
    });
}

/// F27: the second signal doesn't wait for anything, not even for the lease to be given back.
#[test]
fn f27_a_second_signal_stops_at_once_and_the_next_run_recovers() {
    let world = World::new();
    world.policies(20);
    world.service.set_faults(FaultPlan::none().from(Call::Create, 5, held(Moment::Before)));
    let run = world.start_apply(&["--concurrency", "4"]);
    world.arrived("POST /policy", 8);
    run.signal("INT");
    until("it says that it stops", || run.told().contains("stopping: waiting up to 5s for 4 calls under way"));
    run.signal("INT");
    let ran = run.end();
    assert_eq!(ran.code, Some(130), "{ran}");
    assert!(!world.record()["lease"].is_null(), "it stopped at once, lease and all");
    world.quiet();
    let ran = world.settles(&[]);
    assert!(ran.err.contains("its process is dead"), "{ran}");
}

/// F27: while it looks before the first call, reads back, or finds out what came of an earlier run, reads are dropped.
#[test]
fn f27_a_signal_while_the_run_reads_stops_it_too() {
    // The list before the first call.
    let world = World::failing(FaultPlan::none().nth(Call::List, 1, held(Moment::Before)));
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    let run = world.start_apply(&[]);
    world.arrived("GET /policy", 1);
    run.signal("INT");
    let ran = run.end();
    assert_eq!(ran.code, Some(130), "{ran}");
    assert_eq!(world.writes(), 0);
    no_lease(&world);

    // The list after the calls.
    world.service.clear_requests();
    world.service.set_faults(FaultPlan::none().nth(Call::List, 2, held(Moment::Before)));
    let run = world.start_apply(&[]);
    world.arrived("GET /policy", 2);
    run.signal("INT");
    let ran = run.end();
    assert_eq!(ran.code, Some(130), "{ran}");
    no_lease(&world);
    assert!(world.record()["policies"]["acme/one"].is_object());

    // The looks for what a dead run began.
    world.policy("acme/two", "HIGH", "block", "Do not share two.");
    world.service.clear_requests();
    world.service.set_faults(FaultPlan::none().every(Call::Create, held(Moment::Before)));
    let run = world.start_apply(&[]);
    world.arrived("POST /policy", 1);
    run.kill();
    world.quiet();
    world.service.clear_requests();
    world.service.set_faults(FaultPlan::none().every(Call::List, held(Moment::Before)));
    let run = world.start_apply(&[]);
    world.arrived("GET /policy", 1);
    run.signal("INT");
    let ran = run.end();
    assert_eq!(ran.code, Some(130), "{ran}");
    no_lease(&world);
    assert!(world.record()["pending"]["acme/two"].is_object(), "{}", world.record());
    world.quiet();
    world.settles(&[]);
    assert_eq!(world.calls("POST"), 0);
}

/// F27: while a lost answer is looked for.
#[test]
fn f27_a_signal_while_a_lost_answer_is_looked_for_leaves_it_to_the_next_run() {
    let world = World::failing(FaultPlan::none().nth(Call::Create, 1, Fault::CutBefore));
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    let run = world.start_apply(&[]);
    until("it looks", || run.told().contains("it may have been created, so it is looked for"));
    run.signal("TERM");
    let ran = run.end();
    assert_eq!(ran.code, Some(130), "{ran}");
    assert!(world.record()["pending"]["acme/one"].is_object(), "{}", world.record());
    no_lease(&world);
    world.settles(&[]);
}

/// F32: nobody reads what it prints; it works and saves all the same.
#[test]
fn f32_an_apply_whose_readers_went_away_finishes_and_saves() {
    at_once([(true, false), (false, true), (true, true)], |(out, err)| {
        let world = World::with(Options { latency: std::time::Duration::from_millis(20), ..Options::default() });
        world.policies(50);
        let mut command = world.command(&["apply", ALLOWED, "--timeout", "2s", "--settle", "2500ms"]);
        let stdio = |closed: bool| if closed { Stdio::piped() } else { Stdio::null() };
        let mut child = command.stdout(stdio(out)).stderr(stdio(err)).spawn().expect("the binary starts");
        drop((child.stdout.take(), child.stderr.take()));
        let ended = child.wait().expect("it ends");
        assert_eq!(ended.code(), Some(0), "stdout closed: {out}, stderr closed: {err}");
        assert!(world.service.requests().iter().all(|request| request.outcome != Outcome::Gone));
        no_lease(&world);
        world.holds_the_tree();
        world.settles(&[]);
    });
}

/// F32: so do the commands that only read, in every format: nothing is wrong where nobody wants to know the rest.
#[test]
fn f32_what_only_reads_ends_quietly_when_nobody_reads_on() {
    let world = World::new();
    world.policies(400);
    let ends = |args: &[&str], code: i32| {
        for format in ["text", "json", "markdown", "html", "github"] {
            let mut command = world.command(&[args, &["--format", format]].concat());
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
            drop(child.stdout.take());
            let ended = child.wait_with_output().expect("it ends");
            let told = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(code), "{args:?} as {format}: {told}");
            assert!(!told.contains("panic") && !told.to_lowercase().contains("pipe"), "{args:?} as {format}: {told}");
        }
    };
    ends(&["validate"], 0);
    ends(&["plan"], 0);
    ends(&["plan", "--detailed-exitcode"], 2);
    assert_eq!(world.apply(&[]).code, Some(0));
    ends(&["drift"], 0);
}
