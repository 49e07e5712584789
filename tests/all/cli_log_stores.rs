//! The log of a record's store: each request to an object store and each git command, through the real binary; and that no
//! secret is ever in it, whatever a store says back.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, Uri};
use serde_json::Value;

use crate::store_git::git;
use crate::store_git::http::{Server, backend};
use crate::world::{Ran, World};

/// What the environment keeps secret; each is made up so that it is part of nothing else.
const KEY_ID: &str = "AKIACANARYKEYID00001";
const SECRET: &str = "canary/secret+key00000000000000000000001";
const SESSION: &str = "canary-session-token-0000000002==";
const ACCOUNT_KEY: &str = "Y2FuYXJ5LWFjY291bnQta2V5LTAwMDAwMDAwMDAwMw==";
const SAS: &str = "sv=2024-11-04&sp=rw&sig=canary%2Bsas%2Fsignature0004%3D";
const BEARER: &str = "ya29.canary-bearer-token-0000005";
const PASSWORD: &str = "canary-git-password-0000006";
/// What of them, taken apart or written another way, is as good.
const PARTS: [&str; 3] = ["canary%2Bsas", "canary+sas/signature", "Y2k6Y2FuYXJ5LWdpdC1wYXNzd29yZC0wMDAwMDA2"];
/// What stands in the policies, and in no log.
const TEXT: &str = "words that no log tells";

#[track_caller]
fn nothing_secret_shows(ran: &Ran) {
    let said = format!("{ran}");
    for secret in [KEY_ID, SECRET, SESSION, ACCOUNT_KEY, SAS, BEARER, PASSWORD].iter().chain(&PARTS) {
        assert!(!said.contains(secret), "{secret} is shown: {said}");
    }
    assert!(!ran.err.contains(TEXT) && !said.contains("panicked"), "{said}");
}

fn world(env: &[(&str, &str)]) -> World {
    let mut world = World::new();
    world.policy("acme/rule", "HIGH", "block", TEXT);
    world.env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    world
}

/// The lines of a log for programs, each taken by the schema.
#[track_caller]
fn lines(ran: &Ran) -> Vec<Value> {
    let schema: Value = serde_json::from_str(&policysync::cli::schema("log").unwrap()).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let lines: Vec<Value> = ran.err.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    lines.iter().for_each(|line| assert!(schema.is_valid(line), "{line}"));
    lines
}

