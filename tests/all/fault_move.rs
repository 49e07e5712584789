//! Moves: the service can't change a scope, so a policy is created there, read back, and only then deleted here. At no moment
//! is it live in neither place, whoever dies when.

use policysync::sandbox::{Call, Fault, FaultBody, FaultPlan, Moment};
use serde_json::json;

use super::fault_gate::Gate;
use crate::world::{ALLOWED, Ran, World};
use crate::world_process::{Going, at_once, until};

const TEXT: &str = "Do not share what the cards say.";
const MOVE: &str = "move acme/east/cards → acme/west/cards";

/// `cards` is live in acme/east, and the tree asks for it in acme/west; `other` stays where it is.
fn asked() -> World {
    let world = applied();
    relocate(&world, "acme/west/cards");
    world
}

fn applied() -> World {
    let world = World::new();
    world.policy("acme/east/cards", "HIGH", "block", TEXT);
    world.policy("acme/other", "LOW", "log", "Something else.");
    assert_eq!(world.apply(&[]).code, Some(0));
    world.service.clear_requests();
    world
}

/// The file goes elsewhere, its text the same.
fn relocate(world: &World, to: &str) {
    world.remove("policies/acme/east/cards.yaml");
    world.policy(to, "HIGH", "block", TEXT);
}

/// How many live policies have the text.
fn live(world: &World) -> usize {
    world.service.policies().iter().filter(|policy| policy["content"] == TEXT).count()
}

/// Waits for the end of a run, and looks all the time whether the policy is live somewhere.
fn never_gone(world: &World, run: Going) -> Ran {
    let pid = run.id();
    until("the run is at its end", || {
        assert!(live(world) >= 1, "live in neither place");
        !std::path::Path::new(&format!("/proc/{pid}/cwd")).exists()
    });
    run.end()
}

fn calls(world: &World) -> Vec<String> {
    let writes = world.service.requests().into_iter().filter(|request| request.method != "GET");
    writes.map(|request| request.method).collect()
}

#[test]
fn a_move_creates_there_reads_back_and_only_then_deletes_here() {
    let world = asked();
    let plan = world.run(&["plan"]);
    assert!(plan.out.contains(MOVE), "{plan}");
    assert!(plan.out.contains("scope       workspace acme/east → workspace acme/west"), "{plan}");
    assert!(plan.out.contains("1 to move"), "a move needs no --prune: {plan}");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let new = world.id("cards");
    let all = world.service.requests();
    let at = |method: &str, path: &str| {
        all.iter().position(|request| request.method == method && request.path.starts_with(path)).expect(path)
    };
    let (made, read_back) = (at("POST", "/policy"), at("GET", &format!("/policy/{new}")));
    assert!(made < read_back && read_back < at("DELETE", "/policy/"), "{all:?}");
    assert_eq!(calls(&world), ["POST", "DELETE"]);
    world.holds_the_tree();
    let again = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(again.code, Some(0), "{again}");
    assert!(world.record()["policies"]["acme/east/cards"].is_null(), "the old address is forgotten");
}

/// Killed before and after its POST, its read-back, and its DELETE take effect: the next run finishes it, without --prune.
#[test]
fn a_move_that_is_killed_anywhere_is_finished_by_the_next_run() {
    let points = [
        (Call::Create, Moment::Before),
        (Call::Create, Moment::After),
        (Call::Get, Moment::Before),
        (Call::Delete, Moment::Before),
        (Call::Delete, Moment::After),
    ];
    at_once(points, |(call, effect)| {
        let world = asked();
        world.service.set_faults(FaultPlan::none().every(call, Fault::Delay { ms: 600_000, effect }));
        let run = world.start_apply(&[]);
        let (method, path) = match call {
            Call::Create => ("POST", "/policy"),
            Call::Get => ("GET", "/policy/"),
            _ => ("DELETE", "/policy/"),
        };
        until("the call is held", || {
            assert!(live(&world) >= 1, "live in neither place");
            !world.requests(&format!("{method} {path}")).is_empty()
        });
        run.kill();
        world.quiet();
        world.service.set_faults(FaultPlan::none());
        let ran = never_gone(&world, world.start(&["apply", ALLOWED, "--timeout", "2s", "--settle", "2500ms"]));
        assert_eq!(ran.code, Some(0), "{call:?} {effect:?}: {ran}");
        world.holds_the_tree();
        world.settles(&[]);
        assert_eq!(world.calls("POST"), if effect == Moment::After && call == Call::Create { 2 } else { 1 }, "{ran}");
    });
}

