//! What someone decides by hand: which of several is ours, that a lease is over, that a rescued record is put back.

use policysync::sandbox::{Call, Fault, FaultPlan};

use crate::world::World;

/// A token that names no user: then nobody can tell ours from a twin.
const OPAQUE: &str = "opaque-token-0123456789";

/// A world in which one create's answer was lost while an equal policy appeared; its two ids.
fn undecided() -> (World, Vec<String>) {
    let mut world = World::new();
    world.env.push(("POLICYSYNC_TOKEN".to_owned(), OPAQUE.to_owned()));
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    let held = Fault::Late { ms: 500, cut: true, code: None };
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, held));
    let run = world.start(&["apply", "--timeout", "5s", "--settle", "6s"]);
    world.arrived("POST /policy", 1);
    world.seed("acme", "one", "Do not share one.", "user-console");
    let ran = run.end();
    assert_eq!(ran.code, Some(5), "{ran}");
    let ids = world.service.policies();
    let ids: Vec<String> = ids.iter().map(|policy| policy["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2, "{ran}");
    (world, ids)
}

#[test]
fn resolve_adopts_the_one_that_someone_names_and_nothing_else() {
    let (world, ids) = undecided();
    let ran = world.run(&["state", "resolve", "acme/one", "--adopt", "policy-of-nobody"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ids.iter().all(|id| ran.err.contains(id)), "the candidates are named: {ran}");
    let ran = world.run(&["state", "resolve", "acme/two", "--adopt", &ids[1]]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("nothing waits for a decision at acme/two"), "{ran}");

    let ran = world.run(&["state", "resolve", "acme/one", "--adopt", &ids[1]]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.record()["policies"]["acme/one"]["id"], ids[1].as_str());
    assert_eq!(world.calls("POST"), 1, "nothing is created again");
    let ran = world.apply(&[]);
    assert!(ran.out.contains("No changes"), "{ran}");
}

#[test]
fn resolve_forget_leaves_the_address_to_the_next_apply() {
    let (world, ids) = undecided();
    let ran = world.run(&["state", "resolve", "acme/one", "--forget"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let id = world.record()["policies"]["acme/one"]["id"].clone();
    assert!(ids.iter().any(|known| id == known.as_str()), "an equal one that nobody manages is adopted: {id}");
    assert_eq!(world.calls("POST"), 1);
}

#[test]
fn unlock_ends_a_lease_and_its_holder_stops_at_its_next_save() {
    let world = World::new();
    world.policies(3);
    let slow = Fault::Late { ms: 1500, cut: false, code: None };
    world.service.set_faults(FaultPlan::none().from(Call::Create, 1, slow));
    let run = world.start_apply(&["--concurrency", "1"]);
    world.arrived("POST /policy", 1);
    let lease = world.record()["lease"]["id"].as_str().unwrap().to_owned();
    let ran = world.run(&["state", "unlock", "0198c0de-5f0e-7cc0-8a55-0242ac120002"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains(&lease), "the lease that is held is named: {ran}");
    let ran = world.run(&["state", "unlock", &lease]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("3 of its changes are pending"), "{ran}");
    let ran = run.end();
    assert_eq!(ran.code, Some(6), "{ran}");
    world.service.set_faults(FaultPlan::none());
    world.settles(&[]);
    assert_eq!(world.calls("POST"), 3, "nothing was created twice");
}

#[test]
fn a_record_that_could_not_be_saved_is_kept_and_can_be_put_back() {
    let world = World::new();
    world.policies(3);
    let slow = Fault::Late { ms: 700, cut: false, code: None };
    world.service.set_faults(FaultPlan::none().from(Call::Create, 1, slow));
    let run = world.start_apply(&[]);
    world.arrived("POST /policy", 3);
    let (state, aside) = (world.path().join(".policysync/state"), world.path().join("aside"));
    std::fs::rename(&state, &aside).expect("the folder can be moved");
    world.write(".policysync/state", "in the way");
    let ran = run.end();
    assert_ne!(ran.code, Some(0), "never success with an unsaved record: {ran}");
    let command = ran.err.split("put it back with: policysync ").nth(1).expect("the way back is told");
    let command: Vec<&str> = command.lines().next().unwrap().split(' ').collect();

    std::fs::remove_file(&state).expect("it is there");
    std::fs::rename(&aside, &state).expect("the folder can be moved back");
    let back = world.run(&command);
    assert_eq!(back.code, Some(0), "{back}");
    let again = world.run(&command);
    assert_eq!(again.code, Some(1), "it is not newer any more: {again}");
    world.service.set_faults(FaultPlan::none());
    let ran = world.apply(&[]);
    assert!(ran.out.contains("No changes"), "{ran}");
    assert_eq!(world.calls("POST"), 3);
}
