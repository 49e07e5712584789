//! A job that is cancelled while the action works. GitHub's runner sends the step's entry process SIGINT, 7.5 s later SIGTERM,
//! 2.5 s later SIGKILL, and signals no child of it. A step's shell that became policysync is such an entry process.
#![cfg(target_os = "linux")]

use std::process::Command;

use policysync::sandbox::{Call, Fault, FaultPlan, Moment};

use super::github::GitHub;
use super::runner::{Done, Runner, read};
use super::story::{only, plan};
use crate::world::{TOKEN, World};
use crate::world_process::until;

/// Applies a reviewed plan in the action, and cancels the job once so many policies are being created.
fn cancelled(world: &World, github: &GitHub, posts: usize) -> Done {
    let service = &world.service;
    let cancel = move |entry: u32| {
        let creates = || service.requests().iter().filter(|request| request.method == "POST").count();
        until("so many policies are being created", || creates() >= posts);
        let program = std::fs::read_link(format!("/proc/{entry}/exe")).expect("the entry process is there");
        assert_eq!(program, std::path::Path::new(env!("CARGO_BIN_EXE_policysync")), "the shell became policysync");
        let sent = Command::new("sh").args(["-c", &format!("kill -INT {entry}")]).status();
        assert!(sent.expect("there is a shell").success());
    };
    let runner = Runner { meanwhile: Some(Box::new(cancel)), ..Runner::on_push(world, github, "5q0a5h") };
    let url = world.service.url();
    runner.uses(&[("command", "apply"), ("endpoint", &url), ("token", TOKEN), ("expect", "reviewed")])
}

fn reviewed(count: usize) -> (World, GitHub) {
    let (world, github) = (World::new(), GitHub::new());
    world.policies(count);
    github.opened(7);
    assert_eq!(plan(&world, &github, 7).code, 0);
    github.merged(7, "5q0a5h", &[]);
    (world, github)
}

/// F27 in the action: what is under way is answered, nothing new begins, the record is saved, and the step's outputs say so.
#[test]
fn f27_a_cancelled_job_saves_the_record_and_says_what_was_left() {
    let (world, github) = reviewed(50);
    let late = Fault::Delay { ms: 1500, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().from(Call::Create, 1, late));
    let done = cancelled(&world, &github, 16);
    assert_eq!(done.code, 130, "{done}");
    assert_eq!((done.output("exit-code"), done.output("failure-reason")), ("130", "interrupted"), "{done}");
    assert!(done.log.contains("The record is saved."), "{done}");
    assert!(done.summary.contains("not tried"), "{done}");
    let posts = world.calls("POST");
    assert!((16..50).contains(&posts), "nothing new was started: {posts}");
    let record = world.record();
    assert_eq!(record["policies"].as_object().map(serde_json::Map::len), Some(posts), "what was answered is recorded");
    assert!(record["pending"].is_null() && record["lease"].is_null(), "{record}");
    // Nobody waits for a comment then: it still says what was reviewed, and the next run can look for it.
    assert!(only(&github, 7).contains("50 to create"), "{}", only(&github, 7));
    // Run again, with the digest of the rest, as the page about the action says.
    world.service.set_faults(FaultPlan::none());
    let rest = plan(&world, &github, 7).output("plan-digest").to_owned();
    let url = world.service.url();
    let with = [("command", "apply"), ("endpoint", &*url), ("token", TOKEN), ("expect", &*rest)];
    let again = Runner::on_push(&world, &github, "5q0a5h").uses(&with);
    assert_eq!(again.code, 0, "{again}");
    world.holds_the_tree();
    assert_eq!(world.calls("POST"), 50, "each was created once");
}

/// F27 in the action: what gets no answer within the grace stays pending, and the outputs are written all the same.
#[test]
fn f27_a_cancelled_job_whose_calls_get_no_answer_ends_in_time_with_its_outputs() {
    let (world, github) = reviewed(20);
    let held = Fault::Delay { ms: 600_000, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().from(Call::Create, 5, held));
    let done = cancelled(&world, &github, 20);
    assert_eq!((done.code, done.output("failure-reason")), (130, "interrupted"), "{done}");
    assert!(done.log.contains("4 done, 16 undecided. The record is saved."), "{done}");
    let report = read(done.output("report-path").as_ref());
    assert!(report.contains("16 undecided"), "{report}");
    assert_eq!(world.record()["pending"].as_object().map(serde_json::Map::len), Some(16));
    world.quiet();
    world.settles(&[]);
    assert_eq!(world.calls("POST"), 20, "each was created once");
}
