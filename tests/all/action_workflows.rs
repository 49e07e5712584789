//! The example workflows hold what they promise: they are run here, job by job, with the action in them.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use serde_json::{Value, json};

use super::expressions::{Scope, fill, shown, value};
use super::github::{GitHub, READER};
use super::runner::{Done, Runner, read, yaml};
use super::story::only;
use crate::world::{TOKEN, World};

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/workflows");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Runs an example's jobs in their order, each as often as its matrix says.
#[track_caller]
fn run(runner: &Runner<'_>, file: &str, secrets: &Value) -> Vec<(String, Done)> {
    let workflow = yaml(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/workflows").join(file));
    let on = workflow["on"].as_object().expect("what sets it off");
    assert!(on.contains_key(&runner.event.0), "{file} is set off by {}", runner.event.0);
    let mut contexts = runner.contexts();
    contexts["secrets"] = secrets.clone();
    contexts["vars"] = json!({"POLICYSYNC_ENDPOINT": runner.world.service.url()});
    let mut all = Vec::new();
    let mut jobs: Vec<(&String, &Value)> = workflow["jobs"].as_object().expect("jobs").iter().collect();
    jobs.sort_by_key(|(_, job)| job["needs"].is_string());
    for (name, job) in jobs {
        let matrix = match job["strategy"]["matrix"].as_object().and_then(|matrix| matrix.iter().next()) {
            None => vec![json!({})],
            Some((of, values)) => {
                let text = values.as_str().unwrap().trim_start_matches("${{").trim_end_matches("}}");
                let values = value(text, &Scope { contexts: &contexts, failed: false, cancelled: false });
                values.as_array().expect("a matrix is a list").iter().map(|value| json!({ of: value })).collect()
            }
        };
        for one in matrix {
            contexts["matrix"] = one;
            contexts["steps"] = json!({});
            let scope = Scope { contexts: &contexts, failed: false, cancelled: false };
            let mut steps = job["steps"].as_array().unwrap().iter();
            let first = steps.next().unwrap()["uses"].as_str().unwrap();
            assert!(first.starts_with("actions/checkout@"), "the tree is checked out: {first}");
            let ours = steps.next().unwrap();
            assert!(ours["uses"].as_str().unwrap().starts_with("your-org/policysync@") && steps.next().is_none());
            let with = ours["with"].as_object().unwrap();
            let with: Vec<(&str, String)> =
                with.iter().map(|(name, text)| (name.as_str(), fill(&shown(text), &scope))).collect();
            let with: Vec<(&str, &str)> = with.iter().map(|(name, text)| (*name, text.as_str())).collect();
            let done = runner.uses(&with);
            contexts["steps"] = json!({ours["id"].as_str().unwrap_or("ours"): {"outputs": done.outputs}});
            let scope = Scope { contexts: &contexts, failed: false, cancelled: false };
            let outputs = job["outputs"].as_object().into_iter().flatten();
            let outputs: Value = outputs
                .map(|(name, text)| (name.clone(), fill(&shown(text), &scope).into()))
                .collect::<serde_json::Map<_, _>>()
                .into();
            contexts["needs"][name] = json!({ "outputs": outputs });
            all.push((name.clone(), done));
        }
    }
    all
}

#[test]
fn each_example_is_pinned_asks_for_little_and_runs_no_strangers_code_with_secrets() {
    assert_eq!(examples().len(), 5);
    for file in examples() {
        let (text, workflow) = (read(&file), yaml(&file));
        let name = file.display();
        assert!(!text.contains("pull_request_target") && !text.contains("run:"), "{name}");
        assert_eq!(workflow["permissions"], json!({}), "{name} gives nothing to all jobs");
        for line in text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (_, pin) = line.split_once('@').expect("a pin");
            let (commit, version) = pin.split_once(" # v").expect("the version in a comment");
            assert!(
                commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()) && !version.is_empty(),
                "{name}: {line}"
            );
        }
        for (job, what) in workflow["jobs"].as_object().unwrap() {
            assert!(what["timeout-minutes"].is_u64() && what["permissions"].is_object(), "{name}: {job}");
            let steps = what["steps"].to_string();
            assert_eq!(
                steps.contains("secrets."),
                what["environment"].is_string(),
                "{name}: {job}: secrets are an environment's"
            );
            if steps.contains(r#""command":"apply""#) {
                let queue =
                    if what["concurrency"].is_object() { &what["concurrency"] } else { &workflow["concurrency"] };
                assert_eq!(
                    (&queue["cancel-in-progress"], &queue["queue"]),
                    (&json!(false), &json!("max")),
                    "{name}: {job}"
                );
            }
        }
    }
}

#[test]
fn the_placeholder_is_the_same_everywhere_and_the_line_above_says_what_belongs_there() {
    let version = env!("CARGO_PKG_VERSION");
    let line = format!("- uses: your-org/policysync@{} # v{version}", "0".repeat(40));
    let note = "# For your-org and the zeros put the action's repository and the commit that its release's page names.";
    let mut found = 0;
    for file in examples() {
        let text = read(&file);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for pair in lines.windows(2).filter(|pair| pair[1].contains("your-org") && !pair[1].starts_with('#')) {
            assert_eq!((pair[0], pair[1]), (note, line.as_str()), "{}", file.display());
            found += 1;
        }
    }
    assert_eq!(found, 6, "each example uses the action");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in ["README.md", "docs/action.md"] {
        let text = read(&root.join(page));
        let used: Vec<&str> = text.lines().filter(|line| line.contains("- uses: your-org")).map(str::trim).collect();
        assert!(!used.is_empty() && used.iter().all(|used| *used == line), "{page}: {used:?}");
    }
    assert!(read(&root.join("docs/action.md")).contains("\n## Before the first release\n"));
}

