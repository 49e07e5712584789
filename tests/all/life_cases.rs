//! The life of a policy, row by row: each folder of `tests/cases/plan` has a tree, what was applied before, what others did in
//! the service meanwhile, and what `plan` and `apply` then say, call and leave behind.
//!
//! `UPDATE_CASES=1 cargo test --test all life_cases` writes the expectations anew; review them like code. Beside what is
//! expected stand the laws that hold for every case, in [`broken_laws`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use policysync::report::schema;
use policysync::sandbox::{FaultPlan, Ids, ListReading, Options, Request, TextHandling};
use serde::Deserialize;
use serde_json::Value;

use crate::world::{Ran, World};
use crate::world_process::at_once;

/// What a case's `case.yaml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Which row of the table it is, and what comes of it.
    shows: String,
    /// The flags of each run, by its name; each begins from the same record and the same service.
    runs: BTreeMap<String, String>,
    /// What others do in the service after `applied` was applied.
    #[serde(default)]
    meanwhile: Vec<Deed>,
    /// What goes wrong from then on.
    #[serde(default)]
    faults: Vec<Value>,
    /// Whether the service cuts white space off.
    #[serde(default)]
    trims: bool,
}

/// Something that someone else does.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Deed {
    Make { by: String, policy: Value },
    Edit { by: String, id: String, fields: Value },
    Remove { id: String },
}

/// What came of one run of a case.
struct Told {
    plan: Ran,
    json: Ran,
    apply: Ran,
    /// The requests of each of the three.
    calls: [Vec<Request>; 3],
    /// What others made, as it was before.
    strangers: Vec<Value>,
    /// What the service holds after `apply`.
    live: Vec<Value>,
    /// That and what is recorded, for people.
    after: String,
    /// The plan thereafter, where nothing went wrong.
    again: Option<Ran>,
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/plan");
    let folder = std::fs::read_dir(root).expect("the cases are there");
    let mut cases: Vec<PathBuf> = folder.map(|entry| entry.expect("readable").path()).collect();
    cases.sort();
    cases
}

#[expect(clippy::disallowed_methods, reason = "reads this project's own files")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

impl Case {
    fn of(folder: &Path) -> Self {
        let case: Self = serde_yaml::from_str(&read(&folder.join("case.yaml"))).unwrap();
        assert!(case.shows.len() > 20 && !case.runs.is_empty(), "{folder:?} says what it shows");
        case
    }

    /// A world in which `applied` was applied and the others have done what they do, and what they made; the tree is the one
    /// to be planned.
    fn world(&self, folder: &Path, list: ListReading) -> (World, Vec<Value>) {
        let text = if self.trims { TextHandling::Trim } else { TextHandling::Keep };
        let clock = Some("2026-03-01T09:00:00Z".parse().unwrap());
        let mut world = World::with(Options { list, text, clock, ids: Ids::Counted, ..Options::default() });
        world.pace = ("30s", "31s");
        // One call at a time, so that they come in one order.
        world.env.push(("POLICYSYNC_CONCURRENCY".to_owned(), "1".to_owned()));
        if folder.join("applied").is_dir() {
            copy(&folder.join("applied"), &world);
            let ran = world.apply(&[]);
            assert_eq!(ran.code, Some(0), "{folder:?}: {ran}");
            std::fs::remove_dir_all(world.path().join("policies")).unwrap();
        }
        copy(&folder.join("tree"), &world);
        let mut made = BTreeSet::new();
        for deed in &self.meanwhile {
            match deed {
                Deed::Make { by, policy } => drop(made.insert(world.service.seed(policy.clone(), by))),
                Deed::Edit { by, id, fields } => world.service.edit(id, fields.clone(), by),
                Deed::Remove { id } => world.service.remove(id),
            }
        }
        let mut strangers = world.service.policies();
        strangers.retain(|policy| made.contains(policy["id"].as_str().unwrap()));
        (world, strangers)
    }

    fn run(&self, folder: &Path, flags: &str, list: ListReading) -> Told {
        let (world, strangers) = self.world(folder, list);
        let faults = FaultPlan::from_yaml(&serde_json::to_string(&self.faults).unwrap()).unwrap();
        let flags: Vec<&str> = flags.split_whitespace().collect();
        let mut calls = Vec::new();
        let mut run = |args: &[&str]| {
            world.service.set_faults(faults.clone());
            world.service.clear_requests();
            let ran = world.run(&[args, &flags].concat());
            calls.push(world.service.requests());
            stable(&world, ran)
        };
        let (plan, json) = (run(&["plan"]), run(&["plan", "--format", "json"]));
        // No answer is waited for, so that no time limit counts.
        let apply = run(&["apply", "--timeout", "30s", "--settle", "31s"]);
        let (live, after) = (world.service.policies(), left(&world));
        let again = (apply.code == Some(0)).then(|| run(&["plan"]));
        calls.truncate(3);
        Told { plan, json, apply, calls: calls.try_into().unwrap(), strangers, live, after, again }
    }
}

