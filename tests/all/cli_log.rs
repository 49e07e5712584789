//! The log: each line of standard error as one object where programs read it, progress of all that is long, and what `-v`
//! and `-vv` add. Never a token, never a text of a policy.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use policysync::sandbox::{Call, Fault, FaultPlan, Moment};
use serde_json::Value;

use crate::world::{Ran, SCOPES, TOKEN, World};

/// What stands in the policies of these worlds, and in no log.
const TEXT: &str = "words that no log tells";

/// Escapes of terminals, ends of lines for one reader or another, bidi overrides, a runner's command.
const HOSTILE: &str = "a\u{1b}[2K\r\u{85}\u{2028}\u{2029}\u{202e}b\"\\ ##[error]\u{9b}31m";

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&policysync::cli::schema("log").unwrap()).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// The lines of a log for programs: each is one object that the schema takes, shown safely by a terminal too.
#[track_caller]
fn lines(ran: &Ran) -> Vec<Value> {
    let schema = schema();
    assert!(ran.err.is_empty() || ran.err.ends_with('\n'), "{ran}");
    assert!(!ran.err.contains(TOKEN) && !ran.err.contains(TEXT), "{ran}");
    let odd = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}'));
    assert!(!ran.err.contains(odd), "{ran}");
    assert!(!ran.err.contains("##["), "{ran}");
    let read = |line| {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        let errors: Vec<_> = schema.iter_errors(&line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}: {line}");
        let time = line["time"].as_str().unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok() && time.len() == 24 && time.ends_with('Z'), "{line}");
        line
    };
    ran.err.split_terminator('\n').map(read).collect()
}

/// The lines of one event.
fn of<'l>(lines: &'l [Value], event: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

/// The binary with a log for programs.
fn json(world: &World, args: &[&str]) -> Ran {
    world.run(&[args, &["--log-format", "json"]].concat())
}

fn world() -> World {
    let world = World::new();
    for scope in SCOPES {
        world.policy(&format!("{scope}/rule"), "HIGH", "block", &format!("Of {scope}: {TEXT}."));
    }
    world
}

