//! The server: where it listens, many calls at once, what it notes of them, and how it ends.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use policysync::sandbox::{Call, Fault, FaultPlan, Moment, Options, Outcome, Sandbox, SandboxError};
use serde_json::{Value, json};

use super::client::{Api, counted, policy, until};

#[test]
fn only_loopback_is_listened_on() {
    for elsewhere in ["0.0.0.0:0", "[::]:0", "192.168.0.1:0", "10.0.0.1:80", "[::ffff:127.0.0.1]:0"] {
        let options = Options { listen: elsewhere.parse().unwrap(), ..Options::default() };
        let refused = Sandbox::spawn(options).unwrap_err();
        assert!(matches!(refused, SandboxError::NotLoopback(_)), "{elsewhere}: {refused}");
        assert!(refused.to_string().contains(elsewhere), "{refused}");
    }
    let api = Api::start(Options { listen: "127.0.0.2:0".parse().unwrap(), ..Options::default() });
    api.get("/health").is(200);
    assert!(api.sandbox.url().starts_with("http://127.0.0.2:"));
}

#[test]
fn an_address_in_use_is_named() {
    let api = Api::start(Options::default());
    let refused = Sandbox::spawn(Options { listen: api.sandbox.address(), ..Options::default() }).unwrap_err();
    assert_eq!(refused.to_string(), format!("can't listen on {}", api.sandbox.address()));
    assert!(std::error::Error::source(&refused).is_some());
}

#[test]
fn a_hundred_calls_at_once_make_a_hundred_policies() {
    let folder = tempfile::tempdir().unwrap();
    let data = Some(folder.path().join("sandbox.jsonl"));
    let api = Api::start(Options { data: data.clone(), ..counted() });
    let mut ids: Vec<String> = std::thread::scope(|scope| {
        let call = || api.post("/policy", &policy("a")).is(201).body["policy"]["id"].as_str().unwrap().to_owned();
        let calls: Vec<_> = (0..100).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), api.sandbox.policies().len()), (100, 100));
    let seqs: Vec<u64> = api.sandbox.requests().iter().map(|request| request.seq).collect();
    assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
    drop(api);
    assert_eq!(Sandbox::spawn(Options { data, ..counted() }).unwrap().policies().len(), 100);
}

#[test]
fn one_connection_carries_many_calls() {
    let api = Api::start(counted());
    let mut stream = TcpStream::connect(api.sandbox.address()).unwrap();
    let call = "GET /health HTTP/1.1\r\nHost: sandbox\r\n";
    for _ in 0..49 {
        stream.write_all(format!("{call}\r\n").as_bytes()).unwrap();
    }
    stream.write_all(format!("{call}Connection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 50);
}

#[test]
fn requests_are_remembered_in_the_order_of_their_arrival() {
    let api = Api::start(counted());
    api.post("/policy", &policy("a")).is(201);
    api.get("/policy?orgId=acme%20inc").is(200);
    api.delete("/policy/none").is(404);
    let requests = api.sandbox.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| (request.seq, request.method.as_str(), request.path.as_str(), request.status()))
        .collect();
    assert_eq!(
        seen,
        [(1, "POST", "/policy", Some(201)), (2, "GET", "/policy", Some(200)), (3, "DELETE", "/policy/none", Some(404))]
    );
    assert_eq!(requests[0].body, Some(policy("a")));
    assert_eq!((requests[1].query.as_deref(), &requests[1].body), (Some("orgId=acme%20inc"), &None));
    api.sandbox.clear_requests();
    assert!(api.sandbox.requests().is_empty());
    api.get("/health").is(200);
    assert_eq!(api.sandbox.requests()[0].seq, 4);
}

#[test]
fn the_journal_has_a_line_for_each_request_and_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.jsonl");
    File::create(&journal).unwrap().write_all(b"of an earlier run\n").unwrap();
    let faults = FaultPlan::none().nth(Call::Create, 2, Fault::CutAfter);
    let mut api = Api::start(Options { journal: Some(journal.clone()), faults, ..counted() });
    api.token = "canary-access".to_owned();
    api.post("/policy", &policy("a")).is(201);
    api.raw("POST", "/policy", Some(&policy("b")));
    api.get("/policy?orgId=acme&leak=canary-access").is(200);
    let fresh = api.post("/user/refresh", &json!({"refreshToken": "canary-refresh"})).is(200).body;
    drop(api);

    let mut text = String::new();
    File::open(&journal).unwrap().read_to_string(&mut text).unwrap();
    assert!(!text.contains("canary") && !text.contains(fresh["accessToken"].as_str().unwrap()), "{text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines[0],
        json!({"seq": 1, "method": "POST", "path": "/policy", "query": null, "body": policy("a"), "status": 201})
    );
    assert_eq!((&lines[1]["happened"], &lines[1]["status"]), (&json!("cut"), &Value::Null));
    assert_eq!(lines[2]["query"], "orgId=acme&leak=[REDACTED]");
    assert_eq!(lines[3]["body"], json!({"refreshToken": "[REDACTED]"}));
    assert_eq!(lines.len(), 4);
}

