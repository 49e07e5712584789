//! A POST: one request, and for every answer the one thing that may be said about whether it took effect.

use policysync::api::{ApiError, CreateAnswer};

use super::api_server::*;

/// The word for an answer, after a look for the canaries.
fn word(answer: &CreateAnswer) -> &'static str {
    match answer {
        CreateAnswer::Created(_) => "created",
        CreateAnswer::NotSent(error) => {
            shown(error);
            "not sent"
        }
        CreateAnswer::Refused(refusal) => {
            shown(&ApiError::Refused(refusal.clone()));
            "refused"
        }
        CreateAnswer::NotDone { refusal, .. } => {
            shown(&ApiError::Refused(refusal.clone()));
            "not done"
        }
        CreateAnswer::Unauthorized(error) => {
            shown(error);
            "unauthorized"
        }
        CreateAnswer::InDoubt(error) => {
            shown(error);
            "in doubt"
        }
    }
}

fn with_id(id: &serde_json::Value) -> Vec<u8> {
    let mut policy = policy_json("x");
    policy["id"] = id.clone();
    json(201, &serde_json::json!({"success": true, "policy": policy}))
}

fn cut(bytes: &[u8], at: usize) -> Vec<u8> {
    bytes[..at].to_vec()
}

#[tokio::test]
async fn every_answer_to_a_post_says_what_is_known_and_is_asked_for_once() {
    let html = |status, headers: &str| answer(status, headers, "<html><title>Oops</title></html>");
    let good = one_policy(201, "p1");
    let lie = json(201, &serde_json::json!({"success": false, "message": "no"}));
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("201", good.clone(), "created"),
        ("200 with a policy", one_policy(200, "p1"), "created"),
        ("201 after a 100", [b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), good.clone()].concat(), "created"),
        ("201 without an id", with_id(&serde_json::Value::Null), "in doubt"),
        ("201 with a number for an id", with_id(&7.into()), "in doubt"),
        ("201 with an id that is none", with_id(&"..".into()), "in doubt"),
        ("201 without a policy", json(201, &serde_json::json!({"success": true})), "in doubt"),
        ("201 with a page", html(201, ""), "in doubt"),
        ("201 with nothing", answer(201, "", ""), "in doubt"),
        ("201 that says it failed", lie, "in doubt"),
        ("200 that says it failed", failure(200, "no"), "refused"),
        ("202", one_policy(202, "p1"), "in doubt"),
        ("204", b"HTTP/1.1 204 X\r\n\r\n".to_vec(), "in doubt"),
        ("half an answer", cut(&good, good.len() - 20), "in doubt"),
        ("half a head", cut(&good, 30), "in doubt"),
        ("a word of a head", cut(&good, 6), "in doubt"),
        ("no answer, the connection closed", vec![], "in doubt"),
        ("garbage", b"\x16\x03\x01 what?\r\n\r\n".to_vec(), "in doubt"),
        ("a status that is none", b"HTTP/1.1 20 X\r\n\r\n".to_vec(), "in doubt"),
        ("a length that is none", b"HTTP/1.1 201 X\r\nContent-Length: x\r\n\r\n".to_vec(), "in doubt"),
        ("301", html(301, "Location: /x\r\n"), "refused"),
        ("307", html(307, "Location: /policy\r\n"), "refused"),
        ("308 without a place", html(308, ""), "refused"),
        ("400", failure(400, "content too long"), "refused"),
        ("400 cut short", cut(&failure(400, "content too long"), 70), "refused"),
        ("403", failure(403, "no"), "refused"),
        ("404", html(404, ""), "refused"),
        ("409", failure(409, "no"), "refused"),
        ("413 by a proxy", html(413, ""), "refused"),
        ("401", failure(401, "expired"), "unauthorized"),
        ("408", html(408, ""), "in doubt"),
        ("429", html(429, ""), "not done"),
        ("429, wait 2", html(429, "Retry-After: 2\r\n"), "not done"),
        ("429, wait for junk", html(429, "Retry-After: soon\r\n"), "not done"),
        ("429, wait a day", html(429, "Retry-After: 86400\r\n"), "refused"),
        ("500 by the service", failure(500, "database"), "not done"),
        ("500 by the service, cut short", cut(&failure(500, "database"), 75), "in doubt"),
        ("500 by another JSON", json(500, &serde_json::json!({"message": "Internal server error"})), "in doubt"),
        ("500 with nothing", answer(500, "", ""), "in doubt"),
        ("502", html(502, ""), "in doubt"),
        ("503", html(503, "Retry-After: 1\r\n"), "in doubt"),
        ("504", html(504, ""), "in doubt"),
        ("600", html(600, ""), "in doubt"),
    ];
    for (name, bytes, wanted_word) in table {
        let server = Server::start(move |_, _| Reply::SendAndClose(bytes.clone()));
        let got = session(&server.url(), quick()).writer().create(&wanted()).await;
        assert_eq!(word(&got), wanted_word, "{name}: {got:?}");
        assert_eq!(server.count("POST", "/policy"), 1, "{name}: sent more than once");
        assert_eq!(server.received().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_post_without_an_answer_is_in_doubt() {
    for (name, reply) in [
        ("nothing at all", (|_: usize, _: &Received| Reply::Hang) as fn(usize, &Received) -> Reply),
        ("a drip", |_, _| Reply::Drip(b"HTTP/1.1 201 X\r\nContent-Length: 1000000\r\n\r\n".to_vec())),
    ] {
        let server = Server::start(reply);
        let got = session(&server.url(), hasty()).writer().create(&wanted()).await;
        let CreateAnswer::InDoubt(error) = &got else { panic!("{name}: {got:?}") };
        assert!(shown(error).contains("within 300ms (--timeout)"), "{name}: {error}");
        assert_eq!(server.received().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_post_to_a_server_that_hangs_up_is_in_doubt_and_not_sent_again() {
    for manners in [Manners::ClosesAtOnce, Manners::Resets] {
        let server = Server::with_manners(manners, |_, _| Reply::Hang);
        let got = session(&server.url(), quick()).writer().create(&wanted()).await;
        assert_eq!(word(&got), "in doubt", "{got:?}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closes_never_makes_a_second_post() {
    // The server says that it keeps each connection, and closes it. The next POST may be written into the closed one.
    let server = Server::start(|n, _| {
        let bytes = one_policy(201, &format!("p{n}"));
        if n % 2 == 0 { Reply::SendAndClose(bytes) } else { Reply::Send(bytes) }
    });
    let writer = session(&server.url(), quick()).writer();
    for n in 0..100 {
        let got = writer.create(&named(&format!("policy {n}"))).await;
        assert!(matches!(word(&got), "created" | "in doubt"), "{got:?}");
        let body = format!("\"policy {n}\"");
        let times = server.received().iter().filter(|seen| seen.body.contains(&body)).count();
        assert!(times <= 1, "policy {n} was sent {times} times");
        assert!(times == 1 || word(&got) == "in doubt", "policy {n} was not sent: {got:?}");
    }
}

#[tokio::test]
async fn the_service_is_sent_what_the_reference_asks_for() {
    let server = Server::always(one_policy(201, "p1"));
    let session = session(&server.url(), quick());
    assert_eq!(session.user(), None);
    let CreateAnswer::Created(made) = session.writer().create(&wanted()).await else { panic!("not created") };
    assert!(made.equals(&wanted()));
    assert_eq!(session.user().unwrap().as_str(), "u-1");
    let seen = &server.received()[0];
    let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    let expected =
        serde_json::json!({"name": "PII", "content": "Do not.", "riskType": "HIGH", "actionType": 2, "orgId": "o"});
    assert_eq!(body, expected);
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {ACCESS}").as_str()));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("accept-encoding"), Some("gzip"));
    assert_eq!(seen.header("user-agent"), Some(concat!("policysync/", env!("CARGO_PKG_VERSION"))));
}

#[tokio::test]
async fn a_wait_that_the_service_asks_for_is_handed_on_up_to_the_cap() {
    for (asked, wanted_wait) in [("Retry-After: 2\r\n", Some(2)), ("Retry-After: 60\r\n", Some(60)), ("", None)] {
        let server = Server::always(answer(429, asked, ""));
        let got = session(&server.url(), quick()).writer().create(&wanted()).await;
        let CreateAnswer::NotDone { retry_after, .. } = got else { panic!("{got:?}") };
        assert_eq!(retry_after.map(|wait| wait.as_secs()), wanted_wait);
    }
    let server = Server::always(answer(429, "Retry-After: 61\r\n", "slow down"));
    let got = session(&server.url(), quick()).writer().create(&wanted()).await;
    let CreateAnswer::Refused(refusal) = got else { panic!("{got:?}") };
    assert_eq!(refusal.message, "slow down; it asks to wait 61 s, more than the 60 s that are waited at most");
}
