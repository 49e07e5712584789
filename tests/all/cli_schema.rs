//! `policysync schema`: what an editor is told of a file and what the reader says of it agree.

use std::path::{Path, PathBuf};

use policysync::cli::{FILES, schema};
use policysync::domain::Level;
use policysync::report::SCHEMAS;
use policysync::tree;
use serde_json::Value;

use crate::world::World;

/// What is wrong with the form of a document, which a schema can see.
const OF_FORM: &[&str] = &[
    "not-a-mapping",
    "not-a-text",
    "not-true-or-false",
    "unknown-field",
    "empty-value",
    "missing-field",
    "bad-risk-type",
    "bad-action-type",
    "too-much-metadata",
    "content-given-twice",
];

/// Files that only the reader refuses: by the time the schema sees them, to an editor `True` is `true` and `02` is `2`.
const UNSEEN: &[&str] = &["protected-is-a-flag/tree/acme/b.yaml", "action-types/tree/acme/e.yaml"];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&schema(name).expect(name)).expect("JSON");
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}: {schema:#}");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// The documents of a file as an editor sees them: numbers and booleans as YAML has them; nothing for what it can't read.
fn documents(text: &str) -> Option<Vec<Value>> {
    let text = text.replace("\r\n", "\n");
    let options = serde_yaml::options! { strict_booleans: true };
    serde_yaml::from_multiple_with_options::<Value>(text.trim_start_matches('\u{feff}'), options).ok()
}

#[test]
fn every_schema_is_printed_and_what_there_is_is_listed() {
    let world = World::new();
    let list = world.run(&["schema"]);
    for name in FILES.iter().map(|(name, _)| *name).chain(SCHEMAS) {
        let ran = world.run(&["schema", name]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
        assert_eq!(ran.json()["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(list.out.contains(&format!("{name} ")), "{list}");
    }
    let slip = world.run(&["schema", "polcy"]);
    assert_eq!(slip.code, Some(64), "{slip}");
    assert!(slip.err.contains("there is no schema \"polcy\"\n  hint: did you mean policy?"), "{slip}");
}

#[test]
fn the_schemas_of_files_are_kept_beside_those_of_reports() {
    for (name, _) in FILES {
        let path = here(&format!("schemas/{name}.schema.json"));
        let wanted = schema(name).expect(name);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            #[expect(clippy::disallowed_methods, reason = "a developer asked for it, in a work tree")]
            std::fs::write(&path, &wanted).expect("schemas/ can be written");
        }
        #[expect(clippy::disallowed_methods, reason = "reads this project's own files")]
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{} is out of date; UPDATE_SCHEMAS=1 cargo test schema writes it", path.display());
    }
}

/// Each policy and scope file of the examples and of the cases: what the reader takes the schema takes, and what is wrong
/// with its form the schema refuses too.
#[test]
fn the_schemas_of_the_tree_agree_with_its_reader() {
    let (policy, scope) = (validator("policy"), validator("scope"));
    let cases = std::fs::read_dir(here("tests/cases/validate")).expect("the cases are there");
    let cases = cases.map(|entry| entry.expect("readable").path().join("tree")).filter(|tree| tree.is_dir());
    let (mut taken, mut refused, mut wrong) = (0, 0, Vec::new());
    for root in cases.chain([here("examples/policies")]) {
        let read = tree::read(&root).expect("a tree");
        let files = walkdir::WalkDir::new(&root).min_depth(1).max_depth(4).into_iter();
        let seen = |entry: &walkdir::DirEntry| !entry.file_name().to_string_lossy().starts_with('.');
        let files = files.filter_entry(seen).filter_map(Result::ok).filter(|entry| entry.depth() > 1);
        for file in
            files.filter(|file| file.path().extension().is_some_and(|ending| ending == "yaml" || ending == "yml"))
        {
            let path = file.path().strip_prefix(&root).expect("below").to_str().expect("UTF-8").replace('\\', "/");
            let Some(documents) = tree::source(&root, &path).as_deref().and_then(documents) else { continue };
            let schema = if file.file_name().to_string_lossy().starts_with("_scope.") { &scope } else { &policy };
            let errors: Vec<&str> = read
                .findings
                .iter()
                .filter(|finding| finding.place.file == path && finding.level == Level::Error)
                .map(|finding| finding.code.0)
                .collect();
            let is_valid = !documents.is_empty() && documents.iter().all(|document| schema.is_valid(document));
            let of_form = errors.iter().any(|code| OF_FORM.contains(code));
            let unseen = UNSEEN.iter().any(|unseen| file.path().ends_with(unseen));
            if (errors.is_empty() && !is_valid) || (of_form && is_valid != unseen) {
                wrong.push(format!(
                    "{}: the schema takes it: {is_valid}; the reader says {errors:?}",
                    file.path().display()
                ));
            }
            taken += usize::from(errors.is_empty());
            refused += usize::from(of_form);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(taken > 60 && refused > 15, "{taken} taken, {refused} refused");
}

#[test]
fn the_schema_of_a_policy_knows_the_fields_that_the_reader_asks_for() {
    let world = World::new();
    for (name, file) in [("policy", "policies/acme/pii.yaml"), ("scope", "policies/acme/_scope.yaml")] {
        world.write(file, "zzzzzzzzzzzzzzzzzzzz: x\n");
        let found = world.run(&["validate", "--format", "json"]).json();
        let hints = found["findings"].as_array().unwrap().iter().filter_map(|finding| finding["hint"].as_str());
        let listed = hints.filter_map(|hint| hint.strip_prefix("the fields are ")).next().expect("a list");
        let mut asked: Vec<&str> = listed.split(", ").map(|field| field.trim_matches('`')).collect();
        let schema: Value = serde_json::from_str(&schema(name).unwrap()).unwrap();
        let mut known: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        asked.sort_unstable();
        known.sort_unstable();
        assert_eq!(asked, known, "{name}");
        world.remove(file);
    }
}

/// Settings and whether they are taken.
const SETTINGS: &[(&str, bool)] = &[
    ("tree: policies\n", true),
    ("tree: 2026\n", true),
    ("tree: [a]\n", false),
    ("tree:\n", false),
    ("tree: ''\n", false),
    ("state: git:origin#branch\n", true),
    ("endpoint: https://api.example.com/base\n", true),
    ("endpoint: http://localhost:4210\n", true),
    ("endpoint: http://127.0.0.1:4210/\n", true),
    ("endpoint: http://api.example.com\n", false),
    ("endpoint: https://user:word@api.example.com\n", false),
    ("endpoint: https://api.example.com?a=b\n", false),
    ("endpoint: api.example.com\n", false),
    ("concurrency: 16\n", true),
    ("concurrency: '16'\n", true),
    ("concurrency: 256\n", true),
    ("concurrency: 257\n", false),
    ("concurrency: 0\n", false),
    ("concurrency: many\n", false),
    ("timeout: 15s\n", true),
    ("timeout: 500ms\n", true),
    ("timeout: 1m 30s\n", true),
    ("settle: 2 minutes\n", true),
    ("timeout: 15\n", false),
    ("timeout: soon\n", false),
    ("timeout: -5s\n", false),
    ("prune: true\n", true),
    ("prune: 'false'\n", true),
    ("prune: yes\n", false),
    ("prune: 1\n", false),
    ("guards: {weaken: 0, delete: 10%}\n", true),
    ("guards: {weaken: 3}\n", true),
    ("guards: {weaken: '3', delete: '7'}\n", true),
    ("guards: {delete: 100%}\n", true),
    ("guards: {delete: 101%}\n", false),
    ("guards: {delete: 10 %}\n", false),
    ("guards: {delete: -1}\n", false),
    ("guards: {weaken: 10%}\n", false),
    ("guards: {weaken: many}\n", false),
    ("guards: {protected: 1, empty-tree: 300}\n", true),
    ("guards: {protected: 10%}\n", false),
    ("guards: {empty-tree: yes}\n", false),
    ("guards: {emptyTree: 1}\n", false),
    ("guards: {weakn: 1}\n", false),
    ("guards: [weaken]\n", false),
    ("token: abc\n", false),
    ("tre: policies\n", false),
    ("- tree\n", false),
    ("tree: a\nstate: b\nendpoint: https://c.example\nconcurrency: 1\ntimeout: 1s\nsettle: 2s\nprune: false\n", true),
];

#[test]
fn the_schema_of_the_settings_agrees_with_their_reader() {
    let (world, schema) = (World::new(), validator("config"));
    world.policies(1);
    for (text, taken) in SETTINGS {
        world.write("other.yaml", text);
        // The tree that the file names is not there; the settings are read before that is seen.
        let ran = world.run(&["validate", "policies", "--config", "other.yaml"]);
        assert_eq!(ran.code != Some(64), *taken, "the reader, of {text:?}: {ran}");
        let document = documents(text).expect("YAML").remove(0);
        assert_eq!(schema.is_valid(&document), *taken, "the schema, of {text:?}");
    }
}

#[test]
fn the_schema_of_the_settings_knows_the_fields_that_the_reader_asks_for() {
    let world = World::new();
    world.write("policysync.yaml", "zzzzzzzzzzzzzzzzzzzz: x\n");
    let ran = world.run(&["validate"]);
    let listed = ran.err.split("the fields are ").nth(1).expect("a list").lines().next().unwrap();
    let mut asked: Vec<&str> = listed.split(", ").map(|field| field.trim_matches('`')).collect();
    let schema: Value = serde_json::from_str(&schema("config").unwrap()).unwrap();
    let mut known: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    known.push("token");
    asked.sort_unstable();
    known.sort_unstable();
    assert_eq!(asked, known, "what is asked for, and a token to refuse it");
}