#[test]
fn a_journal_that_can_not_be_written_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let refused =
        Sandbox::spawn(Options { journal: Some(folder.path().to_owned()), ..Options::default() }).unwrap_err();
    assert!(matches!(refused, SandboxError::Journal { .. }));
    #[cfg(target_os = "linux")]
    {
        let api = Api::start(Options { journal: Some("/dev/full".into()), ..counted() });
        assert!(api.get("/policy?orgId=acme").is(500).message().starts_with("the journal can't be written: "));
    }
}

#[test]
fn every_answer_can_be_held_back() {
    let api = Api::start(Options { latency: Duration::from_millis(30), ..counted() });
    let begun = Instant::now();
    api.get("/health").is(200);
    assert!(begun.elapsed() >= Duration::from_millis(30));
}

#[test]
fn a_client_that_leaves_in_the_middle_of_its_request_has_asked_for_nothing() {
    let api = Api::start(counted());
    let mut stream = TcpStream::connect(api.sandbox.address()).unwrap();
    let bytes = api.request("POST", "/policy", Some(&policy("a")));
    stream.write_all(&bytes[..bytes.len() - 5]).unwrap();
    drop(stream);
    until(|| api.sandbox.requests().first().is_some_and(|request| request.outcome != Outcome::Underway));
    assert!(api.sandbox.policies().is_empty());
}

#[test]
fn a_dropped_sandbox_is_gone_whatever_is_under_way() {
    let never = Fault::Delay { ms: 3_600_000, effect: Moment::Before };
    let api = Api::failing(FaultPlan::none().every(Call::Create, never));
    let mut waiting = api.open("POST", "/policy", Some(&policy("a")));
    until(|| !api.sandbox.policies().is_empty());
    let address = api.sandbox.address();
    drop(api);
    let mut rest = Vec::new();
    // Closed or reset, there is no answer.
    let _ended = waiting.read_to_end(&mut rest);
    assert_eq!(rest, b"");
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_sandbox_finishes_the_answers_on_their_way() {
    let faults = FaultPlan::none().nth(Call::Create, 1, Fault::Delay { ms: 100, effect: Moment::Before });
    let sandbox = Sandbox::start(Options { faults, ..counted() }).await.unwrap();
    let address = sandbox.address();
    let call = super::client::request("POST", "/policy", "Authorization: Bearer t\r\n", Some(&policy("a").to_string()));
    let waiting = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&call).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    });
    while sandbox.policies().is_empty() {
        tokio::task::yield_now().await;
    }
    sandbox.stop().await.unwrap();
    assert!(waiting.await.unwrap().starts_with("HTTP/1.1 201"), "the answer came");
    assert!(TcpStream::connect(address).is_err(), "no call is taken any more");
}
