//! `policysync pull` where something is odd: names, texts that no file can say, equals, rights, an end in the middle.

use policysync::sandbox::{Call, Fault, FaultPlan, ListReading};
use serde_json::json;

use crate::cli_pull::{agrees, files, pull, service};
use crate::world::World;

fn world() -> World {
    World::with(service(ListReading::At))
}

#[test]
fn names_that_no_file_can_have_become_words_and_those_alike_get_numbers() {
    let world = world();
    let long = "many words ".repeat(30);
    for (number, name) in
        ["PII", "pii", "Pii", "a/b\\c", "../../etc/passwd", "🔥", "❤️", "حماية البيانات", &long, "con.yaml", "_scope"]
            .into_iter()
            .enumerate()
    {
        world.seed("acme", name, &format!("Text {number}."), "user-console");
    }
    // Latin and Cyrillic letters that look the same: a tree may not hold both as they are.
    world.seed("acme", "cop", "One.", "user-console");
    world.seed("acme", "\u{441}\u{43e}\u{440}", "Two.", "user-console");
    world.service.introduce(&["acme", "empty"], "Nothing in it");
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let names: Vec<String> = files(&world).into_keys().map(|path| path.replace("acme/", "")).collect();
    let long = format!("{}many.yaml", "many-words-".repeat(8));
    let mut want = [
        "pii.yaml",
        "pii-2.yaml",
        "pii-3.yaml",
        "a-b-c.yaml",
        "etc-passwd.yaml",
        "policy.yaml",
        "policy-2.yaml",
        "حماية-البيانات.yaml",
        long.as_str(),
        "con-yaml.yaml",
        "scope.yaml",
        "cop.yaml",
        "\u{441}\u{43e}\u{440}-2.yaml",
    ];
    want.sort_unstable();
    assert_eq!(names, want);
    agrees(&world);
}

#[test]
fn what_no_file_can_say_is_told_all_at_once_and_the_rest_is_pulled() {
    let world = world();
    let body = |name: &str, content: &str, risk: &str, action: i64| json!({"name": name, "content": content, "riskType": risk, "actionType": action, "orgId": "acme"});
    let too_long = "x".repeat(32 * 1024 + 1);
    let odd = [
        (body("Nothing", " \n ", "HIGH", 2), "`content` is empty"),
        (body("Null", "a\0b", "HIGH", 2), "U+0000"),
        (body("Long", &too_long, "HIGH", 2), "32769 bytes"),
        (body("Two\nlines", "text", "HIGH", 2), "`name` holds U+000A"),
        (body("Turned\u{202e}", "text", "HIGH", 2), "`name` holds U+202E"),
        (body("Risk", "text", "CRITICAL", 2), "riskType \"CRITICAL\" is not LOW, MEDIUM or HIGH"),
        (body("Action", "text", "HIGH", 9), "actionType 9 is not 0, 1 or 2"),
        (body(&"n".repeat(300 * 1024), "text", "HIGH", 2), "larger than 256 KiB"),
    ];
    let odd = odd.map(|(body, said)| (world.service.seed(body, "user-console"), said));
    world.seed("acme", "Good", &"x".repeat(32 * 1024), "user-console");
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    for (id, said) in odd {
        let start = ran.out.find(&format!("not pulled: {id} ")).unwrap_or_else(|| panic!("{id} {ran}"));
        let reason: String = ran.out[start..].lines().take(3).collect();
        assert!(reason.contains(said) && reason.contains("hint: change it in the service"), "{said}: {reason}");
    }
    assert!(ran.out.ends_with("Pulled in part: 1 policy: 1 new, 0 replaced, 0 as they were, 8 left alone.\n"), "{ran}");
    assert_eq!(files(&world).into_keys().collect::<Vec<_>>(), ["acme/good.yaml"]);
    let plan = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{plan}");
}