#[test]
fn each_line_is_one_object_and_a_call_has_its_fields() {
    let world = world();
    world.service.set_faults(FaultPlan::none().nth(Call::List, 1, Fault::proxy(503, false)));
    let ran = json(&world, &["apply", "-v"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("Applied: 7 changes."), "the result is as ever: {ran}");
    let told = lines(&ran);
    let calls = of(&told, "call");
    let retried = calls.iter().find(|call| call["status"] == 503).expect("the call that failed");
    assert_eq!(
        (&retried["method"], &retried["attempt"], &retried["level"]),
        (&"GET".into(), &1.into(), &"debug".into())
    );
    assert!(retried["path"].as_str().unwrap().starts_with("/policy?orgId=acme"), "{retried}");
    assert!(retried["elapsedMs"].is_u64() && retried["retryInMs"].is_u64(), "{retried}");
    let again =
        calls.iter().find(|call| call["path"] == retried["path"] && call["attempt"] == 2).expect("a second try");
    assert_eq!((&again["status"], again.get("retryInMs")), (&200.into(), None));
    let posts = calls.iter().filter(|call| call["method"] == "POST" && call["status"] == 201);
    assert_eq!(posts.count(), 7, "{ran}");
    assert!(of(&told, "note").iter().any(|line| line["message"] == "applying 7 changes"), "{ran}");
    assert_eq!(of(&told, "step").len() + of(&told, "setting").len(), 0, "they are for -vv: {ran}");
}

#[test]
fn steps_and_settings_are_for_twice_as_much_and_every_command_that_calls_has_them() {
    let mut world = world();
    world.write("policysync.yaml", "concurrency: 4\n");
    world.env = vec![("POLICYSYNC_TIMEOUT".to_owned(), "3s".to_owned())];
    let commands: [&[&str]; 6] = [
        &["apply", "--refresh"],
        &["plan", "--refresh"],
        &["drift"],
        &["pull", "acme", "--dry-run"],
        &["validate", "--refresh"],
        &["doctor"],
    ];
    for command in commands {
        let ran = json(&world, &[command, &["-vv"]].concat());
        let told = lines(&ran);
        assert!(!of(&told, "call").is_empty(), "{command:?}: {ran}");
        let steps: Vec<&str> = of(&told, "step").iter().map(|line| line["message"].as_str().unwrap()).collect();
        assert!(steps.contains(&"reading the tree"), "{command:?}: {steps:?}");
        assert!(steps.iter().any(|step| step.ends_with(", 7 of 7 files")), "{command:?}: {steps:?}");
        let setting = |name: &str| {
            let all = of(&told, "setting");
            let found = all.into_iter().find(|line| line["setting"] == name).cloned().unwrap_or_default();
            format!("{} {}", found["value"].as_str().unwrap_or("-"), found["from"].as_str().unwrap_or("-"))
        };
        // `doctor` has them in its result, and `validate` goes by few.
        if !matches!(command[0], "doctor" | "validate") {
            assert_eq!(
                (setting("timeout"), setting("concurrency")),
                ("3s environment".into(), "4 file".into()),
                "{ran}"
            );
            assert_eq!(setting("tree"), "policies default", "{ran}");
        }
        let text = world.run(&[command, &["-vv"]].concat());
        assert!(text.err.contains("\nGET /") && text.err.contains(" ms, try 1)"), "{command:?}: {text}");
        let less = world.run(&[command, &["-v"]].concat());
        assert!(less.err.contains("GET /") && !less.err.contains("reading the tree"), "{command:?}: {less}");
    }
    world.policy("acme/rule", "LOW", "block", &format!("Of acme: {TEXT}."));
    let text = world.apply(&["-vv"]);
    for said in [
        "timeout is 2s, by flag\n",
        "concurrency is 4, by file\n",
        "saving the record of acme",
        "acme/rule: update done\n",
    ] {
        assert!(text.err.contains(said), "{said}: {text}");
    }
}

#[test]
fn what_goes_wrong_is_a_line_with_its_causes_what_to_do_and_the_exit_code() {
    let mut world = world();
    for (status, hint) in [(401, "POLICYSYNC_TOKEN"), (403, ""), (500, ""), (404, "")] {
        world.service.set_faults(FaultPlan::none().every(Call::Any, Fault::status(status)));
        let ran = json(&world, &["drift", "--timeout", "500ms"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{status}: {ran}");
        let told = lines(&ran);
        let failures = of(&told, "failure");
        assert_eq!(failures.len(), 1, "{ran}");
        assert_eq!((&failures[0]["level"], &failures[0]["exitCode"]), (&"error".into(), &1.into()), "{ran}");
        assert!(failures[0]["hint"].as_str().unwrap_or_default().contains(hint), "{ran}");
    }
    // A part of it.
    let refused = FaultPlan::none().nth(Call::Create, 1, Fault::status(400));
    world.service.set_faults(refused);
    let ran = json(&world, &["apply"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    lines(&ran);
    // Nobody there; and a place for the record that is none, layer by layer.
    world.env = vec![("POLICYSYNC_ENDPOINT".to_owned(), "http://127.0.0.1:9".to_owned())];
    let told = lines(&json(&world, &["drift"]));
    assert!(of(&told, "failure")[0]["message"].as_str().unwrap().contains("127.0.0.1:9"), "{told:?}");
    let told = lines(&json(&world, &["plan", "--state", "policies/acme/rule.yaml"]));
    let failure = of(&told, "failure")[0].clone();
    assert!(failure["causes"].as_array().is_some_and(|causes| !causes.is_empty()), "{failure}");
    // A settings file that is wrong, with its place; a tree that is, with each.
    world.write("policysync.yaml", "tre: x\nconcurrency: many\n");
    let told = lines(&json(&world, &["plan"]));
    let places: Vec<_> =
        of(&told, "finding").iter().map(|line| (line["line"].as_u64(), line["column"].as_u64())).collect();
    assert_eq!(places, [(Some(1), Some(1)), (Some(2), Some(14))], "{told:?}");
    assert_eq!(of(&told, "failure")[0]["exitCode"], 64);
    world.remove("policysync.yaml");
    world.policy("acme/odd", "hihg", "block", TEXT);
    let ran = json(&world, &["plan"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""), "{ran}");
    let told = lines(&ran);
    let finding = &of(&told, "finding")[0];
    assert_eq!(
        (&finding["code"], &finding["file"], &finding["line"], &finding["hint"]),
        (&"bad-risk-type".into(), &"policies/acme/odd.yaml".into(), &2.into(), &"did you mean HIGH?".into())
    );
}

#[test]
fn wrong_usage_is_a_line_too_where_the_flag_or_the_variable_can_be_read() {
    let mut world = World::new();
    let usage = |world: &World, args: &[&str]| {
        let ran = world.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{ran}");
        let told = lines(&ran);
        assert_eq!((told.len(), &told[0]["event"], &told[0]["exitCode"]), (1, &"failure".into(), &64.into()), "{ran}");
        (told[0]["message"].as_str().unwrap().to_owned(), told[0]["hint"].as_str().unwrap_or_default().to_owned())
    };
    let pair = |message: &str, hint: &str| (message.to_owned(), hint.to_owned());
    assert_eq!(
        usage(&world, &["aply", "--log-format", "json"]),
        pair("unrecognized subcommand 'aply'", "a similar subcommand exists: 'apply'")
    );
    assert_eq!(
        usage(&world, &["--log-format=json", "plan", "--alow", "x"]),
        pair("unexpected argument '--alow' found", "a similar argument exists: '--allow'")
    );
    assert_eq!(
        usage(&world, &["--log-format=json"]),
        pair("a command is missing", "`policysync help` lists the commands")
    );
    assert_eq!(
        usage(&world, &["new", "--log-format=json"]).0,
        "the following required arguments were not provided: <ADDRESS>"
    );
    assert!(usage(&world, &["apply", "--log-format=json", "--token", TOKEN]).1.contains("POLICYSYNC_TOKEN"));
    usage(&world, &["explain", HOSTILE, "--log-format=json"]);
    usage(&world, &["plan", "--log-format=json", "--org", HOSTILE]);
    usage(&world, &["--log-format=json", HOSTILE]);
    world.env = vec![("POLICYSYNC_LOG_FORMAT".to_owned(), "json".to_owned())];
    usage(&world, &["aply"]);
    let flag = world.run(&["aply", "--log-format", "text"]);
    assert!(flag.err.starts_with("error: unrecognized subcommand"), "a flag stands above a variable: {flag}");
    // A form that there isn't is told in the one that everybody reads.
    let ran = world.run(&["plan", "--log-format", "jsn"]);
    assert_eq!(ran.code, Some(64), "{ran}");
    assert!(ran.err.contains("a similar value exists: 'json'"), "{ran}");
    // Help is a result.
    let help = world.run(&["help", "apply"]);
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""), "{help}");
}

#[test]
fn hostile_names_begin_no_line_and_read_back() {
    let world = World::new();
    let name = serde_json::to_string(HOSTILE).unwrap();
    world.write("policies/acme/x.yaml", &format!("name: {name}\nriskType: HIGH\nactionType: block\ncontent: {TEXT}\n"));
    world.write(&format!("policies/acme/{}.yaml", HOSTILE.replace('/', "")), "name: [\n");
    for args in [&["plan"][..], &["apply", "-vv"], &["drift"], &["state", "show", "acme/nobody"]] {
        let ran = json(&world, args);
        assert!(!lines(&ran).is_empty(), "{args:?}: {ran}");
    }
    let told = lines(&json(&world, &["plan"]));
    let files: Vec<&str> = of(&told, "finding").iter().filter_map(|line| line["file"].as_str()).collect();
    assert!(files.contains(&format!("policies/acme/{HOSTILE}.yaml").as_str()), "the value is as it is: {files:?}");
    // What the service says is as hostile.
    let world = self::world();
    for (status, body) in [
        ("400 Bad Request", format!("{{\"success\":false,\"message\":{name}}}")),
        ("400 Bad Request", HOSTILE.to_owned()),
        ("500 Internal Server Error", format!("<html>{HOSTILE}")),
    ] {
        let url = saying(status, body);
        let ran = json(&world, &["apply", "-vv", "--endpoint", &url, "--run-timeout", "2s"]);
        assert!(!of(&lines(&ran), "failure").is_empty(), "{ran}");
    }
}

/// A server that answers every request with this. It ends with the test binary.
fn saying(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = vec![0; 16 * 1024];
            let _read = stream.read(&mut head);
            let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _gone = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn quiet_leaves_what_is_wrong() {
    let world = world();
    let ran = json(&world, &["apply", "--quiet"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
    world.policy("acme/odd", "hihg", "block", TEXT);
    let told = lines(&json(&world, &["plan", "--quiet"]));
    assert!(told.iter().all(|line| line["level"] == "error"), "{told:?}");
    assert_eq!(of(&told, "finding").len(), 1);
}

#[test]
fn what_is_long_says_how_far_it_is() {
    let world = world();
    let late = Fault::Delay { effect: Moment::Before, ms: 700 };
    world.service.set_faults(FaultPlan::none().every(Call::List, late));
    let slow = ["apply", "--concurrency", "2", "--timeout", "10s"];
    let ran = world.run(&slow);
    assert_eq!(ran.code, Some(0), "{ran}");
    let told: Vec<&str> = ran.err.lines().collect();
    assert!(told.len() == 3, "a line a step: {ran}");
    is_on_the_way(told[0], "looking at what is there: ");
    assert_eq!(told[1], "applying 7 changes");
    is_on_the_way(told[2], "reading back: ");
    for (args, said) in
        [(&["drift"][..], "looking at 7 scopes of "), (&["pull", "acme", "--dry-run"], "reading 7 scopes of acme")]
    {
        let ran = world.run(&[args, &["--concurrency", "2", "--timeout", "10s"]].concat());
        assert!(ran.err.starts_with(said), "{ran}");
        assert_eq!(ran.err.lines().count(), 1, "a line has told it: {ran}");
    }
    let quiet = world.run(&["drift", "--concurrency", "2", "--timeout", "10s", "--quiet"]);
    assert_eq!((quiet.code, quiet.err.as_str()), (Some(0), ""), "{quiet}");
    world.policy("acme/more", "HIGH", "block", TEXT);
    world.service.set_faults(FaultPlan::none().every(Call::List, Fault::Delay { effect: Moment::Before, ms: 1500 }));
    let told = lines(&json(&world, &slow));
    let progress = of(&told, "progress");
    let first = progress.first().expect("how far it is");
    assert_eq!((&first["work"], first["total"].as_u64()), (&"looking at what is there".into(), Some(1)), "{first}");
}

/// `2 of 7 scopes, 2.8/s, 1s left`: how many depends on when it is told, which a busy machine does later.
#[track_caller]
fn is_on_the_way(line: &str, work: &str) {
    let rest = line.strip_prefix(work).and_then(|rest| rest.strip_suffix(" left"));
    let parts: Vec<&str> = rest.unwrap_or_else(|| panic!("{line}")).split(", ").collect();
    let [done, rate, left] = parts[..] else { panic!("{line}") };
    let done: u32 =
        done.strip_suffix(" of 7 scopes").and_then(|done| done.parse().ok()).unwrap_or_else(|| panic!("{line}"));
    let rate: f64 = rate.strip_suffix("/s").and_then(|rate| rate.parse().ok()).unwrap_or_else(|| panic!("{line}"));
    assert!((1..7).contains(&done) && (0.1..20.0).contains(&rate) && left.ends_with('s'), "{line}");
}

#[test]
fn github_is_called_in_the_same_log() {
    let mut world = world();
    world.env = [
        ("POLICYSYNC_ACTION", "true"),
        ("POLICYSYNC_GITHUB_TOKEN", "ghs_canary"),
        ("GITHUB_API_URL", "http://127.0.0.1:9"),
        ("GITHUB_GRAPHQL_URL", "http://127.0.0.1:9/graphql"),
        ("GITHUB_SERVER_URL", "http://127.0.0.1:9"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_SHA", "c0ffee0000000000000000000000000000000000"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    let ran = json(&world, &["apply", "-v", "--expect-reviewed"]);
    let told = lines(&ran);
    assert!(of(&told, "call").iter().any(|call| call["fault"].is_string()), "{ran}");
    assert!(!ran.err.contains("ghs_canary"), "{ran}");
    assert_eq!(ran.code, Some(1), "{ran}");
}
