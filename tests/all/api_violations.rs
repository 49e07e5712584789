//! Violations from servers that answer what no honest one would: what is asked, what is counted, and that it ends.

use std::sync::atomic::{AtomicUsize, Ordering};

use policysync::api::{ApiError, Asked, Details, End, Lately, Of, Violations};
use policysync::domain::{PolicyId, RepoId, WorkspaceId};
use serde_json::{Value, json};

use super::api_server::{Reply, Server, answer, failure, hasty, id, json, quick, session, shown};

fn since() -> jiff::Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn asked(of: Of) -> Asked {
    Asked { of, since: since(), until: None, details: Details::default() }
}

fn item(number: usize) -> Value {
    json!({
        "id": format!("v{number}"), "policyId": "p", "policyName": "PII", "timestamp": "2026-11-10T00:00:00.000Z",
        "explanation": "canary-why", "conversationId": "canary-talk", "repoId": "r", "repoName": "billing",
        "userId": "canary-user", "userName": "canary-name", "severity": "HIGH", "block": true,
    })
}

fn page(numbers: std::ops::Range<usize>, total: usize) -> Vec<u8> {
    let items: Vec<Value> = numbers.map(item).collect();
    json(200, &json!({"success": true, "violations": items, "total": total, "skip": 0, "take": 100}))
}

fn skip(target: &str) -> usize {
    let at = target.split("skip=").nth(1).expect("skip is said");
    at.split('&').next().and_then(|number| number.parse().ok()).expect("a number")
}

fn read(server: &Server, of: Of, at_most: usize) -> Result<Violations, ApiError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reader = session(&server.url(), quick()).reader();
    runtime.block_on(reader.violations(&asked(of), at_most, &|_, _| {}))
}

fn lately(server: &Server) -> Result<Lately, ApiError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reader = session(&server.url(), quick()).reader();
    runtime.block_on(reader.lately(&id("p/../q"), since()))
}

#[test]
fn the_question_says_what_is_asked_for() {
    let (workspace, repo) = (WorkspaceId::new("w&x").unwrap(), RepoId::new("r").unwrap());
    for (of, target) in [
        (Of::Everything, "/policy/violations?from=2026-11-01T00%3A00%3A00.000Z&skip=0&take=100"),
        (
            Of::Policy(PolicyId::new("a/b?c").unwrap()),
            "/policy/a%2Fb%3Fc/violations?from=2026-11-01T00%3A00%3A00.000Z&skip=0&take=100",
        ),
        (
            Of::Workspace(workspace.clone()),
            "/policy/violations?workspaceId=w%26x&from=2026-11-01T00%3A00%3A00.000Z&skip=0&take=100",
        ),
        (
            Of::Repository(workspace, repo),
            "/policy/violations?workspaceId=w%26x&repoId=r&from=2026-11-01T00%3A00%3A00.000Z&skip=0&take=100",
        ),
    ] {
        let server = Server::always(page(0..0, 0));
        let read = read(&server, of, 10).unwrap();
        assert!(read.found.is_empty() && matches!(read.end, End::Whole));
        let seen: Vec<String> = server.received().into_iter().map(|request| request.target).collect();
        assert_eq!(seen, [target]);
    }
}

#[test]
fn pages_are_read_to_the_end_and_nothing_of_people_comes_along() {
    let server = Server::start(|_, request| {
        let skip = skip(&request.target);
        Reply::Send(page(skip..250.min(skip + 100), 250))
    });
    let read = read(&server, Of::Everything, 1000).unwrap();
    assert!(matches!(read.end, End::Whole), "{:?}", read.end);
    assert_eq!((read.found.len(), read.total, server.received().len()), (250, Some(250), 3));
    assert!(!format!("{read:?}").contains("canary"));
}

#[test]
fn a_service_that_never_ends_is_left_alone() {
    for (total, repeats) in [(usize::MAX / 2, true), (100, false)] {
        let server = Server::always(page(0..100, total));
        let read = read(&server, Of::Everything, 10_000).unwrap();
        assert_eq!(read.found.len(), 100);
        assert_eq!(matches!(read.end, End::Repeats), repeats || server.received().len() > 3, "{:?}", read.end);
        assert!(server.received().len() <= 4, "{}", server.received().len());
    }
    let number = AtomicUsize::new(0);
    let server = Server::start(move |_, _| {
        let at = number.fetch_add(100, Ordering::SeqCst);
        Reply::Send(page(at..at + 100, usize::MAX / 2))
    });
    let read = read(&server, Of::Everything, 500).unwrap();
    assert!(matches!(read.end, End::AtMost), "{:?}", read.end);
    assert_eq!((read.found.len(), server.received().len()), (500, 5));
}

