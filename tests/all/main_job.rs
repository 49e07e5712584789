//! The main job, end to end: tree → plan → apply over real HTTP.

use crate::world::World;

#[test]
fn a_second_apply_has_nothing_to_do_and_an_edit_is_one_put_with_one_field() {
    let world = World::new();
    let addresses = world.policies(14);
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.holds_one_each(&addresses);
    assert_eq!(world.calls("POST"), 14);
    world.converges_to(&addresses);

    world.service.clear_requests();
    world.policy(&addresses[3], "HIGH", "block", "Rule number 3, edited.");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let writes: Vec<_> = world.service.requests().into_iter().filter(|request| request.method != "GET").collect();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(writes[0].method, "PUT");
    assert_eq!(writes[0].body, Some(serde_json::json!({"content": "Rule number 3, edited."})));
    world.holds_one_each(&addresses);
}
