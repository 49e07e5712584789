//! A small host for composite actions: inputs and defaults, the files of a step, `if`, and the commands in a log.
//!
//! A log that makes the runner do more than show an annotation fails the test, wherever the line came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use super::expressions::{Scope, fill, runs};
use super::github::{BOT, GitHub};
use crate::world::World;

/// The most bytes of a step's summary, and the most annotations of a kind that are shown.
const SUMMARY: usize = 1024 * 1024;
const ANNOTATIONS: usize = 10;

/// An annotation: its kind, its properties, its message as it is shown.
pub type Annotation = (String, BTreeMap<String, String>, String);

/// What came of a step or an action.
#[derive(Debug, Default)]
pub struct Done {
    pub code: i32,
    pub log: String,
    pub outputs: BTreeMap<String, String>,
    pub env: BTreeMap<String, String>,
    pub paths: Vec<String>,
    pub summary: String,
    pub annotations: Vec<Annotation>,
}

impl Done {
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    fn join(&mut self, other: Self) {
        self.code = if self.code == 0 { other.code } else { self.code };
        self.log.push_str(&other.log);
        self.summary.push_str(&other.summary);
        self.env.extend(other.env);
        self.paths.extend(other.paths);
        self.annotations.extend(other.annotations);
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n{:?}\n--- log\n{}\n--- summary\n{}", self.code, self.outputs, self.log, self.summary)
    }
}

/// A machine that runs steps in a world's folder.
pub struct Runner<'a> {
    pub world: &'a World,
    pub github: &'a GitHub,
    /// Where the action's files are.
    pub action: PathBuf,
    /// `github.token`, and what GitHub calls the event and the commit.
    pub token: String,
    pub event: (String, Value),
    pub commit: String,
    /// What the job's `env` says.
    pub env: Vec<(String, String)>,
    /// What happens while a step runs; it is told the step's entry process.
    pub meanwhile: Option<Box<dyn Fn(u32) + Sync + 'a>>,
}

impl<'a> Runner<'a> {
    pub fn new(world: &'a World, github: &'a GitHub) -> Self {
        let action = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let event = ("workflow_dispatch".to_owned(), json!({}));
        Self {
            world,
            github,
            action,
            token: BOT.to_owned(),
            event,
            commit: "0".repeat(40),
            env: Vec::new(),
            meanwhile: None,
        }
    }

    /// A run for a pull request, from this repository or another.
    pub fn on_pull(world: &'a World, github: &'a GitHub, number: u64, from: &str) -> Self {
        let pull = json!({"number": number, "head": {"sha": "c0ffee", "repo": {"full_name": from}},
                          "base": {"repo": {"full_name": "o/r"}}});
        let event = ("pull_request".to_owned(), json!({"number": number, "pull_request": pull}));
        Self { event, ..Self::new(world, github) }
    }

    /// A run for a push of a commit to the main branch.
    pub fn on_push(world: &'a World, github: &'a GitHub, commit: &str) -> Self {
        let event = ("push".to_owned(), json!({"after": commit, "ref": "refs/heads/main"}));
        Self { event, commit: commit.to_owned(), ..Self::new(world, github) }
    }

    /// The contexts of a job.
    pub fn contexts(&self) -> Value {
        json!({"github": {
            "token": self.token, "event_name": self.event.0, "event": self.event.1, "sha": self.commit,
            "action_path": self.action, "action_repository": "o/policysync", "repository": "o/r",
            "server_url": self.github.url(), "workspace": self.world.path(), "ref_name": "main",
        }, "runner": {"os": "Linux", "temp": self.temp()}})
    }

    fn temp(&self) -> PathBuf {
        self.world.path().join("runner-temp")
    }

    /// Uses our action with these inputs; the binary is the one under test.
    #[track_caller]
    pub fn uses(&self, with: &[(&str, &str)]) -> Done {
        let binary = ("binary-path", env!("CARGO_BIN_EXE_policysync"));
        self.uses_without_a_binary(&[with, &[binary]].concat())
    }

    /// Uses our action with these inputs and no more.
    #[track_caller]
    pub fn uses_without_a_binary(&self, with: &[(&str, &str)]) -> Done {
        let action = yaml(&self.action.join("action.yml"));
        let mut contexts = self.contexts();
        let mut inputs = Map::new();
        {
            let scope = Scope { contexts: &contexts, failed: false, cancelled: false };
            for (name, input) in action["inputs"].as_object().expect("inputs") {
                inputs.insert(name.clone(), fill(input["default"].as_str().unwrap_or_default(), &scope).into());
            }
        }
        for (name, value) in with {
            assert!(inputs.contains_key(*name), "the action has the input {name}");
            inputs.insert((*name).to_owned(), (*value).into());
        }
        contexts["inputs"] = inputs.into();
        let steps = action["runs"]["steps"].as_array().expect("steps");
        let (mut done, contexts) = self.steps(steps, contexts, &self.env);
        let scope = Scope { contexts: &contexts, failed: false, cancelled: false };
        for (name, output) in action["outputs"].as_object().expect("outputs") {
            let value = fill(output["value"].as_str().expect("an output has a value"), &scope);
            if !value.is_empty() {
                done.outputs.insert(name.clone(), value);
            }
        }
        done
    }

