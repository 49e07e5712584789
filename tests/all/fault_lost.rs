//! F6 to F8, F13, F20, F31: answers that are lost, late, halved or endless. Looked for first, never sent again blindly.

use policysync::sandbox::{Call, Fault, FaultPlan, Moment, Request};

use crate::world::{Ran, World};
use crate::world_process::{at_once, until};

/// One policy to create, and how its POST goes wrong.
fn one_create(then: Fault) -> World {
    let world = World::failing(FaultPlan::none().nth(Call::Create, 1, then));
    world.policy("acme/east/one", "HIGH", "block", "Do not share one.");
    world
}

/// One live policy, edited in the tree.
fn one_update() -> World {
    let world = World::new();
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    assert_eq!(world.apply(&[]).code, Some(0));
    world.policy("acme/one", "HIGH", "block", "Do not share one, nor two.");
    world.service.clear_requests();
    world
}

/// Two live policies, one of them in no file any more.
fn one_delete() -> World {
    let world = World::new();
    world.policy("acme/keep", "HIGH", "block", "Do not share this.");
    world.policy("acme/drop", "HIGH", "block", "Do not share that.");
    assert_eq!(world.apply(&[]).code, Some(0));
    world.remove("policies/acme/drop.yaml");
    world.service.clear_requests();
    world
}

fn order(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.method.as_str()).collect()
}

#[track_caller]
fn resolved_by_looking(world: &World, ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.err.contains("it may have been created, so it is looked for"), "{ran}");
    assert_eq!(world.calls("POST"), 1, "{ran}");
    let requests = world.service.requests();
    let methods = order(&requests);
    let post = methods.iter().position(|method| *method == "POST").expect("it was sent");
    assert_eq!(methods.get(post + 1), Some(&"GET"), "the first thing after it is a look: {methods:?}");
    world.holds_the_tree();
    world.settles(&[]);
}

#[test]
fn f6_a_lost_answer_is_resolved_in_the_same_run_by_looking() {
    let world = one_create(Fault::CutAfter);
    resolved_by_looking(&world, &world.apply(&[]));
}

#[test]
fn f7_half_an_answer_an_answer_without_an_id_and_junk_are_resolved_by_looking() {
    at_once([Fault::HalfAnswer, Fault::NoId, Fault::Unreadable], |fault| {
        let world = one_create(fault);
        resolved_by_looking(&world, &world.apply(&[]));
    });
}

#[test]
fn f13_a_proxys_answer_to_a_post_that_took_effect_is_resolved_by_looking() {
    at_once([500, 502, 503, 504], |code| {
        let world = one_create(Fault::proxy(code, true));
        resolved_by_looking(&world, &world.apply(&[]));
    });
}

/// F13: nothing came of it, and only looking can tell.
#[test]
fn f13_a_proxys_answer_to_a_post_without_effect_is_looked_for_before_the_second() {
    let world = one_create(Fault::proxy(502, false));
    let begun = std::time::Instant::now();
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(begun.elapsed() >= std::time::Duration::from_millis(2500), "the settle time was waited out");
    assert_eq!(world.calls("POST"), 2, "{ran}");
    let requests = world.service.requests();
    let methods = order(&requests);
    let posts: Vec<usize> = (0..methods.len()).filter(|n| methods[*n] == "POST").collect();
    assert!(posts[1] - posts[0] > 2, "several looks lie between: {methods:?}");
    world.settles(&[]);
}

/// F8: the call's time limit is over before it takes effect; the settle time is not.
#[test]
fn f8_a_request_that_takes_effect_after_its_time_limit_is_adopted() {
    let world = one_create(Fault::Late { ms: 2500, cut: false, code: None });
    let ran = world.run(&["apply", "--timeout", "1s", "--settle", "9s"]);
    resolved_by_looking(&world, &ran);
}

/// F8: cut at once, or answered by a proxy at once, and done later.
#[test]
fn f8_a_request_that_takes_effect_after_its_answer_is_adopted() {
    at_once(
        [Fault::Late { ms: 1500, cut: true, code: None }, Fault::Late { ms: 1500, cut: false, code: Some(504) }],
        |fault| {
            let world = one_create(fault);
            let ran = world.run(&["apply", "--timeout", "2s", "--settle", "8s"]);
            resolved_by_looking(&world, &ran);
        },
    );
}

