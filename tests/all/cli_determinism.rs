//! The same input gives the same bytes: whatever the folder, the order of creation, the zone, the language, the terminal.

use crate::world::World;

/// A tree with something of everything, written in the order given; then a record of an earlier state of it.
fn world(order: &[usize]) -> World {
    let world = World::new();
    let files: [(&str, &str, &str, &str); 7] = [
        ("acme/pii", "HIGH", "block", "No PII.\nNone.\n"),
        ("acme/east/keys", "LOW", "log", "No keys."),
        ("acme/east/one/cards", "MEDIUM", "alert", "No cards."),
        ("acme/weaker", "HIGH", "block", "First."),
        ("zeta/late", "HIGH", "block", "Zürich → 東京"),
        ("beta/x/y/deep", "LOW", "log", "Deep."),
        ("beta/gone", "LOW", "log", "Gone."),
    ];
    for index in order {
        let (address, risk, action, content) = files[*index];
        world.policy(address, risk, action, content);
    }
    world
}

/// All that a plan says, in text and in JSON.
fn plans(world: &World, tree: &str) -> Vec<String> {
    let text = world.run(&["plan", tree, "--prune", "--endpoint", "https://policy.example"]);
    let json = world.run(&["plan", tree, "--prune", "--endpoint", "https://policy.example", "--format", "json"]);
    assert_eq!((text.code, json.code), (Some(0), Some(0)), "{text}{json}");
    assert_eq!(text.err, "");
    vec![text.out, json.out]
}

#[test]
fn the_order_of_creation_and_the_folder_make_no_difference() {
    let one = world(&[0, 1, 2, 3, 4, 5, 6]);
    let wanted = plans(&one, "policies");
    for order in [[6, 5, 4, 3, 2, 1, 0], [3, 0, 6, 1, 5, 2, 4]] {
        assert_eq!(plans(&world(&order), "policies"), wanted);
    }
    let same: Vec<String> = plans(&one, "./policies/");
    assert_eq!(same, wanted, "another way to write the same path");
    assert_eq!(plans(&one, "policies"), wanted, "a second run");
}

#[test]
fn zone_language_and_width_make_no_difference() {
    let mut world = world(&[0, 1, 2, 3, 4, 5, 6]);
    let wanted = plans(&world, "policies");
    for (name, value) in [
        ("TZ", "Pacific/Chatham"),
        ("LANG", "tr_TR.UTF-8"),
        ("LC_ALL", "C"),
        ("COLUMNS", "20"),
        ("TERM", "dumb"),
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("NO_COLOR", "1"),
    ] {
        world.env = vec![(name.to_owned(), value.to_owned())];
        assert_eq!(plans(&world, "policies"), wanted, "{name}={value}");
    }
}

/// A text without its colours.
fn stripped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.split_once('m').expect("only colours are written").1;
    }
    out + rest
}

#[test]
fn colours_add_to_the_text_and_change_nothing_in_it() {
    let mut world = world(&[0, 1, 2, 3, 4, 5, 6]);
    let applied = world.apply(&[]);
    assert_eq!(applied.code, Some(0), "{applied}");
    world.policy("acme/weaker", "LOW", "log", "Second.");
    world.remove("policies/beta/gone.yaml");
    let plain = world.run(&["plan", "--prune"]);
    world.env = vec![("CLICOLOR_FORCE".to_owned(), "1".to_owned())];
    let coloured = world.run(&["plan", "--prune"]);
    assert!(coloured.out.contains("\u{1b}["), "{coloured}");
    assert_eq!(stripped(&coloured.out), plain.out);
    world.env.push(("NO_COLOR".to_owned(), "1".to_owned()));
    let json = world.run(&["plan", "--prune", "--format", "json"]);
    assert!(!json.out.contains('\u{1b}'), "no colour ever stands in JSON");
}

#[test]
fn a_record_of_another_serial_gives_the_same_digest() {
    let digest = |world: &World| world.run(&["plan", "--format", "json"]).json()["digest"].clone();
    let worlds = [world(&[0, 1, 2]), world(&[2, 1, 0])];
    let mut digests = Vec::new();
    for (world, times) in worlds.iter().zip([1, 3]) {
        for time in 0..times {
            world.policy("acme/east/keys", "LOW", "log", &format!("Version {time}."));
            let ran = world.apply(&["--endpoint", &world.service.url()]);
            assert_eq!(ran.code, Some(0), "{ran}");
        }
        world.policy("acme/east/keys", "LOW", "log", "No keys.");
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(0), "{ran}");
        world.policy("acme/east/keys", "LOW", "log", "No keys at all.");
        digests.push(digest(world));
    }
    // The endpoint is a part of the digest, and each world has a service of its own.
    assert_ne!(digests[0], digests[1]);
    let changes = |world: &World| world.run(&["plan", "--format", "json"]).json()["changes"].clone();
    assert_eq!(changes(&worlds[0]), changes(&worlds[1]));
}
