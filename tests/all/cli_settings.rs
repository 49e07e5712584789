//! Settings: flags over environment over `policysync.yaml` over defaults, and what is wrong in that file.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{Ran, World};

const A: &str = "https://flag.example";
const B: &str = "https://env.example";
const C: &str = "https://file.example";

fn with_env(world: &mut World, env: &[(&str, &str)]) {
    world.env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
}

#[track_caller]
fn plan(world: &World, args: &[&str]) -> Value {
    let ran = world.run(&[&["plan", "--format", "json"], args].concat());
    assert_eq!(ran.code, Some(0), "{ran}");
    ran.json()
}

#[test]
fn the_endpoint() {
    let mut world = World::new();
    world.policies(1);
    let file = format!("endpoint: {C}\n");
    for (flag, env, file, wanted) in [
        (Some(A), B, file.as_str(), A),
        (None, B, file.as_str(), B),
        (None, "", file.as_str(), C),
        (None, "", "", "https://backend.flashback.tech"),
    ] {
        world.write("policysync.yaml", file);
        with_env(&mut world, &[("POLICYSYNC_ENDPOINT", env)]);
        let args: Vec<&str> = flag.into_iter().flat_map(|flag| ["--endpoint", flag]).collect();
        assert_eq!(plan(&world, &args)["endpoint"], wanted);
    }
}

#[test]
fn the_place_of_the_record() {
    let mut world = World::new();
    world.policies(1);
    for (flag, env, file, wanted) in [
        (Some("by-flag"), "by-env", "state: by-file\n", "by-flag"),
        (None, "by-env", "state: by-file\n", "by-env"),
        (None, "", "state: by-file\n", "by-file"),
        (None, "", "", ".policysync/state"),
    ] {
        world.write("policysync.yaml", file);
        with_env(&mut world, &[("POLICYSYNC_STATE", env)]);
        let args: Vec<&str> = flag.into_iter().flat_map(|flag| ["--state", flag]).collect();
        assert!(!world.path().join(wanted).exists());
        let ran = world.apply(&args);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(world.path().join(wanted).join("acme.json").exists(), "{wanted}");
    }
}

#[test]
fn the_tree_and_pruning() {
    let world = World::new();
    for (folder, key) in [("by-flag", "a"), ("by-file", "b"), ("policies", "c")] {
        world.write(&format!("{folder}/acme/{key}.yaml"), "name: n\nriskType: LOW\nactionType: log\ncontent: c\n");
    }
    let address = |args: &[&str]| plan(&world, args)["changes"][0]["address"].clone();
    assert_eq!(address(&[]), "acme/c");
    world.write("policysync.yaml", "tree: by-file\n");
    assert_eq!(address(&[]), "acme/b");
    assert_eq!(address(&["by-flag"]), "acme/a");

    assert_eq!(world.apply(&[]).code, Some(0));
    world.write("by-file/acme/d.yaml", "name: m\nriskType: LOW\nactionType: log\ncontent: d\n");
    world.remove("by-file/acme/b.yaml");
    assert_eq!(plan(&world, &[])["summary"]["delete"], 0);
    assert_eq!(plan(&world, &["--prune"])["summary"]["delete"], 1);
    world.write("policysync.yaml", "tree: by-file\nprune: true\n");
    assert_eq!(plan(&world, &[])["summary"]["delete"], 1);
}

#[test]
fn the_time_limits() {
    let mut world = World::new();
    world.policies(1);
    let told = |ran: &Ran| {
        assert_eq!(ran.code, Some(64), "{ran}");
        ran.err.lines().next().unwrap().split(": a request").next().unwrap().replace("error: ", "")
    };
    let (in_file, longer) = ("of the settings file", "must be longer than");
    world.write("policysync.yaml", "timeout: 30s\nsettle: 3s\n");
    assert_eq!(told(&world.run(&["apply"])), format!("`settle` {in_file} (3s) {longer} `timeout` {in_file} (30s)"));
    with_env(&mut world, &[("POLICYSYNC_TIMEOUT", "20s"), ("POLICYSYNC_SETTLE", "2s")]);
    assert_eq!(told(&world.run(&["apply"])), format!("--settle (2s) {longer} --timeout (20s)"));
    assert_eq!(
        told(&world.run(&["apply", "--timeout", "10s", "--settle", "1s"])),
        format!("--settle (1s) {longer} --timeout (10s)")
    );
    world.write("policysync.yaml", "");
    with_env(&mut world, &[]);
    assert_eq!(told(&world.run(&["apply", "--settle", "1s"])), format!("--settle (1s) {longer} --timeout (15s)"));
}