    /// Runs `run` steps in order; returns what came of all, and the contexts at the end.
    #[track_caller]
    pub fn steps(&self, steps: &[Value], mut contexts: Value, env: &[(String, String)]) -> (Done, Value) {
        let mut all = Done::default();
        let mut env: BTreeMap<String, String> = env.iter().cloned().collect();
        for (number, step) in steps.iter().enumerate() {
            let scope = Scope { contexts: &contexts, failed: all.code != 0, cancelled: false };
            if !runs(step["if"].as_str(), &scope) {
                continue;
            }
            let mut own = env.clone();
            for (name, value) in step["env"].as_object().into_iter().flatten() {
                own.insert(name.clone(), fill(&super::expressions::shown(value), &scope));
            }
            let script = step["run"].as_str().expect("a step of a composite action runs a script");
            let done = self.step(number, script, &own, &all.paths);
            let id = step["id"].as_str().map_or_else(|| format!("step-{number}"), ToOwned::to_owned);
            let outcome = if done.code == 0 { "success" } else { "failure" };
            contexts["steps"][&id] = json!({"outputs": done.outputs, "outcome": outcome});
            env.extend(done.env.clone());
            all.join(done);
        }
        (all, contexts)
    }

    #[track_caller]
    fn step(&self, number: usize, script: &str, env: &BTreeMap<String, String>, paths: &[String]) -> Done {
        let temp = self.temp();
        let files = temp.join(format!("files-{number}"));
        std::fs::create_dir_all(&files).unwrap();
        let event = write(&files.join("event.json"), &self.event.1.to_string());
        let [output, set, path, summary] =
            ["output", "env", "path", "summary"].map(|name| write(&files.join(name), ""));
        let script = write(&files.join("script.sh"), script);
        let system = std::env::var_os("PATH").and_then(|path| path.into_string().ok()).unwrap();
        let search = paths.iter().rev().cloned().chain([system]).collect::<Vec<_>>().join(":");
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(&script)
            .current_dir(self.world.path())
            .env_clear()
            .env("PATH", search)
            .env("HOME", self.world.path())
            .envs([("CI", "true"), ("GITHUB_ACTIONS", "true"), ("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")])
            .env("RUNNER_TEMP", &temp)
            .env("RUNNER_TOOL_CACHE", self.world.path().join("runner-tools"))
            .env("GITHUB_WORKSPACE", self.world.path())
            .envs([("GITHUB_REPOSITORY", "o/r"), ("GITHUB_RUN_ID", "42"), ("GITHUB_RUN_ATTEMPT", "1")])
            .env("GITHUB_SERVER_URL", self.github.url())
            .env("GITHUB_API_URL", format!("{}/api", self.github.url()))
            .env("GITHUB_GRAPHQL_URL", format!("{}/graphql", self.github.url()))
            .env("GITHUB_SHA", &self.commit)
            .env("GITHUB_EVENT_NAME", &self.event.0)
            .env("GITHUB_EVENT_PATH", event)
            .envs([("GITHUB_OUTPUT", &output), ("GITHUB_ENV", &set), ("GITHUB_PATH", &path)])
            .env("GITHUB_STEP_SUMMARY", &summary)
            .envs(self.world.env.iter().map(|(name, value)| (name, value)))
            .envs(env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().expect("bash runs");
        let entry = child.id();
        let run = std::thread::scope(|scope| {
            if let Some(act) = &self.meanwhile {
                scope.spawn(move || act(entry));
            }
            child.wait_with_output().expect("it ends")
        });
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("a log is UTF-8");
        let log = text(run.stdout) + &text(run.stderr);
        let annotations = annotations(&log);
        let summary = read(&summary);
        assert!(summary.len() <= SUMMARY, "the runner drops a summary of {} bytes", summary.len());
        Done {
            code: run.status.code().unwrap_or(-1),
            log,
            outputs: pairs(&read(&output)),
            env: pairs(&read(&set)),
            paths: read(&path).lines().map(ToOwned::to_owned).collect(),
            summary,
            annotations,
        }
    }
}

fn write(path: &Path, text: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(path, text).unwrap();
    path.to_owned()
}

#[expect(clippy::disallowed_methods, reason = "a test's own file")]
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// A YAML file of the project as a value.
#[track_caller]
pub fn yaml(path: &Path) -> Value {
    serde_yaml::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The file of outputs or variables as the runner reads it: `name=value`, or `name<<END`, lines, `END`.
#[track_caller]
fn pairs(text: &str) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (_, Some(at)) if equals.is_none_or(|equals| at < equals) => {
                let end = &line[at + 2..];
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                pairs.insert(line[..at].to_owned(), value.join("\n"));
            }
            (Some(at), _) => {
                pairs.insert(line[..at].to_owned(), line[at + 1..].to_owned());
            }
            (None, _) => panic!("the runner can't read this line: {line:?}"),
        }
    }
    pairs
}

