//! Failures as somebody new meets them: each says where, what, why and what to do, in words of the manual.

use policysync::sandbox::{Call, Fault, FaultPlan};

use crate::world::{Ran, World};

/// Runs a command that must fail: with this exit code, with all of these texts on standard error, and a way out.
fn fails(world: &World, args: &[&str], code: i32, texts: &[&str]) -> Ran {
    let ran = world.run(args);
    assert_eq!(ran.code, Some(code), "{args:?} {ran}");
    for text in texts {
        assert!(ran.err.contains(text), "{args:?} lacks {text:?}: {ran}");
    }
    well_said(&ran);
    ran
}

/// Holds of every failure: a way out, and nothing of what is inside.
fn well_said(ran: &Ran) {
    let told = ran.err.split("error: ").nth(1).unwrap_or_else(|| panic!("it says nothing: {ran}"));
    let clap = ran.err.contains("For more information, try '--help'.");
    assert!(clap || told.contains("\n  hint: "), "it doesn't say what to do: {ran}");
    for inner in ["Error {", "Some(", "None", "panicked", ".tmp", "\\n", "::", "serde", "reqwest"] {
        assert!(!told.contains(inner), "it shows {inner:?}: {ran}");
    }
}

fn world() -> World {
    let world = World::new();
    world.policies(1);
    world
}

#[test]
fn every_refusal_of_the_service_says_what_to_do_and_of_which_service_it_is() {
    for (status, texts) in [
        (400, ["the service answered 400", "change what its message names"]),
        (401, ["the service did not accept the token", "look at POLICYSYNC_TOKEN"]),
        (403, ["the service answered 403", "look at their role"]),
        (404, ["the service answered 404", "look at --endpoint or POLICYSYNC_ENDPOINT"]),
        (407, ["the service answered 407", "look at HTTPS_PROXY"]),
        (409, ["the service answered 409", "`policysync plan --refresh` shows what the service holds"]),
        (413, ["the service answered 413", "shorten the policy's text"]),
        (418, ["the service answered 418", "the policy service has no such answer"]),
        (422, ["the service answered 422", "change what its message names"]),
    ] {
        let world = World::failing(FaultPlan::none().every(Call::List, Fault::status(status)));
        world.policies(1);
        let ran = fails(&world, &["plan", "--refresh"], 1, &texts);
        let at = format!("error: can't see what {} holds\n", world.service.url());
        assert!(ran.err.contains(&at), "{ran}");
    }
}

#[test]
fn a_service_that_sends_everyone_away_or_fails_says_what_to_do_of_a_create_too() {
    for (status, advice) in
        [(429, "with a lower --concurrency"), (503, "run it again later, which makes nothing twice")]
    {
        let long = |status| Fault::Status {
            code: status,
            body: policysync::sandbox::FaultBody::Json,
            retry_after: Some("3600".to_owned()),
            effect: false,
        };
        let world = World::failing(FaultPlan::none().every(Call::Create, long(status)).every(Call::List, long(status)));
        world.policies(1);
        fails(&world, &["plan", "--refresh"], 1, &["it asks to wait 3600 s", advice]);
        let world = World::failing(FaultPlan::none().every(Call::Create, long(status)));
        world.policies(1);
        let ran = world.apply(&[]);
        assert_eq!(ran.code, Some(5), "{ran}");
        assert!(ran.out.contains("= help: ") && ran.out.contains(advice), "{ran}");
    }
}

#[test]
fn a_lost_answer_says_that_running_again_makes_nothing_twice() {
    let world = World::failing(FaultPlan::none().every(Call::List, Fault::CutBefore));
    world.policies(1);
    fails(
        &world,
        &["plan", "--refresh"],
        1,
        &["closed the connection before its answer", "makes nothing twice", "--timeout"],
    );
    let world = World::failing(FaultPlan::none().every(Call::List, Fault::Huge));
    world.policies(1);
    fails(&world, &["plan", "--refresh", "--timeout", "5s"], 1, &["hint: "]);
}

#[test]
fn a_plan_that_cant_be_saved_names_the_file_that_was_asked_for() {
    let world = world();
    world.write("file", "");
    world.write("folder/x", "");
    for (out, texts) in [
        ("missing/x.json", ["can't write missing/x.json", "there is no folder missing: make it"]),
        ("folder", ["can't open folder", "it is a folder: name a file"]),
        ("file/x.json", ["can't look at file/x.json", "file is no folder"]),
        ("/dev/full", ["can't write /dev/full", "make room there"]),
    ] {
        let ran = fails(&world, &["plan", "--out", out], 1, &texts);
        assert!(ran.err.contains("the plan was made, and not saved"), "{ran}");
    }
}

