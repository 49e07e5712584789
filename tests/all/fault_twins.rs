//! Policies that look like ours: unmanaged ones are adopted, those of others left alone, and where nobody can tell, nothing
//! is guessed.

use policysync::sandbox::{Call, Fault, FaultPlan, Moment};

use crate::world::{ALLOWED, Ran, World};
use crate::world_process::at_once;

const CONTENT: &str = "Do not share one.";
/// A token that names no user.
const OPAQUE: &str = "opaque-token-0123456789";
/// An unsigned JWT of the user `other`: `{"userId":"other"}`.
const OTHER: &str = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJvdGhlciJ9.c2ln";

fn as_user(world: &mut World, token: &str) {
    world.env.push(("POLICYSYNC_TOKEN".to_owned(), token.to_owned()));
}

fn tree(world: &World) {
    world.policy("acme/one", "HIGH", "block", CONTENT);
    world.policy("acme/two", "HIGH", "block", "Do not share two.");
    world.policy("acme/zeta/three", "HIGH", "block", "Do not share three.");
}

/// The first create's answer is lost, and a twin of it appears while it is under way.
fn lost_with_a_twin(world: &World, by: &str, faults: FaultPlan) -> (String, Ran) {
    world.service.set_faults(faults);
    let all = ["apply", ALLOWED, "--timeout", "5s", "--settle", "6s", "--concurrency", "1"];
    let run = world.start(&all);
    world.arrived("POST /policy", 1);
    let twin = world.seed("acme", "one", CONTENT, by);
    (twin, run.end())
}

#[test]
fn an_equal_unmanaged_policy_is_adopted_without_a_post() {
    let world = World::new();
    tree(&world);
    let id = world.seed("acme", "one", CONTENT, "user-console");
    world.stranger("acme", "one", "Another text.");
    world.stranger("acme/zeta", "one", CONTENT);
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("adopt acme/one"), "{ran}");
    assert_eq!(world.calls("POST"), 2, "{ran}");
    assert_eq!(world.record()["policies"]["acme/one"]["id"], id.as_str());
    world.settles(&[]);
}

/// Someone else's policies in the same scopes, odd ones too, through creates, updates, renames and deletes.
#[test]
fn other_peoples_policies_are_never_touched() {
    let world = World::new();
    tree(&world);
    for scope in ["acme", "acme/zeta", "acme/zeta/repo", "acme/west"] {
        world.stranger(scope, "one", "Of the same name.");
        world.stranger(scope, "Of another name", CONTENT);
        world.stranger(scope, "", " \u{1b}[2K\u{202e}");
    }
    assert_eq!(world.apply(&[]).code, Some(0));
    world.holds_the_tree();
    world.policy("acme/one", "HIGH", "alert", "Something else.");
    world.remove("policies/acme/two.yaml");
    world.remove("policies/acme/zeta/three.yaml");
    world.policy("acme/zeta/four", "HIGH", "block", "Do not share three.");
    world.settles(&["--prune"]);
}

#[test]
fn a_foreign_twin_of_a_lost_post_is_left_alone_where_we_know_who_we_are() {
    let world = World::new();
    tree(&world);
    let faults = FaultPlan::none().nth(Call::Create, 1, Fault::Late { ms: 500, cut: true, code: None });
    let (twin, ran) = lost_with_a_twin(&world, "user-console", faults);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("POST"), 3, "{ran}");
    let record = world.record();
    assert_ne!(record["policies"]["acme/one"]["id"], twin.as_str(), "{record}");
    world.service.remove(&twin);
    world.settles(&[]);
}

#[test]
fn a_foreign_twin_of_a_lost_post_stays_undecided_where_we_do_not_know_who_we_are() {
    let mut world = World::new();
    as_user(&mut world, OPAQUE);
    tree(&world);
    let held = Fault::Late { ms: 500, cut: true, code: None };
    let (twin, ran) = lost_with_a_twin(&world, "user-console", FaultPlan::none().nth(Call::Create, 1, held));
    assert_eq!(ran.code, Some(5), "{ran}");
    let name = lost_name(&world);
    let ours = world.service.policies();
    let ours = ours.iter().filter(|policy| policy["name"] == name.as_str() && policy["id"] != twin.as_str());
    let ours: Vec<&str> = ours.filter_map(|policy| policy["id"].as_str()).collect();
    assert_eq!((name.as_str(), ours.len()), ("one", 1), "{ran}");
    assert!(ran.out.contains(&twin) && ran.out.contains(ours[0]), "both ids are named: {ran}");
    assert!(ran.out.contains("policysync state resolve acme/one"), "{ran}");
    assert!(ran.out.contains("2 done, 1 undecided"), "the others went on: {ran}");
    assert_eq!(world.calls("POST"), 3);

    let again = world.apply(&[]);
    assert_eq!(again.code, Some(5), "still undecided: {again}");
    assert!(again.out.contains(&twin) && again.out.contains(ours[0]), "{again}");
    assert_eq!(world.calls("POST"), 3);

    world.service.remove(&twin);
    world.settles(&[]);
    assert_eq!(world.calls("POST"), 3);
    assert_eq!(world.record()["policies"]["acme/one"]["id"], ours[0]);
}

