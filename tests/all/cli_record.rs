//! The record, seen from the command line: a broken, newer or foreign one is refused before anything is called; a tree that
//! went missing deletes nothing.

use std::collections::BTreeMap;

use policysync::domain::ScopeName;
use policysync::state::codec;

use crate::world::{Ran, World};

const RECORD: &str = ".policysync/state/acme.json";

/// A world in which three policies are applied, and its service has forgotten that it was called.
fn applied() -> World {
    let world = World::new();
    world.policies(3);
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.service.clear_requests();
    world
}

/// Asserts that each command is refused with this code, calls nothing, leaves the record as it is, and says all of this.
#[track_caller]
fn refused(world: &World, commands: &[&[&str]], code: i32, said: &[&str]) {
    let before = files(world);
    for args in commands {
        let ran: Ran = world.run(args);
        assert_eq!(ran.code, Some(code), "{args:?} {ran}");
        let all = format!("{}{}", ran.out, ran.err);
        for said in said {
            assert!(all.contains(said), "{said:?}, for {args:?}: {ran}");
        }
    }
    assert_eq!(world.service.requests().len(), 0, "nothing was called");
    assert_eq!(files(world), before, "no record was touched");
}

fn files(world: &World) -> BTreeMap<String, Vec<u8>> {
    let folder = world.path().join(".policysync");
    let entries = walkdir::WalkDir::new(&folder).into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(|file| (file.path().display().to_string(), std::fs::read(file.path()).unwrap())).collect()
}

const ALL: &[&[&str]] = &[&["plan"], &["apply"], &["state", "list"], &["plan", "--format", "json"]];

#[test]
fn a_record_cut_short_altered_or_empty_is_refused_and_the_way_back_is_told() {
    let world = applied();
    let good = world.read(RECORD);
    let flipped = good.replacen("Rule number 1", "Rule number 0", 1);
    assert_ne!(flipped, good);
    for bad in ["", "{}\n", &good[..good.len() / 2], &good[..good.len() - 2], &flipped, "not json at all\n"] {
        world.write(RECORD, bad);
        refused(&world, ALL, 1, &[RECORD, "acme.json.bak"]);
    }
    // Told and true: the copy that is named is a good one.
    world.write(RECORD, &world.read(&format!("{RECORD}.bak")));
    assert_eq!(world.run(&["plan"]).code, Some(0));
}

#[test]
fn a_record_of_a_newer_format_is_refused() {
    let world = applied();
    let mut record = codec::decode(world.read(RECORD).as_bytes()).unwrap();
    record.format = 2;
    let newer = codec::encode(&record, uuid::Uuid::nil()).unwrap();
    world.write(RECORD, &String::from_utf8(newer).unwrap());
    refused(&world, ALL, 1, &["format 2", "up to 1", "install a newer policysync"]);
}

#[test]
fn a_record_of_another_service_is_refused_naming_both() {
    let world = applied();
    let other = "https://other.example";
    let commands: &[&[&str]] = &[
        &["plan", "--endpoint", other],
        &["apply", "--endpoint", other],
        &["apply", "--endpoint", other, "--format", "json"],
    ];
    refused(&world, commands, 1, &[&world.service.url(), other, "--endpoint"]);
}

#[test]
fn a_record_of_another_organization_is_refused_naming_both() {
    let world = applied();
    world.policy("beta/x", "LOW", "log", "x");
    world.write(".policysync/state/beta.json", &world.read(RECORD));
    refused(&world, &[&["plan"], &["apply"], &["plan", "--org", "beta"]], 1, &["acme", "beta"]);
    let mut record = codec::decode(world.read(RECORD).as_bytes()).unwrap();
    record.org = ScopeName::new("beta").unwrap();
    assert!(codec::encode(&record, uuid::Uuid::nil()).is_err(), "such a record can't even be written");
}

#[test]
fn an_empty_a_wrong_or_a_missing_tree_deletes_nothing() {
    let world = applied();
    std::fs::create_dir_all(world.path().join("empty")).unwrap();
    std::fs::create_dir_all(world.path().join("folder-only/acme")).unwrap();
    world.write("file", "x");
    for (tree, said) in [
        ("empty", "3 policies"),
        ("folder-only", "3 policies"),
        ("nowhere", "nowhere does not exist\n  hint: is it the right path? the record has 3 policies"),
        ("file", "file is not a folder"),
    ] {
        for prune in [None, Some("--prune")] {
            let args = |command| -> Vec<&str> { [command, tree].into_iter().chain(prune).collect() };
            match tree {
                // A file is taken for a saved plan.
                "file" => {
                    refused(&world, &[&args("plan")], 4, &[said]);
                    let apply =
                        if prune.is_some() { (64, "--prune says how") } else { (6, "file: it is no saved plan") };
                    refused(&world, &[&args("apply")], apply.0, &[apply.1]);
                }
                _ => refused(&world, &[&args("plan"), &args("apply")], 4, &[said]),
            }
        }
    }
    // One folder too deep is the wrong path that people give.
    refused(&world, &[&["apply", "policies/acme", "--prune"]], 3, &["misplaced-file"]);
    refused(&world, &[&["apply", "empty", "--prune", "--allow", "empty-tree=2"]], 4, &["--allow empty-tree=3"]);
    let missing = world.run(&["apply", "nowhere", "--prune", "--allow", "empty-tree"]);
    assert_eq!(missing.code, Some(4), "what isn't there is no empty tree: {missing}");

    let ran = world.apply(&["empty", "--prune", "--allow", "empty-tree=3"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!((world.calls("DELETE"), world.live().len()), (3, 0));
}

#[test]
fn a_missing_tree_without_any_record_is_a_failure_and_not_a_refusal() {
    let world = World::new();
    let ran = world.run(&["plan"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("policies does not exist") && ran.err.contains("examples/policies"), "{ran}");
}

#[test]
fn a_renamed_file_is_no_call_at_all() {
    let world = applied();
    let text = world.read("policies/acme/policy-0000.yaml");
    world.remove("policies/acme/policy-0000.yaml");
    world.write("policies/acme/better-name.yaml", &text);
    let live = world.service.policies();
    let plan = world.run(&["plan", "--prune"]);
    assert!(plan.out.contains("> rename acme/policy-0000 → acme/better-name"), "{plan}");
    let ran = world.apply(&["--prune"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.service.requests().len(), 0, "no call at all");
    assert_eq!(world.service.policies(), live);
    let again = world.apply(&["--prune"]);
    assert!(again.out.contains("No changes"), "{again}");
    assert!(world.run(&["state", "list"]).out.contains("acme/better-name"));
}
