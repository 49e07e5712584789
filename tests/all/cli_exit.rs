//! Exit codes and outputs: the result on standard output and nothing else there, each code for what the table says.

use std::process::Stdio;

use policysync::report::schema;
use policysync::sandbox::{Call, Fault, FaultPlan};
use serde_json::Value;

use crate::world::{Ran, World};

/// Asserts that a run's standard output is one JSON document of this schema, and nothing else.
#[track_caller]
fn is_valid(name: &str, ran: &Ran) -> Value {
    let schema: Value = serde_json::from_str(&schema(name).expect(name)).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let document = ran.json();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{name}: {errors:?} {ran}");
    document
}

fn keys(document: &Value) -> Vec<&str> {
    document.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn done_changes_and_nothing_to_do() {
    let world = World::new();
    world.policies(3);
    assert_eq!(world.run(&["plan"]).code, Some(0));
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(2));
    assert_eq!(world.apply(&[]).code, Some(0));
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
    assert_eq!(world.run(&["validate"]).code, Some(0));
    assert_eq!(world.run(&["tree"]).code, Some(0));
    assert_eq!(world.run(&["state", "list"]).code, Some(0));
    assert_eq!(world.run(&["state", "show", "acme/policy-0000"]).code, Some(0));
}

#[test]
fn a_finding_of_error_level_stops_each_command_before_anything_is_called() {
    let world = World::new();
    world.policies(2);
    world.write("policies/acme/bad.yaml", "name: x\nriskTpye: HIGH\nactionType: block\ncontent: x\n");
    for command in ["validate", "plan", "apply", "tree"] {
        let text = world.run(&[command]);
        assert_eq!(text.code, Some(3), "{text}");
        let shown = if command == "validate" { &text.out } else { &text.err };
        assert!(shown.contains("--> policies/acme/bad.yaml:2:1"), "{text}");
        assert!(shown.contains("did you mean `riskType`?"), "{text}");
        let (other, said) = match command {
            "validate" => {
                (&text.err, "`policysync explain unknown-field` says more, and so for each code in brackets\n")
            }
            _ => (&text.out, ""),
        };
        assert_eq!(other, said, "{text}");
        let json = world.run(&[command, "--format", "json"]);
        assert_eq!(json.code, Some(3), "a format changes no exit code");
        assert_eq!(is_valid("findings", &json)["summary"]["errors"], 1);
        assert_eq!(json.err, "", "{json}");
        let quiet = world.run(&[command, "--quiet"]);
        assert_eq!(quiet.code, Some(3));
        assert!(format!("{quiet}").contains("bad.yaml:2:1"), "errors are told also with --quiet");
    }
    assert_eq!(world.service.requests().len(), 0);
    assert!(!world.path().join(".policysync").exists(), "no record is begun either");
}

#[test]
fn a_warning_stops_nothing_and_stays_out_of_the_result() {
    let world = World::new();
    world.policy("acme/odd", "LOW", "log", "a\u{200b}b");
    let plan = world.run(&["plan"]);
    assert_eq!(plan.code, Some(0), "{plan}");
    assert!(plan.err.contains("unprintable-content") && plan.out.contains("1 to create"), "{plan}");
    is_valid("plan", &world.run(&["plan", "--format", "json"]));
    let quiet = world.run(&["plan", "--quiet"]);
    assert_eq!(quiet.err, "", "{quiet}");
    assert_eq!(world.run(&["validate"]).code, Some(0));
}

#[test]
fn each_report_is_valid_and_has_only_the_fields_it_needs() {
    let world = World::new();
    let addresses = world.policies(3);
    assert_eq!(
        keys(&is_valid("findings", &world.run(&["validate", "--format", "json"]))),
        ["findings", "format", "summary"]
    );
    is_valid("tree", &world.run(&["tree", "--format", "json"]));
    let plan = is_valid("plan", &world.run(&["plan", "--format", "json"]));
    assert_eq!(keys(&plan), ["changes", "digest", "endpoint", "format", "guards", "notices", "summary"]);
    let change = ["address", "after", "before", "direction", "fields", "file", "kind", "line"];
    assert_eq!(keys(&plan["changes"][0]), change);
    let applied = world.apply(&["--format", "json"]);
    let outcome = is_valid("apply", &applied);
    assert_eq!(keys(&outcome), ["changes", "format", "outcome", "summary"]);
    assert_eq!(keys(&outcome["changes"][0]), ["address", "id", "kind", "result"]);
    assert_eq!(outcome["outcome"], "applied");
    let nothing = is_valid("apply", &world.apply(&["--format", "json"]));
    assert_eq!((&nothing["outcome"], nothing["changes"].as_array().unwrap().len()), (&"nothing".into(), 0));

    let path = format!("policies/{}.yaml", addresses[0]);
    let text = world.read(&path);
    world.remove(&path);
    world.write("policies/acme/renamed.yaml", &text);
    let plan = is_valid("plan", &world.run(&["plan", "--format", "json"]));
    assert_eq!(plan["changes"][0]["from"], addresses[0].as_str());
    assert_eq!(plan["summary"]["rename"], 1);
}