#[test]
fn how_many_calls_at_a_time() {
    // With one call at a time, eight answers of 40 ms each take at least as long as all of them.
    let mut world = World::with(policysync::sandbox::Options {
        latency: Duration::from_millis(40),
        ..policysync::sandbox::Options::default()
    });
    for (round, (flag, env, file)) in
        [(Some("1"), "16", "concurrency: 16\n"), (None, "1", "concurrency: 16\n"), (None, "", "concurrency: 1\n")]
            .into_iter()
            .enumerate()
    {
        (0..8).for_each(|n| world.policy(&format!("acme/p{n}"), "LOW", "log", &format!("Rule {n} of round {round}.")));
        world.write("policysync.yaml", file);
        with_env(&mut world, &[("POLICYSYNC_CONCURRENCY", env)]);
        let args: Vec<&str> = flag.into_iter().flat_map(|flag| ["--concurrency", flag]).collect();
        let begun = Instant::now();
        let ran = world.apply(&args);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(begun.elapsed() >= Duration::from_millis(320), "{flag:?} {env:?} {file}: {:?}", begun.elapsed());
    }
}

#[test]
fn the_settings_file_itself() {
    let mut world = World::new();
    world.policies(1);
    world.write("policysync.yaml", "endpoint: https://default.example\n");
    world.write("one.yaml", "endpoint: https://one.example\n");
    world.write("two.yaml", "endpoint: https://two.example\n");
    with_env(&mut world, &[("POLICYSYNC_ENDPOINT", "")]);
    assert_eq!(plan(&world, &[])["endpoint"], "https://default.example");
    with_env(&mut world, &[("POLICYSYNC_ENDPOINT", ""), ("POLICYSYNC_CONFIG", "two.yaml")]);
    assert_eq!(plan(&world, &[])["endpoint"], "https://two.example");
    assert_eq!(plan(&world, &["--config", "one.yaml"])["endpoint"], "https://one.example");
    let missing = world.run(&["plan", "--config", "nowhere.yaml"]);
    assert_eq!(missing.code, Some(64), "{missing}");
    assert!(missing.err.contains("nowhere.yaml"), "{missing}");
    for (text, name) in [("", "empty.yaml"), ("# only a comment\n", "comment.yaml"), ("---\n", "nothing.yaml")] {
        world.write(name, text);
        assert_eq!(plan(&world, &["--config", name])["endpoint"], "https://backend.flashback.tech", "{name}");
    }
}

#[test]
fn all_that_is_wrong_in_the_settings_file_is_told_with_its_place() {
    let world = World::new();
    world.policies(1);
    world.write(
        "policysync.yaml",
        "tre: policies\nendpoint: http://x.example\nconcurrency: 999\ntimeout: soon\nprune: yes\nprune: true\n\
         guards: {delete: 5+10, weaken: some}\nsettle: 1y\ntoken: t\n",
    );
    for command in ["validate", "plan", "apply", "tree"] {
        let ran = world.run(&[command]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{ran}");
        for said in [
            "policysync.yaml:1:1\n",
            "did you mean `tree`?",
            "policysync.yaml:2:11\n",
            "use https",
            "policysync.yaml:3:14\n",
            "1 to 256",
            "policysync.yaml:4:10\n",
            "15s, 500ms or 2m",
            "policysync.yaml:5:8\n",
            "did you mean true?",
            "policysync.yaml:6:1\n",
            "`delete` \"5+10\" is neither",
            "5 or 10%",
            "`settle` \"1y\" is no time",
            "revoke it",
            "tree, state, endpoint, concurrency, timeout, settle, prune",
        ] {
            assert!(ran.err.contains(said), "{said} {ran}");
        }
        // Each says what to do.
        let (findings, helps) = (ran.err.matches("error[").count(), ran.err.matches("= help: ").count());
        assert_eq!((findings, helps), (10, 10), "{ran}");
    }
    for (text, place) in
        [("tree: [\n", "policysync.yaml:"), ("- a\n", "policysync.yaml:1:1"), ("just text\n", "policysync.yaml:1:1")]
    {
        world.write("policysync.yaml", text);
        let ran = world.run(&["plan"]);
        assert_eq!(ran.code, Some(64), "{ran}");
        assert!(ran.err.contains(place), "{ran}");
    }
    assert_eq!(world.service.requests().len(), 0);
}
