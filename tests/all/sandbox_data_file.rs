//! The data file: it outlives the sandbox, loses only what nobody was told of, and has one user at a time.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use policysync::sandbox::{DataFileError, Options, Sandbox, SandboxError};
use serde_json::json;
use tempfile::TempDir;

use super::client::{Api, counted, policy, with};

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder can be used");
    let file = folder.path().join("made/when/needed/sandbox.jsonl");
    (folder, file)
}

fn keeping(file: &Path) -> Options {
    Options { data: Some(file.to_owned()), ..counted() }
}

fn text(file: &Path) -> String {
    let mut text = String::new();
    File::open(file)
        .expect("a temporary folder can be used")
        .read_to_string(&mut text)
        .expect("a temporary folder can be used");
    text
}

fn add(file: &Path, bytes: &str) {
    OpenOptions::new()
        .append(true)
        .open(file)
        .expect("a temporary folder can be used")
        .write_all(bytes.as_bytes())
        .expect("a temporary folder can be used");
}

fn refusal(file: &Path) -> DataFileError {
    match Sandbox::spawn(keeping(file)) {
        Err(SandboxError::Data(refusal)) => refusal,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn what_was_answered_is_there_after_a_restart() {
    let (_folder, file) = place();
    let api = Api::start(keeping(&file));
    for name in ["a", "b", "c"] {
        api.post("/policy", &with(policy(name), json!({"workspaceId": "w"}))).is(201);
    }
    api.put("/policy/policy-1", &json!({"content": "Never"})).is(200);
    api.delete("/policy/policy-2").is(200);
    let before = api.sandbox.policies();
    drop(api);

    let api = Api::start(keeping(&file));
    assert_eq!(api.sandbox.policies(), before);
    api.get("/policy/policy-2").is(404);
    let moved = with(policy("d"), json!({"orgId": "other", "workspaceId": "w"}));
    api.post("/policy", &moved).is(400);
    let next = api.post("/policy", &policy("d")).is(201).body["policy"].clone();
    assert_eq!((&next["id"], &next["createdAt"]), (&json!("policy-4"), &json!("2026-01-01T00:00:00.005Z")));
}

#[test]
fn a_line_is_in_the_file_before_its_answer_is() {
    let (_folder, file) = place();
    let api = Api::start(keeping(&file));
    for count in 1..=20 {
        api.post("/policy", &policy("a")).is(201);
        assert!(text(&file).ends_with('\n'));
        assert_eq!(text(&file).lines().count(), 1 + count);
    }
}

#[test]
fn the_start_leaves_one_line_for_each_policy_and_forgets_no_deleted_one() {
    let (_folder, file) = place();
    let api = Api::start(keeping(&file));
    api.post("/policy", &policy("a")).is(201);
    api.post("/policy", &policy("b")).is(201);
    api.put("/policy/policy-1", &json!({"name": "c"})).is(200);
    api.delete("/policy/policy-2").is(200);
    assert_eq!(text(&file).lines().count(), 5);
    drop(api);
    drop(Api::start(keeping(&file)));
    let text = text(&file);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(lines[0], r#"{"sandboxFormat":1}"#);
    assert!(lines[1].contains(r#""name":"c""#) && lines[2].contains(r#""deleted":true"#), "{text}");
}

#[test]
fn a_line_that_was_cut_off_anywhere_is_dropped() {
    let (_folder, file) = place();
    let api = Api::start(keeping(&file));
    api.post("/policy", &policy("a")).is(201);
    api.post("/policy", &policy("b")).is(201);
    drop(api);
    let whole = text(&file);
    let last = whole.trim_end().rfind('\n').unwrap() + 1;
    for end in last..whole.len() - 1 {
        if !whole.is_char_boundary(end) {
            continue;
        }
        let mut cut = File::create(&file).unwrap();
        cut.write_all(&whole.as_bytes()[..end]).unwrap();
        drop(cut);
        let api = Api { sandbox: Sandbox::spawn(keeping(&file)).unwrap(), token: "token-a".to_owned() };
        assert_eq!(api.sandbox.policies().len(), 1, "cut off at byte {end}");
        if end == last + 10 {
            api.post("/policy", &policy("c")).is(201);
            drop(api);
            assert_eq!(Sandbox::spawn(keeping(&file)).unwrap().policies().len(), 2, "the next line stands on its own");
        }
    }
}

#[test]
fn any_other_damage_is_named_by_its_line() {
    let (_folder, file) = place();
    let api = Api::start(keeping(&file));
    api.post("/policy", &policy("a")).is(201);
    drop(api);
    add(&file, "{\"id\": \"half\n");
    add(&file, "\n");
    let told = refusal(&file).to_string();
    assert!(told.contains("sandbox.jsonl:3: no policy: "), "{told}");
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let (_folder, file) = place();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    for (other, told) in [
        ("name: PII protection", ":1: no sandbox's data: "),
        ("{\"sandboxFormat\":2}\n", ":1: format 2 is not known here, only 1 is"),
        ("{\"sandboxFormat\":1,\"more\":0}\n", ":1: no sandbox's data: "),
    ] {
        File::create(&file).unwrap().write_all(other.as_bytes()).unwrap();
        let refusal = refusal(&file).to_string();
        assert!(refusal.contains(told), "{refusal}");
        assert_eq!(text(&file), other);
    }
    File::create(&file).unwrap();
    drop(Api::start(keeping(&file)));
    assert_eq!(text(&file), "{\"sandboxFormat\":1}\n", "an empty file is a new one");
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(refusal(folder.path()), DataFileError::NotAFile { .. }));
    assert!(folder.path().is_dir());
}

#[test]
fn a_second_sandbox_on_the_same_file_is_refused() {
    let (_folder, file) = place();
    let first = Api::start(keeping(&file));
    first.post("/policy", &policy("a")).is(201);
    let refused = refusal(&file);
    assert!(matches!(refused, DataFileError::InUse { .. }));
    assert!(refused.to_string().starts_with("another sandbox is using "), "{refused}");
    first.post("/policy", &policy("b")).is(201);
    drop(first);
    assert_eq!(Sandbox::spawn(keeping(&file)).unwrap().policies().len(), 2);
}

#[tokio::test]
async fn a_stopped_sandbox_lets_go_of_its_file() {
    let (_folder, file) = place();
    let first = Sandbox::start(keeping(&file)).await.unwrap();
    first.seed(policy("a"), "user-console");
    first.stop().await.unwrap();
    let second = Sandbox::start(keeping(&file)).await.unwrap();
    assert_eq!(second.policies().len(), 1);
}
