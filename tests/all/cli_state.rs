//! `policysync state` beyond looking: addresses that change, policies that are forgotten, records that are put back, and what
//! is said of work that an earlier run left.

use policysync::sandbox::{Call, Fault, FaultPlan, Moment};
use policysync::state::{Record, codec};
use serde_json::{Value, json};

use crate::world::{Ran, World};
use crate::world_process::Going;

const RECORD: &str = ".policysync/state/acme.json";

/// Seven policies, one in each scope, applied; the service has forgotten that it was called.
fn applied() -> World {
    let world = World::new();
    world.policies(7);
    assert_eq!(world.apply(&[]).code, Some(0));
    world.service.clear_requests();
    world
}

/// A run at work: three creates, the first one done and its answer held back.
fn at_work() -> (World, Going) {
    let mut world = World::new();
    world.env.push(("USER".to_owned(), "alice".to_owned()));
    world.env.push(("HOSTNAME".to_owned(), "build-7".to_owned()));
    world.env.push(("POLICYSYNC_RUN_URL".to_owned(), "https://ci.example/run/1".to_owned()));
    world.policies(3);
    let held = Fault::Delay { ms: 600_000, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().from(Call::Create, 1, held));
    let run = world.start_apply(&["--concurrency", "1"]);
    world.arrived("POST /policy", 1);
    (world, run)
}

/// Asserts that a command is refused with this code and these words, and changes nothing.
#[track_caller]
fn refused(world: &World, args: &[&str], code: i32, said: &[&str]) {
    let before = world.read(RECORD);
    let calls = world.service.requests().len();
    let ran = world.run(args);
    assert_eq!(ran.code, Some(code), "{args:?} {ran}");
    assert_eq!(ran.out, "", "{args:?} {ran}");
    for said in said {
        assert!(ran.err.contains(said), "{said:?}, for {args:?}: {ran}");
    }
    assert_eq!(world.read(RECORD), before, "{args:?}: the record is as it was");
    assert_eq!(world.service.requests().len(), calls, "{args:?}: nothing was called");
}

#[track_caller]
fn done(world: &World, args: &[&str]) -> Ran {
    let before = world.record();
    let ran = world.run(args);
    assert_eq!(ran.code, Some(0), "{args:?} {ran}");
    let after = world.record();
    assert_eq!(after["serial"].as_u64(), before["serial"].as_u64().map(|serial| serial + 1), "{args:?}");
    assert_eq!(after["lineage"], before["lineage"], "{args:?}");
    ran
}

/// Writes the record, changed, as a file that could be pushed.
fn rescued(world: &World, change: impl FnOnce(&mut Record)) {
    let mut record = codec::decode(world.read(RECORD).as_bytes()).unwrap();
    change(&mut record);
    let bytes = codec::encode(&record, uuid::Uuid::nil()).unwrap();
    world.write("rescued.json", &String::from_utf8(bytes).unwrap());
}

#[test]
fn mv_gives_a_policy_another_address_and_calls_nothing() {
    let world = applied();
    let id = world.record()["policies"]["acme/policy-0000"]["id"].clone();
    let ran = done(&world, &["state", "mv", "acme/policy-0000", "acme/better-name"]);
    assert!(ran.out.starts_with("acme/policy-0000 is acme/better-name now ("), "{ran}");
    assert!(ran.out.contains("without one, acme/better-name is no longer managed by any file"), "{ran}");
    let record = world.record();
    assert_eq!(record["policies"]["acme/better-name"]["id"], id);
    assert_eq!(record["policies"].as_object().map(serde_json::Map::len), Some(7));
    assert_eq!(world.service.requests().len(), 0);
    let text = world.read("policies/acme/policy-0000.yaml");
    world.remove("policies/acme/policy-0000.yaml");
    world.write("policies/acme/better-name.yaml", &text);
    let plan = world.run(&["plan"]);
    assert!(plan.out.contains("No changes"), "{plan}");
}

#[test]
fn mv_is_refused_where_it_would_lose_or_double_something() {
    let world = applied();
    let refused = |from: &str, to: &str, said: &[&str]| refused(&world, &["state", "mv", from, to], 1, said);
    refused("acme/policy-000", "acme/x", &["nothing is recorded at acme/policy-000", "did you mean acme/policy-0000?"]);
    refused("acm/policy-0000", "acm/x", &["nothing is recorded of acm", "did you mean acme?"]);
    refused("acme/policy-0000", "acme/policy-0000", &["both addresses are the same"]);
    refused("acme/policy-0000", "beta/x", &["beta/x is not in the organization acme", "--prune"]);
    refused("acme/policy-0000", "acme/east/x", &["an address of the workspace level", "move the file"]);
    refused("acme/east/policy-0001", "acme/west/x", &["beside acme/west/policy-0002, which holds at", "move the file"]);
    world.policy("acme/also", "HIGH", "block", "Do not share this too.");
    assert_eq!(world.apply(&[]).code, Some(0));
    let taken = &["acme/also is another policy", "policysync state rm acme/also"];
    self::refused(&world, &["state", "mv", "acme/policy-0000", "acme/also"], 1, taken);
}

