//! `policysync doctor`: what is in order and what isn't, each named with what to do; nothing is changed by looking.

use base64::Engine as _;
use policysync::sandbox::{Call, Fault, FaultPlan, Moment};
use serde_json::Value;

use crate::world::{Ran, TOKEN, World};

/// How each thing is: `tree good, record good, …`
fn health(ran: &Ran) -> String {
    let json = ran.json();
    let schema = serde_json::from_str(&policysync::cli::schema("doctor").unwrap()).unwrap();
    assert!(jsonschema::draft202012::is_valid(&schema, &json), "{json:#}");
    let checks = json["checks"].as_array().unwrap().iter();
    let words: Vec<String> = checks
        .map(|check| format!("{} {}", check["what"].as_str().unwrap(), check["health"].as_str().unwrap()))
        .collect();
    words.join(", ")
}

fn doctor(world: &World, args: &[&str]) -> Ran {
    let ran = world.run(&[&["doctor", "--format", "json", "--timeout", "2s"], args].concat());
    assert_eq!(world.writes(), 0, "looking changes nothing: {ran}");
    assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN), "a token is never shown: {ran}");
    ran
}

fn said<'j>(json: &'j Value, what: &str) -> (&'j str, &'j str) {
    let check = json["checks"].as_array().unwrap().iter().find(|check| check["what"] == what).expect(what);
    (check["said"].as_str().unwrap(), check["hint"].as_str().unwrap_or_default())
}

/// An unsigned token of the user `tester` that ends then.
fn token_until(second: i64) -> String {
    let encode = |text: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.c2ln",
        encode("{\"alg\":\"none\"}".into()),
        encode(format!("{{\"userId\":\"tester\",\"exp\":{second}}}"))
    )
}

#[test]
fn all_in_order_is_said_line_by_line() {
    let world = World::new();
    world.policies(2);
    let ran = doctor(&world, &[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(health(&ran), "tree good, record good, token good, service good, clock good");
    assert_eq!(said(&ran.json(), "token").0, "of the user tester");
    let text = world.run(&["doctor"]);
    assert!(
        text.out.starts_with("Settings:\n  tree         policies (default)\n  endpoint     http://127.0.0.1:"),
        "{text}"
    );
    assert!(text.out.contains("\nok       tree     2 policies in 2 files, no findings\n"), "{text}");
    assert!(!world.path().join(".policysync").exists(), "no record is begun");
    assert_eq!(
        health(&world.run(&["doctor", "--sandbox", "--format", "json"])),
        "tree good, record good, service good, clock good"
    );
}

#[test]
fn who_said_a_setting_stands_beside_it() {
    let mut world = World::new();
    world.policies(1);
    world.write("policysync.yaml", "tree: policies\nconcurrency: 4\nprune: true\nsettle: 40s\n");
    world.env = vec![
        ("POLICYSYNC_CONCURRENCY".to_owned(), String::new()),
        ("POLICYSYNC_TIMEOUT".to_owned(), "3s".to_owned()),
        ("POLICYSYNC_PRUNE".to_owned(), "false".to_owned()),
    ];
    let ran = world.run(&["doctor", "--format", "json", "--state", "elsewhere"]);
    let json = ran.json();
    let of = |name: &str| {
        let found = json["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == name).expect(name);
        format!("{} {}", found["value"].as_str().unwrap(), found["from"].as_str().unwrap())
    };
    for (name, wanted) in [
        ("tree", "policies file"),
        ("concurrency", "4 file"),
        ("timeout", "3s environment"),
        ("settle", "40s file"),
        ("prune", "false environment"),
        ("state", "elsewhere flag"),
    ] {
        assert_eq!(of(name), wanted, "{ran}");
    }
    assert!(of("endpoint").ends_with(" environment"), "{ran}");
    let ran = world.run(&["doctor", "--format", "json", "--timeout", "5s"]);
    let json = ran.json();
    let timeout = json["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == "timeout").unwrap();
    assert_eq!((&timeout["value"], &timeout["from"]), (&"5s".into(), &"flag".into()), "a flag stands above a variable");
}

#[test]
fn each_thing_that_is_wrong_is_named_with_what_to_do() {
    let mut world = World::new();
    world.policy("acme/pii", "hihg", "block", "Do not share secrets.");
    world.write(".policysync/state/acme.json", "{broken");
    let ran = doctor(&world, &[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_eq!(health(&ran), "tree error, record error, token good, service good, clock good");
    assert_eq!(
        said(&ran.json(), "tree"),
        ("0 policies in 1 file, 1 error, 0 warnings", "`policysync validate` shows them")
    );
    assert!(said(&ran.json(), "record").0.contains("acme.json"), "{ran}");

    // No token, one that ended, and no service.
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    world.env = vec![set("POLICYSYNC_TOKEN", "")];
    assert!(health(&doctor(&world, &[])).ends_with("token error"), "nobody is asked without one");
    world.env = vec![set("POLICYSYNC_TOKEN", &token_until(1_000_000_000))];
    let ran = doctor(&world, &[]);
    let json = ran.json();
    assert_eq!(said(&json, "token").0, "of the user tester, and it ended at 2001-09-09T01:46:40Z", "{ran}");
    world.env =
        vec![set("POLICYSYNC_TOKEN", &token_until(32_503_680_000)), set("POLICYSYNC_ENDPOINT", "http://127.0.0.1:9")];
    let ran = doctor(&world, &[]);
    assert!(said(&ran.json(), "token").0.starts_with("of the user tester, for another "), "{ran}");
    assert!(health(&ran).ends_with("token good, service error"), "{ran}");
    assert_eq!(ran.code, Some(1), "{ran}");
}

#[test]
fn what_an_interrupted_run_left_and_a_wrong_clock_are_warnings() {
    let mut world = World::new();
    world.policies(3);
    let held = Fault::Delay { effect: Moment::Before, ms: 600_000 };
    world.service.set_faults(FaultPlan::none().every(Call::Create, held));
    let run = world.start_apply(&[]);
    world.arrived("POST /policy", 1);
    run.kill();
    world.service.set_faults(FaultPlan::none());
    world.env = vec![("POLICYSYNC_TEST_CLOCK".to_owned(), "-1h".to_owned())];
    let ran = world.run(&["doctor", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(health(&ran), "tree good, record warning, token good, service good, clock warning");
    let json = ran.json();
    assert_eq!(
        said(&json, "record").0,
        "0 policies of 1 organization, 3 changes of an interrupted run, 1 run is at work"
    );
    assert!(said(&json, "clock").0.ends_with(" behind the service's"), "{ran}");
    assert!(said(&json, "clock").1.starts_with("set this machine's clock"), "{ran}");
}
