//! `policysync pull`: what others made in the service becomes files and a record, through the real binary over real HTTP.

use std::collections::BTreeMap;
use std::time::SystemTime;

use policysync::report::schema;
use policysync::sandbox::{Ids, ListReading, Options};
use serde_json::{Value, json};

use crate::world::{Ran, World};

/// Each file of the tree: its bytes and when it was last written.
pub fn files(world: &World) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let root = world.path().join("policies");
    let entries = walkdir::WalkDir::new(&root).into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file());
    let one = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(&root).expect("below the root").to_str().expect("UTF-8").to_owned();
        let written = entry.metadata().expect("it is there").modified().expect("a time");
        (path, (std::fs::read(entry.path()).expect("readable"), written))
    };
    files.map(one).collect()
}

/// Pulls, with time limits fit for a test. Nothing is ever written to the service.
#[track_caller]
pub fn pull(world: &World, args: &[&str]) -> Ran {
    let mut all = vec!["pull"];
    all.extend(args);
    if !args.contains(&"--timeout") {
        all.extend(["--timeout", "2s", "--settle", "2500ms"]);
    }
    let before = world.writes();
    let ran = world.run(&all);
    assert_eq!(world.writes(), before, "a pull writes nothing to the service: {ran}");
    ran
}

/// Asserts that tree, record and service say the same: nothing to plan, nothing drifted, and an apply has nothing to do.
#[track_caller]
pub fn agrees(world: &World) {
    let plan = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{plan}");
    assert!(plan.out.contains("No changes"), "{plan}");
    let drift = world.run(&["drift"]);
    assert_eq!(drift.code, Some(0), "{drift}");
    assert!(drift.out.starts_with("No drift.") && !drift.out.contains("unmanaged"), "{drift}");
    let writes = world.writes();
    assert_eq!(world.apply(&[]).code, Some(0));
    assert_eq!(world.writes(), writes, "an apply has nothing to do");
    let record = world.record();
    assert_eq!((&record["pending"], &record["lease"]), (&Value::Null, &Value::Null), "{record}");
}

/// A service on which two lists look the same, whichever way they are read.
pub fn service(list: ListReading) -> Options {
    let clock = Some("2026-01-01T10:00:00Z".parse().unwrap());
    Options { list, ids: Ids::Counted, clock, ..Options::default() }
}

/// Texts that could come to harm on their way into a file.
const TEXTS: &[&str] = &[
    "Do not share secrets.",
    "One line and its end\n",
    "Two\n\n\nempty lines, and three at the end\n\n\n",
    "\n\nbegins with empty lines",
    "  begins with spaces\nand goes on\n",
    "\tbegins with a tab\n",
    "ends with spaces   \nhere too   ",
    "ends with a line of spaces\n   ",
    "CRLF\r\nas from Windows\r\n",
    "a lone\rreturn",
    "--- \nlooks: like YAML\n- a\n# no comment\n...\n",
    "key: &anchor *alias !tag %directive @at `tick`",
    "'quotes' and \"quotes\" and \\ backslash \\n",
    "null",
    "12",
    "~",
    "Größe, naïve, 日本語, العربية, 👩\u{200d}💻 and 🔥",
    "next line\u{85}line separator\u{2028}paragraph\u{2029}end",
    "\u{feff}begins with a mark",
    "bell \u{7} escape \u{1b}[2K C1 \u{9b} delete \u{7f}",
    "hidden \u{200b} and \u{202e}turned\u{202c}",
];