#[test]
fn mv_follows_a_folder_that_was_renamed_and_kept_its_id() {
    let world = applied();
    for (key, scope) in
        [("policy-0001", "acme/east"), ("policy-0003", "acme/east/one"), ("policy-0004", "acme/east/two")]
    {
        let to = format!("{}/{key}", scope.replace("east", "orient"));
        done(&world, &["state", "mv", &format!("{scope}/{key}"), &to]);
    }
    std::fs::rename(world.path().join("policies/acme/east"), world.path().join("policies/acme/orient")).unwrap();
    world.write("policies/acme/orient/_scope.yaml", "id: east\n");
    let plan = world.run(&["plan"]);
    assert!(plan.out.contains("No changes"), "{plan}");
}

#[test]
fn rm_forgets_and_never_deletes_and_an_equal_file_adopts_it_again() {
    let world = applied();
    let live = world.service.policies();
    let id = world.record()["policies"]["acme/policy-0000"]["id"].as_str().unwrap().to_owned();
    let ran = done(&world, &["state", "rm", "acme/policy-0000", "acme/east/policy-0001"]);
    assert!(ran.out.contains(&format!("acme/policy-0000 is forgotten; it stays live as {id}")), "{ran}");
    assert!(ran.out.contains("stays enforced") && ran.out.contains("adopt it again"), "{ran}");
    assert_eq!(world.record()["policies"].as_object().map(serde_json::Map::len), Some(5));
    assert_eq!((world.service.requests().len(), world.service.policies()), (0, live.clone()));
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!((world.writes(), world.service.policies()), (0, live), "adopted, not made again: {ran}");
    assert_eq!(world.record()["policies"]["acme/policy-0000"]["id"], id.as_str());
}

#[test]
fn rm_refuses_with_all_reasons_at_once_and_forgets_nothing() {
    let world = applied();
    let said = &[
        "nothing is recorded at acme/policy-000\n  hint: did you mean acme/policy-0000?",
        "nothing is recorded at acme/nowhere",
        "nothing was forgotten: 2 of the addresses can't be",
    ];
    refused(&world, &["state", "rm", "acme/policy-0000", "acme/policy-000", "acme/nowhere"], 1, said);
    refused(&world, &["state", "rm", "acme/policy-000"], 1, &["did you mean acme/policy-0000?"]);
    refused(&world, &["state", "rm", "acme/policy-0000", "beta/x"], 64, &["several organizations: acme, beta"]);
    refused(&world, &["state", "rm"], 64, &["ADDRESS"]);
    // A scope is no policy, whatever is below it.
    refused(&world, &["state", "rm", "acme/east"], 1, &["nothing is recorded at acme/east"]);
    refused(&world, &["state", "rm", "acme/east/"], 64, &["organization[/workspace[/repository]]/key"]);
}

#[test]
fn nothing_is_mended_while_a_run_is_at_work_or_where_its_work_is_pending() {
    let (world, run) = at_work();
    let held = &["is locked by alice@build-7 (pid", "https://ci.example/run/1"];
    for args in [
        &["state", "mv", "acme/policy-0000", "acme/x"][..],
        &["state", "rm", "acme/policy-0000"],
        &["state", "resolve", "acme/policy-0000", "--forget"],
    ] {
        refused(&world, args, 6, held);
    }
    run.kill();
    let pending = &["an earlier run's work is pending at acme/policy-0000", "apply first"];
    refused(&world, &["state", "rm", "acme/policy-0000"], 1, pending);
    refused(&world, &["state", "mv", "acme/policy-0000", "acme/x"], 1, pending);
    let undone = &["nothing waits for a decision at acme/policy-0000", "finds out by itself"];
    refused(&world, &["state", "resolve", "acme/policy-0000", "--forget"], 1, undone);
    world.settles(&[]);
}

