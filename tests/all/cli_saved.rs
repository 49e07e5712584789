//! Plans in files, and plans by their digest: what was reviewed is what is applied, or nothing is.

use policysync::plan::SavedPlan;
use policysync::sandbox::{Call, Fault, FaultPlan, Moment};
use serde_json::{Value, json};

use crate::world::{Ran, World};
use crate::world_process::{at_once, until};

const FILE: &str = "saved.json";

/// Three policies are live; the tree asks for a fourth, another text of the first, and one less severe.
fn asked() -> World {
    let world = World::new();
    world.policies(3);
    assert_eq!(world.apply(&[]).code, Some(0));
    world.policy("acme/fourth", "LOW", "log", "One more.");
    world.policy("acme/policy-0000", "HIGH", "block", "Another text.");
    world.service.clear_requests();
    world
}

fn save(world: &World, args: &[&str]) -> Ran {
    let ran = world.run(&[&["plan", "--out", FILE], args].concat());
    assert!(ran.err.contains("saved to saved.json"), "{ran}");
    ran
}

/// Asserts that nothing is applied and nothing called, and that all of this is said.
#[track_caller]
fn refused(world: &World, args: &[&str], code: i32, said: &[&str]) {
    let (record, calls) = (world.record(), world.service.requests().len());
    let ran = world.run(&[&["apply"], args].concat());
    assert_eq!(ran.code, Some(code), "{args:?} {ran}");
    let all = format!("{}{}", ran.out, ran.err);
    for said in said {
        assert!(all.contains(said), "{said:?} {ran}");
    }
    assert_eq!((world.record(), world.service.requests().len()), (record, calls), "nothing was touched: {ran}");
}

fn digest(ran: &Ran) -> String {
    let line = ran.out.lines().find_map(|line| line.strip_prefix("Digest: "));
    line.expect("a plan has a digest").to_owned()
}

#[test]
fn a_saved_plan_is_applied_as_it_was_reviewed_and_once() {
    let world = asked();
    save(&world, &[]);
    // Nothing of the tree is read any more.
    std::fs::remove_dir_all(world.path().join("policies")).expect("the tree is there");
    let ran = world.run(&["apply", FILE]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("+ create acme/fourth") && ran.out.contains("Applied: 2 changes."), "{ran}");
    assert_eq!((world.calls("POST"), world.calls("PUT")), (1, 1));
    world.service.clear_requests();
    let replayed = ["acme/fourth was recorded since", "acme/policy-0000 was applied since", "plan again"];
    refused(&world, &[FILE], 6, &replayed);
}

#[test]
fn s21_a_file_that_was_altered_or_cut_is_refused_whatever_byte_it_is() {
    let world = asked();
    save(&world, &[]);
    let good = std::fs::read(world.path().join(FILE)).expect("it was saved");
    assert!(SavedPlan::from_bytes(&good).is_ok());
    let in_texts = |at: usize| !good[at].is_ascii_whitespace();
    for at in (0..good.len()).filter(|at| in_texts(*at)) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(SavedPlan::from_bytes(&bad).is_err(), "byte {at}: {:?}", String::from_utf8_lossy(&bad[at..at + 1]));
    }
    for length in (0..good.len() - 1).step_by(7) {
        assert!(SavedPlan::from_bytes(&good[..length]).is_err(), "{length} bytes");
    }
    let text = String::from_utf8(good).expect("UTF-8");
    let softer = text.replace("\"Another text.\"", "\"Quite another text.\"");
    for (bad, said) in [
        (softer.as_str(), "saved.json: it was altered after it was saved"),
        (&text[..text.len() / 2], "it is no saved plan, or a part of it is missing"),
        ("{}", "it is no saved plan"),
        ("acme: true\n", "it is no saved plan"),
    ] {
        world.write(FILE, bad);
        refused(&world, &[FILE], 6, &[said, "plan --out FILE"]);
    }
    world.write(FILE, &text.replace("saved-plan/1", "saved-plan/2"));
    refused(&world, &[FILE], 6, &["saved-plan/2"]);
}

#[test]
fn s21_a_plan_for_another_organization_or_service_is_refused() {
    let mut world = asked();
    world.policy("beta/x", "LOW", "log", "x");
    save(&world, &["--org", "acme"]);
    refused(&world, &[FILE, "--org", "beta"], 6, &["the saved plan is of acme", "--org beta"]);
    refused(&world, &[FILE, "--prune"], 64, &["--prune says how a plan is made", "plan --prune --out FILE"]);
    let other = World::new();
    world.env = vec![("POLICYSYNC_ENDPOINT".to_owned(), other.service.url())];
    let ran = world.run(&["apply", FILE]);
    assert_ne!(ran.code, Some(0), "{ran}");
    assert!(ran.err.contains(other.service.url().trim_end_matches('/')), "{ran}");
    assert_eq!(other.service.requests().len(), 0);
}

#[test]
fn s21_a_plan_is_refused_where_its_record_moved_on_and_what_moved_is_named() {
    let world = asked();
    save(&world, &[]);
    // Someone forgets one, and adopts another.
    assert_eq!(world.run(&["state", "rm", "acme/east/policy-0001"]).code, Some(0));
    refused(&world, &[FILE], 6, &["acme/east/policy-0001 is recorded no more"]);
    let world = asked();
    save(&world, &[]);
    std::fs::remove_dir_all(world.path().join(".policysync")).expect("the record is there");
    let ran = world.run(&["apply", FILE]);
    assert_eq!(ran.code, Some(6), "{ran}");
    assert!(ran.err.contains("the record of acme is gone"), "{ran}");
    // Begun anew, with the same policies: not the same record.
    assert_eq!(world.apply(&[]).code, Some(0));
    refused(&world, &[FILE], 6, &["acme has another record now"]);
}