/// 200 policies over 30 scopes, made in the console: equal ones in different scopes, many of one name, odd texts.
fn filled(list: ListReading) -> World {
    let world = World::with(service(list));
    world.service.introduce(&["org-1"], "Acme Inc");
    let mut scopes = vec!["org-1".to_owned()];
    for workspace in 0..5 {
        let id = format!("ws-{workspace}");
        world.service.introduce(&["org-1", &id], ["Production", "staging", "Data & AI", "🔥", "R/D"][workspace]);
        scopes.push(format!("org-1/{id}"));
        for repo in 0..5 {
            let own = format!("repo-{workspace}{repo}");
            world.service.introduce(&["org-1", &id, &own], ["api", "web", "billing", "Api", "tools"][repo]);
            scopes.push(format!("org-1/{id}/{own}"));
        }
    }
    scopes.truncate(30);
    for number in 0..200 {
        let scope = &scopes[number % 30];
        let name = ["PII", "No source code", "pii", "Datenschutz für Ärzte", "персональные данные"][number % 5];
        // The same texts in every scope, each once.
        world.seed(
            scope,
            name,
            &format!("{}{}", TEXTS[number / 30], ["", "x"][number / 30 / TEXTS.len()]),
            "user-console",
        );
    }
    assert_eq!(world.live().len(), 200);
    world
}

