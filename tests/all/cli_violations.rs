//! `policysync violations`, and what `plan --impact` says of it, through the real binary over real HTTP.

use policysync::report::schema;
use policysync::sandbox::{Call, Fault, FaultBody, FaultPlan, Options, Traffic};
use serde_json::{Value, json};

use crate::world::{Ran, World};

/// Five applied policies of two organizations, and a quiet week before a busy one.
fn busy() -> World {
    let world = World::new();
    for (address, action) in [
        ("acme/pii", "block"),
        ("acme/east/source", "alert"),
        ("acme/east/billing/cards", "block"),
        ("acme/west/api/keys", "log"),
        ("globex/north/site/names", "block"),
    ] {
        world.policy(address, "HIGH", action, &format!("Do not share what {address} is about.\n"));
    }
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.service.expect(traffic(
        "- {policy: pii, at: 2026-11-02T10:00:00Z, times: 3, in: east/billing, user: canary-ada, why: canary-one}\n\
         - {policy: pii, at: 2026-11-03T23:59:59Z, times: 2, in: west/api, user: canary-bob}\n\
         - {policy: source, at: 2026-11-03T10:00:00Z, times: 4, in: east/billing}\n\
         - {policy: cards, at: 2026-11-07T10:00:00Z, times: 5}\n\
         - {policy: cards, at: 2026-10-01T10:00:00Z, times: 7}\n\
         - {policy: keys, at: 2026-11-04T10:00:00Z, times: 1}\n\
         - {policy: names, at: 2026-11-04T10:00:00Z, times: 6}\n",
    ));
    world.service.clear_requests();
    world
}

fn traffic(yaml: &str) -> Traffic {
    Traffic::from_yaml(yaml).expect("traffic")
}

const WEEK: [&str; 3] = ["violations", "--since=2026-11-01", "--until=2026-11-08"];

/// The document, which must be one of the schema.
#[track_caller]
fn document(ran: &Ran) -> Value {
    let schema: Value = serde_json::from_str(&schema("violations").unwrap()).unwrap();
    let document = ran.json();
    let errors: Vec<String> =
        jsonschema::draft202012::new(&schema).unwrap().iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} {ran}");
    document
}

#[track_caller]
fn counted(world: &World, args: &[&str]) -> Value {
    let ran = world.run(&[&WEEK[..], args, &["--format", "json"]].concat());
    assert_eq!(ran.code, Some(0), "{ran}");
    document(&ran)
}

/// The totals of a list, by a field.
fn totals<'a>(document: &'a Value, list: &str, field: &str) -> Vec<(&'a str, u64)> {
    let rows = document[list].as_array().expect("a list").iter();
    rows.map(|row| (row[field].as_str().unwrap_or("-"), row["counts"]["total"].as_u64().expect("a number"))).collect()
}

#[test]
fn a_week_is_counted_by_policy_action_day_and_repository() {
    let world = busy();
    let all = counted(&world, &[]);
    assert_eq!(all["all"], json!({"total": 21, "blocked": 16, "letThrough": 5, "untold": 0}));
    assert_eq!(
        totals(&all, "byPolicy", "address"),
        [
            ("globex/north/site/names", 6),
            ("acme/east/billing/cards", 5),
            ("acme/pii", 5),
            ("acme/east/source", 4),
            ("acme/west/api/keys", 1)
        ]
        .map(|(address, total)| (address, total))
    );
    assert_eq!(
        totals(&all, "byDay", "day"),
        [("2026-11-02", 3), ("2026-11-03", 6), ("2026-11-04", 7), ("2026-11-07", 5)]
    );
    assert_eq!(
        totals(&all, "byRepository", "path"),
        [("acme/east/billing", 12), ("globex/north/site", 6), ("acme/west/api", 3)]
    );
    assert_eq!(totals(&all, "bySeverity", "severity"), [("HIGH", 21)]);
    assert_eq!((&all["complete"], &all["of"], &all["gaps"]), (&json!(true), &Value::Null, &json!([])));
    let text = world.run(&WEEK);
    assert_eq!(text.code, Some(0), "{text}");
    assert!(text.out.contains("21 violations: 16 blocked, 5 let through\n"), "{text}");
    assert!(text.out.contains("        5        5  acme/pii\n"), "{text}");
    assert_eq!(text.out, world.run(&[&WEEK[..], &["--quiet"]].concat()).out, "the same bytes for the same input");
    assert_eq!(world.writes(), 0, "it only reads");
}