/// The answer to the POST is lost: it is looked for, and nothing is deleted before it is found.
#[test]
fn the_new_policy_is_found_before_the_old_one_is_deleted() {
    at_once([Fault::CutAfter, Fault::CutBefore], |fault| {
        let world = asked();
        let posts = if fault == Fault::CutAfter { 1 } else { 2 };
        world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, fault));
        let ran = never_gone(&world, world.start(&["apply", "--timeout", "2s", "--settle", "2500ms"]));
        assert_eq!((ran.code, world.calls("POST")), (Some(0), posts), "{ran}");
        world.holds_the_tree();
        world.settles(&[]);
    });
}

/// The DELETE is refused: both are live, the run is no success, and what is left is done by the next one.
#[test]
fn a_move_whose_delete_is_refused_is_told_and_finished_later() {
    let world = asked();
    let forbidden = Fault::Status { code: 403, body: FaultBody::Json, retry_after: None, effect: false };
    world.service.set_faults(FaultPlan::none().every(Call::Delete, forbidden));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("failed  move acme/west/cards: it was created there as"), "{ran}");
    assert!(ran.out.contains("and is not deleted where it was"), "{ran}");
    assert_eq!(live(&world), 2);
    let plan = world.run(&["plan"]);
    assert!(plan.out.contains("- delete acme/east/cards"), "{plan}");
    assert!(plan.out.contains("what is left of its move to acme/west/cards"), "{plan}");
    assert_eq!(plan.code, Some(0), "no guard is asked twice: {plan}");
    world.service.set_faults(FaultPlan::none());
    let ran = world.run(&["apply"]);
    assert_eq!((ran.code, world.calls("POST")), (Some(0), 1), "without --prune: {ran}");
    world.holds_the_tree();
}

/// What someone has edited since it was applied is neither moved nor deleted.
#[test]
fn f19_what_someone_edited_is_not_moved() {
    let world = asked();
    world.service.edit(&world.id("cards"), json!({"content": "Softer."}), "user-night");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("Sandbox User changed it in the service"), "who did it: {ran}");
    assert_eq!(calls(&world), Vec::<String>::new(), "{ran}");
    // Seen by the plan, it is.
    let ran = world.apply(&["--refresh"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("changed in the service by"), "{ran}");
    world.holds_the_tree();
}

/// Someone edits the old one after the survey, before it would be deleted.
#[test]
fn f19_what_someone_edits_in_the_middle_of_a_move_is_not_deleted() {
    let world = asked();
    let old = world.id("cards");
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::Delay { ms: 300, effect: Moment::After }));
    let run = world.start(&["apply", "--timeout", "5s", "--settle", "6s"]);
    world.arrived("POST /policy", 1);
    world.service.edit(&old, json!({"riskType": "LOW"}), "user-night");
    let ran = run.end();
    assert_eq!((ran.code, calls(&world)), (Some(5), vec!["POST".to_owned()]), "{ran}");
    assert!(ran.out.contains("riskType HIGH → LOW"), "{ran}");
    assert_eq!(live(&world), 2);
}