fn copy(from: &Path, world: &World) {
    std::fs::create_dir_all(world.path().join("policies")).unwrap();
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap) {
        let below = entry.path().strip_prefix(from).unwrap().to_str().unwrap();
        if entry.file_type().is_file() {
            world.write(&format!("policies/{below}"), &read(entry.path()));
        }
    }
}

/// With the words that are others in each run: the port, and with it the digest.
fn stable(world: &World, ran: Ran) -> Ran {
    let endpoint = world.service.url();
    let digest = |text: String| {
        let mut parts = text.split("sha256:");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (hex, rest) = part.split_at(64);
            assert!(hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "a digest: {hex}");
            out.extend(["sha256:", &"0".repeat(64), rest]);
        }
        out
    };
    let text = |text: String| digest(text.replace(endpoint.trim_end_matches('/'), "http://service"));
    Ran { code: ran.code, out: text(ran.out), err: text(ran.err) }
}

/// What the service holds and what is recorded, a line each.
fn left(world: &World) -> String {
    let mut out = String::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for policy in world.service.policies() {
        let scope = ["orgId", "workspaceId", "repoId"].map(|id| text(&policy[id]));
        let scope = scope.iter().filter(|id| !id.is_empty()).map(String::as_str).collect::<Vec<_>>().join("/");
        let (id, by) = (text(&policy["id"]), text(&policy["lastUpdatedBy"]["id"]));
        let (name, content) = (&policy["name"], &policy["content"]);
        let (risk, action) = (text(&policy["riskType"]), &policy["actionType"]);
        writeln!(out, "live     {id} in {scope}: {name} {risk} {action} {content} by {by}").unwrap();
    }
    let states = world.path().join(".policysync/state");
    let records = std::fs::read_dir(states).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut records: Vec<PathBuf> = records.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    records.sort();
    for path in records {
        let record: Value = serde_json::from_str(&read(&path)).unwrap();
        for (address, entry) in record["policies"].as_object().into_iter().flatten() {
            let protected = if entry["protected"] == true { ", protected" } else { "" };
            writeln!(out, "recorded {address} = {}{protected}", text(&entry["id"])).unwrap();
        }
        for (address, intent) in record["pending"].as_object().into_iter().flatten() {
            writeln!(out, "pending  {address}: {}", text(&intent["change"])).unwrap();
        }
    }
    out
}

fn called(requests: &[Request]) -> String {
    let mut out = String::new();
    for Request { method, path, query, body, .. } in requests {
        let query = query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let body = body.as_ref().map(|body| format!(" {body}")).unwrap_or_default();
        writeln!(out, "{method} {path}{query}{body}").unwrap();
    }
    if out.is_empty() { "none\n".to_owned() } else { out }
}

fn told(out: &mut String, command: &str, flags: &str, ran: &Ran) {
    let flags = if flags.is_empty() { String::new() } else { format!(" {flags}") };
    writeln!(out, "$ policysync {command}{flags}").unwrap();
    out.push_str(&ran.out);
    for line in ran.err.lines() {
        writeln!(out, "stderr: {line}").unwrap();
    }
    writeln!(out, "exit {}", ran.code.unwrap_or(-1)).unwrap();
}

fn shown(case: &Case, runs: &BTreeMap<&String, Told>) -> String {
    let mut out = format!("{}\n", case.shows.trim());
    for (name, run) in runs {
        let flags = &case.runs[*name];
        writeln!(out, "\n=== {name}").unwrap();
        told(&mut out, "plan", flags, &run.plan);
        out.push('\n');
        let whole = Ran { out: run.apply.out.clone(), err: run.apply.err.clone(), code: run.apply.code };
        // What was planned stands above.
        let rest = whole.out.strip_prefix(&run.plan.out).map(|rest| format!("(the same plan)\n{rest}"));
        told(&mut out, "apply", flags, &Ran { out: rest.unwrap_or(whole.out), ..whole });
        write!(out, "\n--- calls of apply\n{}--- afterwards\n{}", called(&run.calls[2]), run.after).unwrap();
    }
    out
}

fn is_write(request: &Request) -> bool {
    request.method != "GET"
}