#[test]
fn of_equal_policies_the_older_is_pulled_and_both_are_named() {
    let world = world();
    let older = world.seed("acme", "PII", "Do not share.", "user-console");
    let younger = world.seed("acme", "PII", "Do  not\nshare.", "user-console");
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    let said = format!(
        "not pulled: {younger} \"PII\", organization acme\n      it equals the live policy {older} in all fields"
    );
    assert!(ran.out.contains(&said), "{ran}");
    assert_eq!(world.record()["policies"]["acme/pii"]["id"], older.as_str());
    assert!(world.run(&["plan"]).out.contains("No changes"));
    // The same again: the recorded one stays, whichever is older.
    let again = pull(&world, &["acme"]);
    assert!(again.code == Some(5) && again.out.contains(&said), "{again}");
    world.service.remove(&older);
    // The file is the other's now; what it says differs in white space only.
    let ran = pull(&world, &["acme", "--overwrite"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    agrees(&world);
}

/// The file of a policy that was edited in the service says what another one there says by now: writing that would make two equal.
#[test]
fn what_a_file_that_stays_says_is_not_written_a_second_time() {
    let world = world();
    let id = world.seed("acme", "PII", "Do not share.", "user-console");
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
    world.service.edit(&id, json!({"content": "Something else."}), "user-night");
    world.seed("acme", "PII", "Do not share.", "user-console");
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert_eq!(files(&world).len(), 1, "{ran}");
    assert_eq!(world.run(&["validate"]).code, Some(0), "the tree is right as before");
    let ran = pull(&world, &["acme", "--overwrite"]);
    assert_eq!(ran.code, Some(0), "with that file replaced there is room: {ran}");
    agrees(&world);
}

#[test]
fn what_a_token_may_not_see_is_told_and_the_rest_is_pulled() {
    for list in [ListReading::At, ListReading::Below] {
        let world = World::with(service(list));
        for scope in ["acme", "acme/east", "acme/west", "acme/west/api"] {
            world.seed(scope, "PII", "Do not share.", "user-console");
        }
        let forbidden = || Fault::Status { code: 403, body: Default::default(), retry_after: None, effect: false };
        // One at a time they come in order: acme, acme/east, acme/west, acme/west/api.
        let faults = if list == ListReading::At {
            FaultPlan::none().nth(Call::List, 3, forbidden())
        } else {
            FaultPlan::none().nth(Call::Any, 4, forbidden())
        };
        world.service.set_faults(faults);
        let ran = pull(&world, &["acme", "--concurrency", "1"]);
        assert_eq!(ran.code, Some(5), "{ran}");
        assert!(ran.out.contains("can't be seen: workspace acme/west: the service answered 403"), "{ran}");
        assert!(ran.out.contains(" 1 not seen."), "{ran}");
        let pulled = files(&world);
        assert!(pulled.contains_key("acme/east/pii.yaml") && pulled.contains_key("acme/west/api/pii.yaml"), "{ran}");
        world.service.set_faults(FaultPlan::none().from(Call::Any, 1, forbidden()));
        let blind = pull(&world, &["acme"]);
        assert_eq!((blind.code, blind.out.as_str()), (Some(1), ""), "{blind}");
        assert_eq!(files(&world), pulled);
        world.service.set_faults(FaultPlan::none());
        assert_eq!(pull(&world, &["acme"]).code, Some(0));
        agrees(&world);
    }
}

#[test]
fn another_runs_lease_is_respected_and_a_link_in_the_tree_is_no_way_out() {
    let world = world();
    world.seed("acme", "PII", "Do not share.", "user-console");
    let outside = world.path().join("outside");
    std::fs::create_dir_all(world.path().join("policies")).unwrap();
    std::fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, world.path().join("policies/acme")).unwrap();
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    std::fs::remove_file(world.path().join("policies/acme")).unwrap();

    // A run that works with the record, for as long as its call is held back.
    world.policy("acme/new", "HIGH", "block", "Something new.");
    world.service.set_faults(FaultPlan::none().nth(
        Call::Create,
        1,
        Fault::Delay { ms: 600_000, effect: Default::default() },
    ));
    let going = world.start_apply(&[]);
    world.arrived("POST /policy", 1);
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(6), "{ran}");
    assert!(ran.err.contains("is locked by") && !files(&world).contains_key("acme/pii.yaml"), "{ran}");
    going.kill();
    // Its create is looked for first, then all that is live has its file.
    world.service.set_faults(FaultPlan::none());
    let ran = pull(&world, &["acme"]);
    assert!(ran.err.contains("an earlier run did not see the end of 1 change"), "{ran}");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(files(&world).contains_key("acme/pii.yaml"));
    assert_eq!(world.apply(&[]).code, Some(0));
    agrees(&world);
}

#[test]
fn an_interrupt_while_the_service_is_read_ends_it_with_nothing_written() {
    let world = world();
    world.seed("acme", "PII", "Do not share.", "user-console");
    let late = Fault::Delay { ms: 600_000, effect: Default::default() };
    world.service.set_faults(FaultPlan::none().nth(Call::List, 1, late));
    let going = world.start(&["pull", "acme", "--timeout", "60s"]);
    world.arrived("GET /policy", 1);
    going.signal("TERM");
    let ran = going.end();
    assert_eq!(ran.code, Some(130), "{ran}");
    assert!(!world.path().join("policies").exists() && !world.path().join(".policysync").exists(), "{ran}");
}

/// Dies at every point in turn; whichever command comes next, all ends well: one file each, one policy each.
#[test]
fn a_pull_that_is_killed_anywhere_is_finished_by_the_next_pull_or_apply() {
    let filled = || {
        let world = world();
        world.service.introduce(&["acme", "ws-1"], "Production");
        world.seed("acme", "PII", "Do not share.\r\nNever.\r\n", "user-console");
        world.seed("acme/ws-1", "Source", "No source code.", "user-console");
        world.seed("acme/ws-1/api", "Cards", "No cards.\n", "user-console");
        world
    };
    let mut counted = filled();
    let trace = counted.path().join("points").to_str().unwrap().to_owned();
    counted.env.push(("POLICYSYNC_FAILPOINT_TRACE".to_owned(), trace));
    assert_eq!(pull(&counted, &["acme"]).code, Some(0));
    let points = counted.read("points").lines().count();
    assert!(points >= 7, "three folders, three files, the end: {points}");
    let want: Vec<String> = files(&counted).into_keys().collect();
    for point in 1..=points {
        for next in ["pull", "apply"] {
            let mut world = filled();
            world.env.push(("POLICYSYNC_FAILPOINT".to_owned(), point.to_string()));
            let killed = pull(&world, &["acme"]);
            assert_eq!(killed.code, None, "{killed}");
            world.env.clear();
            if next == "apply" && world.path().join("policies").exists() {
                let ran = world.apply(&[]);
                assert_eq!(ran.code, Some(0), "{ran}");
            }
            let live = world.live();
            assert_eq!(live.len(), 3, "nothing is doubled: point {point}, then {next}");
            let ran = pull(&world, &["acme"]);
            assert_eq!(ran.code, Some(0), "point {point}, then {next}: {ran}");
            let found: Vec<String> = files(&world).into_keys().filter(|path| !path.contains("/.")).collect();
            assert_eq!(found, want, "point {point}, then {next}");
            agrees(&world);
        }
    }
    println!("pull: {points} points × 2 commands, 0 violations");
}
