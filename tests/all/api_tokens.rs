//! A token that is not accepted: one refresh, or nothing more is sent.

use std::sync::Arc;

use policysync::api::{ApiError, CreateAnswer, ProxySettings, Session, Token, Unobserved};

use super::api_server::*;

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn pair(access: &str, refresh: &str) -> Vec<u8> {
    let pair = serde_json::json!({"success": true, "accessToken": access, "refreshToken": refresh, "expiresAt": 1});
    json(200, &pair)
}

/// Accepts `good`, and trades refresh tokens by `trade`.
fn guarded(good: &'static str, trade: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |_, seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("POST", "/user/refresh") => trade(seen),
        _ if seen.header("authorization") != Some(bearer(good).as_str()) => Reply::Send(failure(401, "expired")),
        ("POST", _) => Reply::Send(one_policy(201, "p1")),
        _ => Reply::Send(no_policies()),
    })
}

#[tokio::test]
async fn many_calls_with_an_expired_token_make_one_refresh() {
    let server = guarded("canary-new", |_| Reply::Send(pair("canary-new", "canary-rotated")));
    let session = refreshing(&server.url(), quick());
    assert!(!session.rotated());
    let calls: Vec<_> = (0..16)
        .map(|n| {
            let session = session.clone();
            tokio::spawn(async move {
                if n % 2 == 0 {
                    session.reader().list(&org()).await.map(|_| ())
                } else {
                    match session.writer().create(&wanted()).await {
                        CreateAnswer::Created(_) => Ok(()),
                        other => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(session.rotated());
    assert_eq!(server.count("POST", "/user/refresh"), 1);
    let refresh = server.received().into_iter().find(|seen| seen.target == "/user/refresh").unwrap();
    let body: serde_json::Value = serde_json::from_str(&refresh.body).unwrap();
    assert_eq!(body, serde_json::json!({"refreshToken": REFRESH, "refresh_token": REFRESH}));
    assert_eq!(refresh.header("authorization"), None, "the expired token stays out of it");
    let accepted = |seen: &&Received| seen.header("authorization") == Some(&bearer("canary-new"));
    assert_eq!(server.received().iter().filter(accepted).count(), 16, "each call took effect once");
}

#[tokio::test]
async fn the_rotated_refresh_token_is_the_next_one_used() {
    // Each access token is good for one call.
    let server = Server::start(|n, seen| match (n, seen.target.as_str()) {
        (_, "/user/refresh") if seen.body.contains(REFRESH) => Reply::Send(pair("canary-a", "canary-r")),
        (_, "/user/refresh") if seen.body.contains("canary-r") => Reply::Send(pair("canary-b", "canary-s")),
        (n, _) if n % 3 == 0 => Reply::Send(failure(401, "expired")),
        _ => Reply::Send(no_policies()),
    });
    let session = refreshing(&server.url(), quick());
    session.reader().list(&org()).await.unwrap();
    session.reader().list(&org()).await.unwrap();
    let seen = server.received();
    let used: Vec<&str> = seen.iter().filter_map(|seen| seen.header("authorization")).collect();
    assert_eq!(used, [&bearer(ACCESS), &bearer("canary-a"), &bearer("canary-a"), &bearer("canary-b")]);
}

#[tokio::test]
async fn without_a_refresh_token_all_stops_at_the_first_401() {
    let server = Server::always(failure(401, "jwt expired"));
    let session = session(&server.url(), quick());
    let error = failed(session.reader().list(&org()).await);
    assert_eq!(error.to_string(), "the service did not accept the token (401: jwt expired)");
    assert!(shown(&error).contains("POLICYSYNC_TOKEN") && shown(&error).contains("POLICYSYNC_REFRESH_TOKEN"));
    let again = failed(session.reader().list(&org()).await);
    assert_eq!(again.to_string(), error.to_string());
    assert!(matches!(session.writer().create(&wanted()).await, CreateAnswer::Unauthorized(_)));
    assert_eq!(server.received().len(), 1, "a token that is not accepted is not sent again");
}

#[tokio::test]
async fn a_refresh_that_fails_stops_all_and_says_why() {
    let table: Vec<(&str, Reply, &str, bool)> = vec![
        (
            "refused",
            Reply::Send(failure(401, "unknown refresh token")),
            "the service answered 401: unknown refresh token",
            false,
        ),
        ("said no", Reply::Send(failure(200, "no")), "the service answered 200: no", false),
        ("lost", Reply::SendAndClose(vec![]), "closed the connection before its answer", true),
        ("half", Reply::SendAndClose(pair("canary-x", "canary-y")[..90].to_vec()), "in the middle of its answer", true),
        ("a proxy's", Reply::Send(answer(502, "", "<html>")), "the service answered 502", true),
        ("junk", Reply::Send(answer(200, "", "canary-x")), "it has no accessToken", true),
        ("no token", Reply::Send(json(200, &serde_json::json!({"accessToken": 7}))), "it has no accessToken", true),
        ("a bad token", Reply::Send(pair("canary x", "canary-y")), "it has a space in it", true),
        ("a bad refresh token", Reply::Send(pair("canary-x", "")), "it is empty", true),
    ];
    for (name, reply, why, used_up) in table {
        let reply = std::sync::Mutex::new(Some(reply));
        let server = guarded("never", move |_| reply.lock().unwrap().take().unwrap_or(Reply::Hang));
        let session = refreshing(&server.url(), quick());
        let error = failed(session.reader().list(&org()).await);
        assert!(matches!(error, ApiError::Unauthorized { .. }), "{name}: {error:?}");
        let text = shown(&error);
        assert!(text.contains(why) && text.contains("the refresh token did not help"), "{name}: {text}");
        assert_eq!(text.contains("it may be used up"), used_up, "{name}: {text}");
        assert!(text.contains("new pair of tokens"), "{name}: {text}");
        failed(session.reader().list(&org()).await);
        assert_eq!(server.count("POST", "/user/refresh"), 1, "{name}: a refresh token is good for one use");
        assert_eq!(server.count("GET", "/policy"), 1, "{name}: nothing is sent any more");
    }
}

#[tokio::test]
async fn a_refresh_that_surely_was_not_done_is_tried_again() {
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let server = guarded("canary-new", move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Reply::Send(answer(429, "Retry-After: 0\r\n", "")),
        1 => Reply::Send(failure(500, "database")),
        _ => Reply::Send(pair("canary-new", "canary-rotated")),
    });
    refreshing(&server.url(), quick()).reader().list(&org()).await.unwrap();
    assert_eq!(server.count("POST", "/user/refresh"), 3);
}

#[tokio::test]
async fn a_new_token_that_is_not_accepted_either_stops_all() {
    let server = guarded("never", |_| Reply::Send(pair("canary-new", "canary-rotated")));
    let session = refreshing(&server.url(), quick());
    let got = session.writer().create(&wanted()).await;
    let CreateAnswer::Unauthorized(error) = got else { panic!("{got:?}") };
    shown(&error);
    failed(session.reader().list(&org()).await);
    assert_eq!(server.count("POST", "/policy"), 2, "one with each token");
    assert_eq!(server.count("POST", "/user/refresh"), 1);
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_403_is_no_401() {
    let server = Server::always(failure(403, "policies:write is missing"));
    let session = refreshing(&server.url(), quick());
    let error = failed(session.reader().list(&org()).await);
    assert_eq!(error.to_string(), "the service answered 403: policies:write is missing");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn the_user_is_the_tokens_until_the_service_says_otherwise() {
    // {"userId":"u-9"}
    let jwt = Token::new("x.eyJ1c2VySWQiOiJ1LTkifQ.x".into()).unwrap();
    let server = Server::always(one_policy(201, "p1"));
    let endpoint = server.url().parse().unwrap();
    let session = Session::open(endpoint, jwt, None, quick(), Arc::new(Unobserved), &ProxySettings::default()).unwrap();
    assert_eq!(session.user().unwrap().as_str(), "u-9");
    session.writer().create(&wanted()).await;
    assert_eq!(session.user().unwrap().as_str(), "u-1");
}