#[test]
fn a_guard_that_refused_the_plan_refuses_the_file_until_it_is_allowed() {
    let world = asked();
    world.policy("acme/policy-0000", "LOW", "alert", "Another text.");
    assert_eq!(save(&world, &[]).code, Some(4), "saved all the same, to be reviewed");
    refused(&world, &[FILE], 4, &["refused[weaken]", "--allow weaken=1"]);
    refused(&world, &[FILE, "--allow", "weaken=0"], 4, &["refused[weaken]"]);
    let ran = world.run(&["apply", FILE, "--allow", "weaken=1"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.holds_the_tree();
    // Allowed when it was planned: agreed to with the plan.
    world.policy("acme/fourth", "LOW", "log", "Yet another text.");
    world.policy("acme/east/policy-0001", "LOW", "log", "Yet another text, too.");
    assert_eq!(save(&world, &["--allow", "weaken=1"]).code, Some(0));
    assert_eq!(world.run(&["apply", FILE]).code, Some(0));
    world.holds_the_tree();
}

/// The plan has looked, so apply looks too: at what is live now, against what the plan saw.
#[test]
fn f19_what_someone_edits_after_a_plan_that_looked_is_refused() {
    let world = asked();
    let id = world.id("policy-0000");
    world.service.edit(&id, json!({"riskType": "LOW"}), "user-night");
    let ran = save(&world, &["--refresh"]);
    assert!(ran.out.contains("made weaker in the service by Sandbox User"), "{ran}");
    assert!(ran.out.contains("riskType    LOW → HIGH"), "{ran}");
    world.service.edit(&id, json!({"actionType": 0}), "user-night");
    let ran = world.run(&["apply", FILE]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("actionType block → log"), "what moved since the plan: {ran}");
    assert_eq!((world.calls("PUT"), world.calls("POST")), (0, 1), "the others go on: {ran}");
    // Just what the plan saw is what it may put back.
    save(&world, &["--refresh"]);
    let ran = world.run(&["apply", FILE]);
    assert_eq!((ran.code, world.calls("PUT")), (Some(0), 1), "{ran}");
    world.holds_the_tree();
}

/// Between the survey and the PUT, while an earlier call takes its time.
#[test]
fn f19_what_someone_edits_right_before_the_put_is_not_overwritten_where_the_plan_looked() {
    let world = World::new();
    world.policy("acme/one", "HIGH", "block", "One.");
    assert_eq!(world.apply(&[]).code, Some(0));
    world.policy("acme/one", "HIGH", "block", "One, and more.");
    world.policy("acme/two", "HIGH", "block", "Two.");
    world.service.clear_requests();
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::Delay { ms: 300, effect: Moment::After }));
    let run = world.start(&["apply", "--refresh", "--timeout", "5s", "--settle", "6s"]);
    world.arrived("POST /policy", 1);
    world.service.edit(&world.id("one"), json!({"riskType": "LOW"}), "user-night");
    let ran = run.end();
    assert_eq!((ran.code, world.calls("PUT")), (Some(5), 0), "{ran}");
    assert!(ran.out.contains("riskType HIGH → LOW"), "{ran}");
}

#[test]
fn only_the_plan_of_the_expected_digest_is_applied() {
    let world = asked();
    let planned = world.run(&["plan"]);
    let expected = digest(&planned);
    world.policy("acme/fourth", "LOW", "alert", "One more.");
    let now = digest(&world.run(&["plan"]));
    refused(&world, &["--expect-digest", &expected], 6, &["this is not the plan that was reviewed", &expected, &now]);
    refused(&world, &["--expect-digest", "sha256:12"], 64, &["is no digest"]);
    let json: Value = world.run(&["apply", "--expect-digest", &expected, "--format", "json"]).json();
    assert!(
        json["changes"].as_array().is_some_and(|changes| changes.iter().all(|change| change["result"] == "untried"))
    );
    let ran = world.run(&["apply", "--expect-digest", &now]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.holds_the_tree();
}

/// What an earlier run left is found out before anything is planned; then the plan is another one than was reviewed.
#[test]
fn what_was_reviewed_is_not_applied_where_an_earlier_runs_work_turns_up_meanwhile() {
    at_once([true, false], |from_file| {
        let world = World::new();
        world.policy("acme/one", "HIGH", "block", "One.");
        let held = Fault::Delay { ms: 600_000, effect: Moment::Before };
        world.service.set_faults(FaultPlan::none().every(Call::Create, held));
        let run = world.start_apply(&[]);
        world.arrived("POST /policy", 1);
        until("it took effect", || !world.service.policies().is_empty());
        run.kill();
        world.quiet();
        world.service.set_faults(FaultPlan::none());
        world.policy("acme/two", "HIGH", "block", "Two.");
        let expected = digest(&save(&world, &[]));
        let which: &[&str] = if from_file { &[FILE] } else { &["--expect-digest", &expected] };
        let ran = world.run(&[&["apply", "--timeout", "2s", "--settle", "2500ms"], which].concat());
        assert_eq!((ran.code, world.calls("POST")), (Some(6), 1), "{ran}");
        assert!(ran.err.contains("plan again"), "{ran}");
        world.settles(&[]);
    });
}

#[test]
fn a_plan_is_written_into_what_is_no_file_and_a_place_that_can_t_be_written_is_told() {
    let world = asked();
    let ran = world.run(&["plan", "--out", "/dev/null"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let kind = std::fs::metadata("/dev/null").expect("it is there").file_type();
    assert!(!kind.is_file(), "/dev/null is what it was");
    let ran = world.run(&["plan", "--out", "nowhere/saved.json"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("nowhere"), "{ran}");
}
