//! A service that says one thing and keeps another: no answer is believed against what it shows.

use policysync::sandbox::{Call, Fault, FaultPlan};
use serde_json::{Value, json};

use super::fault_gate::Gate;
use crate::world::World;

/// A world in which two policies are applied, a gate before its service, and what the service holds, by name.
fn applied() -> (World, Gate, impl Fn(&World, &str) -> Value) {
    let mut world = World::new();
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    world.policy("acme/two", "HIGH", "block", "Do not share two.");
    assert_eq!(world.apply(&[]).code, Some(0));
    let gate = Gate::open(&mut world, usize::MAX);
    // The gate is the same service under another address; the record must say so too, so it begins anew.
    std::fs::remove_dir_all(world.path().join(".policysync")).expect("the record is there");
    assert_eq!(world.apply(&[]).code, Some(0), "both are adopted");
    world.service.clear_requests();
    let by_name = |world: &World, name: &str| {
        world.service.policies().into_iter().find(|policy| policy["name"] == name).expect("it is live")
    };
    (world, gate, by_name)
}

fn path(policy: &Value) -> String {
    format!("/policy/{}", policy["id"].as_str().expect("an id is a text"))
}

#[test]
fn a_put_that_is_answered_with_the_old_policy_is_no_success() {
    let (world, gate, by_name) = applied();
    let one = by_name(&world, "one");
    gate.lie(&format!("PUT {}", path(&one)), 200, &json!({"success": true, "policy": one}));
    world.policy("acme/one", "HIGH", "block", "Do not share one, ever.");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("as it was before the update"), "{ran}");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "the next run updates it: {ran}");
    assert_eq!(by_name(&world, "one")["content"], "Do not share one, ever.");
}

#[test]
fn a_delete_that_is_only_said_to_have_happened_is_no_success() {
    let (world, gate, by_name) = applied();
    let two = by_name(&world, "two");
    gate.lie(&format!("DELETE {}", path(&two)), 200, &json!({"success": true}));
    world.remove("policies/acme/two.yaml");
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("still live"), "{ran}");
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(0), "the next run deletes it: {ran}");
    world.holds_one_each(&["acme/one".to_owned()]);
}

#[test]
fn a_201_with_another_policys_id_is_looked_for_and_never_recorded_as_ours() {
    let (world, gate, by_name) = applied();
    let one = by_name(&world, "one");
    gate.lie("POST /policy ", 201, &json!({"success": true, "policy": one}));
    world.policy("acme/three", "HIGH", "block", "Do not share three.");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.holds_one_each(&["acme/one".to_owned(), "acme/three".to_owned(), "acme/two".to_owned()]);
    assert_eq!(by_name(&world, "one"), one, "it was not touched");
}

#[test]
fn a_service_that_keeps_another_action_is_no_success() {
    let (world, gate, by_name) = applied();
    let mut weak = by_name(&world, "one");
    weak["id"] = json!("policy-weak");
    weak["name"] = json!("three");
    weak["content"] = json!("Do not share three.");
    weak["actionType"] = json!(0);
    gate.lie("POST /policy ", 201, &json!({"success": true, "policy": weak}));
    world.policy("acme/three", "HIGH", "block", "Do not share three.");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("actionType"), "{ran}");
}

/// An update takes effect, its answer is lost, and the try after that is refused: the refusal says nothing of the first.
#[test]
fn a_refusal_after_a_lost_answer_does_not_hide_what_happened() {
    let world = World::new();
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    assert_eq!(world.apply(&[]).code, Some(0));
    world.policy("acme/one", "LOW", "block", "Do not share one.");
    world.service.set_faults(FaultPlan::none().nth(Call::Update, 1, Fault::CutAfter).nth(
        Call::Update,
        2,
        Fault::status(403),
    ));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    // Back in the tree: the record must know that LOW is live, or this would be «no changes».
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    world.service.set_faults(FaultPlan::none());
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.live()[0].1, "HIGH");
}

/// The same organization under another folder's name: two records would call the same policies their own.
#[test]
fn a_renamed_organization_folder_is_refused_and_nothing_is_called() {
    let world = World::new();
    world.write("policies/acme/_scope.yaml", "id: org-1\n");
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    assert_eq!(world.apply(&[]).code, Some(0));
    let calls = world.service.requests().len();
    std::fs::rename(world.path().join("policies/acme"), world.path().join("policies/a-inc"))
        .expect("it can be renamed");
    for args in [&["--prune", "--allow", "empty-tree"][..], &["--org", "a-inc"][..]] {
        let ran = world.apply(args);
        assert_eq!(ran.code, Some(4), "{ran}");
        assert!(ran.out.contains("acme"), "{ran}");
    }
    assert_eq!(world.service.requests().len(), calls);
}