/// The annotations in a log. Any other command is an alarm: nothing of ours gives one.
#[track_caller]
fn annotations(log: &str) -> Vec<Annotation> {
    let mut found: Vec<Annotation> = Vec::new();
    for line in log.lines() {
        // The runner takes these anywhere in a line.
        assert!(!line.contains("##[") && !line.contains("##vso["), "a command in the log: {line:?}");
        let Some(command) = line.trim_start().strip_prefix("::") else { continue };
        let Some((head, message)) = command.split_once("::") else { continue };
        let (kind, properties) = head.split_once(' ').unwrap_or((head, ""));
        assert!(["error", "warning", "notice"].contains(&kind), "a command in the log: {line:?}");
        let decoded = |text: &str| {
            ["%0A", "%0D", "%3A", "%2C", "%25"]
                .iter()
                .zip(["\n", "\r", ":", ",", "%"])
                .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        };
        let properties = properties.split(',').filter_map(|pair| pair.split_once('='));
        let properties: BTreeMap<_, _> = properties.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
        let known = ["file", "line", "col", "endLine", "endColumn", "title"];
        assert!(properties.keys().all(|name| known.contains(&name.as_str())), "properties of {line:?}");
        found.push((kind.to_owned(), properties, decoded(message)));
    }
    for kind in ["error", "warning", "notice"] {
        let count = found.iter().filter(|(of, ..)| of == kind).count();
        assert!(count <= ANNOTATIONS, "{count} annotations of the kind {kind}: the runner shows {ANNOTATIONS}");
    }
    found
}

#[test]
fn the_host_reads_files_and_commands_as_the_runner_does() {
    assert_eq!(
        pairs("a=b=c\nd<<E\n1\nE2\nE\ne=\n"),
        BTreeMap::from([("a", "b=c"), ("d", "1\nE2"), ("e", "")].map(|(n, v)| (n.to_owned(), v.to_owned())))
    );
    let found = annotations("x ::error::no\n ::error file=a%2Cb,line=3::m%0An\n");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].1["file"].as_str(), found[0].2.as_str()), ("a,b", "m\nn"));
    for bad in ["::add-mask::x", "a ##[group]b", "::set-output name=x::y"] {
        assert!(std::panic::catch_unwind(|| annotations(bad)).is_err(), "{bad} gives an alarm");
    }
}

#[test]
fn the_host_runs_steps_in_order_with_their_files_and_conditions() {
    let (world, github) = (World::new(), GitHub::new());
    let runner = Runner::new(&world, &github);
    let steps: Value = serde_yaml::from_str(
        r###"
- {id: a, run: 'echo "x<<END" >> "$GITHUB_OUTPUT"; printf "1\n2\nEND\n" >> "$GITHUB_OUTPUT"; echo V=w >> "$GITHUB_ENV"; mkdir -p bin; printf "#!/bin/sh\necho found\n" > bin/tool; chmod +x bin/tool; echo "$PWD/bin" >> "$GITHUB_PATH"'}
- {id: b, env: {X: '${{ steps.a.outputs.x }}'}, run: 'printf "%s/%s " "$X" "$V"; tool; echo "## s" >> "$GITHUB_STEP_SUMMARY"; exit 3'}
- {run: 'echo never'}
- {if: 'failure()', run: 'echo on failure'}
- {if: 'always()', run: 'echo always'}
"###,
    )
    .unwrap();
    let (done, contexts) = runner.steps(steps.as_array().unwrap(), runner.contexts(), &[]);
    assert_eq!(done.log, "1\n2/w found\non failure\nalways\n", "{done}");
    assert_eq!((done.code, done.summary.as_str()), (3, "## s\n"));
    assert_eq!(contexts["steps"]["b"]["outcome"], "failure");
}