/// What stands before the output ends is said, and nothing else: a plan that nobody saw is neither saved nor applied.
#[cfg(target_os = "linux")]
#[test]
fn a_plan_that_cant_be_shown_is_neither_saved_nor_applied() {
    let world = world();
    let into_a_full_disk = |mut command: std::process::Command| {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("the system has it");
        let output = command.stdout(full).output().expect("policysync runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, err) = into_a_full_disk(world.command(&["plan", "--out", "saved.json"]));
    assert!(code == Some(1) && err.contains("the plan was not saved; look at where the output goes"), "{err}");
    assert!(!world.path().join("saved.json").exists());
    let (code, err) = into_a_full_disk(world.command_of_apply(&[]));
    assert!(code == Some(1) && err.contains("nothing of this plan was applied; look at where"), "{err}");
    assert_eq!(world.service.requests().len(), 0);
    let (code, err) = into_a_full_disk(world.command(&["plan"]));
    assert!(code == Some(1) && err.contains("what was done before it stays done"), "{err}");
}

#[test]
fn a_file_that_is_nearly_called_so_is_offered() {
    let world = world();
    world.write("policis", "");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", world.path().join("dangling")).expect("a link can be made");
    let ran = world.run(&["plan", "dangling"]);
    assert!(ran.code == Some(1) && !ran.err.contains("did you mean"), "{ran}");
    world.write("plan.json", "{}");
    world.write("settings.yaml", "");
    fails(&world, &["plan", "policise"], 1, &["policise does not exist", "did you mean policies?"]);
    fails(&world, &["apply", "plan.jsn"], 1, &["did you mean plan.json?"]);
    fails(&world, &["plan", "--config", "setings.yaml"], 64, &["did you mean settings.yaml?"]);
    fails(&world, &["state", "push", "plan.jsom"], 1, &["did you mean plan.json?"]);
    fails(&world, &["sandbox", "--faults", "plna.json"], 1, &["did you mean plan.json?"]);
    assert_eq!(world.apply(&[]).code, Some(0));
    fails(&world, &["apply", "plan.jsn"], 4, &["did you mean plan.json?", "the record has 1 policy"]);
}

#[test]
fn words_that_are_nearly_right_are_met_by_the_right_one() {
    let world = world();
    assert_eq!(world.apply(&[]).code, Some(0));
    for (args, code, text) in [
        (&["validat"][..], 64, "'validate'"),
        (&["state", "shwo"], 64, "'show'"),
        (&["plan", "--refrehs"], 64, "'--refresh'"),
        (&["plan", "--format", "jsn"], 64, "'json'"),
        (&["plan", "--org", "acem"], 64, "did you mean acme?"),
        (&["plan", "--allow", "weakn"], 64, "did you mean weaken?"),
        (&["plan", "--state", "gti:origin"], 64, "did you mean git:origin?"),
        (&["plan", "--state", "s3:/records"], 64, "did you mean s3://records?"),
        (&["plan", "--state", "GS://records/x"], 64, "did you mean gs://records/x?"),
        (&["plan", "--state", "https://example.com/a.git"], 64, "did you mean git:https://example.com/a.git?"),
        (&["explain", "duplicate-polcy"], 64, "did you mean duplicate-policy?"),
        (&["schema", "polcy"], 64, "did you mean policy?"),
        (&["man", "plna"], 64, "did you mean plan?"),
        (&["man", "nothing-like-it"], 64, "policysync has no command \"nothing-like-it\""),
        (&["new", "acme/x", "--template", "personal-dta"], 64, "did you mean personal-data?"),
        (&["new", "acem/x"], 64, "did you mean acme/x?"),
        (&["tree", "acmee"], 64, "did you mean acme?"),
        (&["effective", "acmee"], 64, "did you mean acme?"),
        (&["recommend", "acmee", "we do"], 64, "did you mean acme?"),
        (&["violations", "acme/policy-000"], 1, "did you mean acme/policy-0000?"),
        (&["state", "show", "acme/policy-000"], 1, "did you mean acme/policy-0000?"),
        (&["state", "rm", "acme/policy-000"], 1, "did you mean acme/policy-0000?"),
        (&["state", "mv", "acme/policy-000", "acme/x"], 1, "did you mean acme/policy-0000?"),
        (&["state", "list", "--org", "acmee"], 64, "did you mean acme?"),
    ] {
        fails(&world, args, code, &[text]);
    }
}

#[test]
fn a_value_names_where_it_was_said() {
    let mut world = world();
    for (name, value) in [("TIMEOUT", "soon"), ("CONCURRENCY", "0"), ("CONCURRENCY", "many"), ("LOG_FORMAT", "xml")] {
        let name = format!("POLICYSYNC_{name}");
        world.env = vec![(name.clone(), value.to_owned())];
        fails(&world, &["plan"], 64, &[&format!("it comes from the environment: look at {name}")]);
    }
    let ran = fails(&world, &["plan", "--log-format", "html"], 64, &["invalid value 'html'"]);
    assert!(!ran.err.contains("environment"), "the flag was wrong, not the variable: {ran}");
    world.env = vec![("POLICYSYNC_CONCURRENCY".to_owned(), "many".to_owned())];
    fails(&world, &["plan"], 64, &["\"many\" is not a whole number from 1 to 256"]);
    world.env.clear();
    world.write("policysync.yaml", "timeout: 10m\n");
    fails(&world, &["plan"], 64, &["`timeout` of the settings file must be at most 5m"]);
    world.write("policysync.yaml", "settle: 1s\n");
    fails(&world, &["apply"], 64, &["`settle` of the settings file (1s) must be longer than --timeout (15s)"]);
    world.write("policysync.yaml", "tree: a\n---\ntree: b\n");
    fails(&world, &["plan"], 64, &["has more than one document", "make it one"]);
    world.remove("policysync.yaml");
    fails(&world, &["apply", "--run-timeout", "0s"], 64, &["--run-timeout must be longer than nothing"]);
    fails(&world, &["plan", "--timeout", "0s"], 64, &["--timeout must be longer than nothing"]);
    fails(&world, &["plan", "--endpoint", "example.com"], 64, &["it must begin with https://", "look at --endpoint"]);
    world.env = vec![("HTTPS_PROXY".to_owned(), "socks://x".to_owned())];
    fails(&world, &["plan", "--refresh"], 64, &["HTTPS_PROXY can't be used", "NO_PROXY"]);
}

/// What echoes a token is cut; with a token of one letter nothing would be left to read.
#[test]
fn a_token_of_a_few_letters_is_refused_and_garbles_nothing() {
    let mut world = world();
    for name in ["POLICYSYNC_TOKEN", "POLICYSYNC_REFRESH_TOKEN"] {
        for short in ["e", "the", "token"] {
            world.env = vec![(name.to_owned(), short.to_owned())];
            let ran = fails(&world, &["plan", "--refresh"], 1, &[name, "fewer than 6 characters"]);
            assert!(!ran.err.contains("REDACTED"), "{ran}");
        }
    }
    assert!(world.service.requests().is_empty());
}

#[test]
fn a_record_that_cant_be_read_says_how_to_get_a_good_one_back() {
    let world = world();
    assert_eq!(world.apply(&[]).code, Some(0));
    let place = ".policysync/state/acme.json";
    let whole = world.read(place);
    let half = &whole[..whole.len() / 2];
    for (text, why) in [
        (half.to_owned(), "it is cut short"),
        (String::new(), "it is empty"),
        ("<html>".to_owned(), "1:1: it is no JSON"),
        (whole.replace("HIGH", "LOW"), "something altered it"),
    ] {
        world.write(place, &text);
        let remedy = format!("hint: the save before it is whole: rename {place}.bak to {place}");
        for args in [&["plan"][..], &["apply"], &["state", "list"], &["drift"]] {
            fails(&world, args, 1, &[&format!("the record at {place} can't be read: "), why, &remedy]);
        }
    }
    world.write(place, &whole.replace("\"format\": 1", "\"format\": 99"));
    fails(&world, &["plan"], 1, &["has format 99; this version reads up to 1", "install a newer policysync"]);
    fails(&world, &["state", "push", "policies"], 1, &["it is a folder", "policysync-record-"]);
}

#[test]
fn init_says_what_it_did_not_take() {
    let world = World::new();
    assert_eq!(world.run(&["init", "acme=org-1"]).code, Some(0));
    let again = world.run(&["init", "acme=org-2"]);
    assert!(again.out.contains("with the id org-1; what you said is org-2"), "{again}");
    let same = world.run(&["init", "acme=org-1"]);
    assert!(!same.out.contains("what you said"), "{same}");
    fails(&world, &["init", "acme=a", "acme=b"], 64, &["acme is given two ids, a and b", "each its own folder"]);
}

#[test]
fn init_from_live_writes_nothing_where_it_cant_go_on_and_says_what_it_wrote_where_it_could_not_end() {
    let mut world = World::new();
    world.write("file", "");
    fails(&world, &["init", "acme", "--from-live", "--state", "file"], 1, &["can't list file"]);
    world.env = vec![("POLICYSYNC_TOKEN".to_owned(), String::new())];
    fails(&world, &["init", "acme", "--from-live"], 1, &["there is no token"]);
    assert!(!world.path().join("policysync.yaml").exists(), "nothing was written");
    world.env.clear();
    let ran = fails(&world, &["init", "acme", "--from-live"], 1, &["the service has no organization acme"]);
    assert!(ran.out.contains("written policysync.yaml"), "{ran}");
}

#[test]
fn a_file_that_cant_be_made_is_named_after_those_that_were() {
    let world = World::new();
    world.write("taken", "");
    let ran = fails(&world, &["init", "acme", "--tree", "taken"], 1, &["error: taken is not a folder"]);
    assert!(ran.out.contains("+ written policysync.yaml"), "{ran}");
    fails(&world, &["man", "--out", "taken"], 1, &["error: can't write taken: ", "take away what is in the way"]);
}

#[test]
fn what_a_stand_in_is_told_by_is_named_without_its_text() {
    let world = World::new();
    world.write("rules.yaml", "a: 1\nb: 2\n");
    fails(&world, &["sandbox", "--faults", "rules.yaml"], 1, &["can't use rules.yaml", "docs/sandbox.md"]);
    fails(&world, &["sandbox", "--traffic", "rules.yaml"], 1, &["can't use rules.yaml", "docs/sandbox.md"]);
    fails(&world, &["sandbox", "--listen", "127.0.0.1:0", "--data", "."], 1, &["give another one with --data"]);
}
