//! F18, F19, F35, F36: what others did in the service meanwhile, and what a list does not show.

use policysync::sandbox::{Call, Fault, FaultPlan, ListReading, Moment, Options};
use serde_json::json;

use super::fault_gate::Gate;
use crate::world::{ALLOWED, World};

/// Four live policies; the tree then changes three of them and drops the fourth.
fn four_changed(world: &World) {
    for name in ["one", "two", "three", "four"] {
        world.policy(&format!("acme/east/{name}"), "HIGH", "block", &format!("Do not share {name}."));
    }
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    for name in ["one", "two", "three"] {
        world.policy(&format!("acme/east/{name}"), "MEDIUM", "block", &format!("Do not share {name}, ever."));
    }
    world.remove("policies/acme/east/four.yaml");
    world.service.clear_requests();
}

#[test]
fn f19_what_someone_edited_meanwhile_is_refused_with_the_difference_and_their_name() {
    let world = World::new();
    four_changed(&world);
    let (one, four) = (world.id("one"), world.id("four"));
    world.service.edit(&one, json!({"riskType": "LOW", "content": "Share it all."}), "user-console");
    world.service.edit(&four, json!({"actionType": 0}), "user-console");
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    let by = "Sandbox User changed it in the service at 2";
    assert!(ran.out.contains(&format!("failed  update acme/east/one: {by}")), "{ran}");
    assert!(ran.out.contains("riskType HIGH → LOW, another content"), "{ran}");
    assert!(ran.out.contains("--> policies/acme/east/one.yaml:1:1"), "{ran}");
    assert!(ran.out.contains(&format!("failed  delete acme/east/four: {by}")), "{ran}");
    assert!(ran.out.contains("actionType block → log"), "{ran}");
    assert!(ran.out.contains("2 done, 2 failed"), "the others went on: {ran}");
    let touched: Vec<String> = world.requests("PUT").into_iter().map(|request| request.path).collect();
    assert!(!touched.iter().any(|path| path.contains(&one)), "{touched:?}");
    assert_eq!(world.calls("DELETE"), 0);

    // Undone in the service, it is as recorded again: the next run goes on.
    world.service.edit(&one, json!({"riskType": "HIGH", "content": "Do not share one."}), "user-console");
    world.service.edit(&four, json!({"actionType": 2}), "user-console");
    world.settles(&["--prune"]);
}

#[test]
fn f19_what_someone_brought_to_the_wanted_state_already_is_taken_without_a_call() {
    let world = World::new();
    four_changed(&world);
    world.service.edit(&world.id("one"), json!({"riskType": "MEDIUM", "content": "Do not share one, ever."}), "user-x");
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!((world.calls("PUT"), world.calls("DELETE"), world.calls("POST")), (2, 1, 0), "{ran}");
    world.settles(&["--prune"]);
}

/// F19: between the look at the scopes and a delete, which comes last, the policy is edited: it is not deleted.
#[test]
fn f19_what_someone_edits_between_the_survey_and_the_delete_is_not_deleted() {
    let world = World::new();
    four_changed(&world);
    let slow = Fault::Delay { ms: 600_000, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().nth(Call::Update, 3, slow));
    let run = world.start(&["apply", ALLOWED, "--prune", "--timeout", "3s", "--settle", "3500ms"]);
    world.arrived("PUT /policy/", 3);
    world.service.edit(&world.id("four"), json!({"actionType": 0}), "user-console");
    let ran = run.end();
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("failed  delete acme/east/four: Sandbox User changed it in the service at 2"), "{ran}");
    assert!(ran.out.contains("actionType block → log") && ran.out.contains("3 done, 1 failed"), "{ran}");
    assert_eq!(world.calls("DELETE"), 0);
    world.service.edit(&world.id("four"), json!({"actionType": 2}), "user-console");
    world.settles(&["--prune"]);
}

