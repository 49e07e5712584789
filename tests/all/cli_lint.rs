//! `policysync lint`: what the service thinks of new and changed texts, through the binary. Whatever it answers, nothing is
//! changed, nothing panics and nothing raw is shown.

use policysync::sandbox::{Call, Fault, FaultPlan};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::api::api_server::{Reply, Server, json as ok};
use crate::world::{Ran, World};

const CLEAR: &str = "Card numbers must never be sent to a model.";
const VAGUE: &str = "Be reasonable";
const REMOTE: [&str; 3] = ["lint", "--remote", "--timeout=5s"];

fn world() -> World {
    let world = World::new();
    world.policy("acme/clear", "HIGH", "block", CLEAR);
    world.policy("acme/east/vague", "LOW", "log", VAGUE);
    world
}

fn lint(world: &World, args: &[&str]) -> Ran {
    world.run(&[&REMOTE, args].concat())
}

/// A service that judges each text by `judge`, and lists nothing.
fn judging(judge: impl Fn(&str, &str) -> Value + Send + Sync + 'static) -> Server {
    Server::start(move |_, request| {
        let sent: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let none = Vec::new();
        let policies = sent["policies"].as_array().unwrap_or(&none);
        let text = |policy: &Value, field: &str| policy[field].as_str().unwrap_or_default().to_owned();
        let results: Vec<Value> =
            policies.iter().map(|policy| judge(&text(policy, "policy_uuid"), &text(policy, "content"))).collect();
        Reply::Send(ok(200, &json!({ "results": results })))
    })
}

/// The world, its runs against that service.
fn against(server: &Server) -> World {
    let mut world = world();
    world.env.push(("POLICYSYNC_ENDPOINT".to_owned(), server.url()));
    world
}

/// Asserts that nothing that a terminal or a runner obeys is in what a run said.
#[track_caller]
fn nothing_raw(ran: &Ran) {
    let raw = |c: &char| c.is_control() && *c != '\n' || matches!(c, '\u{202e}' | '\u{200b}');
    for text in [&ran.out, &ran.err] {
        assert_eq!(text.chars().find(raw), None, "{ran}");
        assert!(!text.lines().any(|line| line.contains("##[")), "{ran}");
        assert!(!text.contains("panicked"), "{ran}");
    }
}

#[test]
fn a_text_is_judged_at_the_line_where_it_begins() {
    let world = world();
    world.write(
        "policies/acme/block.yaml",
        "name: B\nriskType: LOW\nactionType: log\ncontent: |\n\n    Be sensible, maybe\n",
    );
    world.write("policies/acme/apart.yaml", "name: A\nriskType: LOW\nactionType: log\ncontentFile: texts/a.md\n");
    world.write("policies/acme/texts/a.md", "\n\nProbably fine\n");
    for (name, text) in [
        ("quote", "content: |\n  > never quote\n  | never\n"),
        ("folded", "content: >2+\n\n   | never fold\n\n"),
        ("quoted", "content: '\n\n  > never\n  | ever'\n"),
        ("plain", "content:\n  never\n  ever\n"),
    ] {
        let text = format!("name: {name}\nriskType: LOW\nactionType: log\n{text}");
        world.write(&format!("policies/acme/{name}.yaml"), &text);
    }
    let ran = lint(&world, &[]);
    assert_eq!(ran.code, Some(0), "advice alone: {ran}");
    for said in [
        "acme/apart  25 of 100, severity high  new\n --> policies/acme/texts/a.md:3:1\n",
        "acme/block  50 of 100, severity medium  new\n --> policies/acme/block.yaml:6:5\n",
        "acme/clear  100 of 100  new\n --> policies/acme/clear.yaml:4:10\n",
        "  ambiguity: \"reasonable\" leaves open what is meant\n    help: Say what exactly",
        "  advice: Write it anew, starting from what must not happen.\n",
        "policies/acme/quote.yaml:5:3\n",
        "policies/acme/folded.yaml:6:4\n",
        "policies/acme/quoted.yaml:4:10\n",
        "policies/acme/plain.yaml:5:3\n",
        "\nLint: 8 texts, 8 judged.\n",
    ] {
        assert!(ran.out.contains(said), "{said}\n{ran}");
    }
    assert_eq!(world.requests("POST /policy/validate").len(), 1);
    assert_eq!(world.service.requests().len(), 1, "and nothing else: {ran}");
    assert!(world.service.policies().is_empty());
}

