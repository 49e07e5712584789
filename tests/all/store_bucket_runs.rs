//! Whole runs of the real binary with the record in an object store: nothing on this machine's disk is shared.

use std::path::Path;

use policysync::sandbox::{Call, Fault as Trouble, FaultPlan};
use policysync::state::Store as _;

use crate::store_bucket::Corner;
use crate::store_bucket_gate::{Fault, Gate};
use crate::store_contract::{name, run};
use crate::transcript::{Shown, is_what_one_sees, page};
use crate::world::{Ran, TOKEN, World};
use crate::world_process::Going;

/// A world whose record is kept there.
fn world(corner: &Corner) -> World {
    let mut world = World::new();
    world.keep_records_in(corner.clone());
    world
}

/// Another runner's folder, with the same tree and nothing else in common.
fn checkout(world: &World) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = world.path().join("policies");
    for entry in walkdir::WalkDir::new(&root).into_iter().map(|entry| entry.expect("the tree is readable")) {
        let below = entry.path().strip_prefix(world.path()).expect("below the world");
        let copy = folder.path().join(below);
        if entry.file_type().is_dir() {
            std::fs::create_dir(copy).expect("a folder can be made");
        } else {
            std::fs::copy(entry.path(), copy).expect("a file can be copied");
        }
    }
    folder
}

/// Starts the binary in a folder of its own.
fn start_in(world: &World, folder: &Path, args: &[&str]) -> Going {
    let mut command = world.command(args);
    command.current_dir(folder).env("HOME", folder).env("TMPDIR", folder);
    Going::start(command, folder)
}

const APPLY: [&str; 5] = ["apply", "--timeout", "60s", "--settle", "61s"];

fn recorded(corner: &Corner) -> policysync::state::Record {
    corner.load().expect("the store answers").expect("there is a record").0
}

fn is_done(world: &World, corner: &Corner) {
    world.holds_the_tree();
    let record = recorded(corner);
    assert!(record.lease.is_none() && record.pending.is_empty(), "{record:?}");
    assert_eq!(record.policies.len(), world.wanted().len());
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn what_one_runner_applied_another_has_no_changes_for() {
    for corner in Corner::both() {
        let world = world(&corner);
        world.policies(20);
        let (first, second) = (checkout(&world), checkout(&world));
        let ran = start_in(&world, first.path(), &["apply"]).end();
        assert_eq!(ran.code, Some(0), "{ran}");
        is_done(&world, &corner);
        let ran = start_in(&world, second.path(), &["plan", "--detailed-exitcode"]).end();
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.out.contains("No changes"), "{ran}");
        let ran = start_in(&world, second.path(), &["state", "list"]).end();
        assert_eq!(ran.out.lines().filter(|line| line.contains("/policy-")).count(), 20, "{ran}");
        assert_eq!(corner.names(), ["acme.json"]);
        for folder in [&first, &second] {
            assert!(!folder.path().join(".policysync").exists(), "nothing is kept on the disk");
        }
    }
}

/// F25.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn of_eight_processes_at_once_one_works_and_seven_say_who_does() {
    for corner in Corner::both() {
        let mut world = world(&corner);
        world.env.push(("HOSTNAME".to_owned(), "runner".to_owned()));
        world.env.push(("USER".to_owned(), "ci".to_owned()));
        world.policies(8);
        world.service.set_faults(FaultPlan::none().nth(
            Call::Create,
            1,
            Trouble::Late { ms: 12_000, cut: false, code: None },
        ));
        let folders: Vec<_> = (0..8).map(|_| checkout(&world)).collect();
        let runs: Vec<Going> = folders.iter().map(|folder| start_in(&world, folder.path(), &APPLY)).collect();
        let ids: Vec<u32> = runs.iter().map(Going::id).collect();
        let ended: Vec<Ran> = runs.into_iter().map(Going::end).collect();
        let winners: Vec<usize> = (0..8).filter(|at| ended[*at].code == Some(0)).collect();
        assert_eq!(winners.len(), 1, "{ended:?}");
        let holder = format!("the record of acme is locked by ci@runner (pid {}) since ", ids[winners[0]]);
        for ran in ended.iter().filter(|ran| ran.code != Some(0)) {
            assert_eq!(ran.code, Some(6), "{ran}");
            assert!(ran.err.contains(&holder), "{holder}\n{ran}");
        }
        assert_eq!(world.calls("POST"), 8);
        is_done(&world, &corner);
    }
}