/// The name in the first create.
fn lost_name(world: &World) -> String {
    let body = world.requests("POST /policy")[0].body.clone().expect("a create has a body");
    body["name"].as_str().expect("a name").to_owned()
}

/// Who we are can be learned from the answers to the other creates, while the lost one is looked for.
#[test]
fn a_foreign_twin_is_left_alone_where_other_answers_tell_who_we_are() {
    let mut world = World::new();
    as_user(&mut world, OPAQUE);
    tree(&world);
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::Late { ms: 500, cut: true, code: None }));
    let run = world.start(&["apply", ALLOWED, "--timeout", "5s", "--settle", "6s", "--concurrency", "16"]);
    world.arrived("POST /policy", 1);
    let body = world.requests("POST /policy")[0].body.clone();
    let body = body.unwrap_or_else(|| {
        world.arrived("POST /policy", 3);
        world.requests("POST /policy")[0].body.clone().expect("a create has a body")
    });
    let twin = world.service.seed(body, "user-console");
    let ran = run.end();
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.calls("POST"), 3, "{ran}");
    world.service.remove(&twin);
    world.settles(&[]);
}

/// The run that recovers is somebody else's: what the dead one made is still ours.
#[test]
fn f3_what_a_dead_run_made_is_adopted_by_another_users_run() {
    let mut world = World::new();
    tree(&world);
    let held = Fault::Delay { ms: 600_000, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().every(Call::Create, held));
    let run = world.start_apply(&[]);
    world.arrived("POST /policy", 3);
    run.kill();
    world.quiet();
    as_user(&mut world, OTHER);
    let ran = world.settles(&[]);
    assert_eq!(world.calls("POST"), 3, "{ran}");
}

/// A dead run's lost create, and an equal policy that someone made meanwhile: nobody can tell, nothing is guessed.
#[test]
fn f3_what_a_dead_run_made_beside_a_twin_is_never_doubled() {
    let mut world = World::new();
    tree(&world);
    let held = Fault::Delay { ms: 600_000, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().every(Call::Create, held));
    let run = world.start_apply(&[]);
    world.arrived("POST /policy", 3);
    run.kill();
    world.quiet();
    let twin = world.seed("acme", "one", CONTENT, "user-console");
    as_user(&mut world, OTHER);
    world.service.set_faults(FaultPlan::none());
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains(&twin), "{ran}");
    assert_eq!(world.calls("POST"), 3, "{ran}");
    world.service.remove(&twin);
    world.settles(&[]);
    assert_eq!(world.calls("POST"), 3);
}

/// What was there before the first create is not ours, however much it comes to look like it: a lost create without effect
/// must not take someone's policy that differs in white space alone. Nobody knows here who we are.
#[test]
fn what_was_there_before_a_lost_create_is_not_taken_for_it() {
    let mut world = World::new();
    as_user(&mut world, OPAQUE);
    world.policy("acme/one", "HIGH", "block", CONTENT);
    world.stranger("acme", "one", &format!("{CONTENT}\n"));
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::CutBefore));
    let ran = world.apply(&[]);
    assert_eq!((ran.code, world.calls("POST")), (Some(0), 2), "{ran}");
    world.holds_the_tree();
    world.settles(&[]);
}

/// The same where the run died, whether or not its create took effect.
#[test]
fn what_was_there_before_a_dead_runs_create_is_not_taken_for_it() {
    at_once([(Moment::After, 2), (Moment::Before, 1)], |(effect, posts)| {
        let world = World::new();
        world.policy("acme/one", "HIGH", "block", CONTENT);
        world.stranger("acme", "one", &format!("{CONTENT}\n"));
        world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::Delay { ms: 600_000, effect }));
        let run = world.start_apply(&[]);
        world.arrived("POST /policy", 1);
        run.kill();
        world.quiet();
        let ran = world.settles(&[]);
        assert_eq!(world.calls("POST"), posts, "{ran}");
    });
}

/// Someone edits a policy of theirs into an equal of ours while our create is looked for: it was there before, so the
/// other one is ours.
#[test]
fn what_was_there_before_and_became_a_twin_is_not_ours() {
    let mut world = World::new();
    as_user(&mut world, OPAQUE);
    world.policy("acme/one", "HIGH", "block", CONTENT);
    let theirs = world.seed("acme", "one", "Of someone else.", "user-console");
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::CutAfter));
    let run = world.start(&["apply", ALLOWED, "--timeout", "5s", "--settle", "6s"]);
    world.arrived("POST /policy", 1);
    world.service.edit(&theirs, serde_json::json!({"content": CONTENT}), "user-console");
    let ran = run.end();
    assert_eq!((ran.code, world.calls("POST")), (Some(0), 1), "{ran}");
    assert_ne!(world.record()["policies"]["acme/one"]["id"], theirs.as_str());
    world.service.remove(&theirs);
    world.settles(&[]);
}
