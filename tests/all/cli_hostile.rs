//! Hostile trees, through the binary: each is refused by name, without a hang, and nothing outside the tree is read.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::process::Command;

use policysync::domain::{Key, ScopeName};
use policysync::report::escape;
use policysync::tree::yaml::is_invisible;

use crate::world::{Ran, World};

const SECRET: &str = "root:x:0:0:outside-of-the-tree";

/// A tree with one good policy, and a file beside the tree that must not be read.
fn world() -> World {
    let world = World::new();
    world.policy("acme/good", "LOW", "log", "Good.");
    world.write("outside/secret.md", SECRET);
    world.write("outside/policy.yaml", &format!("name: n\nriskType: LOW\nactionType: log\ncontent: {SECRET}\n"));
    world
}

fn yaml(content: &str) -> String {
    format!("name: n\nriskType: LOW\nactionType: log\n{content}\n")
}

/// Asserts that the tree is refused with this code, also by `plan` and `apply`, and that the secret shows nowhere.
#[track_caller]
fn refused(world: &World, code: &str) -> Ran {
    let json = world.run(&["validate", "--format", "json"]);
    assert_eq!(json.code, Some(3), "{json}");
    let document = json.json();
    let codes: Vec<&str> =
        document["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&code), "{code}: {codes:?}");
    let text = world.start(&["validate"]).end();
    for ran in [&json, &text, &world.run(&["apply"])] {
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(!format!("{ran}").contains("outside-of-the-tree"), "{ran}");
    }
    assert!(text.out.contains(&format!("error[{code}]")), "{text}");
    assert_eq!(world.service.requests().len(), 0);
    text
}

#[test]
fn links_are_refused_and_not_followed() {
    for (link, target) in [
        ("policies/acme/link.yaml", "../../outside/policy.yaml"),
        ("policies/acme/folder", "../../outside"),
        ("policies/acme/self", "self"),
        ("policies/linked-org", "../outside"),
        ("policies/acme/up", ".."),
        ("policies/acme/etc.yaml", "/etc/passwd"),
    ] {
        let world = world();
        symlink(target, world.path().join(link)).unwrap();
        let told = refused(&world, "symbolic-link");
        assert!(told.out.contains(&format!("--> {link}:1:1")), "by name: {told}");
    }
}

/// A pull request brings a settings file that has git start a program, in the way of a remote.
#[test]
fn a_remote_that_is_a_program_is_not_run() {
    let world = World::new();
    world.policies(1);
    let path = std::env::var_os("PATH").and_then(|path| path.into_string().ok()).expect("git is found by it");
    crate::store_git::git(world.path(), &["init", "--quiet", "--template="]);
    for remote in [
        "ext::sh -c touch% pwned",
        "ssh://-oProxyCommand=touch pwned/x",
        "./$(touch pwned)",
        "--upload-pack=touch pwned",
    ] {
        let place = serde_json::to_string(&format!("git:{remote}")).unwrap();
        world.write("policysync.yaml", &format!("state: {place}\n"));
        for command in ["plan", "apply"] {
            let ran = world.command(&[command]).env("PATH", &path).output().expect("the binary runs");
            assert!(matches!(ran.status.code(), Some(1 | 64)), "{remote}: {ran:?}");
            assert!(!world.path().join("pwned").exists(), "{remote}: {ran:?}");
        }
    }
    assert_eq!(world.service.requests().len(), 0, "nothing was called");
}

#[test]
fn a_text_outside_the_tree_is_not_read() {
    let outside = world().path().join("outside/secret.md");
    for (path, code) in [
        ("../../outside/secret.md", "content-outside-tree"),
        ("../../../../../../../../etc/passwd", "content-outside-tree"),
        ("/etc/passwd", "content-outside-tree"),
        (outside.to_str().unwrap(), "content-outside-tree"),
        ("text.md", "symbolic-link"),
    ] {
        let world = world();
        if code == "symbolic-link" {
            symlink("../../outside/secret.md", world.path().join("policies/acme/text.md")).unwrap();
        }
        world.write("policies/acme/bad.yaml", &yaml(&format!("contentFile: {path}")));
        let told = refused(&world, code);
        assert!(told.out.contains("policies/acme/bad.yaml:4:14"), "{told}");
    }
}

#[test]
fn what_is_no_small_regular_file_is_refused_without_a_wait() {
    let world = world();
    let made = Command::new("mkfifo").arg(world.path().join("policies/acme/pipe.yaml")).status().unwrap();
    assert!(made.success());
    refused(&world, "not-a-regular-file");

    let world = self::world();
    File::create(world.path().join("policies/acme/huge.yaml")).unwrap().set_len(5 << 30).unwrap();
    refused(&world, "file-too-large");

    let world = self::world();
    File::create(world.path().join("policies/acme").join(OsStr::from_bytes(b"l\xe4tin.yaml"))).unwrap();
    refused(&world, "name-not-utf-8");
}

#[test]
fn bombs_and_twins_are_refused() {
    let lol: String = (1..40).map(|n| format!("l{n}: &l{n} [*l{0}, *l{0}, *l{0}, *l{0}]\n", n - 1)).collect();
    let cases = [
        (format!("l0: &l0 x\n{lol}"), "alias"),
        (format!("content: {}x{}\n", "[".repeat(100_000), "]".repeat(100_000)), "too-deep"),
        (yaml("content: &a [*a]"), "alias"),
        (yaml("<<: {content: x}"), "merge-key"),
        (yaml("content: a\ncontent: b"), "duplicate-field"),
        (yaml("content: no"), "not-a-text"),
        (yaml("content: 012"), "not-a-text"),
        (yaml("content: 1e3"), "not-a-text"),
        (yaml("content: a\nriskTpye: HIGH"), "unknown-field"),
        (yaml("content: \"a\\0b\""), "unprintable-character"),
        (yaml("content: x").replace("name: n", "name: \"a\u{202e}b\""), "unprintable-character"),
    ];
    for (text, code) in cases {
        let world = world();
        world.write("policies/acme/bad.yaml", &text);
        let ran = world.run(&["validate"]);
        if code == "not-a-text" && ran.code == Some(0) {
            // The other way out: the exact text, and never a number or a flag made into one.
            let said = text.rsplit("content: ").next().unwrap().trim_end().to_owned();
            let plan = world.run(&["plan", "--format", "json"]).json();
            let changes = plan["changes"].as_array().unwrap();
            let bad = changes.iter().find(|change| change["address"] == "acme/bad").unwrap();
            assert_eq!(bad["after"]["content"], said.as_str());
            continue;
        }
        let told = refused(&world, code);
        assert!(told.out.contains("policies/acme/bad.yaml:"), "{told}");
        assert!(!told.out.contains('\u{202e}') && !told.out.contains('\0'), "{told}");
    }
}

#[test]
fn names_that_some_system_joins_are_refused_on_each() {
    for (one, two) in [("pii", "PII"), ("caf\u{e9}", "cafe\u{301}")] {
        let world = world();
        world.policy(&format!("acme/{one}"), "LOW", "log", "One.");
        world.policy(&format!("acme/{two}"), "LOW", "log", "Two.");
        let told = refused(&world, "duplicate-name");
        assert!(told.out.contains(one) && told.out.contains(two), "{told}");
    }
}

#[test]
fn line_endings_and_a_byte_order_mark_give_the_same_digest() {
    let digest = |text: &str| {
        let world = World::new();
        world.write("policies/acme/a.yaml", text);
        let ran = world.run(&["plan", "--format", "json", "--endpoint", "https://policy.example"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        ran.json()["digest"].clone()
    };
    let text = yaml("content: |\n  One.\n  Two.");
    assert_eq!(digest(&text.replace('\n', "\r\n")), digest(&text));
    assert_eq!(digest(&format!("\u{feff}{text}")), digest(&text));
    assert_ne!(digest(&text.replace("One.", "One!")), digest(&text));
}

#[test]
fn a_name_shows_as_itself_whatever_character_is_in_it() {
    let mut hidden = Vec::new();
    for c in '\0'..=char::MAX {
        let name = format!("a{c}b");
        if ScopeName::new(name.as_str()).is_err() {
            assert!(Key::new(name.as_str()).is_err(), "one rule for both: {c:?}");
            continue;
        }
        if is_invisible(c) || c.is_control() || c.is_whitespace() || escape::line(&name) != name {
            hidden.push(format!("U+{:04X}", u32::from(c)));
        }
    }
    assert_eq!(hidden, Vec::<String>::new());
}