/// A bucket that obeys conditions, kept in memory; the first save of a record is answered by a 503.
fn bucket() -> Server {
    let (objects, writes) = (Mutex::new(BTreeMap::<String, (Bytes, usize)>::new()), AtomicUsize::new(0));
    Server::answering(move |method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes| {
        let mut objects = objects.lock().unwrap();
        let answer = |status: u16, body: String| Response::builder().status(status).body(Body::from(body)).unwrap();
        let refused = |status, code| answer(status, format!("<Error><Code>{code}</Code></Error>"));
        let tagged = |status: u16, number: usize, body: Bytes| {
            Response::builder().status(status).header("etag", format!("\"{number}\"")).body(Body::from(body)).unwrap()
        };
        let key = uri.path().to_owned();
        let condition = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match (method.as_str(), objects.get(&key)) {
            ("GET", _) if uri.query().is_some_and(|query| query.contains("list-type=2")) => {
                let one = |key: &String| {
                    let key = key.trim_start_matches("/records/");
                    let time = "2026-11-01T00:00:00.000Z";
                    format!(
                        "<Contents><Key>{key}</Key><LastModified>{time}</LastModified><ETag>\"1\"</ETag><Size>1</Size></Contents>"
                    )
                };
                let contents: String = objects.keys().map(one).collect();
                answer(200, format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"))
            }
            ("GET", Some((bytes, number))) => tagged(200, *number, bytes.clone()),
            ("GET", None) => refused(404, "NoSuchKey"),
            ("PUT", None) if condition("if-match").is_some() => refused(404, "NoSuchKey"),
            ("PUT", Some(_)) if condition("if-none-match").is_some() => refused(412, "PreconditionFailed"),
            ("PUT", Some((_, number))) if condition("if-match") != Some(&format!("\"{number}\"")) => {
                refused(412, "PreconditionFailed")
            }
            ("PUT", _) => {
                let number = writes.fetch_add(1, Ordering::SeqCst);
                if number == 0 {
                    return refused(503, "SlowDown");
                }
                objects.insert(key, (body.clone(), number));
                tagged(200, number, Bytes::new())
            }
            _ => refused(405, "MethodNotAllowed"),
        }
    })
}

#[test]
fn each_request_to_a_bucket_is_in_the_log() {
    let server = bucket();
    let url = format!("http://{}", server.address);
    let env = [
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", SESSION),
        ("AWS_ENDPOINT_URL", &url),
        ("POLICYSYNC_STATE", "s3://records/team"),
    ];
    let world = world(&env);
    let ran = world.apply(&["-v", "--log-format", "json"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    nothing_secret_shows(&ran);
    let told = lines(&ran);
    let host = server.address.to_string();
    let calls: Vec<&Value> = told.iter().filter(|line| line["host"] == host.as_str()).collect();
    let of = |method: &str, path: &str, status: u16, attempt: u32| {
        let fits = |call: &&&Value| {
            (&call["method"], &call["path"]) == (&method.into(), &path.into())
                && (&call["status"], &call["attempt"]) == (&status.into(), &attempt.into())
        };
        calls.iter().filter(fits).count()
    };
    assert_eq!(of("GET", "/records?delimiter=%2F&list-type=2&prefix=team%2F", 200, 1), 1, "{ran}");
    assert_eq!(
        (of("PUT", "/records/team/acme.json", 503, 1), of("PUT", "/records/team/acme.json", 200, 2)),
        (1, 1),
        "{ran}"
    );
    assert!(
        of("GET", "/records/team/acme.json", 404, 1) > 0 && of("PUT", "/records/team/acme.json", 200, 1) > 0,
        "{ran}"
    );
    assert!(calls.iter().all(|call| call["event"] == "call" && call["level"] == "debug" && call["elapsedMs"].is_u64()));
    // For people, and beside the calls to the service, which have no host before their path.
    let ran = world.run(&["plan", "--refresh", "-v"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    nothing_secret_shows(&ran);
    let is_told = |line: &str| {
        line.starts_with(&format!("GET {host}/records/team/acme.json → 200 (")) && line.ends_with(" ms, try 1)")
    };
    assert!(ran.err.lines().any(is_told) && ran.err.contains("\nGET /policy?"), "{ran}");
    // Each command that opens the store has it, and none without -v.
    for args in [&["state", "list"][..], &["doctor"], &["drift"], &["violations", "acme"]] {
        let ran = world.run(&[args, &["-v"]].concat());
        assert!(ran.err.contains(&format!("GET {host}/records")), "{args:?}: {ran}");
        nothing_secret_shows(&ran);
        let less = world.run(args);
        assert!(!less.err.contains(&host), "{args:?}: {less}");
    }
}

/// A service that is not there, one that never answers, and one that is asked for credentials.
#[test]
fn a_request_without_an_answer_is_in_the_log_too() {
    let world = world(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/canary-session-token-0000000002==?x=canary%2Bsas"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/dev/null"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("POLICYSYNC_STATE", "s3://records"),
    ]);
    let ran = world.run(&["plan", "-vv"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("GET 127.0.0.1:9 (for credentials) → "), "{ran}");
    nothing_secret_shows(&ran);
    let told = lines(&world.run(&["plan", "-vv", "--log-format", "json"]));
    let call = told.iter().find(|line| line["event"] == "call").expect("a call");
    assert!(call["fault"].is_string() && call.get("path").is_none() && call.get("status").is_none(), "{call}");
}

/// A server that says back all that it was sent, and these, wherever it can.
fn echo(status: u16, known: [&'static str; 3]) -> Server {
    Server::answering(move |method, uri, headers, body| {
        let sent = format!("{method} {uri} {headers:?} {}", String::from_utf8_lossy(body));
        let said = format!("{sent} {}", known.join(" ")).replace('\n', " ");
        let said = said.replace('&', "&amp;").replace('<', "&lt;");
        let body = format!("<Error><Code>{}</Code><Message>{said}</Message></Error>", known[0]);
        let answer = Response::builder().status(status).header("x-amz-bucket-region", known[1]);
        answer.header("x-ms-error-code", known[2]).body(Body::from(body)).unwrap()
    })
}

/// The secrets of a cloud, the variable that says where it is, a place in it, and how the secrets are said back.
type Cloud<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str, [&'static str; 3]);

/// The law: whatever a store says, and however much is told, no secret of the environment is in it.
#[test]
fn no_secret_of_the_environment_is_ever_shown() {
    let aws = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", SESSION)];
    let clouds: [Cloud<'_>; 4] = [
        (&aws, "AWS_ENDPOINT_URL", "s3://records", [SECRET, SESSION, KEY_ID]),
        (
            &[("AZURE_STORAGE_ACCOUNT", "acme"), ("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY)],
            "AZURE_STORAGE_ENDPOINT",
            "az://records",
            [ACCOUNT_KEY; 3],
        ),
        (
            &[("AZURE_STORAGE_ACCOUNT", "acme"), ("AZURE_STORAGE_SAS_TOKEN", SAS)],
            "AZURE_STORAGE_ENDPOINT",
            "az://records",
            [SAS, "canary+sas/signature0004=", SAS],
        ),
        (&[("GOOGLE_BEARER_TOKEN", BEARER)], "GOOGLE_BASE_URL", "gs://records", [BEARER; 3]),
    ];
    for (status, (secrets, endpoint, place, known)) in
        [301, 400, 401, 403, 404].iter().flat_map(|status| clouds.iter().map(move |cloud| (*status, *cloud)))
    {
        let server = echo(status, known);
        let host = server.address.to_string();
        let url = format!("http://{host}");
        let world = world(&[secrets, &[(endpoint, url.as_str()), ("POLICYSYNC_STATE", place)]].concat());
        for (args, log) in [(&["apply", "--yes"][..], "text"), (&["plan"], "json"), (&["doctor"], "text")] {
            let ran = world.run(&[args, &["-vv", "--log-format", log]].concat());
            nothing_secret_shows(&ran);
            assert!(ran.err.contains(&host), "{status} {place}: the store was asked, and that is told: {ran}");
        }
    }
}

/// A repository behind HTTP that lets in who has the password, and whose first push is answered by a 500.
fn repository(world: &World) -> Server {
    let bare = world.path().join("remote.git");
    git(&bare, &["config", "http.receivepack", "true"]);
    let (root, pushes) = (world.path().to_owned(), AtomicUsize::new(0));
    Server::answering(move |method, uri, headers, body| {
        let authorization = "Basic Y2k6Y2FuYXJ5LWdpdC1wYXNzd29yZC0wMDAwMDA2";
        let is_push = method == Method::POST && uri.path().ends_with("/git-receive-pack");
        if is_push && body.len() > 4 && pushes.fetch_add(1, Ordering::SeqCst) == 0 {
            return Response::builder().status(500).body(Body::empty()).unwrap();
        }
        backend(&root, authorization, (method, uri, headers, body))
    })
}

#[test]
fn each_git_command_is_in_the_log_and_no_password() {
    let mut world = world(&[]);
    world.keep_records_in_git();
    let server = repository(&world);
    let shown = format!("http://{}/remote.git", server.address);
    let url = shown.replace("http://", &format!("http://ci:{PASSWORD}@"));
    // What is said last of a variable holds.
    world.env.push(("POLICYSYNC_STATE".to_owned(), format!("git:{url}")));
    let ran = world.apply(&["-v", "--log-format", "json"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    nothing_secret_shows(&ran);
    let told = lines(&ran);
    let commands: Vec<&Value> = told.iter().filter(|line| line["event"] == "git").collect();
    assert!(commands.iter().all(|line| line["remote"] == shown.as_str() && line["elapsedMs"].is_u64()), "{ran}");
    let of = |command: &str, attempt: u32, well: bool| {
        let fits = |line: &&&Value| {
            (&line["command"], &line["attempt"]) == (&command.into(), &attempt.into())
                && (line["exitCode"] == 0) == well
        };
        commands.iter().filter(fits).count()
    };
    assert!(of("fetch", 1, false) > 0, "there is no branch at first: {ran}");
    assert_eq!((of("push", 1, false), of("push", 2, true)), (1, 1), "the push that failed, and its second try: {ran}");

    // By a name whose address only the checkout's settings know; with -vv what git does here too.
    git(world.path(), &["config", "remote.origin.url", &url]);
    world.env.pop();
    let ran = world.run(&["state", "list", "-vv"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    nothing_secret_shows(&ran);
    for said in
        [format!("git fetch {shown} → exit 0 ("), "git version → exit 0 (".into(), "git cat-file → exit 0 (".into()]
    {
        let fits = |line: &str| line.starts_with(&said) && line.ends_with(" ms, try 1)");
        assert!(ran.err.lines().any(fits), "{said}: {ran}");
    }
    let less = world.run(&["state", "list", "-v"]);
    assert!(less.err.contains("git fetch ") && !less.err.contains("git version"), "{less}");
    assert!(!world.run(&["state", "list"]).err.contains("git "));
    // Nobody there, and a password that opens nothing.
    for state in [
        format!("git:http://ci:{PASSWORD}@127.0.0.1:9/x.git?token={SESSION}"),
        format!("git:http://ci:{SECRET}@{}/remote.git", server.address),
    ] {
        world.env.push(("POLICYSYNC_STATE".to_owned(), state));
        for log in ["text", "json"] {
            let ran = world.run(&["plan", "-vv", "--log-format", log]);
            assert_eq!(ran.code, Some(1), "{ran}");
            assert!(ran.err.contains("git fetch http://"), "{ran}");
            nothing_secret_shows(&ran);
        }
    }
}