/// F3, F4: killed with a request under way, and after it; the lease of the dead process is on this machine, so the next
/// run needs not wait for its end.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_run_that_was_killed_is_finished_by_another_runner() {
    for corner in Corner::both() {
        let world = world(&corner);
        world.policies(12);
        world.service.set_faults(FaultPlan::none().nth(
            Call::Create,
            5,
            Trouble::Late { ms: 1500, cut: false, code: None },
        ));
        let (first, second) = (checkout(&world), checkout(&world));
        let going =
            start_in(&world, first.path(), &["apply", "--timeout", "60s", "--settle", "61s", "--concurrency", "2"]);
        world.arrived("POST /policy", 5);
        going.kill();
        let ran = start_in(&world, second.path(), &["apply", "--timeout", "2s", "--settle", "3s"]).end();
        assert_eq!(ran.code, Some(0), "{ran}");
        is_done(&world, &corner);
        assert_eq!(world.live().len(), 12, "one each");
    }
}

/// Killed at each point around the first saves in turn: the object is always a whole record, and one more run converges.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn killed_at_every_put_in_turn_one_more_run_converges() {
    let sweep = |corner: &Corner| {
        let trace = traced(&Corner { prefix: format!("{}/trace", corner.prefix), ..corner.clone() });
        let points: Vec<usize> =
            (1..).zip(&trace).filter(|(_, point)| point.starts_with("bucket/")).map(|(number, _)| number).collect();
        assert!(points.len() >= 8, "{trace:?}");
        for point in &points {
            let corner = Corner { prefix: format!("{}/{point}", corner.prefix), ..corner.clone() };
            let mut world = world(&corner);
            world.policies(2);
            world.env.push(("POLICYSYNC_FAILPOINT".to_owned(), point.to_string()));
            let ran = world.apply(&["--concurrency", "1"]);
            assert_eq!(ran.code, None, "killed at {point}: {ran}");
            world.env.pop();
            let ran = world.apply(&["--concurrency", "1"]);
            assert_eq!(ran.code, Some(0), "after {point}: {ran}");
            is_done(&world, &corner);
            assert_eq!(world.live().len(), 2, "one each after {point}");
        }
        println!("{}: {} points, 0 violations", corner.location(), points.len());
    };
    crate::world_process::at_once(Corner::both(), |corner| sweep(&corner));
}

/// The points that an apply of two policies reaches.
fn traced(corner: &Corner) -> Vec<String> {
    let mut world = world(corner);
    world.policies(2);
    let trace = world.path().join("trace");
    world.env.push(("POLICYSYNC_FAILPOINT_TRACE".to_owned(), trace.display().to_string()));
    let ran = world.apply(&["--concurrency", "1"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.read("trace").lines().map(ToOwned::to_owned).collect()
}

/// The answer to each save of a run but the first is lost: no conflict with itself, no second lease, one policy each.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_run_whose_saves_are_never_answered_works_all_the_same() {
    for corner in Corner::both() {
        let gate = Gate::before(&corner.url);
        let world = world(&Corner { url: gate.url(), ..corner.clone() });
        world.policies(10);
        // The first save, and the question after it: without an answer to that the store is not trusted.
        gate.fault("PUT acme.json", 2, Fault::Spared);
        gate.fault("PUT acme.json", usize::MAX, Fault::CutAfter);
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(gate.methods().iter().filter(|method| *method == "PUT").count() >= 5, "{:?}", gate.methods());
        is_done(&world, &corner);
    }
}

/// A refused save is told with what the store said, before the first call to the service.
#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn a_store_that_refuses_is_found_out_before_the_first_call() {
    let corner = Corner::s3();
    let gate = Gate::before(&corner.url);
    let world = world(&Corner { url: gate.url(), ..corner.clone() });
    world.policies(3);
    let body = "<Error><Code>AccessDenied</Code><Message>User ci is not authorized\u{1b}[2K</Message></Error>";
    gate.fault("PUT ", usize::MAX, Fault::Says { status: 403, body: body.to_owned() });
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    let told = format!("can't write to {}\n  because: 127.0.0.1:", corner.location());
    assert!(ran.err.contains(&told), "{told}\n{ran}");
    assert!(ran.err.contains("answers 403 AccessDenied: User ci is not authorized"), "{ran}");
    assert!(!ran.err.contains('\u{1b}'), "{ran}");
    assert!(ran.err.contains("hint: the credentials need s3:ListBucket on the bucket"), "{ran}");
    assert_eq!(world.writes(), 0);
    assert_eq!(run(corner.store().load(&name("acme"))).expect("it answers"), None);
}

#[test]
#[ignore = "needs the servers of tests/stores/run.sh"]
fn the_page_about_buckets_is_what_one_sees() {
    let corner = Corner::s3();
    let world = World::new();
    let (url, place) = (world.service.url(), corner.location());
    let mut set = corner.variables();
    set.extend(
        [("POLICYSYNC_ENDPOINT", url.as_str()), ("POLICYSYNC_TOKEN", TOKEN)]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let set: Vec<(&str, &str)> = set.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let words = [("s3://our-records/policies", place.as_str()), ("http://127.0.0.1:8787", url.as_str())];
    is_what_one_sees((&page("docs/how-to/s3-and-oidc.md"), Shown::Once), 5, world.path(), &set, &words);
}