/// F8, after a crash: the request of the dead run is still under way when the next one begins.
#[test]
fn f8_a_dead_runs_request_that_takes_effect_later_is_adopted_by_the_next() {
    let world = one_create(Fault::Late { ms: 3000, cut: false, code: None });
    let run = world.start_apply(&[]);
    world.arrived("POST /policy", 1);
    run.kill();
    let ran = world.run(&["apply", "--timeout", "2s", "--settle", "12s"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("POST"), 1, "{ran}");
    world.settles(&[]);
}

/// F9: it takes effect after the settle time, which is against all that was promised. The next apply in that scope names the
/// twin, and touches neither.
#[test]
fn f9_what_takes_effect_after_the_settle_time_is_named_and_nothing_is_deleted() {
    let world = one_create(Fault::Late { ms: 6000, cut: true, code: None });
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("POST"), 2, "{ran}");
    until("the first one takes effect after all", || world.service.policies().len() == 2);
    let ours = world.record()["policies"]["acme/east/one"]["id"].as_str().unwrap().to_owned();
    let all = world.service.policies();
    let twin = all.iter().map(|policy| policy["id"].as_str().unwrap()).find(|id| *id != ours).expect("another one");
    let ran = world.apply(&["--prune"]);
    assert!(ran.out.contains("No changes"), "{ran}");

    world.policy("acme/east/two", "HIGH", "block", "Do not share two.");
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let told = format!("acme/east/one ({ours}) has a twin that nobody manages, {twin}, made by ");
    assert!(ran.err.contains(&told), "{told}\n{ran}");
    assert_eq!((world.calls("DELETE"), world.service.policies().len()), (0, 3), "both are left alone: {ran}");
}

/// F6 for every one of fifty: each answer is lost, none is sent twice.
#[test]
fn f6_fifty_lost_answers_are_resolved_without_a_second_post() {
    let world = World::failing(FaultPlan::none().every(Call::Create, Fault::CutAfter));
    world.policies(50);
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("POST"), 50);
    world.settles(&[]);
}

#[test]
fn f6_a_look_that_fails_is_repeated() {
    let faults = FaultPlan::none().nth(Call::Create, 1, Fault::CutAfter).nth(Call::List, 2, Fault::proxy(503, false));
    let world = World::failing(faults);
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("POST"), 1);
    world.settles(&[]);
}

/// F6: it can't be seen whether it happened. It stays pending, and the next run looks before anything else.
#[test]
fn f6_where_looking_fails_to_the_end_it_is_left_to_the_next_run() {
    let refused = Fault::status(403);
    let faults = FaultPlan::none().nth(Call::Create, 1, Fault::CutAfter).from(Call::List, 2, refused);
    let world = World::failing(faults);
    world.policy("acme/one", "HIGH", "block", "Do not share one.");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("whether it happened can't be seen"), "{ran}");
    assert!(world.record()["pending"]["acme/one"].is_object(), "{}", world.record());
    world.settles(&[]);
    assert_eq!(world.calls("POST"), 1);
}

#[test]
fn f20_a_delete_is_done_where_its_answer_is_lost_or_says_that_it_is_gone() {
    at_once([Fault::CutAfter, Fault::proxy(502, true), Fault::HalfAnswer], |fault| {
        let world = one_delete();
        world.service.set_faults(FaultPlan::none().nth(Call::Delete, 1, fault));
        let ran = world.apply(&["--prune"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        world.holds_the_tree();
        world.settles(&["--prune"]);
    });
}

/// F20: someone else deletes it between the look and the DELETE.
#[test]
fn f20_a_delete_answered_404_has_succeeded() {
    let world = one_delete();
    let id = world.id("drop");
    let held = Fault::Delay { ms: 3000, effect: Moment::After };
    world.service.set_faults(FaultPlan::none().nth(Call::Delete, 1, held));
    let run = world.start_apply(&["--prune"]);
    world.arrived("DELETE /policy/", 1);
    world.service.remove(&id);
    let ran = run.end();
    assert_eq!(world.requests("DELETE /policy/")[0].status(), Some(404));
    assert_eq!(ran.code, Some(0), "{ran}");
    world.settles(&["--prune"]);
}

#[test]
fn f20_what_is_gone_before_the_run_needs_no_delete() {
    let world = one_delete();
    world.service.remove(&world.id("drop"));
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("DELETE"), 0);
    world.settles(&["--prune"]);
}

#[test]
fn a_lost_answer_to_a_put_is_resolved_in_the_same_run() {
    at_once([Fault::CutAfter, Fault::NoId, Fault::Unreadable, Fault::proxy(504, true), Fault::CutBefore], |fault| {
        let world = one_update();
        world.service.set_faults(FaultPlan::none().nth(Call::Update, 1, fault));
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(0), "{ran}");
        world.holds_the_tree();
        world.settles(&[]);
    });
}

