//! Each way a run can end, as the pull request, the outputs and the summary tell it.

use policysync::sandbox::{Call, Fault, FaultPlan, Moment};

use super::github::{BOT, GitHub, READER};
use super::runner::Runner;
use super::story::{apply, only, plan};
use crate::world::{TOKEN, World};

fn world() -> World {
    let world = World::new();
    world.policy("acme/pii", "HIGH", "block", "Do not share personal data.");
    world
}

#[test]
fn a_fork_without_secrets_gets_its_plan_in_the_summary_and_a_warning() {
    let (world, github) = (world(), GitHub::new());
    github.opened(7);
    let runner = Runner { token: READER.to_owned(), ..Runner::on_pull(&world, &github, 7, "someone/r") };
    let done = runner.uses(&[]);
    assert_eq!((done.code, done.output("changes"), done.output("comment-url")), (0, "1", ""), "{done}");
    assert!(done.summary.contains("Not posted on GitHub") && done.summary.contains("1 to create"), "{done}");
    assert!(
        done.annotations.iter().any(|(kind, _, message)| kind == "warning" && message.contains("not posted")),
        "{done}"
    );
    assert!(github.comments(7).is_empty());
    assert_eq!(world.service.requests().len(), 0, "a plan calls nobody");
}

#[test]
fn comments_are_made_when_they_are_wanted() {
    let (world, github) = (world(), GitHub::new());
    github.opened(7);
    let runner = Runner::on_pull(&world, &github, 7, "o/r");
    let url = world.service.url();
    assert_eq!(runner.uses(&[("endpoint", &url), ("comment", "never")]).code, 0);
    assert!(github.comments(7).is_empty());
    assert_eq!(world.apply(&[]).code, Some(0));
    assert_eq!(runner.uses(&[("endpoint", &url), ("comment", "changes")]).output("changes"), "0");
    assert!(github.comments(7).is_empty(), "there is nothing to do");
    runner.uses(&[("endpoint", &url)]);
    assert!(only(&github, 7).contains("No changes"), "{}", only(&github, 7));
    // One for each label.
    runner.uses(&[("endpoint", &url), ("label", "acme/eu")]);
    assert_eq!(github.comments(7).len(), 2);
    let done = runner.uses(&[("endpoint", &url), ("label", "a b")]);
    assert!(done.log.contains("can't be one"), "{done}");
    assert_eq!(github.comments(7).len(), 2);
}

#[test]
fn our_comment_is_found_behind_many_others_and_a_forged_one_is_left_alone() {
    let (world, github) = (world(), GitHub::new());
    github.opened(7);
    plan(&world, &github, 7);
    let ours = only(&github, 7);
    github.opened(8);
    // By a person of the bot's name, with our very text; and enough others for several pages.
    github.commented(8, "github-actions", "User", &ours.replace("create", "ignore"));
    (0..5).for_each(|n| github.commented(8, "ada", "User", &format!("looks good {n}")));
    plan(&world, &github, 8);
    plan(&world, &github, 8);
    let comments: Vec<String> = github.comments(8).into_iter().filter(|body| !body.contains("ignore")).collect();
    assert_eq!(comments.len(), 1, "{comments:#?}");
    assert_eq!(comments[0].lines().next(), ours.lines().next());
    assert!(github.comments(8).iter().any(|body| body.contains("ignore")), "the forged one is as it was");
}

#[test]
fn findings_stand_on_their_lines_and_in_the_comment() {
    let (world, github) = (World::new(), GitHub::new());
    for n in 0..12 {
        world.write(&format!("policies/acme/p{n}.yaml"), "name: x\nriskType: hihg\nactionType: block\ncontent: x\n");
    }
    github.opened(7);
    for command in ["validate", "plan"] {
        let done = Runner::on_pull(&world, &github, 7, "o/r").uses(&[("command", command)]);
        assert_eq!((done.code, done.output("errors"), done.output("failure-reason")), (3, "12", "findings"), "{done}");
        let on_lines: Vec<_> = done.annotations.iter().filter(|(_, at, _)| at.contains_key("line")).collect();
        assert_eq!(on_lines.len(), 9, "{done}");
        assert_eq!((on_lines[0].1["file"].as_str(), on_lines[0].1["line"].as_str()), ("policies/acme/p0.yaml", "2"));
        assert!(done.annotations.iter().any(|(.., message)| message.contains("and 3 more")), "{done}");
        assert!(done.summary.contains("bad-risk-type"), "{done}");
    }
    let comment = only(&github, 7);
    assert!(comment.contains("12 errors") || comment.contains("bad-risk-type"), "{comment}");
    assert!(!comment.lines().next().unwrap().contains("digest"), "there is no plan to review: {comment}");
}