#[test]
fn only_what_is_new_or_changed_is_sent_and_by_the_recorded_id() {
    let world = world();
    assert_eq!(world.apply(&[]).code, Some(0));
    let before = world.service.requests().len();
    let none = lint(&world, &["--min-score=100"]);
    assert_eq!(none.code, Some(0), "{none}");
    assert!(none.out.ends_with("Lint: 0 texts, 2 as applied.\n") && none.err.contains("--all looks at all"), "{none}");
    assert_eq!(world.service.requests().len(), before, "nothing to ask");
    // Renamed and moved texts are known; one that is another than it was is not.
    std::fs::rename(world.path().join("policies/acme/clear.yaml"), world.path().join("policies/acme/known.yaml"))
        .unwrap();
    world.policy("acme/east/vague", "LOW", "log", "Be nice to each other");
    world.policy("acme/new", "LOW", "log", "Never send source code.");
    let ran = lint(&world, &["--format=json"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let report = ran.json();
    let texts = report["texts"].as_array().unwrap();
    let seen: Vec<_> =
        texts.iter().map(|text| (text["address"].as_str().unwrap(), text["state"].as_str().unwrap())).collect();
    assert_eq!(seen, [("acme/east/vague", "changed"), ("acme/new", "new")]);
    assert_eq!(report["summary"]["applied"], 1);
    let sent = world.requests("POST /policy/validate").pop().unwrap().body.unwrap();
    assert_eq!(sent["policies"][0]["policy_uuid"], world.id("vague"));
    let made_up = sent["policies"][1]["policy_uuid"].as_str().unwrap();
    assert_eq!(uuid::Uuid::try_parse(made_up).unwrap().get_version_num(), 4);
    let all = lint(&world, &["--all", "--format=json", "--org=acme"]);
    assert_eq!(all.json()["texts"].as_array().unwrap().len(), 3, "{all}");
    let again = world.requests("POST /policy/validate").pop().unwrap().body.unwrap();
    assert!(
        again["policies"].as_array().unwrap().iter().any(|text| text["policy_uuid"] == made_up),
        "the same each time"
    );
}

#[test]
fn without_remote_nothing_leaves_the_machine_and_lost_words_are_told() {
    let mut world = world();
    assert_eq!(world.apply(&[]).code, Some(0));
    world.policy("acme/clear", "HIGH", "block", "Card numbers should be sent with care.");
    let before = world.service.requests().len();
    world.env.push(("POLICYSYNC_TOKEN".to_owned(), String::new()));
    let ran = world.run(&["lint"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.starts_with("acme/clear  changed\n --> policies/acme/clear.yaml:4:10\n  softer wording: the new text has fewer negations (never 1 → 0)"), "{ran}");
    assert!(ran.err.contains("--remote sends these texts"), "{ran}");
    assert_eq!(world.service.requests().len(), before);
    let remote = world.run(&["lint", "--remote"]);
    assert_eq!(remote.code, Some(1), "{remote}");
    assert!(remote.err.contains("POLICYSYNC_TOKEN is not set"), "{remote}");
    let usage = world.run(&["lint", "--min-score=3"]);
    assert_eq!(usage.code, Some(64), "{usage}");
    assert!(usage.err.contains("--remote"), "{usage}");
}

#[test]
fn a_score_below_the_bound_is_an_error_in_every_format() {
    let world = world();
    for (min, code) in [("25", 0), ("26", 3), ("100", 3)] {
        assert_eq!(lint(&world, &["--min-score", min]).code, Some(code), "{min}");
    }
    assert_eq!(lint(&world, &["--min-score=101"]).code, Some(64));
    for (format, said) in [
        ("text", "acme/east/vague  25 of 100, severity high, below 80  new"),
        ("json", "\"tooLow\": true"),
        ("markdown", "> - `policies/acme/east/vague.yaml:4` `acme/east/vague` (new): **25** of 100; ambiguity"),
        ("sarif", "\"ruleId\": \"low-score\""),
        (
            "github",
            "::error file=policies/acme/east/vague.yaml,line=4,col=10,title=low-score::the wording scores 25 of 100",
        ),
    ] {
        let ran = lint(&world, &["--min-score=80", "--format", format]);
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(ran.out.contains(said), "{said}\n{ran}");
    }
    let html = lint(&world, &["--format=html"]);
    assert_eq!(html.code, Some(64), "{html}");
}

#[test]
fn errors_of_the_tree_come_first_and_a_draft_is_judged() {
    let world = world();
    world.write(
        "policies/acme/draft.yaml",
        "draft: true\nname: D\nriskType: LOW\nactionType: log\ncontent: Maybe not\n",
    );
    let ran = lint(&world, &[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("acme/draft  50 of 100, severity medium  new, a draft\n"), "{ran}");
    world.policy("acme/bad", "hihg", "block", CLEAR);
    let calls = world.service.requests().len();
    for format in ["text", "json", "markdown", "sarif", "github"] {
        let ran = lint(&world, &["--format", format]);
        assert_eq!(ran.code, Some(3), "{ran}");
        let said = format!("{ran}");
        assert!(said.contains("bad-risk-type") || said.contains("hihg"), "{ran}");
        assert!(!said.contains("draft.yaml"), "only what is in the way: {ran}");
    }
    assert_eq!(world.service.requests().len(), calls);
}

#[test]
fn a_service_that_refuses_or_fails_is_told_and_nothing_is_green() {
    for (code, fault, said) in [
        (401, Fault::status(401), "POLICYSYNC_TOKEN"),
        (403, Fault::status(403), "its user may not do this"),
        (404, Fault::proxy(404, false), "TEST environment only"),
        (500, Fault::status(500), "the service answered 500"),
        (502, Fault::proxy(502, false), "the service answered 502"),
    ] {
        let world = world();
        world.service.set_faults(FaultPlan::none().every(Call::Any, fault));
        let ran = lint(&world, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{code}: {ran}");
        assert!(ran.err.contains(said), "{said}\n{ran}");
        nothing_raw(&ran);
    }
    let mut world = world();
    world.env.push(("POLICYSYNC_ENDPOINT".to_owned(), "http://127.0.0.1:9".to_owned()));
    let ran = lint(&world, &[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("can't connect to 127.0.0.1:9"), "{ran}");
}

#[test]
fn what_could_not_be_judged_is_named_and_fails() {
    let server = judging(|id, content| match content == CLEAR {
        true => json!({"policy_uuid": id, "score": 90, "advice": "", "issues": [], "severity": "none"}),
        false => json!({"policy_uuid": "another", "score": 90}),
    });
    let world = against(&server);
    let ran = lint(&world, &[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.out.contains("acme/clear  90 of 100  new"), "the others are told: {ran}");
    assert!(ran.out.contains("  not judged: the answer has no judgement of it\n"), "{ran}");
    assert!(ran.out.contains("odd: the answer judges 1 more than it was asked about"), "{ran}");
    assert!(ran.err.contains("1 of 2 texts could not be judged, acme/east/vague first"), "{ran}");
    assert_eq!(ran.out.lines().last(), Some("Lint: 2 texts, 1 judged, 1 not judged."));
    // What scores too low says more than what could not be judged.
    let ran = lint(&world, &["--min-score=95", "--format=github"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.out.contains("title=not-judged::") && ran.err.contains("warning: 1 of 2 texts"), "{ran}");
}

#[test]
fn what_the_service_finds_says_what_to_do_where_the_service_does_not() {
    let server = judging(|id, content| {
        let issues = json!([{"type": "ambiguity", "description": "What is reasonable?", "suggestion": ""}]);
        match content == CLEAR {
            true => json!({"policy_uuid": "another", "score": 90}),
            false => json!({"policy_uuid": id, "score": 10, "advice": "", "issues": issues, "severity": "high"}),
        }
    });
    let ran = lint(&against(&server), &["--min-score=50", "--format=github"]);
    let told: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("::")).collect();
    for (code, help) in [
        ("low-score", "follow the warnings at the same place"),
        ("wording", "say it in other words, where you agree"),
        ("not-judged", "run it again"),
    ] {
        let line = told.iter().find(|line| line.contains(&format!("title={code}")));
        assert!(line.is_some_and(|line| line.contains(help)), "{code}: {ran}");
    }
}

#[test]
fn a_judgement_without_a_score_is_enough_unless_one_is_asked_for() {
    let server =
        judging(|id, _| json!({"policy_uuid": id, "score": "high", "advice": "Good.", "severity": 3, "issues": null}));
    let world = against(&server);
    let ran = lint(&world, &[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.out.contains("acme/clear  no score  new") && ran.out.contains("  odd: its score is a text, no number"),
        "{ran}"
    );
    let ran = lint(&world, &["--min-score=0"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.err.contains("2 of 2 texts could not be judged, acme/clear first: the judgement has no score"),
        "{ran}"
    );
}

/// Texts of the attacks S1 to S7, as a language model might repeat them.
const HOSTILE: &str = "\u{1b}[2K\u{1b}]8;;https://evil.example\u{7}\u{202e}\u{200b}\r\n::error::forged\n##[set-output name=x]y\n</details><script>alert(1)</script> @acme/team #1 ![x](https://evil.example/x.png) %0A::error::,line=1";

#[test]
fn whatever_the_service_says_is_text_in_each_format() {
    let server = judging(|id, _| {
        let issue = json!({"type": HOSTILE, "description": HOSTILE, "suggestion": HOSTILE});
        json!({"policy_uuid": id, "score": 1, "advice": HOSTILE, "severity": HOSTILE, "issues": [issue, issue]})
    });
    let world = against(&server);
    for format in ["text", "json", "markdown", "sarif", "github"] {
        let ran = lint(&world, &["--min-score=50", "--format", format]);
        assert_eq!(ran.code, Some(3), "{ran}");
        nothing_raw(&ran);
        if format == "github" {
            let forged = |line: &&str| line.starts_with("::") && !line.contains("file=policies/acme/");
            assert_eq!(ran.out.lines().find(forged), None, "{ran}");
        }
        if format == "markdown" {
            let plain = ran.out.split('`').step_by(2).collect::<String>();
            assert!(!plain.contains("@acme") && !plain.contains("](http") && !plain.contains("<script"), "{ran}");
        }
    }
}

#[test]
fn the_texts_and_the_token_go_only_where_the_user_says() {
    let mut world = world();
    world.write("policysync.yaml", "endpoint: http://127.0.0.1:9\n");
    world.env.push(("POLICYSYNC_ENDPOINT".to_owned(), String::new()));
    for args in [&["lint", "--remote"][..], &["recommend", "acme", "card numbers"]] {
        let ran = world.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran}");
        assert!(ran.err.contains("a file can't decide where the token goes"), "{ran}");
    }
    let server = judging(|id, _| json!({"policy_uuid": id, "score": 1, "advice": crate::world::TOKEN}));
    let world = against(&server);
    let ran = world.run(&["lint", "--remote", "-vv"]);
    assert!(ran.err.contains("POST /policy/validate → 200") && ran.out.contains("1 of 100"), "{ran}");
    let said = format!("{ran}");
    assert!(!said.contains(crate::world::TOKEN) && !said.contains(CLEAR), "no token, and no text in the log: {ran}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_answer_ends_in_an_exit_code_and_shows_nothing_raw(
        words in proptest::collection::vec(any::<String>(), 4),
        score in prop_oneof![any::<f64>().prop_map(Value::from), any::<String>().prop_map(Value::from), Just(Value::Null)],
        format in prop_oneof![Just("text"), Just("json"), Just("markdown"), Just("sarif"), Just("github")],
    ) {
        let (said, number) = (words.clone(), score.clone());
        let server = judging(move |id, _| {
            let issue = json!({"type": said[0], "description": said[1], "suggestion": said[2]});
            json!({"policy_uuid": id, "score": number, "advice": said[3], "severity": said[0], "issues": [issue]})
        });
        let ran = lint(&against(&server), &["--min-score=50", "--format", format]);
        prop_assert!(matches!(ran.code, Some(0 | 1 | 3)), "{words:?} {score}: {ran}");
        let raw = |c: &char| c.is_control() && *c != '\n';
        prop_assert_eq!(ran.out.chars().chain(ran.err.chars()).find(raw), None, "{:?}: {}", words, ran);
    }
}
