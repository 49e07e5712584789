//! F34: a service that keeps texts otherwise than they were sent: told once, and no drift for ever.

use policysync::sandbox::{Call, Fault, FaultPlan, Moment, Options, TextHandling};

use crate::world::{Ran, TOKEN, World};
use crate::world_process::at_once;

const TOLD: &str = "keeps another content than it was sent";
/// An unsigned JWT of the user `other`: `{"userId":"other"}`.
const OTHER: &str = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJvdGhlciJ9.c2ln";

/// A service that trims, and a tree with a text that it will trim.
fn trimming() -> World {
    let world = World::with(Options { text: TextHandling::Trim, ..Options::default() });
    world.policy("acme/one", "HIGH", "block", "  Do not share one.\n\n");
    world.policy("acme/two", "HIGH", "block", "Do not share two.");
    world
}

#[track_caller]
fn told(ran: &Ran) -> usize {
    assert_eq!(ran.code, Some(0), "{ran}");
    ran.out.matches(TOLD).count()
}

/// Nothing more is told or done, and nothing was doubled.
#[track_caller]
fn rests(world: &World, posts: usize) {
    world.service.set_faults(FaultPlan::none());
    let (record, writes) = (world.record(), world.writes());
    for _ in 0..2 {
        let ran = world.apply(&["--prune"]);
        assert_eq!(told(&ran), 0, "{ran}");
        assert!(ran.out.contains("No changes"), "{ran}");
    }
    assert_eq!((world.record(), world.writes()), (record, writes));
    assert_eq!(world.calls("POST"), posts);
    world.holds_one_each(&["acme/one".to_owned(), "acme/two".to_owned()]);
}

#[test]
fn f34_a_trimmed_text_is_told_once_and_is_no_drift() {
    let world = trimming();
    let ran = world.apply(&[]);
    assert_eq!(told(&ran), 1, "{ran}");
    rests(&world, 2);

    // It does not pass for someone's edit when it is changed, renamed or deleted.
    world.policy("acme/one", "LOW", "block", "  Do not share one.\n\n");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.policy("acme/one", "LOW", "block", "  Do not share one, nor two.\n");
    let ran = world.apply(&[]);
    assert_eq!(told(&ran), 1, "another text, told once: {ran}");
    rests(&world, 2);
    world.remove("policies/acme/one.yaml");
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.holds_one_each(&["acme/two".to_owned()]);
}

#[test]
fn f34_with_a_lost_answer_the_trimmed_one_is_found_and_told_once() {
    at_once([Fault::CutAfter, Fault::proxy(502, true), Fault::NoId], |fault| {
        let world = trimming();
        world.service.set_faults(FaultPlan::none().every(Call::Create, fault));
        let ran = world.apply(&[]);
        assert_eq!(told(&ran), 1, "{ran}");
        rests(&world, 2);
    });
}

#[test]
fn f34_with_a_lost_answer_to_a_put_the_trimmed_one_is_found_and_told_once() {
    let world = trimming();
    assert_eq!(world.apply(&[]).code, Some(0));
    world.policy("acme/one", "HIGH", "block", "Do not share one, nor two.\n");
    world.service.set_faults(FaultPlan::none().every(Call::Update, Fault::CutAfter));
    let ran = world.apply(&[]);
    assert_eq!(told(&ran), 1, "{ran}");
    rests(&world, 2);
}

/// F34 after a crash, with the same user's token and with another's.
#[test]
fn f34_what_a_dead_run_made_is_found_although_it_was_trimmed() {
    at_once([TOKEN, OTHER], |next| {
        let mut world = trimming();
        let held = Fault::Delay { ms: 600_000, effect: Moment::Before };
        world.service.set_faults(FaultPlan::none().every(Call::Create, held));
        let run = world.start_apply(&[]);
        world.arrived("POST /policy", 2);
        run.kill();
        world.quiet();
        world.service.set_faults(FaultPlan::none());
        world.env.push(("POLICYSYNC_TOKEN".to_owned(), next.to_owned()));
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert_eq!(format!("{ran}").matches(TOLD).count(), 1, "told once, where it was found: {ran}");
        rests(&world, 2);
    });
}

/// Two creates whose texts differ in white space only could be taken for each other once their answers are lost, where the
/// service trims: such a tree is refused before the first call.
#[test]
fn two_policies_that_differ_in_white_space_only_are_refused_before_any_call() {
    let world = World::failing(FaultPlan::none().every(Call::Create, Fault::CutAfter));
    for (key, content) in [("one", "Do not share it."), ("two", "Do not  share it.")] {
        let content = serde_json::to_string(content).expect("a text is JSON");
        let text = format!("name: same\nriskType: HIGH\nactionType: block\ncontent: {content}\n");
        world.write(&format!("policies/acme/{key}.yaml"), &text);
    }
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.err.contains("white space aside"), "{ran}");
    assert_eq!(world.service.requests().len(), 0);
}