#[test]
fn the_result_alone_is_on_standard_output_and_quiet_leaves_it_there() {
    let world = World::new();
    world.policies(2);
    let ran = world.apply(&["--quiet"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
    assert!(ran.out.contains("Applied: 2 changes."), "{ran}");
    world.policies(4);
    let ran = world.apply(&[]);
    assert_eq!(ran.err, "applying 2 changes\n", "what came of each stands in the result, and only there");
    let again = world.apply(&[]);
    assert_eq!((again.out.as_str(), again.err.as_str()), ("No changes. 4 policies are as recorded.\n", ""));
}

#[test]
fn verbose_tells_each_call_on_standard_error() {
    let world = World::new();
    world.policy("acme/a", "LOW", "log", "A text that no log tells.");
    let ran = world.apply(&["-v"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.err.contains("POST /policy → 201"), "{ran}");
    assert!(ran.err.contains("GET /policy?orgId=acme → 200"), "{ran}");
    assert!(!ran.out.contains("POST"), "{ran}");
    assert!(!ran.err.contains("no log tells"), "{ran}");
    let more = world.apply(&["-vv"]);
    assert_eq!(more.code, Some(0), "{more}");
    assert_eq!(world.run(&["apply", "-v", "-q"]).code, Some(64), "they exclude each other");
}

#[test]
fn a_failure_a_refusal_and_a_part_have_codes_of_their_own() {
    let mut world = World::new();
    let addresses = world.policies(3);
    // A part: one create is refused by the service.
    world.service.set_faults(FaultPlan::none().nth(Call::Create, 2, Fault::status(403)));
    let part = world.apply(&["--concurrency", "1", "--format", "json"]);
    assert_eq!(part.code, Some(5), "{part}");
    let outcome = is_valid("apply", &part);
    assert_eq!((&outcome["outcome"], &outcome["summary"]["failed"]), (&"partial".into(), &1.into()));
    // Refused by a guard: all policies are gone from the tree.
    world.service.set_faults(FaultPlan::none());
    addresses.iter().for_each(|address| world.remove(&format!("policies/{address}.yaml")));
    let calls = world.service.requests().len();
    for command in ["plan", "apply"] {
        let refused = world.run(&[command]);
        assert_eq!(refused.code, Some(4), "{refused}");
        assert!(refused.out.contains("refused[empty-tree]"), "{refused}");
        let json = world.run(&[command, "--format", "json"]);
        assert_eq!(json.code, Some(4), "{json}");
        is_valid(command, &json);
    }
    assert_eq!(world.service.requests().len(), calls);
    // A failure: nobody there, no token.
    world.policies(3);
    world.env = vec![("POLICYSYNC_TOKEN".to_owned(), String::new())];
    let failed = world.apply(&[]);
    assert_eq!(failed.code, Some(1), "{failed}");
    assert!(failed.err.contains("POLICYSYNC_TOKEN") && failed.err.contains("--sandbox"), "{failed}");
}

#[test]
fn wrong_usage_says_what_is_right() {
    let world = World::new();
    world.policies(1);
    for (args, said) in [
        (&["vaildate"][..], "validate"),
        (&["plan", "--orgg", "x"], "--org"),
        (&["plan", "--org", "acmee"], "did you mean acme?"),
        (&["plan", "--org", "quite-other"], "there are: acme"),
        (&["plan", "--org", "a b"], "letters, digits"),
        (&["plan", "--allow", "emptytree"], "empty-tree"),
        (&["plan", "--format", "jsn"], "json"),
        (&["apply", "--concurrency", "0"], "from 1 to 256"),
        (&["apply", "--timeout", "5"], "15s"),
        (&["apply", "--timeout", "0s"], "--timeout"),
        (&["apply", "--timeout", "5s", "--settle", "5s"], "leave --settle out"),
        (&["plan", "--sandbox", "--state", "x"], "--state"),
        (&["apply", "--sandbox", "--endpoint", "https://x.example"], "--endpoint"),
        (&["plan", "--state", "ftp://bucket"], "is no place for the record"),
        (&["plan", "--token", "abc"], "POLICYSYNC_TOKEN"),
        (&["state", "show", "acme"], "organization[/workspace[/repository]]/key"),
        (&["sandbox", "--listen", "0.0.0.0:0"], "127.0.0.1"),
        (&["sandbox", "--list", "below-it"], "below"),
    ] {
        let ran = world.run(args);
        assert_eq!(ran.code, Some(64), "{args:?} {ran}");
        assert!(ran.err.contains(said), "{args:?}: {said} {ran}");
        assert_eq!(ran.out, "", "{args:?}");
    }
    let missing = world.run(&["state", "show", "acme/policy-0001"]);
    assert_eq!(missing.code, Some(1), "{missing}");
    assert_eq!(world.service.requests().len(), 0);
}

#[test]
fn a_slip_in_an_address_is_found() {
    let world = World::new();
    world.policies(3);
    assert_eq!(world.apply(&[]).code, Some(0));
    let ran = world.run(&["state", "show", "acme/policy-000"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("did you mean acme/policy-0000?"), "{ran}");
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let world = World::new();
    let addresses = world.policies(30);
    let into_nothing = |args: &[&str]| -> Ran {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        world.command(args).stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap().into()
    };
    for args in [
        &["validate"][..],
        &["plan"],
        &["plan", "--format", "json"],
        &["tree"],
        &["apply", "--help"],
        &["--version"],
        &["apply", "--timeout", "2s", "--settle", "3s"],
        &["state", "list"],
        &["state", "show", "acme/policy-0000"],
    ] {
        let ran = into_nothing(args);
        assert_eq!(ran.code, Some(0), "{args:?} {ran}");
        assert!(!ran.err.contains("panicked") && !ran.err.contains("roken pipe"), "{args:?} {ran}");
    }
    world.holds_one_each(&addresses);
    world.converges_to(&addresses);
}

#[test]
fn help_fits_and_names_the_environment() {
    let mut world = World::new();
    world.env = vec![("COLUMNS".to_owned(), "80".to_owned())];
    let help = |args: &[&str]| {
        let ran = world.run(args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
        for line in ran.out.lines() {
            assert!(line.chars().count() <= 80, "{args:?}: {line}");
            assert_eq!(line, line.trim_end(), "{args:?}");
        }
        ran.out
    };
    for command in ["validate", "plan", "apply", "tree", "state", "sandbox"] {
        let long = help(&[command, "--help"]);
        assert_eq!(long, help(&[command, "-h"]));
        assert!(long.contains("POLICYSYNC_ENDPOINT") && long.contains("POLICYSYNC_STATE"), "{long}");
        assert!(!long.contains("127.0.0.1:") || command == "sandbox", "what is set is not shown: {long}");
    }
    help(&["state", "list", "--help"]);
    let apply = help(&["apply", "--help"]);
    for name in ["CONCURRENCY", "TIMEOUT", "SETTLE", "RUN_TIMEOUT", "CONFIG"] {
        assert!(apply.contains(&format!("POLICYSYNC_{name}")), "{name} {apply}");
    }
    let whole = help(&["--help"]);
    assert!(whole.contains("Exit codes:") && whole.contains("POLICYSYNC_TOKEN"), "{whole}");
    assert!(!whole.contains("--token"), "it is no flag");
    let bare = world.run(&[]);
    assert_eq!(bare.code, Some(64), "{bare}");
    assert_eq!((bare.out.as_str(), bare.err.as_str()), ("", whole.as_str()));
    let bare = world.run(&["state"]);
    assert_eq!((bare.code, bare.err), (Some(64), help(&["state", "--help"])));
    let version = help(&["--version"]);
    assert_eq!(version, format!("policysync {}\n", env!("CARGO_PKG_VERSION")));
}
