//! `policysync recommend`: what the service drafts becomes files that nothing plans until somebody signs them off.

use std::io::Write as _;
use std::process::Stdio;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::api::api_server::{Server, answer, failure, json as ok};
use crate::world::{Ran, World};

const DRAFT: &str =
    "policies/acme/east/prompts-and-answers-must-not-contain-or-ask-for-the-following-card-numbers.yaml";

fn world() -> World {
    let world = World::new();
    world.write("policies/acme/_scope.yaml", "id: org-1\n");
    world.write("policies/acme/east/_scope.yaml", "id: ws-1\n");
    world
}

fn against(server: &Server) -> World {
    let mut world = world();
    world.env.push(("POLICYSYNC_ENDPOINT".to_owned(), server.url()));
    world
}

fn offering(drafts: &[Value]) -> Server {
    Server::always(ok(
        200,
        &json!({"level": 0, "uuid": "org-1", "tokens_in": 5, "tokens_out": 7, "recommended_policies": drafts}),
    ))
}

fn draft(content: &str) -> Value {
    json!({"content": content, "riskType": "low", "alertType": "log"})
}

fn files(world: &World) -> Vec<String> {
    let all = walkdir::WalkDir::new(world.path().join("policies")).sort_by_file_name().into_iter();
    let files = all.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files.map(|entry| entry.path().strip_prefix(world.path()).unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn a_draft_is_written_and_nothing_is_planned_until_it_is_signed_off() {
    let world = world();
    let ran = world.run(&["recommend", "acme/east", "card numbers"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.starts_with(&format!("  + written {DRAFT}\n")), "{ran}");
    assert!(ran.out.contains("1 draft for acme/east. Tokens: 2 asked, 13 answered.\n"), "{ran}");
    let sent = world.requests("POST /policy/recommend").pop().unwrap().body.unwrap();
    assert_eq!(sent, json!({"level": 1, "uuid": "ws-1", "prompt": "card numbers"}));
    let text = world.read(DRAFT);
    assert!(text.starts_with("# Drafted by the service.") && text.contains("\ndraft: true\nname: "), "{text}");
    for command in ["validate", "plan", "apply", "drift"] {
        let ran = world.run(&[command]);
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(format!("{ran}").contains("error[draft]: this policy is a draft that nobody has signed off"), "{ran}");
        assert!(format!("{ran}").contains("take the line `draft: true` out"), "{ran}");
    }
    assert_eq!(world.calls("POST"), 1, "nothing was applied");
    assert_eq!(world.run(&["fmt", "--check"]).code, Some(0), "it has the house's form");
    // Taking the line out signs it off.
    world.write(DRAFT, &text.replace("draft: true\n", ""));
    assert_eq!(world.run(&["validate"]).code, Some(0));
    assert_eq!(world.apply(&[]).code, Some(0));
    assert_eq!(world.service.policies().len(), 1);
}

#[test]
fn what_is_there_stays_and_the_same_again_writes_nothing() {
    let world = world();
    world.run(&["recommend", "acme/east", "card numbers"]);
    let (before, text) = (files(&world), world.read(DRAFT));
    let again = world.run(&["recommend", "acme/east", "card numbers"]);
    assert_eq!(again.code, Some(0), "{again}");
    assert!(again.out.starts_with(&format!("  = there already {DRAFT}: it says the same\n")), "{again}");
    assert_eq!(files(&world), before);
    // Another text whose name is taken, whatever has it and in whatever case, gets a number.
    let name = "Prompts-AND-answers-must-not-contain-or-ask-for-the-following-keys";
    world.write(&format!("policies/acme/east/{name}.md"), "notes\n");
    let other = world.run(&["recommend", "acme/east", "keys"]);
    assert!(other.out.contains(&format!("+ written policies/acme/east/{}-2.yaml", name.to_lowercase())), "{other}");
    assert_eq!(world.read(DRAFT), text);
}

#[test]
fn a_dry_run_shows_and_writes_nothing() {
    let world = world();
    let before = files(&world);
    let ran = world.run(&["recommend", "acme/east/", "card numbers", "--dry-run"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains(&format!("+ would be written {DRAFT}\n")), "{ran}");
    assert!(
        ran.out.contains("      | Prompts and answers must not contain or ask for the following: card numbers\n"),
        "{ran}"
    );
    let json = world.run(&["recommend", "acme/east", "card numbers", "--dry-run", "--format=json"]).json();
    assert_eq!(
        (
            &json["format"],
            &json["dryRun"],
            &json["tokensIn"],
            &json["drafts"][0]["did"],
            &json["drafts"][0]["actionType"]
        ),
        (&json!("policysync.recommend/1"), &json!(true), &json!(2), &json!("drafted"), &json!(1))
    );
    assert_eq!(files(&world), before);
}

#[test]
fn the_description_can_come_from_standard_input_and_is_bounded() {
    let world = world();
    let run = |text: &[u8]| -> Ran {
        let mut command = world.command(&["recommend", "acme", "-", "--dry-run"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let written = child.stdin.take().unwrap().write_all(text);
        let ran = child.wait_with_output().unwrap().into();
        drop(written);
        ran
    };
    let ran = run("  Wir speichern\nKartennummern.\n".as_bytes());
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(
        world.requests("POST /policy/recommend")[0].body.as_ref().unwrap()["prompt"],
        "Wir speichern\nKartennummern."
    );
    for (text, said) in
        [(&b" \n"[..], "is empty"), (&[0xff, 0x41], "not UTF-8"), (&[b'x'; 33_000], "longer than 32 KiB")]
    {
        let ran = run(text);
        assert_eq!(ran.code, Some(64), "{ran}");
        assert!(ran.err.contains(said), "{said}\n{ran}");
    }
    assert_eq!(world.service.requests().len(), 1);
}

#[test]
fn a_scope_that_the_tree_does_not_have_is_told_before_anything_is_asked() {
    let world = world();
    for (args, said) in [
        (&["recommend", "acme/eats", "x"][..], "did you mean acme/east?"),
        (&["recommend", "globex", "x"], "policies has no scope globex"),
        (&["recommend", "acme", "x", "--tree", "nowhere"], "`policysync init acme` makes it"),
        (&["recommend", "acme"], "<WHAT>"),
        (&["recommend", "acme", " "], "the description is empty"),
    ] {
        let ran = world.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{ran}");
        assert!(ran.err.contains(said), "{said}\n{ran}");
    }
    world.write("policies/acme/east/_scope.yaml", "id: [1]\n");
    let ran = world.run(&["recommend", "acme/east", "x"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert_eq!(world.service.requests().len(), 0);
}

#[test]
fn odd_words_are_drafted_as_the_strongest_and_what_no_file_can_hold_is_told() {
    let server = offering(&[
        json!({"content": "Mask card numbers.\r\nAlways.", "riskType": "critical\u{1b}[2K", "alertType": "page"}),
        draft(""),
        draft("A nul\u{0} in it"),
        draft(&"long ".repeat(8_000)),
        draft("Mask card numbers.\nAlways."),
        json!({"content": 7}),
    ]);
    let world = against(&server);
    let ran = world.run(&["recommend", "acme", "x"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    let text = world.read("policies/acme/mask-card-numbers.yaml");
    assert!(
        text.contains("\nriskType: HIGH\nactionType: block\ncontent: |\n  Mask card numbers.\n  Always.\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "# `riskType`: the service said \"critical\\u{1b}[2K\", which there isn't; HIGH until you choose\n"
        ),
        "{text}"
    );
    assert!(
        ran.out.contains("1 draft for acme, 1 there already, 3 not written. Tokens: 5 asked, 7 answered."),
        "{ran}"
    );
    assert!(ran.out.contains("odd: recommended_policies[5] has as content a number"), "{ran}");
    assert!(ran.out.contains(": its text is empty\n") && ran.out.contains("at most 32768 (32 KiB)"), "{ran}");
    assert_eq!(files(&world).len(), 3);
    let valid = world.run(&["validate", "--format=json"]).json();
    assert_eq!(valid["findings"].as_array().unwrap().len(), 1, "a draft and nothing else: {valid}");
}

#[test]
fn no_draft_is_no_failure_and_a_failure_writes_nothing() {
    let none = against(&offering(&[])).run(&["recommend", "acme", "x"]);
    assert_eq!(
        (none.code, none.out.as_str()),
        (Some(0), "0 drafts for acme. Tokens: 5 asked, 7 answered.\n"),
        "{none}"
    );
    for (bytes, said) in [
        (failure(401, "who"), "POLICYSYNC_TOKEN"),
        (failure(403, "no"), "its user may not do this"),
        (answer(404, "", "<html>"), "TEST environment only"),
        (answer(200, "", "<html>"), "can't be read"),
        (ok(200, &json!({"level": 0})), "recommended_policies is missing"),
    ] {
        let server = Server::always(bytes);
        let world = against(&server);
        let before = files(&world);
        let ran = world.run(&["recommend", "acme", "x"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran}");
        assert!(ran.err.contains(said), "{said}\n{ran}");
        assert_eq!(files(&world), before);
    }
}

#[cfg(unix)]
#[test]
fn no_link_is_written_through() {
    let world = world();
    std::fs::create_dir(world.path().join("away")).unwrap();
    std::fs::remove_file(world.path().join("policies/acme/east/_scope.yaml")).unwrap();
    std::fs::remove_dir(world.path().join("policies/acme/east")).unwrap();
    std::os::unix::fs::symlink("../../away", world.path().join("policies/acme/east")).unwrap();
    let ran = world.run(&["recommend", "acme/east", "card numbers"]);
    assert_ne!(ran.code, Some(0), "{ran}");
    assert_eq!(std::fs::read_dir(world.path().join("away")).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_draft_becomes_a_file_that_says_it_or_is_told(
        contents in proptest::collection::vec(any::<String>(), 1..4),
        words in proptest::collection::vec(any::<String>(), 2),
        as_json in any::<bool>(),
    ) {
        let drafts: Vec<Value> = contents
            .iter()
            .map(|content| json!({"content": content, "riskType": words[0], "alertType": words[1]}))
            .collect();
        let server = offering(&drafts);
        let world = against(&server);
        let ran = world.run(&["recommend", "acme", "x", "--format", if as_json { "json" } else { "text" }]);
        prop_assert!(matches!(ran.code, Some(0 | 5)), "{contents:?}: {ran}");
        let raw = |c: &char| c.is_control() && *c != '\n';
        prop_assert_eq!(ran.out.chars().chain(ran.err.chars()).find(raw), None, "{:?}: {}", contents, ran);
        // Whatever was written is read as drafts and nothing else that is wrong.
        let valid = world.run(&["validate", "--format=json"]).json();
        let errors = |finding: &&Value| finding["level"] == "error" && finding["code"] != "draft";
        prop_assert_eq!(valid["findings"].as_array().unwrap().iter().find(errors), None, "{:?}", contents);
    }
}