#[test]
fn the_commands_of_the_other_examples_are_commands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut commands: Vec<Vec<String>> = Vec::new();
    let gitlab = yaml(&root.join("examples/ci/gitlab-ci.yml"));
    for job in ["plan", "apply"] {
        let script = gitlab[job]["script"].as_array().expect("a script").iter();
        let words = |line: &Value| shown(line).split(" > ").next().unwrap().split(' ').map(str::to_owned).collect();
        commands.extend(script.map(words));
    }
    let job = yaml(&root.join("examples/ci/cronjob.yaml"));
    let container = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0];
    commands.push(container["command"].as_array().unwrap().iter().map(shown).collect());
    let hooks = yaml(&root.join(".pre-commit-hooks.yaml"));
    commands.push(shown(&hooks[0]["entry"]).split(' ').map(str::to_owned).collect());
    assert_eq!(commands.len(), 5, "{commands:?}");
    for command in &commands {
        let parsed = policysync::cli::Cli::try_parse_from(command);
        assert!(command[0] == "policysync" && parsed.is_ok(), "{command:?}: {:?}", parsed.err());
    }
    let mut told = read(&root.join("docs/cli.md"));
    told.push_str(&read(&root.join("README.md")));
    let set = container["env"].as_array().unwrap().iter().map(|env| shown(&env["name"]));
    let set = set.chain(gitlab["variables"].as_object().unwrap().keys().cloned());
    for name in set {
        assert!(told.contains(&name), "{name} is a setting");
    }
}

fn world() -> World {
    let mut world = World::new();
    world.keep_records_in_git();
    world.env.retain(|(name, _)| name != "POLICYSYNC_STATE");
    world.policy("acme/pii", "HIGH", "block", "Do not share personal data.");
    world.policy("beta/pii", "HIGH", "block", "Do not share personal data, either.");
    world
}

#[test]
fn planned_on_the_pull_request_checked_in_the_queue_applied_on_main() {
    let (world, github) = (world(), GitHub::new());
    github.opened(7);
    let on_pull = Runner::on_pull(&world, &github, 7, "o/r");
    let done = run(&on_pull, "plan.yml", &json!({}));
    assert_eq!((done[0].1.code, done[0].1.output("create")), (0, "2"), "{}", done[0].1);
    let queue = Runner { event: ("merge_group".to_owned(), json!({})), ..Runner::new(&world, &github) };
    let done = run(&queue, "merge-queue.yml", &json!({}));
    assert_eq!((done[0].1.code, github.edits(7)), (0, 0), "{}", done[0].1);
    github.merged(7, "5q0a5h", &[]);
    let on_push = Runner::on_push(&world, &github, "5q0a5h");
    let done = run(&on_push, "apply.yml", &json!({"POLICYSYNC_TOKEN": TOKEN}));
    assert_eq!(done[0].1.code, 0, "{}", done[0].1);
    world.holds_the_tree();
    assert!(only(&github, 7).contains("Applied: 2 changes"));
    // What a fork's pull request gets: no secret, a token that only reads.
    world.policy("acme/more", "LOW", "log", "x");
    github.opened(8);
    let fork = Runner { token: READER.to_owned(), ..Runner::on_pull(&world, &github, 8, "someone/r") };
    let done = run(&fork, "plan.yml", &json!({}));
    assert_eq!((done[0].1.code, done[0].1.output("create")), (0, "1"), "{}", done[0].1);
    assert!(done[0].1.summary.contains("Not posted on GitHub"), "{}", done[0].1);
}

#[test]
fn organizations_are_applied_side_by_side_and_drift_is_watched() {
    let (world, github) = (world(), GitHub::new());
    let url = world.service.url();
    github.opened(7);
    for org in ["acme", "beta"] {
        let with = [("org", org), ("label", org), ("endpoint", &*url), ("state", "git:origin")];
        assert_eq!(Runner::on_pull(&world, &github, 7, "o/r").uses(&with).code, 0);
    }
    assert_eq!(github.comments(7).len(), 2, "a comment for each");
    github.merged(7, "c1", &[]);
    let on_push = Runner::on_push(&world, &github, "c1");
    let done = run(&on_push, "organizations.yml", &json!({"POLICYSYNC_TOKEN": TOKEN}));
    let codes: Vec<(&str, i32)> = done.iter().map(|(job, done)| (job.as_str(), done.code)).collect();
    assert_eq!(codes, [("organizations", 0), ("apply", 0), ("apply", 0)], "{}", done[1].1);
    assert_eq!(done[0].1.output("organizations"), r#"["acme","beta"]"#);
    world.holds_the_tree();

    let schedule = Runner { event: ("schedule".to_owned(), json!({})), ..Runner::new(&world, &github) };
    let secrets = json!({"POLICYSYNC_TOKEN": TOKEN});
    assert_eq!(run(&schedule, "drift.yml", &secrets)[0].1.code, 0);
    let id = world.service.policies()[0]["id"].as_str().unwrap().to_owned();
    world.service.edit(&id, json!({"actionType": 0}), "user-console");
    let done = run(&schedule, "drift.yml", &secrets);
    assert_eq!((done[0].1.code, github.issues().len()), (2, 1), "{}", done[0].1);
}