#[test]
fn what_was_read_is_kept_where_a_later_page_fails() {
    for (bad, said) in [
        (failure(500, "canary-not: out of order"), "the service answered 500: canary-not: out of order"),
        (failure(403, "no longer"), "the service answered 403: no longer"),
        (answer(502, "", "<html><title>Bad Gateway</title>"), "the service answered 502: Bad Gateway"),
        (answer(200, "", "{\"success\":"), "the service's answer can't be read: it is not JSON"),
    ] {
        let server = Server::start(move |n, _| Reply::Send(if n == 0 { page(0..100, 300) } else { bad.clone() }));
        let read = read(&server, Of::Everything, 1000).unwrap();
        assert_eq!(read.found.len(), 100);
        let End::Failed(error) = read.end else { panic!("{:?}", read.end) };
        assert!(error.to_string().starts_with(said), "{error}");
    }
}

#[test]
fn a_first_page_that_fails_is_an_error_with_its_reason() {
    for (bad, said) in [
        (failure(401, "expired"), "the service did not accept the token (401: expired)"),
        (failure(403, "no"), "the service answered 403: no"),
        (answer(404, "", "<html><title>Nothing here</title>"), "the service answered 404: Nothing here"),
        (failure(500, "x"), "the service answered 500: x"),
        (answer(200, "", "<html>hello"), "the service's answer can't be read: it is not JSON"),
        (json(200, &json!({"success": false, "message": "not today"})), "the service answered 200: not today"),
        (
            json(200, &json!({"violations": "none"})),
            "the service's answer can't be read: violations is a text, no list",
        ),
    ] {
        let server = Server::always(bad);
        let error = read(&server, Of::Everything, 10).unwrap_err();
        assert!(shown(&error).starts_with(said), "{error}");
    }
    let server = Server::always(failure(404, "Policy not found"));
    assert!(matches!(read(&server, Of::Policy(id("p")), 10).unwrap_err(), ApiError::NotFound));
    let error = read(&server, Of::Everything, 10).unwrap_err();
    assert!(matches!(error, ApiError::Refused(_)), "{error:?}");
}

#[test]
fn an_answer_without_end_and_one_that_never_comes_are_given_up() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let limits = policysync::api::Limits { answer: 1 << 20, ..quick() };
    // The head comes first, or it is no answer at all.
    let endless = Server::start(|_, _| {
        let mut bytes = b"HTTP/1.1 200 X\r\n\r\n".to_vec();
        bytes.extend(vec![b'['; 2 << 20]);
        Reply::SendAndClose(bytes)
    });
    let reader = session(&endless.url(), limits).reader();
    let error = runtime.block_on(reader.violations(&asked(Of::Everything), 10, &|_, _| {})).unwrap_err();
    assert!(matches!(error, ApiError::TooLarge { .. }), "{error:?}");
    let silent = Server::start(|_, _| Reply::Hang);
    let reader = session(&silent.url(), hasty()).reader();
    let error = runtime.block_on(reader.violations(&asked(Of::Everything), 10, &|_, _| {})).unwrap_err();
    assert!(error.to_string().starts_with("no answer from "), "{error}");
}

#[test]
fn what_a_policy_did_lately_is_two_numbers() {
    let server = Server::start(|_, request| {
        let blocked = request.target.contains("block=true");
        let one = json!({"id": "v", "policyId": "p/../q", "timestamp": "2026-11-10T00:00:00Z", "block": blocked});
        let total = if blocked { 312 } else { 4 };
        Reply::Send(json(200, &json!({"success": true, "violations": [one], "total": total, "skip": 0, "take": 1})))
    });
    assert_eq!(lately(&server).unwrap(), Lately { blocked: 312, let_through: 4 });
    let seen: Vec<String> = server.received().into_iter().map(|request| request.target).collect();
    let of =
        |block| format!("/policy/p%2F..%2Fq/violations?from=2026-11-01T00%3A00%3A00.000Z&block={block}&skip=0&take=1");
    assert_eq!(seen, [of(true), of(false)]);
}

#[test]
fn a_number_of_something_else_is_no_number() {
    let answer = |one: Value, total: Value| json(200, &json!({"success": true, "violations": [one], "total": total}));
    let good = || json!({"id": "v", "policyId": "p/../q", "timestamp": "2026-11-10T00:00:00Z", "block": true});
    let with = |field: &str, value: Value| {
        let mut one = good();
        one[field] = value;
        one
    };
    for (bad, said) in [
        (answer(with("policyId", json!("other")), json!(9)), "it counts other policies too"),
        (answer(with("block", json!(false)), json!(9)), "it does not tell blocked calls from others"),
        (answer(with("timestamp", json!("2020-01-01T00:00:00Z")), json!(9)), "it counts older ones too"),
        (answer(good(), json!("9")), "total is no number"),
        (answer(good(), json!(-9)), "total is no number"),
        (answer(good(), json!(0)), "total is 0, and there is a violation"),
    ] {
        let error = lately(&Server::always(bad)).unwrap_err();
        assert_eq!(error.to_string(), format!("the service's answer can't be read: {said}"));
    }
    let error = lately(&Server::always(failure(404, "Policy not found"))).unwrap_err();
    assert!(matches!(error, ApiError::NotFound), "{error:?}");
}
