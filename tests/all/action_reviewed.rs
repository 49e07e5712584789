//! What was reviewed is what is applied: found through the commit, refused where it is another plan, edited, or not there.

use super::github::GitHub;
use super::runner::Runner;
use super::story::{apply, only, plan};
use crate::world::{TOKEN, World};

fn reviewed() -> (World, GitHub) {
    let (world, github) = (World::new(), GitHub::new());
    world.policy("acme/pii", "HIGH", "block", "Do not share personal data.");
    github.opened(7);
    assert_eq!(plan(&world, &github, 7).code, 0);
    (world, github)
}

#[track_caller]
fn refused(world: &World, github: &GitHub, commit: &str, why: &str) {
    let done = apply(world, github, commit, &[]);
    assert_eq!(done.code, 6, "{done}");
    assert!(done.log.contains(why), "{why}: {done}");
    assert_eq!(world.service.requests().len(), 0, "nothing was touched, nobody was asked: {done}");
}

#[test]
fn a_merge_a_squash_and_a_rebase_lead_to_the_plan() {
    for (commit, commits) in [("merge", vec!["a", "b"]), ("squash", vec![]), ("rebase-2", vec!["rebase-1"])] {
        let (world, github) = reviewed();
        github.merged(7, commit, &commits);
        let done = apply(&world, &github, commit, &[]);
        assert_eq!(done.code, 0, "{commit}: {done}");
        world.holds_the_tree();
    }
}

#[test]
fn another_plan_is_refused_and_what_differs_is_named() {
    let (world, github) = reviewed();
    github.merged(7, "c1", &[]);
    world.policy("acme/pii", "LOW", "log", "Share what you like.");
    world.policy("acme/more", "LOW", "log", "x");
    let done = apply(&world, &github, "c1", &[]);
    assert_eq!((done.code, done.output("failure-reason")), (6, "plan-changed"), "{done}");
    for said in ["not reviewed: acme/more", "reviewed otherwise: acme/pii"] {
        assert!(done.log.contains(said), "{done}");
    }
    assert!(done.summary.contains("this is not the plan that was reviewed"), "{done}");
    assert_eq!(world.service.requests().len(), 0, "nothing was touched");
    let comment = only(&github, 7);
    assert!(comment.contains("Not applied: this is not the plan that was reviewed"), "{comment}");

    // What was reviewed comes back, and is applied: the comment goes on naming that plan.
    world.policy("acme/pii", "HIGH", "block", "Do not share personal data.");
    world.remove("policies/acme/more.yaml");
    let done = apply(&world, &github, "c1", &[]);
    assert_eq!(done.code, 0, "{done}");
}

#[test]
fn a_comment_that_someone_edited_shows_no_reviewed_plan() {
    let (world, github) = reviewed();
    github.merged(7, "c1", &[]);
    github.edited(7, "mallory", |body| body.replace("block", "log"));
    refused(&world, &github, "c1", "was edited by mallory");
}

#[test]
fn without_a_comment_or_a_pull_request_nothing_was_reviewed() {
    let (world, github) = reviewed();
    refused(&world, &github, "direct", "came through no pull request");
    github.opened(8);
    github.merged(8, "c8", &[]);
    // Somebody's own comment with our text is not ours.
    github.commented(8, "ada", "User", &only(&github, 7));
    refused(&world, &github, "c8", "has no comment of ours");
    // Both are let pass only where there was no pull request, and only where that is asked for.
    let done = apply(&world, &github, "c8", &[("expect", "reviewed-or-guards")]);
    assert_eq!(done.code, 6, "{done}");
    let done = apply(&world, &github, "direct", &[("expect", "reviewed-or-guards")]);
    assert_eq!(done.code, 0, "{done}");
    world.holds_the_tree();
}

#[test]
fn a_github_that_does_not_answer_is_no_review() {
    let (world, github) = reviewed();
    github.merged(7, "c1", &[]);
    github.breaks(Some(404));
    let done = apply(&world, &github, "c1", &[]);
    assert_eq!((done.code, done.output("failure-reason")), (1, "failure"), "{done}");
    assert_eq!(world.service.requests().len(), 0, "nothing was touched");
}

#[test]
fn the_digest_may_be_given_instead() {
    let (world, github) = reviewed();
    let url = world.service.url();
    let digest = plan(&world, &github, 7).output("plan-digest").to_owned();
    let with = |expect: &str| {
        Runner::on_push(&world, &github, "direct").uses(&[
            ("command", "apply"),
            ("endpoint", &url),
            ("token", TOKEN),
            ("expect", expect),
        ])
    };
    let other = format!("sha256:{}", "0".repeat(64));
    assert_eq!(with(&other).code, 6);
    assert_eq!(with("whatever").code, 64);
    assert_eq!(with(&digest).code, 0);
    world.holds_the_tree();
}