/// The service keeps something else than it was sent: the old policy stays, so that what it guards stays guarded.
#[test]
fn what_is_otherwise_when_read_back_replaces_nothing() {
    let mut world = applied();
    let gate = Gate::open(&mut world, usize::MAX);
    std::fs::remove_dir_all(world.path().join(".policysync")).expect("the record is there");
    assert_eq!(world.apply(&[]).code, Some(0), "both are adopted");
    relocate(&world, "acme/west/cards");
    let old = world.id("cards");
    let weaker = json!({
        "id": "p-new", "orgId": "acme", "workspaceId": "west", "repoId": null, "name": "cards", "content": TEXT,
        "riskType": "HIGH", "actionType": 0,
    });
    let honest = json!({"success": true, "policy": {"actionType": 2}});
    let mut sent = weaker.clone();
    sent["actionType"] = honest["policy"]["actionType"].clone();
    gate.lie("POST /policy", 201, &json!({"success": true, "policy": sent}));
    gate.lie("GET /policy/p-new", 200, &json!({"success": true, "policy": weaker}));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("actionType block → log"), "{ran}");
    assert_eq!(world.id("cards"), old, "the old one is still live");
    assert_eq!(world.calls("DELETE"), 0);
}

/// An equal policy that nobody manages is there already: it is adopted, and only the old one is deleted.
#[test]
fn what_is_there_already_is_taken_and_not_made_twice() {
    let world = asked();
    let twin = world.seed("acme/west", "cards", TEXT, "user-console");
    let ran = never_gone(&world, world.start(&["apply"]));
    assert_eq!((ran.code, calls(&world)), (Some(0), vec!["DELETE".to_owned()]), "{ran}");
    assert_eq!(world.record()["policies"]["acme/west/cards"]["id"], twin.as_str());
    world.holds_the_tree();
}

/// Two live policies could be the one that a dead run's move has made: nothing is deleted before someone has decided, not
/// even with --prune.
#[test]
fn an_undecided_move_deletes_nothing_until_someone_decides() {
    let world = asked();
    let held = Fault::Delay { ms: 600_000, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().every(Call::Create, held));
    let run = world.start_apply(&[]);
    world.arrived("POST /policy", 1);
    until("it took effect", || live(&world) == 2);
    run.kill();
    world.quiet();
    world.service.set_faults(FaultPlan::none());
    let twin = world.seed("acme/west", "cards", TEXT, "tester");
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains(&twin) && ran.out.contains("state resolve acme/west/cards"), "{ran}");
    assert_eq!((live(&world), world.calls("DELETE")), (3, 0), "{ran}");
    let again = world.apply(&["--prune"]);
    assert_eq!((again.code, world.calls("DELETE")), (Some(5), 0), "{again}");
    let policies = world.service.policies();
    let made = policies.iter().find(|policy| policy["workspaceId"] == "west" && policy["id"] != twin.as_str());
    let made = made.and_then(|policy| policy["id"].as_str()).expect("it was made").to_owned();
    let decided = world.run(&["state", "resolve", "acme/west/cards", "--adopt", &made]);
    assert_eq!(decided.code, Some(0), "{decided}");
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.record()["policies"]["acme/west/cards"]["id"], made.as_str());
    world.service.remove(&twin);
    world.settles(&[]);
}

/// A narrower scope lets more through: refused unless it is said to be meant, and then done.
#[test]
fn a_move_to_a_narrower_scope_is_a_weakening() {
    let world = applied();
    relocate(&world, "acme/east/api/cards");
    let ran = world.run(&["apply"]);
    assert_eq!((ran.code, calls(&world)), (Some(4), vec![]), "{ran}");
    assert!(ran.out.contains("acme/east/api/cards  WEAKER"), "{ran}");
    assert!(ran.out.contains("(workspace → repository)") && ran.out.contains("--allow weaken=1"), "{ran}");
    let ran = world.run(&["apply", "--allow", "weaken=1"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.holds_the_tree();
    // And back: a wider scope is stronger, and asks nobody.
    world.remove("policies/acme/east/api/cards.yaml");
    world.policy("acme/cards", "HIGH", "block", TEXT);
    let ran = world.run(&["apply"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.settles(&[]);
}