/// A PUT that never took effect must not pass for done because only white space differs.
#[test]
fn a_put_of_white_space_that_did_not_happen_is_not_taken_for_done() {
    let world = one_update();
    world.policy("acme/one", "HIGH", "block", "Do not  share one.");
    world.service.set_faults(FaultPlan::none().every(Call::Update, Fault::CutBefore));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    world.settles(&[]);
}

/// The same after a crash.
#[test]
fn a_put_of_white_space_that_a_dead_run_did_not_send_is_sent_by_the_next() {
    let world = one_update();
    world.policy("acme/one", "HIGH", "block", "Do not  share one.");
    let held = Fault::Delay { ms: 600_000, effect: Moment::After };
    world.service.set_faults(FaultPlan::none().every(Call::Update, held));
    let run = world.start_apply(&[]);
    world.arrived("PUT /policy/", 1);
    run.kill();
    world.quiet();
    world.settles(&[]);
}

/// F31: an answer without end, or one that takes for ever, to the look before anything is written.
#[test]
fn f31_an_endless_or_dripping_list_ends_the_run_before_anything_is_written() {
    at_once([Fault::Huge, Fault::Drip { ms: 1000 }], |fault| {
        let world = World::failing(FaultPlan::none().every(Call::List, fault));
        world.policy("acme/one", "HIGH", "block", "Do not share one.");
        let ran = world.run(&["apply", "--timeout", "1s", "--settle", "2s"]);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.err.contains("can't list the policies"), "{ran}");
        assert_eq!(world.writes(), 0);
        world.settles(&[]);
    });
}

#[test]
fn f31_an_endless_or_dripping_answer_to_a_post_is_resolved_by_looking() {
    at_once([Fault::Huge, Fault::Drip { ms: 1000 }], |fault| {
        let world = one_create(fault);
        resolved_by_looking(&world, &world.apply(&[]));
    });
}

/// The first copy of a PUT is cut off and lands late; the second one is answered. If the run ended there, the late copy would
/// undo what the next run applies, and nobody would know.
#[test]
fn an_update_that_was_sent_twice_is_waited_out_before_the_next_one() {
    let world = one_update();
    world.service.set_faults(FaultPlan::none().nth(Call::Update, 1, Fault::Late { ms: 1500, cut: true, code: None }));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.err.contains("its first copy may land yet; 2s 500ms are waited"), "{ran}");
    world.policy("acme/one", "HIGH", "block", "Do not share one, nor two, nor three.");
    let next = world.apply(&[]);
    assert_eq!(next.code, Some(0), "{next}");
    world.quiet();
    world.holds_the_tree();
}

/// The same, and the run is killed before its second copy is answered: the next run waits before it goes on.
#[test]
fn a_dead_runs_update_is_waited_out_although_it_is_seen_to_have_happened() {
    let world = one_update();
    world.service.set_faults(
        FaultPlan::none().nth(Call::Update, 1, Fault::Late { ms: 1500, cut: true, code: None }).nth(
            Call::Update,
            2,
            Fault::Delay { ms: 600_000, effect: Moment::Before },
        ),
    );
    let run = world.start_apply(&[]);
    world.arrived("PUT /policy", 2);
    run.kill();
    world.service.set_faults(FaultPlan::none());
    world.policy("acme/one", "HIGH", "block", "Do not share one, nor two, nor three.");
    let next = world.apply(&[]);
    assert_eq!(next.code, Some(0), "{next}");
    world.quiet();
    world.holds_the_tree();
}
