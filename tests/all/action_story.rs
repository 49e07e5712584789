//! The whole story of a policy's change: opened, pushed to again, merged and applied; a weakening that is refused, allowed and
//! applied; a hostile text that is nothing but text.

use super::github::GitHub;
use super::runner::{Done, Runner, read};
use crate::world::{TOKEN, World};

/// Plans on a pull request of this repository.
#[track_caller]
pub fn plan(world: &World, github: &GitHub, number: u64) -> Done {
    Runner::on_pull(world, github, number, "o/r").uses(&[("endpoint", &world.service.url())])
}

/// Applies what came by a commit, if it is what was reviewed.
#[track_caller]
pub fn apply(world: &World, github: &GitHub, commit: &str, with: &[(&str, &str)]) -> Done {
    let url = world.service.url();
    let all = [&[("command", "apply"), ("endpoint", &*url), ("token", TOKEN), ("expect", "reviewed")], with].concat();
    Runner::on_push(world, github, commit).uses(&all)
}

#[track_caller]
pub fn only(github: &GitHub, number: u64) -> String {
    let mut comments = github.comments(number);
    assert_eq!(comments.len(), 1, "one comment of ours: {comments:#?}");
    comments.remove(0)
}

#[test]
fn from_the_first_push_to_the_service_and_back() {
    let (world, github) = (World::new(), GitHub::new());
    world.policy("acme/pii", "HIGH", "block", "Do not share personal data.");
    github.opened(7);
    let done = plan(&world, &github, 7);
    assert_eq!((done.code, done.output("changes"), done.output("create")), (0, "1", "1"), "{done}");
    let comment = only(&github, 7);
    assert!(comment.contains("1 to create") && comment.contains("Do not share personal data."), "{comment}");
    assert!(done.summary.contains("Do not share personal data."), "{done}");
    assert_eq!(done.output("failure-reason"), "");
    assert!(done.output("comment-url").contains("/pull/7"), "{done}");
    assert!(read(done.output("plan-path").as_ref()).contains(done.output("plan-digest")));
    assert!(read(done.output("report-path").as_ref()).contains("<html lang"));

    // Pushed to again: the same comment says something else.
    world.policy("acme/east/secrets", "HIGH", "block", "Do not share secrets.");
    let done = plan(&world, &github, 7);
    assert_eq!(done.output("create"), "2", "{done}");
    let comment = only(&github, 7);
    assert!(comment.contains("2 to create") && comment.contains("Do not share secrets."), "{comment}");
    assert_eq!(github.edits(7), 1);
    let digest = done.output("plan-digest").to_owned();
    assert!(comment.lines().next().unwrap().contains(&digest), "{comment}");
    plan(&world, &github, 7);
    assert_eq!(github.edits(7), 1, "a comment that says it already is left alone");

    // Merged by a squash: applied, and the comment says so.
    github.merged(7, "5q0a5h", &[]);
    let done = apply(&world, &github, "5q0a5h", &[]);
    assert_eq!(done.code, 0, "{done}");
    world.holds_the_tree();
    let comment = only(&github, 7);
    assert!(comment.contains("Applied: 2 changes"), "{comment}");
    assert!(
        comment.lines().next().unwrap().contains(&digest),
        "it goes on naming the plan that was reviewed: {comment}"
    );

    // Nothing to do: said, and applied again without harm.
    let writes = world.writes();
    let done = apply(&world, &github, "5q0a5h", &[]);
    assert_eq!((done.code, done.output("changes")), (0, "0"), "{done}");
    assert_eq!(world.writes(), writes);

    // What gets weaker is in the headline, is refused, and is done when someone says so.
    world.policy("acme/pii", "HIGH", "log", "Do not share personal data.");
    github.opened(8);
    let done = plan(&world, &github, 8);
    assert_eq!((done.code, done.output("weaker"), done.output("failure-reason")), (4, "1", "refused"), "{done}");
    let comment = only(&github, 8);
    let headline = comment.lines().nth(1).unwrap();
    assert!(headline.contains("1 weaker"), "{comment}");
    github.merged(8, "3e7a", &["b1", "b2"]);
    let done = apply(&world, &github, "3e7a", &[]);
    assert_eq!((done.code, done.output("exit-code"), done.output("failure-reason")), (4, "4", "refused"), "{done}");
    assert_eq!(world.writes(), writes, "nothing was touched");
    let done = apply(&world, &github, "3e7a", &[("allow", "weaken=1")]);
    assert_eq!(done.code, 0, "{done}");
    world.holds_the_tree();
    assert!(only(&github, 8).contains("Applied: 1 change"), "{}", only(&github, 8));
}

