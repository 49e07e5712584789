//! What is tried again, how often, and what is told of it.

use std::sync::Arc;
use std::time::Duration;

use policysync::api::{ApiError, CallEvent, CallOutcome, Deleted, Limits, Observe, PolicyChange};
use policysync::domain::Field;

use super::api_server::*;

fn change() -> PolicyChange {
    PolicyChange::of(&wanted().policy, &[Field::Content, Field::ActionType]).unwrap()
}

#[tokio::test]
async fn reads_updates_and_deletes_outlast_a_fault_that_passes() {
    let done = json(200, &serde_json::json!({"success": true}));
    for status in [408, 429, 500, 502, 503, 504] {
        let page = answer(status, "", "<html>");
        let lists = Server::in_turn([page.clone(), page.clone(), no_policies()]);
        session(&lists.url(), quick()).reader().list(&org()).await.unwrap();
        let gets = Server::in_turn([page.clone(), page.clone(), one_policy(200, "p")]);
        session(&gets.url(), quick()).reader().get(&id("p")).await.unwrap();
        let puts = Server::in_turn([page.clone(), page.clone(), one_policy(200, "p")]);
        session(&puts.url(), quick()).writer().update(&id("p"), &change()).await.unwrap();
        let deletes = Server::in_turn([page.clone(), page, done.clone()]);
        session(&deletes.url(), quick()).writer().delete(&id("p")).await.unwrap();
        for server in [lists, gets, puts, deletes] {
            assert_eq!(server.received().len(), 3, "{status}");
        }
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_told_after_the_last_try() {
    let server = Server::always(failure(500, "database"));
    let log = Arc::new(Log::default());
    let error = failed(observed(&server.url(), quick(), log.clone()).reader().list(&org()).await);
    assert_eq!(error.to_string(), "the service answered 500: database");
    let events = log.events();
    assert_eq!(events.iter().map(|event| event.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(events.iter().map(|event| event.will_retry_in.is_some()).collect::<Vec<_>>(), [true, true, false]);
    for event in events {
        let CallEvent { method, path, outcome, .. } = event;
        assert_eq!((method, path.as_str(), outcome), ("GET", "/policy?orgId=o", CallOutcome::Status(500)));
    }
}

#[tokio::test]
async fn a_no_that_stays_is_not_asked_again() {
    for status in [400, 403, 404, 409, 422] {
        let server = Server::always(failure(status, "no"));
        let session = session(&server.url(), quick());
        let error = session.writer().update(&id("p"), &change()).await.unwrap_err();
        match (status, &error) {
            (404, ApiError::NotFound) => {}
            (_, ApiError::Refused(refusal)) => assert_eq!((refusal.status, refusal.message.as_str()), (status, "no")),
            _ => panic!("{error:?}"),
        }
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_put_has_the_fields_that_change_and_its_answer_is_read() {
    let server = Server::always(one_policy(200, "p"));
    let session = session(&server.url(), quick());
    let updated = session.writer().update(&id("p"), &change()).await.unwrap();
    assert_eq!((updated.live.id, updated.sent_again), (id("p"), false));
    assert_eq!(server.received()[0].body, r#"{"content":"Do not.","actionType":2}"#);
    assert_eq!((server.received()[0].method.as_str(), server.received()[0].target.as_str()), ("PUT", "/policy/p"));
    assert_eq!(session.user().unwrap().as_str(), "u-1");
}

#[tokio::test]
async fn an_answer_about_another_policy_is_not_believed() {
    let server = Server::always(one_policy(200, "other"));
    let session = session(&server.url(), quick());
    let got = session.reader().get(&id("p")).await.unwrap_err();
    let put = session.writer().update(&id("p"), &change()).await.unwrap_err();
    for error in [got, put] {
        assert_eq!(error.to_string(), "the service's answer can't be read: policy.id is other, and p was asked for");
    }
    assert_eq!(session.user(), None);
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_is_sent_again() {
    let server = Server::start(|n, _| match n {
        0 => Reply::SendAndClose(vec![]),
        1 => Reply::SendAndClose(one_policy(200, "p")[..60].to_vec()),
        _ => Reply::Send(one_policy(200, "p")),
    });
    session(&server.url(), quick()).writer().update(&id("p"), &change()).await.unwrap();
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_delete_that_is_answered_404_or_lost_is_done() {
    let gone = Server::always(failure(404, "no such policy"));
    assert_eq!(session(&gone.url(), quick()).writer().delete(&id("p")).await.unwrap(), Deleted::AlreadyGone);
    let lost = Server::start(|n, _| match n {
        0 => Reply::SendAndClose(vec![]),
        _ => Reply::Send(failure(404, "no such policy")),
    });
    assert_eq!(session(&lost.url(), quick()).writer().delete(&id("p")).await.unwrap(), Deleted::AlreadyGone);
    for odd in [answer(200, "", "deleted"), b"HTTP/1.1 204 X\r\n\r\n".to_vec(), answer(200, "", "")] {
        let server = Server::always(odd);
        assert_eq!(session(&server.url(), quick()).writer().delete(&id("p")).await.unwrap(), Deleted::Now);
    }
    let not = Server::always(failure(200, "protected"));
    let error = session(&not.url(), quick()).writer().delete(&id("p")).await.unwrap_err();
    assert_eq!(error.to_string(), "the service answered 200: protected");
}

#[tokio::test]
async fn a_404_of_something_else_than_the_service_proves_nothing() {
    for page in
        [answer(404, "", "<html><title>default backend</title>"), answer(404, "", "{\"message\":\"Not Found\"}")]
    {
        let server = Server::always(page);
        let session = session(&server.url(), quick());
        for error in [
            session.reader().get(&id("p")).await.unwrap_err(),
            session.writer().delete(&id("p")).await.unwrap_err(),
            failed(session.reader().list(&org()).await),
        ] {
            assert!(matches!(&error, ApiError::Refused(refusal) if refusal.status == 404), "{error:?}");
            assert!(shown(&error).contains("TEST environment"));
        }
    }
    let server = Server::always(failure(404, "no such policy"));
    let error = session(&server.url(), quick()).reader().get(&id("p")).await.unwrap_err();
    assert!(matches!(error, ApiError::NotFound), "{error:?}");
}

#[tokio::test]
async fn not_sent_at_last_says_nothing_of_what_may_have_been_sent_before() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        // One connection, one request, no answer, and then nobody is there any more.
        let (mut stream, _) = listener.accept().unwrap();
        std::io::Read::read(&mut stream, &mut [0; 64]).unwrap();
        drop(listener);
    });
    let error = session(&url, quick()).writer().update(&id("p"), &change()).await.unwrap_err();
    server.join().unwrap();
    assert!(matches!(error, ApiError::Broken { .. }), "{error:?}");
    assert!(shown(&error).contains("an earlier try may have taken effect"));
}

/// Hands events to the test as they come.
struct Hand(tokio::sync::mpsc::UnboundedSender<CallEvent>);

impl Observe for Hand {
    fn call(&self, event: &CallEvent) {
        drop(self.0.send(event.clone()));
    }
}

#[tokio::test]
async fn a_wait_that_the_service_asks_for_is_obeyed() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    for (header, least) in [
        ("Retry-After: 2\r\n".to_owned(), 2),
        ("Retry-After: 60\r\n".to_owned(), 60),
        (format!("Retry-After: Sun, 06 Nov 1994 08:49:40 GMT\r\n{date}"), 3),
        ("Retry-After: Sun, 06 Nov 2094 08:49:40 GMT\r\n".to_owned(), 0),
        ("Retry-After: later\r\n".to_owned(), 0),
    ] {
        let server = Server::always(answer(429, &header, ""));
        let (hand, mut told) = tokio::sync::mpsc::unbounded_channel();
        let session = observed(&server.url(), quick(), Arc::new(Hand(hand)));
        let call = tokio::spawn(async move { session.reader().list(&org()).await });
        // Nobody waits here: what will be waited is told before.
        let wait = told.recv().await.unwrap().will_retry_in.expect("it is tried again");
        call.abort();
        let least = Duration::from_secs(least);
        assert!(least <= wait && wait <= least + Duration::from_millis(1), "{header}: {wait:?}");
    }
}

#[tokio::test]
async fn a_wait_of_a_day_ends_the_call_and_says_so() {
    for day in ["86400", "99999999999999999999999999"] {
        let server = Server::always(answer(429, &format!("Retry-After: {day}\r\n"), "quota used up"));
        let error = failed(session(&server.url(), quick()).reader().list(&org()).await);
        assert!(shown(&error).contains("quota used up; it asks to wait "), "{error}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn no_call_starts_after_the_runs_time() {
    let server = Server::always(failure(503, "busy"));
    let over = session(&server.url(), Limits { run: Some(Duration::ZERO), ..quick() });
    let error = failed(over.reader().list(&org()).await);
    assert!(matches!(error, ApiError::OutOfTime), "{error:?}");
    let created = over.writer().create(&wanted()).await;
    assert!(matches!(created, policysync::api::CreateAnswer::NotSent(ApiError::OutOfTime)), "{created:?}");
    assert_eq!(server.connections(), 0);
    // A retry that would start after it isn't waited for: what was seen is told at once.
    let asked = Server::always(answer(503, "Retry-After: 59\r\n", "busy"));
    let late = session(&asked.url(), Limits { run: Some(Duration::from_secs(58)), ..quick() });
    let error = failed(late.reader().list(&org()).await);
    assert_eq!(error.to_string(), "the service answered 503: busy");
    assert_eq!(asked.received().len(), 1);
}

#[tokio::test]
async fn a_list_that_cannot_be_placed_names_the_item() {
    let mut bad = policy_json("p2");
    bad["orgId"] = serde_json::json!(7);
    let items = serde_json::json!({"success": true, "policies": [policy_json("p1"), bad]});
    let server = Server::always(json(200, &items));
    let error = failed(session(&server.url(), quick()).reader().list(&org()).await);
    assert_eq!(error.to_string(), "the service's answer can't be read: policies[1].orgId is a number, no text");
    let no = Server::always(failure(200, "not today"));
    let error = failed(session(&no.url(), quick()).reader().list(&org()).await);
    assert_eq!(error.to_string(), "the service answered 200: not today");
    let page = Server::always(answer(200, "", "<html>"));
    let error = failed(session(&page.url(), quick()).reader().list(&org()).await);
    assert!(shown(&error).contains("it is not JSON"));
}