/// F18, F19: deleted by someone before the run: told, and not created again behind their back. The others go on.
#[test]
fn f18_f19_what_someone_deleted_meanwhile_is_refused_and_not_created_again() {
    let world = World::new();
    four_changed(&world);
    let one = world.id("one");
    world.service.remove(&one);
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    let told = format!("failed  update acme/east/one: policy {one} was deleted in the service");
    assert!(ran.out.contains(&told) && ran.out.contains("policies/acme/east/one.yaml:1:1"), "{ran}");
    assert!(ran.out.contains("3 done, 1 failed"), "the others went on: {ran}");
    assert_eq!(world.calls("POST"), 0);
}

/// F35: policies at all three levels, equal texts above and below each other, through every kind of change.
#[test]
fn f35_both_readings_of_the_list_call_have_the_same_outcome() {
    let outcomes = [ListReading::At, ListReading::Below].map(|list| {
        let world = World::with(Options { list, ..Options::default() });
        for scope in ["acme", "acme/east", "acme/east/repo", "acme/west"] {
            world.policy(&format!("{scope}/same"), "HIGH", "block", "Do not share it.");
            world.policy(&format!("{scope}/drop"), "HIGH", "block", "Do not share that.");
            world.stranger(scope, "same", "Of someone else.");
        }
        world.seed("acme/east", "same", "Do not share it.", "user-console");
        let first = world.apply(&[]);
        assert_eq!(first.code, Some(0), "{first}");
        assert_eq!(world.calls("POST"), 7, "one is adopted, in its own scope only: {first}");
        world.holds_the_tree();
        for scope in ["acme", "acme/east/repo"] {
            world.policy(&format!("{scope}/same"), "HIGH", "block", "Do not share any of it.");
            world.remove(&format!("policies/{scope}/drop.yaml"));
        }
        world.policy("acme/west/new", "HIGH", "block", "Do not share this.");
        world.settles(&["--prune"]);
        (world.calls("POST"), world.calls("PUT"), world.calls("DELETE"), world.live())
    });
    assert_eq!(outcomes[0], outcomes[1]);
}

/// F36: the token sees nothing in a list, and each policy by its id.
#[test]
fn f36_what_a_list_does_not_show_is_not_gone() {
    let mut world = World::new();
    let gate = Gate::open(&mut world, usize::MAX);
    four_changed(&world);
    gate.hide();
    let ran = world.settles(&["--prune"]);
    assert_eq!((world.calls("PUT"), world.calls("DELETE"), world.calls("POST")), (3, 1, 0), "{ran}");
}

/// F36: and one that someone edited is seen by its id too.
#[test]
fn f36_an_edit_of_what_a_list_does_not_show_is_still_refused() {
    let mut world = World::new();
    let gate = Gate::open(&mut world, usize::MAX);
    four_changed(&world);
    world.service.edit(&world.id("one"), json!({"content": "Share it all."}), "user-console");
    gate.hide();
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("Sandbox User changed it in the service"), "{ran}");
    assert_eq!((world.calls("PUT"), world.calls("DELETE")), (2, 1), "{ran}");
}

/// F36: what a list doesn't show and a look by its id doesn't either is gone: told for an update, done for a delete.
#[test]
fn f36_what_is_gone_by_its_id_is_gone() {
    let mut world = World::new();
    let gate = Gate::open(&mut world, usize::MAX);
    four_changed(&world);
    let (one, four) = (world.id("one"), world.id("four"));
    world.service.remove(&one);
    world.service.remove(&four);
    gate.hide();
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(
        ran.out.contains(&format!("failed  update acme/east/one: policy {one} was deleted in the service")),
        "{ran}"
    );
    assert!(ran.out.contains("3 done, 1 failed") && ran.out.contains("it was gone already"), "{ran}");
    assert_eq!((world.calls("PUT"), world.calls("DELETE"), world.calls("POST")), (2, 0, 0), "{ran}");
    let record = world.record();
    assert!(record["policies"]["acme/east/four"].is_null() && record["policies"]["acme/east/one"].is_object());
}