#[test]
fn an_address_is_a_policy_or_a_scope() {
    let world = busy();
    for (of, total) in [
        ("acme/pii", 5),
        ("acme/east/billing/cards", 5),
        ("acme", 15),
        ("acme/", 15),
        ("acme/east", 12),
        ("acme/east/", 12),
        ("acme/east/billing", 12),
        ("globex", 6),
    ] {
        let document = counted(&world, &[of]);
        assert_eq!(document["all"]["total"], total, "{of}");
        assert_eq!(document["of"], of.trim_end_matches('/'));
    }
    // A folder and a policy of one name: with a slash it is the folder.
    world.policy("acme/west", "HIGH", "block", "Nothing of the west.\n");
    assert_eq!(world.apply(&[]).code, Some(0));
    world.service.expect(traffic("- {policy: west, at: 2026-11-02T10:00:00Z, times: 9, in: east/billing}\n"));
    assert_eq!(counted(&world, &["acme/west"])["all"]["total"], 9);
    assert_eq!(counted(&world, &["acme/west/"])["all"]["total"], 3);
}

#[test]
fn what_is_not_known_is_told_with_what_was_perhaps_meant() {
    let world = busy();
    for (of, said) in [
        ("acme/pij", "no policy is recorded at acme/pij, and no scope is called that\n  hint: did you mean acme/pii?"),
        ("acmee", "hint: did you mean acme?"),
        ("nobody/at/all", "hint: `policysync state list` names the policies"),
        ("not an address", "no policy is recorded at not an address"),
    ] {
        let ran = world.run(&["violations", of]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran}");
        assert!(ran.err.contains(said), "{ran}");
    }
    world.policy("acme/new", "HIGH", "block", "Something new.\n");
    let ran = world.run(&["violations", "acme/new"]);
    assert!(ran.err.contains("acme/new is in the tree, and nothing is recorded of it"), "{ran}");
    assert_eq!(world.service.requests().len(), 0, "nothing was asked");
    world.service.remove(&world.id("pii"));
    let ran = world.run(&["violations", "acme/pii"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("and the service has no such policy\n  hint: someone deleted it there"), "{ran}");
}

#[test]
fn a_policy_that_nobody_manages_is_shown_by_its_name_and_marked() {
    let world = busy();
    let id = world.seed("acme/east/billing", "From the \u{1b}[2Jconsole", "x", "user-console");
    world.service.violate(&id, "x");
    let ran = world.run(&["violations", "acme", "--since", "1h"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains(&format!("\"From the \\u{{1b}}[2Jconsole\" ({id}), which nobody manages\n")), "{ran}");
    assert!(ran.out.contains("1 violation of acme: 1 blocked\n"), "{ran}");
}

#[test]
fn nothing_of_people_is_told_unless_it_is_asked_for() {
    let world = busy();
    for format in ["text", "json", "markdown"] {
        for verbose in [&["--quiet"][..], &["-vv"]] {
            let ran = world.run(&[&WEEK[..], &["--format", format], verbose].concat());
            assert_eq!(ran.code, Some(0), "{ran}");
            assert!(!format!("{ran}").contains("canary"), "{ran}");
        }
        let users = world.run(&[&WEEK[..], &["--users", "--format", format]].concat());
        assert!(users.out.contains("canary-ada") && !users.out.contains("canary-one"), "{users}");
        let why = world.run(&[&WEEK[..], &["--explanations", "--format", format]].concat());
        assert!(why.out.contains("canary-one") && !why.out.contains("canary-ada"), "{why}");
        assert!(!format!("{}{}", users.err, why.err).contains("canary"), "{users} {why}");
    }
    let both = counted(&world, &["--users", "--explanations"]);
    assert_eq!(both["newest"].as_array().map(Vec::len), Some(20));
    assert_eq!(totals(&both, "byUser", "-").iter().map(|(_, total)| total).sum::<u64>(), 21);
}

#[test]
fn many_are_read_page_by_page_and_cut_where_it_was_said() {
    let world = busy();
    world.service.expect(traffic("- {policy: cards, at: 2026-11-06T10:00:00Z, times: 1234}\n"));
    world.service.clear_requests();
    let all = counted(&world, &[]);
    assert_eq!((&all["all"]["total"], &all["complete"]), (&json!(1255), &json!(true)));
    assert_eq!(world.requests("GET /policy/violations").len(), 13);
    let ran = world.run(&[&WEEK[..], &["--at-most", "300"]].concat());
    assert_eq!(ran.code, Some(0), "a bound that was said is no failure: {ran}");
    let said =
        "not all[at-most]: only the newest 300 of 1255 were read, back to 2026-11-06T09:55:06Z; --at-most reads more";
    assert!(ran.out.contains(said), "{ran}");
    // Over several workspaces the newest of them all are counted, whatever each has.
    let newest = counted(&world, &["acme", "--at-most", "8"]);
    assert_eq!(totals(&newest, "byDay", "day"), [("2026-11-06", 3), ("2026-11-07", 5)]);
    assert_eq!(newest["gaps"][0]["code"], "at-most");
}

#[test]
fn a_time_that_can_not_be_is_refused_before_anything_is_asked() {
    let world = busy();
    for (args, said) in [
        (&["--since", "yesterday"][..], "\"yesterday\" is no time; write it like 30d, 12h, 2w"),
        (&["--since", "2026-11-08", "--until", "2026-11-01"], "is not before --until (2026-11-01T00:00:00Z)"),
        (&["--since", "9999-01-01"], "--since (9999-01-01T00:00:00Z) is not before now"),
        (&["--since", "9999999w"], "--since lies before all time"),
        (&["--at-most", "0"], "0 is not in 1..=1000000"),
        (&["--format", "sarif"], "does not write the format sarif"),
    ] {
        let ran = world.run(&[&["violations"], args].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{ran}");
        assert!(ran.err.contains(said), "{ran}");
    }
    assert_eq!(world.service.requests().len(), 0);
}

#[test]
fn a_long_reading_is_one_line_and_says_how_much_it_read() {
    let world = busy();
    world.service.expect(traffic(
        "- {policy: pii, at: 2026-11-05T10:00:00Z, times: 1234, in: east/billing}\n\
         - {policy: keys, at: 2026-11-05T10:00:00Z, times: 250, in: west/api}\n",
    ));
    let ran = world.run(&WEEK);
    assert_eq!(ran.code, Some(0), "{ran}");
    let told: Vec<&str> = ran.err.lines().collect();
    assert!(told.len() == 1 && told[0].starts_with("reading the violations from "), "{ran}");
    let quiet = world.run(&[&WEEK[..], &["--quiet"]].concat());
    assert_eq!((quiet.out, quiet.err.as_str()), (ran.out, ""));
    // Two workspaces are two questions, each of which says of how many; of each so many are read at most.
    for (args, said) in [
        (&[][..], "1505 of 1505 violations"),
        (&["acme"], "1499 of 1499 violations"),
        (&["acme", "--at-most", "250"], "500 of 500 violations"),
    ] {
        let ran = world.run(&[&WEEK[..], args, &["-vv"]].concat());
        assert_eq!(ran.code, Some(0), "{ran}");
        let over =
            ran.err.lines().find(|line| line.starts_with("reading the violations: over after ")).expect("a step");
        assert!(over.ends_with(&format!(" ms, {said}")), "{args:?}: {over}");
        let json = world.run(&[&WEEK[..], args, &["-vv", "--log-format", "json"]].concat());
        let told: Vec<Value> = json.err.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
        assert!(told.iter().any(|line| line["event"] == "step" && line["work"] == "reading the violations"), "{json}");
    }
}

#[test]
fn a_service_that_refuses_is_told_with_what_to_do() {
    for (fault, said) in [
        (Fault::Expire, "hint: look at POLICYSYNC_TOKEN"),
        (status(403, FaultBody::Json), "hint: the token is good, but its user may not do this"),
        (status(404, FaultBody::Html), "hint: look at --endpoint or POLICYSYNC_ENDPOINT"),
        (Fault::Unreadable, "the service's answer can't be read"),
        (Fault::Huge, "the service's answer is larger than"),
        (Fault::Redirect { to: "http://example.com/".to_owned(), code: 307 }, "redirects are not followed"),
    ] {
        let world = busy();
        world.service.set_faults(FaultPlan::none().every(Call::Any, fault.clone()));
        let ran = world.run(&["violations", "acme/pii", "--timeout", "20s"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{fault:?}: {ran}");
        assert!(ran.err.contains(said), "{fault:?}: {ran}");
    }
    // What passes is waited out.
    for code in [429, 500, 503] {
        let world = busy();
        world.service.set_faults(FaultPlan::none().nth(Call::Any, 1, status(code, FaultBody::Html)));
        let ran = world.run(&[&WEEK[..], &["acme/pii", "--format", "json"]].concat());
        assert_eq!(document(&ran)["all"]["total"], 5, "{ran}");
    }
}

fn status(code: u16, body: FaultBody) -> Fault {
    Fault::Status { code, body, retry_after: None, effect: false }
}

#[test]
fn a_workspace_that_refuses_hides_no_other() {
    let world = busy();
    // The workspaces are asked for first, then each of the two.
    world.service.set_faults(FaultPlan::none().nth(Call::Any, 2, status(403, FaultBody::Json)));
    let ran = world.run(&[&WEEK[..], &["acme", "--concurrency", "1", "--format", "json"]].concat());
    assert_eq!(ran.code, Some(1), "that few were found says little: {ran}");
    let document = document(&ran);
    assert_eq!((&document["all"]["total"], &document["complete"]), (&json!(3), &json!(false)));
    let why = document["gaps"][0]["message"].as_str().unwrap_or_default();
    assert!(why.starts_with("workspace east could not be read to the end: the service answered 403"), "{why}");
}

/// The world of [`busy`], where a plan weakens one policy and deletes another.
fn weakening() -> World {
    let world = busy();
    world.service.expect(traffic(
        "- {policy: pii, ago: 2d, times: 312, in: east/billing}\n- {policy: pii, ago: 40d, times: 9}\n",
    ));
    world.policy("acme/pii", "HIGH", "log", "Do not share what acme/pii is about.\n");
    world.remove("policies/acme/west/api/keys.yaml");
    // Stronger: nothing is asked about it.
    world.policy("acme/east/source", "HIGH", "block", "Do not share what acme/east/source is about.\n");
    world
}

const IMPACT: [&str; 5] = ["plan", "--refresh", "--prune", "--impact", "--allow=weaken,delete"];

#[test]
fn a_weakened_policy_carries_what_it_did() {
    let world = weakening();
    // The month of the traffic may lie in the last 30 days or not: what is counted stands beside what the service says.
    let json = world.run(&[&IMPACT[..], &["--format", "json"]].concat());
    assert_eq!(json.code, Some(0), "{json}");
    let document = json.json();
    let impact = |address: &str| {
        let changes = document["changes"].as_array().expect("a list");
        changes.iter().find(|change| change["address"] == address).map(|change| change["impact"].clone()).expect("it")
    };
    let blocked = impact("acme/pii")["blocked"].as_u64().expect("a number");
    assert!((312..=317).contains(&blocked), "{json}");
    assert_eq!((&impact("acme/pii")["days"], &impact("acme/pii")["letThrough"]), (&json!(30), &json!(0)));
    assert_eq!(impact("acme/west/api/keys")["blocked"], 0);
    assert_eq!(impact("acme/east/source"), Value::Null, "what gets stronger is not asked about");
    let said = format!("blocked {blocked} calls in 30 days");
    for format in ["text", "markdown", "html", "sarif", "github"] {
        let ran = world.run(&[&IMPACT[..], &["--format", format]].concat());
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.out.contains(&said), "{format}: {ran}");
    }
    let text = world.run(&IMPACT);
    assert!(text.out.contains(&format!("      impact      {said}\n")), "{text}");
    assert!(text.out.contains(&format!("enforcement weaker: acme/pii ({said}), acme/west/api/keys (")), "{text}");
    let asked = world.requests("GET /policy").into_iter().filter(|request| request.path.ends_with("/violations"));
    assert_eq!(asked.count(), 7 * 2 * 2, "two policies, two numbers each, in seven plans");
    assert_eq!(world.writes(), 0);
}

#[test]
fn the_plan_and_its_digest_are_the_same_with_and_without() {
    let world = weakening();
    let with = world.run(&[&IMPACT[..], &["--format", "json"]].concat()).json();
    let mut without = with.clone();
    for change in without["changes"].as_array_mut().expect("a list") {
        change.as_object_mut().expect("an object").remove("impact");
    }
    let bare = world.run(&["plan", "--refresh", "--prune", "--allow=weaken,delete", "--format", "json"]).json();
    assert_eq!(without, bare);
    let saved = |file: &str, args: &[&str]| {
        let ran = world.run(&[args, &["--out", file]].concat());
        assert_eq!(ran.code, Some(0), "{ran}");
        let mut saved: Value = serde_json::from_str(&world.read(file)).expect("JSON");
        saved.as_object_mut().expect("an object").remove("madeAt");
        saved
    };
    let plain: Vec<&str> = IMPACT.into_iter().filter(|arg| *arg != "--impact").collect();
    assert_eq!(saved("a.plan", &IMPACT)["plan"], saved("b.plan", &plain)["plan"]);
}

#[test]
fn what_can_not_be_counted_is_unknown_and_fails_no_plan() {
    let world = weakening();
    // Three scopes listed, then the workspaces and repositories, then the numbers: all from there on is refused.
    let calls = {
        let ran = world.run(&["plan", "--refresh", "--prune", "--allow=weaken,delete"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        let calls = world.service.requests().len();
        world.service.clear_requests();
        u64::try_from(calls).expect("a number")
    };
    for (fault, said) in [
        (status(403, FaultBody::Json), "unknown: the service answered 403"),
        (status(404, FaultBody::Html), "unknown: the service answered 404"),
        (Fault::Unreadable, "unknown: the service's answer can't be read"),
        (status(500, FaultBody::Json), "unknown: the service answered 500"),
        (Fault::CutBefore, "unknown: "),
        // From here on the token is worth nothing.
        (Fault::Expire, "unknown: the service did not accept the token (401"),
    ] {
        world.service.set_faults(FaultPlan::none().from(Call::Any, calls + 1, fault.clone()));
        let ran = world.run(&IMPACT);
        assert_eq!(ran.code, Some(0), "{fault:?}: {ran}");
        assert!(ran.out.contains(&format!("      impact      {said}")), "{fault:?}: {ran}");
        assert!(ran.out.contains(&format!("acme/pii ({said}")), "{fault:?}: {ran}");
    }
}

#[test]
fn impact_needs_a_look_at_the_service_and_asks_nothing_where_nothing_gets_weaker() {
    let world = busy();
    let ran = world.run(&["plan", "--impact"]);
    assert_eq!(ran.code, Some(64), "{ran}");
    assert!(ran.err.contains("--refresh"), "{ran}");
    let ran = world.run(&["plan", "--refresh", "--impact"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(!ran.err.contains("blocked") && ran.out.contains("No changes."), "{ran}");
    assert!(!world.service.requests().iter().any(|request| request.path.contains("violations")));
}

#[test]
fn apply_shows_it_before_it_begins() {
    let world = weakening();
    let ran = world.apply(&["--refresh", "--prune", "--impact"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let (plan, done) = ran.out.split_once("Digest: ").expect("a plan");
    assert!(plan.contains("      impact      blocked 31"), "{ran}");
    assert!(done.contains("acme/pii"), "{ran}");
    let page = world.run(&["apply", "--refresh", "--impact", "--format", "html"]);
    assert_eq!(page.code, Some(0), "{page}");
}

#[test]
fn what_came_of_a_run_says_it_in_every_format() {
    for format in ["text", "markdown", "html", "github", "json"] {
        let world = weakening();
        let apply = ["--refresh", "--prune", "--impact", "--format", format];
        // Of a plan that is refused, and of one that is applied.
        for (allow, code) in [(&[][..], 4), (&["--allow", "weaken=1,delete=1"], 0)] {
            let ran = world.run(&[&["apply"], &apply[..], allow].concat());
            assert_eq!(ran.code, Some(code), "{ran}");
            let said = match format {
                "json" => ran.json()["changes"].to_string().contains("\"impact\":{\"blocked\":31"),
                _ => ran.out.contains("blocked 31") && ran.out.contains(" calls in 30 days"),
            };
            assert!(said, "{format}: {ran}");
            if format == "github" {
                let verb = if code == 0 {
                    "this update makes enforcement weaker"
                } else {
                    "this update would make enforcement"
                };
                assert!(ran.out.contains(verb), "{ran}");
            }
        }
    }
}

#[test]
fn traffic_waits_for_its_policy_and_is_kept_by_nobody() {
    let world =
        World::with(Options { traffic: traffic("- {policy: pii, at: 2026-11-02T10:00:00Z}\n"), ..Options::default() });
    assert_eq!(counted(&world, &[])["all"]["total"], 0);
    world.policy("acme/pii", "HIGH", "block", "Do not.\n");
    assert_eq!(world.apply(&[]).code, Some(0));
    assert_eq!(counted(&world, &["acme/pii"])["all"], json!({"total": 1, "blocked": 1, "letThrough": 0, "untold": 0}));
    // What happened is history, whatever the policy does now.
    world.service.edit(&world.id("pii"), json!({"actionType": 0}), "user-night");
    assert_eq!(counted(&world, &["acme/pii"])["all"]["blocked"], 1);
}