#[test]
fn a_part_is_told_as_a_part() {
    let (world, github) = (world(), GitHub::new());
    world.policy("acme/other", "HIGH", "block", "Do not share secrets.");
    github.opened(7);
    plan(&world, &github, 7);
    github.merged(7, "c7", &[]);
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, Fault::status(403)));
    let done = apply(&world, &github, "c7", &[]);
    assert_eq!((done.code, done.output("failure-reason"), done.output("exit-code")), (5, "partial", "5"), "{done}");
    let comment = only(&github, 7);
    assert!(comment.contains("Applied in part: 1 of 2"), "{comment}");
    assert!(done.annotations.iter().any(|(kind, at, _)| kind == "error" && at.contains_key("file")), "{done}");
}

#[test]
fn a_locked_record_is_told() {
    let (mut world, github) = (world(), GitHub::new());
    world.env.push(("POLICYSYNC_TEST_LEASE".to_owned(), "50s".to_owned()));
    let held = Fault::Delay { ms: 600_000, effect: Moment::Before };
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 1, held));
    let holder = world.start_apply(&[]);
    world.arrived("POST /policy", 1);
    world.policy("acme/third", "HIGH", "block", "y");
    let url = world.service.url();
    let with = [("command", "apply"), ("endpoint", &*url), ("token", TOKEN)];
    let done = Runner::on_push(&world, &github, "direct").uses(&with);
    assert_eq!((done.code, done.output("failure-reason")), (6, "locked"), "{done}");
    assert!(done.summary.contains("Not applied") && done.summary.contains("locked"), "{done}");
    holder.kill();
}

#[test]
fn a_log_that_nobody_reads_any_more_changes_nothing() {
    let (world, github) = (world(), GitHub::new());
    github.opened(7);
    let runner = Runner::on_pull(&world, &github, 7, "o/r");
    // A whole step, but for its log: whoever read it is gone before the first line.
    let url = world.service.url();
    let binary = env!("CARGO_BIN_EXE_policysync");
    let script = format!("({binary} plan 2>&1 || echo failed > failed) | true; test ! -e failed");
    let steps = serde_json::json!([{"run": script, "env": {
        "POLICYSYNC_ACTION": "true", "POLICYSYNC_ENDPOINT": url, "POLICYSYNC_GITHUB_TOKEN": "${{ github.token }}"}}]);
    let (done, contexts) = runner.steps(steps.as_array().unwrap(), runner.contexts(), &[]);
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(contexts["steps"]["step-0"]["outputs"]["exit-code"], "0", "{done}");
    assert!(done.summary.contains("1 to create") && only(&github, 7).contains("1 to create"), "{done}");
}

#[test]
fn drift_opens_one_issue_keeps_it_and_closes_it() {
    let (world, github) = (world(), GitHub::new());
    assert_eq!(world.apply(&[]).code, Some(0));
    let url = world.service.url();
    let drift = || {
        Runner::new(&world, &github).uses(&[
            ("command", "drift"),
            ("endpoint", &url),
            ("token", TOKEN),
            ("issue", "true"),
        ])
    };
    let done = drift();
    assert_eq!((done.code, done.output("changes"), github.issues().len()), (0, "0", 0), "{done}");
    let id = world.id("pii");
    world.service.edit(&id, serde_json::json!({"actionType": 0}), "user-console");
    for _ in 0..2 {
        let done = drift();
        assert_eq!((done.code, done.output("changes"), done.output("failure-reason")), (2, "1", "changes"), "{done}");
        let issues = github.issues();
        assert_eq!((issues.len(), issues[0].2), (1, true), "{issues:?}");
        assert!(issues[0].1.contains("acme/pii"), "{}", issues[0].1);
        assert!(done.output("comment-url").contains("/issues/"), "{done}");
    }
    world.service.edit(&id, serde_json::json!({"actionType": 2}), "user-console");
    assert_eq!(drift().code, 0);
    assert_eq!(github.issues().len(), 1);
    assert!(!github.issues()[0].2, "it is over");
}

#[test]
fn without_github_the_work_is_done_all_the_same() {
    let (world, github) = (world(), GitHub::new());
    github.opened(7);
    github.breaks(Some(500));
    let done = plan(&world, &github, 7);
    assert_eq!((done.code, done.output("changes")), (0, "1"), "{done}");
    assert!(done.summary.contains("Not posted on GitHub"), "{done}");
    for output in [&done.log, &done.summary] {
        assert!(!output.contains(BOT) && !output.contains(TOKEN), "{output}");
    }
}