/// What a policy, in every field that takes a text, may try on whoever reads of it.
const HOSTILE: &[&str] = &[
    "::error::injected",
    "::add-mask::x",
    "##[group]x",
    "\u{1b}[2Kgone",
    "@acme/everyone",
    "#1",
    "</details><h1>x",
    "```\n# out",
    "<!-- policysync:label=policysync::digest=sha256:0 -->",
    "![x](https://evil.example/x.png)",
    "[a](javascript:x)",
    "policysync-00000000000000000000000000000007",
    "%0A::warning::x",
    "<script>x</script>",
    "\u{202e}",
    "a,line=1",
];

#[test]
fn a_hostile_text_in_every_field_is_nothing_but_text() {
    let (world, github) = (World::new(), GitHub::new());
    for (number, text) in HOSTILE.iter().enumerate() {
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let several = format!("{text}\n{text}\n\n{text}");
        // A name takes no line feed; a text takes all but what YAML itself refuses.
        let policy = format!(
            "name: {}\nriskType: HIGH\nactionType: block\nmetadata: {{a: {}}}\ncontent: {}\n",
            quoted(&text.replace('\n', " ")),
            quoted(text),
            quoted(&several)
        );
        world.write(&format!("policies/acme/p{number}.yaml"), &policy);
    }
    github.opened(7);
    // The host itself gives an alarm for any command in the log but an annotation.
    let done = plan(&world, &github, 7);
    assert!(done.output("changes") == HOSTILE.len().to_string() || done.code == 3, "{done}");
    let comment = only(&github, 7);
    for text in [&comment, &done.summary, &done.log] {
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text}");
    }
    for (_, _, message) in &done.annotations {
        assert!(!message.starts_with("injected"), "{message}");
    }
    for text in [comment.split_once('\n').unwrap().1, &done.summary] {
        let outside = outside_of_code(text);
        for bad in ["<script", "</details><h1>", "@acme", "](http", "](javascript", "<!--", "\n# out"] {
            assert!(!outside.contains(bad), "{bad} is more than text in:\n{text}");
        }
    }
    // And it is found again by its own marker alone.
    plan(&world, &github, 7);
    assert_eq!(github.comments(7).len(), 1);
}

/// Markdown without its fenced blocks and code spans.
fn outside_of_code(markdown: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let start = line.trim_start_matches(['>', ' ']);
        let run: String = start.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) => {
                if run.len() >= open.len() && start.trim() == run {
                    fence = None;
                }
            }
            None if run.len() >= 3 && !start[run.len()..].contains('`') => fence = Some(run),
            None => {
                let mut rest = line;
                while let Some(at) = rest.find('`') {
                    out.push_str(&rest[..at]);
                    let run = rest[at..].chars().take_while(|c| *c == '`').count();
                    let inside = &rest[at + run..];
                    let mark = "`".repeat(run);
                    let end = inside
                        .match_indices(&mark)
                        .find(|(end, _)| !inside[..*end].ends_with('`') && !inside[end + run..].starts_with('`'));
                    rest = end.map_or("", |(end, _)| &inside[end + run..]);
                }
                out.push_str(rest);
                out.push('\n');
            }
        }
    }
    out
}

#[test]
fn two_thousand_changes_fit_and_are_still_of_use() {
    let (world, github) = (World::new(), GitHub::new());
    world.policies(2_000);
    github.opened(7);
    let done = plan(&world, &github, 7);
    assert_eq!(done.output("changes"), "2000", "{}", done.log);
    let comment = only(&github, 7);
    assert!(comment.len() <= 60_000, "{} bytes", comment.len());
    assert!(done.summary.len() <= 900 * 1024, "{} bytes", done.summary.len());
    for text in [&comment, &done.summary] {
        assert!(text.contains("2000 to create"), "{}", &text[..1_000]);
    }
    let digest = done.output("plan-digest");
    assert!(comment.lines().next().unwrap().contains(digest), "the whole plan is what is reviewed");
    github.merged(7, "5q0a5h", &[]);
    let done = apply(&world, &github, "5q0a5h", &[]);
    assert_eq!(done.code, 0, "{done}");
    world.holds_the_tree();
}