#[test]
fn list_says_who_works_with_a_record_and_what_was_left() {
    let (world, run) = at_work();
    let list = world.run(&["state", "list"]);
    let pid = run.id();
    let told = format!("locked by alice@build-7 (pid {pid}) (https://ci.example/run/1) since ");
    assert!(list.out.contains(&told) && list.out.contains("unless renewed; lease "), "{list}");
    let document = world.run(&["state", "list", "--format", "json"]).json();
    let lease = document["organizations"][0]["lease"].clone();
    assert_eq!((&lease["held"], &lease["run"]), (&json!(true), &json!("https://ci.example/run/1")), "{document}");
    run.kill();

    let list = world.run(&["state", "list"]);
    assert!(list.out.contains("did not give it back; its process is dead, so the next run takes over"), "{list}");
    assert!(list.out.contains("acme/policy-0000: a create was begun at 2"), "{list}");
    assert_eq!(list.out.matches("the next apply finds out").count(), 1, "{list}");
    let document = world.run(&["state", "list", "--format", "json"]).json();
    let organization = &document["organizations"][0];
    assert_eq!((&organization["organization"], &organization["lease"]["held"]), (&json!("acme"), &json!(false)));
    assert_eq!(organization["pending"].as_array().map(Vec::len), Some(3));
    assert_eq!(organization["lastApplied"], Value::Null);

    let plan = world.run(&["plan"]);
    let told = format!(
        "notice[pending]: acme/east/policy-0001: an earlier run (alice@build-7 (pid {pid}), https://ci.example/run/1) began to create it at 2"
    );
    assert!(plan.out.contains(&told), "{plan}");
    assert!(plan.out.contains("3 changes whose end isn't known; before anything else, apply finds out"), "{plan}");
    let ran = world.settles(&[]);
    assert!(ran.err.contains("acme: an earlier run did not see the end of 3 changes"), "{ran}");
    let list = world.run(&["state", "list"]);
    assert!(list.out.contains(", last applied at 2") && !list.out.contains("isn't known"), "{list}");
}

#[test]
fn a_plan_of_much_that_is_pending_is_short() {
    let world = World::new();
    world.policies(40);
    let held = Fault::Delay { ms: 600_000, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().every(Call::Create, held));
    let run = world.start_apply(&[]);
    world.arrived("POST /policy", 16);
    run.kill();
    let plan = world.run(&["plan"]);
    assert_eq!(plan.out.matches("did not see the end").count(), 10, "{plan}");
    assert!(plan.out.contains("notice[pending]: and so it is with 30 more"), "{plan}");
    assert!(plan.out.contains("40 changes whose end isn't known"), "{plan}");
}

#[test]
fn what_is_mended_is_told_as_json_too() {
    let world = applied();
    let id = world.record()["policies"]["acme/policy-0000"]["id"].clone();
    let told = done(&world, &["state", "mv", "acme/policy-0000", "acme/x", "--format", "json"]).json();
    let policies = json!([{"address": "acme/x", "from": "acme/policy-0000", "id": id}]);
    let serial = world.record()["serial"].clone();
    let wanted = json!({"format": "policysync.mend/1", "did": "moved", "organization": "acme", "serial": serial, "policies": policies});
    assert_eq!(told, wanted);
    let told = done(&world, &["state", "rm", "acme/x", "--format", "json"]).json();
    assert_eq!((&told["did"], &told["policies"]), (&json!("forgotten"), &json!([{"address": "acme/x", "id": id}])));
}

#[test]
fn push_takes_only_a_later_save_of_the_same_record_for_the_same_service() {
    let world = applied();
    let push = ["state", "push", "rescued.json"];
    rescued(&world, |record| (record.lineage, record.serial) = (uuid::Uuid::from_u128(7), record.serial + 1));
    refused(&world, &push, 1, &["it is of another record (lineage 00000000-0000-0000-0000-000000000007)", "--state"]);
    rescued(&world, |_| {});
    refused(&world, &push, 1, &["it is not newer (save", "nothing to put back"]);
    rescued(&world, |record| record.serial -= 1);
    refused(&world, &push, 1, &["it is not newer (save", "another run has applied since"]);
    rescued(&world, |record| {
        record.serial += 1;
        record.endpoint = "https://other.example".parse().unwrap();
    });
    refused(&world, &push, 1, &["https://other.example", "--endpoint"]);
    rescued(&world, |record| record.serial += 1);
    let good = world.read("rescued.json");
    world.write("rescued.json", &good[..good.len() - 20]);
    refused(&world, &push, 1, &["rescued.json can't be read", "give the file that a run named"]);
    refused(&world, &["state", "push", "nowhere.json"], 1, &["can't read nowhere.json"]);

    world.write("rescued.json", &good);
    let ran = done(&world, &push);
    assert!(ran.out.contains("the record of acme is back in .policysync/state/acme.json (save "), "{ran}");
    assert!(world.run(&["plan"]).out.contains("No changes"));
}

/// F23: nobody can tell what is later, so someone has to say it, and keeps what was there.
#[test]
fn f23_push_over_a_broken_record_needs_that_one_moved_aside() {
    let world = applied();
    rescued(&world, |record| record.serial += 1);
    let good = world.read(RECORD);
    world.write(RECORD, &good[..good.len() / 2]);
    let push = ["state", "push", "rescued.json"];
    refused(&world, &push, 1, &["acme.json.bak", "move .policysync/state/acme.json aside (keep it), then push again"]);
    std::fs::rename(world.path().join(RECORD), world.path().join("broken.json")).unwrap();
    let ran = world.run(&push);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(world.run(&["plan"]).out.contains("No changes"));
}