/// What holds for every run of every case, and does not hold for this one.
fn broken_laws(flags: &str, run: &Told) -> Vec<String> {
    let mut broken = Vec::new();
    let mut law = |holds: bool, what: &str| {
        if !holds {
            broken.push(what.to_owned());
        }
    };
    let Told { plan, json, apply, calls, strangers, live, after: _, again } = run;
    let looks = flags.split_whitespace().any(|flag| flag == "--refresh");
    for calls in &calls[..2] {
        law(!calls.iter().any(is_write), "a plan writes nothing");
        law(looks || calls.is_empty(), "without --refresh a plan calls nobody");
    }
    law(plan.code == json.code, "a format changes no exit code");
    let document = json.json();
    let schema: Value = serde_json::from_str(&schema("plan").unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    law(validator.is_valid(&document), "the document is one of its schema");

    let list = |name: &str| document[name].as_array().unwrap().clone();
    let refused = list("guards").iter().any(|guard| guard["allowed"] == false);
    law(plan.code == Some(if refused { 4 } else { 0 }), "a guard that refuses is exit 4, and nothing else is here");
    law((apply.code == Some(4)) == refused, "apply refuses what plan refuses");
    law(!refused || !calls[2].iter().any(is_write), "what is refused writes nothing");

    let changes = list("changes");
    let adopts = changes.iter().filter(|change| change["kind"] == "adopt");
    let adopted: Vec<&str> = adopts.map(|change| change["drift"]["id"].as_str().unwrap()).collect();
    law(adopted.iter().collect::<BTreeSet<_>>().len() == adopted.len(), "none is adopted by two files");
    let theirs = strangers.iter().filter(|theirs| !adopted.contains(&theirs["id"].as_str().unwrap()));
    law(theirs.clone().all(|theirs| live.contains(theirs)), "what nobody manages stays as it is, unless it is adopted");
    let rank = |change: &Value| match (change["kind"].as_str(), change["direction"].as_str()) {
        (Some("delete" | "forget"), _) => 3,
        (_, Some("weaker")) => 2,
        (_, Some("stronger")) => 0,
        _ => 1,
    };
    law(changes.iter().map(rank).is_sorted(), "what is weaker comes after what is stronger, and deletes after all");
    law(again.as_ref().is_none_or(|again| again.out.starts_with("No changes.")), "a plan after apply is empty");
    broken
}

#[test]
fn every_row_comes_to_what_is_expected() {
    #[expect(clippy::disallowed_methods, reason = "asked by the person who runs the tests")]
    let update = std::env::var("UPDATE_CASES").is_ok();
    let (wrong, cases) = (Mutex::new(Vec::new()), Mutex::new(cases().into_iter()));
    at_once(0..4, |_| {
        loop {
            let Some(folder) = cases.lock().unwrap().next() else { return };
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let case = Case::of(&folder);
            let mut runs = BTreeMap::new();
            for (run, flags) in &case.runs {
                let told = case.run(&folder, flags, ListReading::At);
                let broken = broken_laws(flags, &told).into_iter().map(|law| format!("{name}, {run}: not so: {law}"));
                wrong.lock().unwrap().extend(broken);
                runs.insert(run, told);
            }
            let mut expected = vec![(folder.join("expected.txt"), shown(&case, &runs))];
            expected.extend(runs.iter().map(|(run, told)| (folder.join(format!("{run}.json")), told.json.out.clone())));
            for (file, found) in expected {
                if update {
                    #[expect(clippy::disallowed_methods, reason = "writes the expectations anew, as asked")]
                    std::fs::write(&file, &found).expect("the case is writable");
                } else if read(&file) != found {
                    let before = read(&file);
                    let diff = similar::TextDiff::from_lines(&before, &found);
                    wrong.lock().unwrap().push(format!("{}:\n{}", file.display(), diff.unified_diff()));
                }
            }
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "cases that come to something else:\n{}", wrong.join("\n"));
}

/// F35: whether a list shows what lies below its scope too makes no difference. But where a scope can't be listed: then the
/// list of the one above shows its policies after all.
#[test]
fn both_readings_of_the_list_call_come_to_the_same() {
    let cases = Mutex::new(cases().into_iter());
    at_once(0..4, |_| {
        loop {
            let Some(folder) = cases.lock().unwrap().next() else { return };
            let case = Case::of(&folder);
            // What a call can't show is said by its number, and a list that shows more makes others.
            if !case.faults.is_empty() {
                continue;
            }
            let runs = case.runs.iter().map(|(run, flags)| (run, case.run(&folder, flags, ListReading::Below)));
            assert_eq!(shown(&case, &runs.collect()), read(&folder.join("expected.txt")), "{}", folder.display());
        }
    });
}
