//! The stand-in: `--sandbox` inside the process, and `policysync sandbox` beside it.

use serde_json::Value;

use crate::world::World;
use crate::world_process::{Going, until};

const DATA: &str = ".policysync/sandbox/service.jsonl";
const JOURNAL: &str = ".policysync/sandbox/requests.jsonl";

fn journal(world: &World) -> Vec<Value> {
    world.read(JOURNAL).lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn a_second_apply_writes_nothing_and_an_edited_line_is_one_put_with_one_field() {
    let mut world = World::new();
    world.env = vec![("POLICYSYNC_TOKEN".to_owned(), String::new())];
    world.policies(5);
    let first = world.run(&["apply", "policies", "--sandbox"]);
    assert_eq!(first.code, Some(0), "{first}");
    assert!(first.err.contains("built-in stand-in, kept in .policysync/sandbox"), "{first}");
    let data = world.read(DATA);
    let second = world.run(&["apply", "policies", "--sandbox"]);
    assert_eq!(second.code, Some(0), "{second}");
    assert_eq!(second.out, "No changes. 5 policies are as recorded.\n");
    assert_eq!(world.read(DATA), data, "the service's file is the same, byte for byte");

    world.policy("acme/policy-0000", "HIGH", "alert", "Rule number 0: do not share secrets of kind 0.");
    let edited = world.run(&["apply", "policies", "--sandbox"]);
    assert_eq!(edited.code, Some(4), "{edited}");
    let edited = world.run(&["apply", "policies", "--sandbox", "--allow", "weaken=1"]);
    assert_eq!(edited.code, Some(0), "{edited}");
    assert!(edited.out.contains("1 change makes enforcement weaker"), "{edited}");
    let writes: Vec<Value> = journal(&world).into_iter().filter(|line| line["method"] != "GET").collect();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!((&writes[0]["method"], &writes[0]["body"]), (&"PUT".into(), &serde_json::json!({"actionType": 1})));
    assert_eq!(world.service.requests().len(), 0, "the real one was never asked");
}

#[test]
fn the_stand_in_and_the_service_have_records_of_their_own() {
    let world = World::new();
    let addresses = world.policies(3);
    assert_eq!(world.run(&["apply", "--sandbox"]).code, Some(0));
    assert!(!world.path().join(".policysync/state").exists());
    let real = world.run(&["plan"]);
    assert!(real.out.contains("3 to create"), "{real}");
    world.converges_to(&addresses);
    world.policy("acme/one-more", "LOW", "log", "One more.");
    assert_eq!(world.run(&["apply", "--sandbox"]).code, Some(0));
    assert!(world.run(&["plan", "--sandbox"]).out.contains("No changes"));
    assert!(world.run(&["plan"]).out.contains("1 to create"));
    assert_eq!(world.live().len(), 3);
    let lists = [world.run(&["state", "list"]), world.run(&["state", "list", "--sandbox"])];
    assert!(lists[0].out.contains("3 policies") && lists[1].out.contains("4 policies"), "{} {}", lists[0], lists[1]);
}

/// Starts `policysync sandbox` on a free port; returns it and its address, as its first line names it.
fn serving(world: &World, data: &str) -> (Going, String) {
    let going = world.start(&["sandbox", "--listen", "127.0.0.1:0", "--data", data]);
    let mut line = String::new();
    until("the first line of output", || {
        line = going.said();
        line.contains('\n')
    });
    let url = line.strip_prefix("listening on ").expect("it says where").trim_end().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    (going, url)
}

#[test]
fn sigterm_and_ctrl_c_end_it_cleanly_and_the_data_stays() {
    let world = World::new();
    world.policies(3);
    for (signal, wanted) in [("TERM", "3 to create"), ("INT", "3 to create")] {
        let data = format!("data-{signal}.jsonl");
        let (going, url) = serving(&world, &data);
        let state = format!("state-{signal}");
        let ran = world.apply(&["--endpoint", &url, "--state", &state]);
        assert!(ran.code == Some(0) && ran.out.contains(wanted), "{ran}");
        going.signal(signal);
        let ended = going.end();
        assert_eq!((ended.code, ended.out), (Some(0), format!("listening on {url}\n")));
        assert!(!ended.err.contains("record"), "it has none: {}", ended.err);
        let held = world.read(&data);
        assert_eq!(held.matches("Rule number").count(), 3, "{held}");

        let (again, url) = serving(&world, &data);
        world.write("other/acme/policy-0000.yaml", &world.read("policies/acme/policy-0000.yaml"));
        let ran = world.apply(&["other", "--endpoint", &url, "--state", &format!("{state}-2"), "--format", "json"]);
        assert_eq!(ran.json()["changes"][0]["kind"], "adopt", "an equal one is there already: {ran}");
        again.signal(signal);
        assert_eq!(again.end().code, Some(0));
    }
}

#[test]
fn it_is_for_this_machine_alone_and_a_file_has_one_owner() {
    let world = World::new();
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let ran = world.run(&["sandbox", "--listen", listen]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{ran}");
        assert!(ran.err.contains("loopback"), "{ran}");
    }
    let (going, url) = serving(&world, "data.jsonl");
    let second = world.run(&["sandbox", "--listen", "127.0.0.1:0", "--data", "data.jsonl"]);
    assert_eq!(second.code, Some(1), "{second}");
    assert!(second.err.contains("data.jsonl"), "{second}");
    let taken = world.run(&["sandbox", "--listen", url.trim_start_matches("http://")]);
    assert_eq!(taken.code, Some(1), "{taken}");
    let broken = world.write("faults.yaml", "- {on: craete, nth: 1, then: cutAfter}\n");
    let faults = world.run(&["sandbox", "--listen", "127.0.0.1:0", "--faults", broken.to_str().unwrap()]);
    assert_eq!(faults.code, Some(1), "{faults}");
    assert!(faults.err.contains("faults.yaml"), "{faults}");
    drop(going);
}
