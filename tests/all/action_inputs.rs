//! What is written into an input is one word to the binary, whatever it holds; what can't be right is refused before anything.

use super::github::GitHub;
use super::runner::Runner;
use super::story::only;
use crate::world::{TOKEN, World};

/// What a shell would take for more than a word.
const TRICKS: &[&str] =
    &["$(touch hit)", "; touch hit", "`touch hit`", "--help", "-x", "a\ntouch hit", "a b", "*", "'\"", "& touch hit"];

/// S23.
#[test]
fn s23_an_input_is_taken_literally() {
    let (world, github) = (World::new(), GitHub::new());
    world.policy("acme/pii", "HIGH", "block", "x");
    for trick in TRICKS {
        for input in [
            "path",
            "endpoint",
            "state",
            "org",
            "allow",
            "expect",
            "label",
            "comment",
            "issue",
            "prune",
            "impact",
            "working-directory",
            "token",
        ] {
            let command = if matches!(input, "expect" | "token") { "apply" } else { "plan" };
            let done = Runner::new(&world, &github).uses(&[("command", command), (input, trick)]);
            assert!(!world.path().join("hit").exists(), "{input} {trick:?} was run");
            assert!(!done.log.contains("Usage:"), "{input} {trick:?} is a flag: {done}");
            let harmless = matches!(input, "label" | "comment" | "issue" | "org" | "state")
                || (input == "token" && command == "plan");
            assert!(done.code != 0 || harmless, "{input} {trick:?}: {done}");
        }
        let done = Runner::new(&world, &github).uses(&[("command", trick)]);
        assert_eq!((done.code, done.output("failure-reason")), (64, "usage"), "{done}");
        for input in ["version", "checksum", "binary-path"] {
            let done = Runner::new(&world, &github).uses_without_a_binary(&[(input, trick)]);
            assert!(done.code != 0 && !done.output("failure-reason").is_empty(), "{input} {trick:?}: {done}");
            assert!(!world.path().join("hit").exists(), "{input} {trick:?} was run");
        }
    }
    assert_eq!(world.service.requests().len(), 0);
}

/// S22: the file in the pull request names another service. The token goes where the input says; and nowhere where it says
/// nothing.
#[test]
fn s22_a_pull_request_that_changes_the_endpoint_gets_no_token() {
    let (world, github) = (World::new(), GitHub::new());
    let strangers = World::new();
    world.policy("acme/pii", "HIGH", "block", "x");
    world.write("policysync.yaml", &format!("endpoint: {}\n", strangers.service.url()));
    for command in ["apply", "drift"] {
        let done = Runner::new(&world, &github).uses(&[("command", command), ("token", TOKEN)]);
        assert_eq!((done.code, done.output("failure-reason")), (1, "failure"), "{done}");
        assert!(done.log.contains("POLICYSYNC_ENDPOINT"), "{done}");
    }
    let url = world.service.url();
    for command in ["apply", "drift"] {
        let with = [("command", command), ("token", TOKEN), ("endpoint", &*url)];
        assert_eq!(Runner::new(&world, &github).uses(&with).code, 0);
    }
    world.holds_the_tree();
    assert_eq!(strangers.service.requests().len(), 0, "nobody there was asked anything");
}

#[test]
fn a_tree_with_an_odd_name_is_read() {
    let (world, github) = (World::new(), GitHub::new());
    for folder in ["-a $(b) ; c", "--", "new\nline"] {
        world.write(&format!("{folder}/acme/x.yaml"), "name: x\nriskType: LOW\nactionType: log\ncontent: x\n");
        let done = Runner::new(&world, &github).uses(&[("path", folder)]);
        assert_eq!((done.code, done.output("changes")), (0, "1"), "{folder:?}: {done}");
        world.write(&format!("{folder}/policies/acme/x.yaml"), "name: x\nriskType: LOW\nactionType: log\ncontent: x\n");
        let done = Runner::new(&world, &github).uses(&[("working-directory", folder)]);
        assert_eq!((done.code, done.output("changes")), (0, "1"), "{folder:?}: {done}");
    }
}

#[test]
fn a_cancelled_job_signals_the_binary_itself() {
    let script = super::runner::read(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("action/run.sh"));
    assert!(
        script.trim_end().lines().last().unwrap().starts_with("exec -- \"$binary\""),
        "the last command becomes it"
    );
    let action = super::runner::yaml(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml"));
    let steps = action["runs"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1);
    let run = steps[0]["run"].as_str().unwrap();
    assert!(run.starts_with("exec ") && !run.contains("${{"), "{run}");
}

#[test]
fn with_impact_the_comment_says_what_a_weakened_policy_blocked() {
    let (world, github) = (World::new(), GitHub::new());
    github.opened(7);
    world.policy("acme/pii", "HIGH", "block", "x");
    assert_eq!(world.apply(&[]).code, Some(0));
    let traffic = "- {policy: pii, ago: 2d, times: 312}\n";
    world.service.expect(policysync::sandbox::Traffic::from_yaml(traffic).unwrap());
    world.policy("acme/pii", "HIGH", "log", "x");
    let (runner, url) = (Runner::on_pull(&world, &github, 7, "o/r"), world.service.url());
    let with = [("endpoint", &*url), ("token", TOKEN), ("allow", "weaken=1")];
    let bare = runner.uses(&with);
    assert_eq!((bare.code, bare.output("weaker")), (0, "1"), "{bare}");
    assert!(!only(&github, 7).contains("in 30 days"), "{}", only(&github, 7));
    let done = runner.uses(&[&with[..], &[("impact", "true")]].concat());
    assert_eq!((done.code, done.output("plan-digest")), (0, bare.output("plan-digest")), "{done}");
    assert!(only(&github, 7).contains("blocked 312 calls in 30 days"), "{}", only(&github, 7));
    assert!(done.summary.contains("blocked 312 calls in 30 days"), "{done}");
}
