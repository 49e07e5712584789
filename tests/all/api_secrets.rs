//! A token shows in no error, whatever the service does with it.

use std::sync::Arc;

use policysync::api::{ApiError, CreateAnswer, PolicyChange};
use policysync::domain::Field;

use super::api_server::*;

/// What an evil or careless service sends back: the token, as often and in as many places as it can.
fn echoes(status: u16) -> Vec<Vec<u8>> {
    let both = format!("Bearer {ACCESS} {REFRESH}");
    let mut policy = policy_json("p");
    policy["id"] = serde_json::json!(format!("{ACCESS} {REFRESH}"));
    let mut other = policy_json(ACCESS);
    other["actionType"] = serde_json::json!(ACCESS);
    vec![
        failure(status, &both),
        failure(status, &format!("{}{both}", "x".repeat(480))),
        json(status, &serde_json::json!({"success": true, "policy": policy, "policies": [policy]})),
        json(status, &serde_json::json!({"success": true, "policy": other, "policies": [other]})),
        json(status, &serde_json::json!({"success": true, "policy": policy_json(REFRESH), "policies": ACCESS})),
        answer(status, "", &both),
        answer(status, "", &format!("{}{both}", "\n".repeat(65_536 - 20))),
        answer(status, "", &format!("<html><title>{both}</title>")),
        answer(status, &format!("Location: https://{ACCESS}.example/?{REFRESH}\r\n"), ""),
        answer(status, &format!("Retry-After: {ACCESS}\r\n"), &both),
        // Cut in the middle of the token, by closing.
        format!("HTTP/1.1 {status} {ACCESS}\r\nContent-Length: 999\r\n\r\nBearer {}", &ACCESS[..15]).into_bytes(),
        format!("HTTP/1.1 {ACCESS}\r\n\r\n").into_bytes(),
        ACCESS.as_bytes().to_vec(),
    ]
}

#[tokio::test]
async fn a_token_that_is_echoed_is_cut_out_of_every_error() {
    let change = PolicyChange::of(&wanted().policy, &[Field::Name]).unwrap();
    let mut errors = 0;
    for status in [200, 201, 307, 400, 401, 403, 404, 429, 500, 502] {
        for echo in echoes(status) {
            let server = Server::start(move |_, _| Reply::SendAndClose(echo.clone()));
            let log = Arc::new(Log::default());
            let session = refreshing_observed(&server.url(), hasty(), log.clone());
            let mut all = vec![
                session.reader().list(&org()).await.err(),
                session.reader().get(&id("p")).await.err(),
                session.writer().update(&id("p"), &change).await.err(),
                session.writer().delete(&id("p")).await.err(),
            ];
            all.push(match session.writer().create(&wanted()).await {
                CreateAnswer::Created(_) => None,
                CreateAnswer::NotSent(error) | CreateAnswer::Unauthorized(error) | CreateAnswer::InDoubt(error) => {
                    Some(error)
                }
                CreateAnswer::Refused(refusal) | CreateAnswer::NotDone { refusal, .. } => Some(refusal.into()),
            });
            errors += all.iter().flatten().map(shown).count();
            assert!(!format!("{:?} {session:?}", log.events()).contains("canary"));
        }
    }
    assert!(errors > 500, "{errors} errors were looked at");
}

#[tokio::test]
async fn both_tokens_and_the_new_ones_are_cut_out() {
    let server = Server::start(|_, seen| match seen.target.as_str() {
        "/user/refresh" => {
            Reply::Send(json(200, &serde_json::json!({"accessToken": "canary-second", "refreshToken": "canary-third"})))
        }
        _ if seen.header("authorization") == Some("Bearer canary-second") => {
            Reply::Send(failure(400, &format!("{ACCESS} {REFRESH} canary-second canary-third")))
        }
        _ => Reply::Send(failure(401, REFRESH)),
    });
    let error = failed(refreshing(&server.url(), quick()).reader().list(&org()).await);
    shown(&error);
    let ApiError::Refused(refusal) = error else { panic!("{error:?}") };
    assert_eq!(refusal.message, "[REDACTED] [REDACTED] [REDACTED] [REDACTED]");
}

#[tokio::test]
async fn control_characters_of_a_message_are_left_to_whoever_shows_it() {
    let server = Server::always(failure(400, "a\u{1b}[2Kb\u{202e}c"));
    let error = failed(session(&server.url(), quick()).reader().list(&org()).await);
    let ApiError::Refused(refusal) = error else { panic!("{error:?}") };
    assert_eq!(refusal.message, "a\u{1b}[2Kb\u{202e}c");
}