#[test]
fn a_service_filled_by_hand_is_pulled_whole_and_a_second_pull_changes_no_file() {
    let mut trees = Vec::new();
    for list in [ListReading::At, ListReading::Below] {
        let world = filled(list);
        let ran = pull(&world, &["--id", "org-1"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.out.ends_with("Pulled: 200 policies: 200 new, 0 replaced, 0 as they were.\n"), "{ran}");
        assert!(ran.out.contains("  + policies/acme-inc/_scope.yaml\n"), "{ran}");
        assert_eq!(world.read("policies/acme-inc/_scope.yaml"), "id: org-1\nname: Acme Inc\n");
        assert_eq!(world.read("policies/acme-inc/Production/_scope.yaml"), "id: ws-0\n");
        assert_eq!(world.read("policies/acme-inc/data-ai/_scope.yaml"), "id: ws-2\nname: \"Data & AI\"\n");
        let pulled = files(&world);
        agrees_for(&world, "acme-inc");
        let again = pull(&world, &["acme-inc"]);
        assert_eq!(again.code, Some(0), "{again}");
        assert!(again.out.ends_with("Pulled: 200 policies: 0 new, 0 replaced, 200 as they were.\n"), "{again}");
        assert_eq!(files(&world), pulled, "not one file was touched");
        trees.push(pulled.into_iter().map(|(path, (bytes, _))| (path, bytes)).collect::<BTreeMap<_, _>>());
    }
    assert!(trees[0] == trees[1], "both readings of the list call give the same files");
}

/// As [`agrees`], for a record of another name.
fn agrees_for(world: &World, org: &str) {
    let plan = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{plan}");
    assert!(plan.out.contains("No changes. 200 policies are as recorded."), "{plan}");
    let drift = world.run(&["drift"]);
    assert_eq!((drift.code, drift.out.as_str()), (Some(0), "No drift. 200 as recorded.\n"), "{drift}");
    let writes = world.writes();
    assert_eq!(world.apply(&["--org", org]).code, Some(0));
    assert_eq!(world.writes(), writes, "an apply has nothing to do");
}

/// A service with a policy at each level, in scopes whose ids are their names.
fn small() -> World {
    let world = World::with(service(ListReading::At));
    for (scope, name) in
        [("acme", "PII"), ("acme/east", "Source"), ("acme/east/api", "Cards"), ("acme/west", "Elsewhere")]
    {
        world.seed(scope, name, &format!("Do not share what {name} is about.\n"), "user-console");
    }
    world
}

#[test]
fn a_workspace_or_a_repository_is_pulled_alone() {
    for (scope, want) in [
        ("acme/east", &["acme/east/api/cards.yaml", "acme/east/source.yaml"][..]),
        ("acme/east/api", &["acme/east/api/cards.yaml"]),
        ("acme/west", &["acme/west/elsewhere.yaml"]),
    ] {
        let world = small();
        let ran = pull(&world, &[scope]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert_eq!(files(&world).into_keys().collect::<Vec<_>>(), want);
        assert!(world.run(&["plan"]).out.contains("No changes"), "{scope}");
        assert_eq!(pull(&world, &["acme"]).code, Some(0));
        assert_eq!(files(&world).len(), 4, "the rest comes with the organization");
        agrees(&world);
    }
}

#[test]
fn a_pulled_file_reads_as_a_person_would_write_it() {
    let world = small();
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
    assert_eq!(
        world.read("policies/acme/east/source.yaml"),
        "name: Source\nriskType: HIGH\nactionType: block\ncontent: |\n  Do not share what Source is about.\n"
    );
    assert!(!files(&world).keys().any(|path| path.ends_with("_scope.yaml")), "no folder needs one");
}

#[test]
fn a_dry_run_tells_and_writes_nothing() {
    let world = small();
    let ran = pull(&world, &["acme", "--dry-run"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("  + policies/acme/pii.yaml\n") && ran.out.contains("Would pull: 4 policies"), "{ran}");
    assert!(!world.path().join("policies").exists() && !world.path().join(".policysync").exists());
}

#[test]
fn a_file_that_says_otherwise_stays_until_replacing_is_asked_for() {
    let world = small();
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
    let kept = "name: PII\nriskType: HIGH\nactionType: block\nprotected: true\nmetadata: {owner: security}\ncontent: |\n  Do not share what PII is about.\n";
    world.write("policies/acme/pii.yaml", kept);
    let ran = world.run(&["apply"]);
    assert!(ran.out.contains("protected   no → yes") && ran.code == Some(0), "{ran}");
    assert_eq!(world.calls("PUT"), 0, "the record alone is told");
    agrees(&world);
    world.service.edit(&world.id("PII"), json!({"actionType": 0, "content": "Softer."}), "user-night");
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    for said in [
        "      policies/acme/pii.yaml: the file has another actionType, content\n",
        "--overwrite",
        "Pulled in part: 3 policies",
    ] {
        assert!(ran.out.contains(said), "{said} {ran}");
    }
    assert_eq!(world.read("policies/acme/pii.yaml"), kept);
    let ran = pull(&world, &["acme", "--overwrite"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("  ~ policies/acme/pii.yaml  replaced\n"), "{ran}");
    let now = world.read("policies/acme/pii.yaml");
    assert_eq!(
        now,
        "name: PII\nriskType: HIGH\nactionType: log\nprotected: true\nmetadata:\n  owner: security\ncontent: |-\n  Softer.\n"
    );
    agrees(&world);
}

/// Nobody knows whether the two are one: a second file would make them two for good, and replacing could lose the tree's.
#[test]
fn a_new_file_of_the_same_name_is_taken_for_that_policys_and_stays() {
    let world = small();
    world.policy("acme/mine", "LOW", "log", "Something else.");
    let text = world.read("policies/acme/mine.yaml").replace("name: mine", "name: PII");
    world.write("policies/acme/mine.yaml", &text);
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("policies/acme/mine.yaml: the file has another riskType, actionType, content"), "{ran}");
    assert!(ran.out.contains("`policysync apply` creates another policy for it"), "{ran}");
    assert_eq!((world.read("policies/acme/mine.yaml"), files(&world).len()), (text, 4));
    assert_eq!(pull(&world, &["acme", "--overwrite"]).code, Some(0));
    assert!(world.read("policies/acme/mine.yaml").contains("riskType: HIGH"));
    agrees(&world);
}

#[test]
fn a_file_with_other_policies_in_it_is_never_replaced() {
    let world = small();
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
    let one = world.read("policies/acme/pii.yaml");
    let both = format!(
        "{}---\nkey: other\nname: Other\nriskType: LOW\nactionType: log\ncontent: Something else.\n",
        one.replace("name:", "key: pii\nname:")
    );
    world.write("policies/acme/pii.yaml", &both);
    world.service.edit(&world.id("PII"), json!({"riskType": "LOW"}), "user-night");
    let ran = pull(&world, &["acme", "--overwrite"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("holds other policies too"), "{ran}");
    assert_eq!(world.read("policies/acme/pii.yaml"), both);
}

#[test]
fn what_is_recorded_keeps_its_address_and_what_a_file_says_already_gets_no_second_one() {
    let world = small();
    world.write(
        "policies/acme/by-hand.yml",
        "# ours\ncontent: |\n  Do not share what PII is about.\nname: PII\nriskType: HIGH\nactionType: 2\n",
    );
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
    assert!(!files(&world).contains_key("acme/pii.yaml"));
    agrees(&world);
    // Another name in the service, and another place in the tree: the address stays, then the file is followed.
    world.service.edit(&world.id("Source"), json!({"name": "Code"}), "user-night");
    assert_eq!(pull(&world, &["acme", "--overwrite"]).code, Some(0));
    assert!(world.read("policies/acme/east/source.yaml").starts_with("name: Code\n"));
    agrees(&world);
    let text = world.read("policies/acme/east/source.yaml");
    world.remove("policies/acme/east/source.yaml");
    world.write("policies/acme/east/code.yaml", &text);
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
    agrees(&world);
    assert!(world.record()["policies"]["acme/east/code"].is_object());
    // A file that was lost comes back where it was.
    let before: Vec<String> = files(&world).into_keys().collect();
    world.remove("policies/acme/east/api/cards.yaml");
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
    assert_eq!(files(&world).into_keys().collect::<Vec<_>>(), before);
    agrees(&world);
}

#[test]
fn what_is_gone_is_told_and_its_file_stays() {
    let world = small();
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
    world.service.remove(&world.id("PII"));
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.out.contains("gone: acme/pii\n") && ran.out.contains("apply --prune"), "{ran}");
    assert!(files(&world).contains_key("acme/pii.yaml"));
    // Someone made it again: the file is that one's now.
    world.seed("acme", "PII", "Do not share what PII is about.\n", "user-console");
    let ran = pull(&world, &["acme"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    agrees(&world);
    // And gone for good, as the hint says.
    world.service.remove(&world.id("PII"));
    world.remove("policies/acme/pii.yaml");
    assert_eq!(world.apply(&["--prune"]).code, Some(0));
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
}

#[test]
fn what_is_pulled_is_told_as_json_by_its_schema() {
    let schema: Value = serde_json::from_str(&schema("pull").unwrap()).unwrap();
    let world = small();
    world.seed("acme", "PII", "Do not share what PII  is about.\n", "user-console");
    for (args, code, new) in [(&["acme", "--dry-run"][..], 5, 4), (&["acme"], 5, 4), (&["acme", "--quiet"], 5, 0)] {
        let ran = pull(&world, &[args, &["--format", "json"]].concat());
        assert_eq!(ran.code, Some(code), "{ran}");
        let document = ran.json();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} {ran}");
        assert_eq!((&document["summary"]["new"], &document["summary"]["left"]), (&json!(new), &json!(1)), "{ran}");
        assert_eq!(document["left"][0]["reason"], "equal");
        assert_eq!(ran.err.is_empty(), args.contains(&"--quiet"), "{ran}");
    }
}

#[test]
fn a_scope_that_there_is_not_is_refused_with_what_was_perhaps_meant() {
    let world = small();
    assert_eq!(pull(&world, &["acme"]).code, Some(0));
    let before = files(&world);
    for (args, code, said) in [
        (&["acme/eest"][..], 64, "did you mean acme/east?"),
        (&["acme/nowhere-at-all"], 64, "there are: acme/east, acme/west"),
        (&["acme", "--id", "org-9"], 64, "acme is acme already"),
        (&["again", "--id", "acme"], 64, "did you mean `policysync pull acme`?"),
        (&["globex"], 1, "the service has no organization globex"),
        (&[], 64, "required"),
        (&["acme", "--id", "a b"], 64, "can't be used"),
    ] {
        let ran = pull(&world, args);
        assert_eq!(ran.code, Some(code), "{args:?} {ran}");
        assert!(ran.err.contains(said), "{args:?} {ran}");
    }
    assert_eq!(files(&world), before);
}
