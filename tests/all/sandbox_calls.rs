//! The other calls: who may ask, tokens and their refresh, violations and alerts, drafts, scopes, and paths that there aren't.

use std::collections::BTreeMap;

use policysync::sandbox::Options;
use serde_json::{Value, json};

use super::client::{Api, counted, policy, request, with};

#[test]
fn health_needs_no_token() {
    let api = Api::start(counted());
    let answer = api.send("GET", "/health", &request("GET", "/health", "", None)).is(200);
    assert_eq!(answer.body, json!({"status": "ok"}));
}

#[test]
fn every_other_call_needs_a_bearer() {
    let api = Api::start(counted());
    let calls = [
        ("GET", "/policy?orgId=acme"),
        ("POST", "/policy"),
        ("GET", "/policy/policy-1"),
        ("PUT", "/policy/policy-1"),
        ("DELETE", "/policy/policy-1"),
        ("GET", "/policy/violations"),
        ("GET", "/policy/policy-1/violations"),
        ("GET", "/policy/alerts"),
        ("GET", "/policy/policy-1/alerts"),
        ("POST", "/policy/validate"),
        ("POST", "/policy/recommend"),
        ("GET", "/workspace"),
        ("GET", "/repo"),
        ("GET", "/organization/acme"),
    ];
    for (method, path) in calls {
        for lines in ["", "Authorization: Bearer \r\n", "Authorization: Basic dTpw\r\n", "Authorization: token-a\r\n"] {
            let refused = api.send(method, path, &request(method, path, lines, None)).is(401);
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
            refused.message();
        }
    }
}

#[test]
fn where_tokens_are_listed_no_other_is_let_in() {
    let mut api = Api::start(Options { tokens: Some(vec!["token-a".to_owned()]), ..counted() });
    api.get("/workspace").is(200);
    api.token = "token-b".to_owned();
    assert_eq!(api.get("/workspace").is(401).message(), "Invalid or expired token");
    api.post("/user/refresh", &json!({"refreshToken": "unknown"})).is(401);
}

#[test]
fn a_refresh_token_is_good_once_and_its_user_stays() {
    let refresh_tokens = BTreeMap::from([("refresh-a".to_owned(), "token-a".to_owned())]);
    let mut api = Api::start(Options { tokens: Some(vec!["token-a".to_owned()]), refresh_tokens, ..counted() });
    let before = api.post("/policy", &policy("a")).is(201).body["policy"]["createdBy"].clone();
    for (spelling, status) in [("refreshToken", 200), ("refresh_token", 401)] {
        let answer = api.post("/user/refresh", &json!({spelling: "refresh-a"})).is(status);
        if status == 200 {
            api.token = answer.body["accessToken"].as_str().unwrap().to_owned();
            assert_ne!(answer.body["refreshToken"], "refresh-a");
        }
    }
    assert_eq!(api.post("/policy", &policy("a")).is(201).body["policy"]["createdBy"], before);
}

#[test]
fn a_refresh_takes_either_spelling_and_nothing_empty() {
    let api = Api::start(counted());
    api.post("/user/refresh", &json!({"refresh_token": "one"})).is(200);
    api.post("/user/refresh", &json!({"refreshToken": "two", "refresh_token": "two"})).is(200);
    for wrong in [json!({}), json!({"refreshToken": ""}), json!({"refresh_token": 5}), json!({"token": "three"})] {
        api.post("/user/refresh", &wrong).is(400).message();
    }
}

/// An organization, a workspace and a repository policy that were gone against once each, in this order.
fn watched() -> Api {
    let api = Api::start(counted());
    let scopes = [
        json!({"actionType": 0, "riskType": "LOW"}),
        json!({"actionType": 1, "workspaceId": "w"}),
        json!({"workspaceId": "w", "repoId": "r"}),
    ];
    for (index, scope) in scopes.into_iter().enumerate() {
        api.post("/policy", &with(policy("a"), scope)).is(201);
        api.sandbox.violate(&format!("policy-{}", index + 1), "a card number");
    }
    api
}

fn ids(answer: &Value, of: &str) -> Vec<String> {
    let shown = answer[of].as_array().expect("a list");
    shown.iter().map(|incident| incident["policyId"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn violations_come_newest_first_a_page_at_a_time() {
    let api = watched();
    let all = api.get("/policy/violations").is(200).body;
    assert_eq!(ids(&all, "violations"), ["policy-3", "policy-2", "policy-1"]);
    assert_eq!((&all["total"], &all["skip"], &all["take"]), (&json!(3), &json!(0), &json!(50)));
    let page = api.get("/policy/violations?skip=1&take=1").is(200).body;
    assert_eq!(ids(&page, "violations"), ["policy-2"]);
    assert_eq!((&page["total"], &page["skip"], &page["take"]), (&json!(3), &json!(1), &json!(1)));
    assert_eq!(ids(&api.get("/policy/violations?skip=3").is(200).body, "violations"), [""; 0]);
}

#[test]
fn violations_can_be_asked_for_by_what_they_are() {
    let api = watched();
    for (query, expected) in [
        ("policyId=policy-2", vec!["policy-2"]),
        ("workspaceId=w", vec!["policy-3", "policy-2"]),
        ("repoId=r", vec!["policy-3"]),
        ("severity=LOW,MEDIUM", vec!["policy-1"]),
        ("block=true", vec!["policy-3"]),
        ("block=false", vec!["policy-2", "policy-1"]),
        ("llmType=other", vec![]),
        ("to=2020-01-01T00:00:00Z", vec![]),
        ("from=2020-01-01T00:00:00Z", vec!["policy-3", "policy-2", "policy-1"]),
    ] {
        assert_eq!(
            ids(&api.get(&format!("/policy/violations?{query}")).is(200).body, "violations"),
            expected,
            "{query}"
        );
    }
    assert_eq!(ids(&api.get("/policy/policy-1/violations").is(200).body, "violations"), ["policy-1"]);
    api.get("/policy/policy-9/violations").is(404);
}

#[test]
fn alerts_are_of_policies_that_alert_or_block() {
    let api = watched();
    let all = api.get("/policy/alerts?severity=LOW&block=false").is(200).body;
    assert_eq!(ids(&all, "alerts"), ["policy-3", "policy-2"]);
    let alert = &all["alerts"][0];
    assert_eq!((&alert["message"], &alert["explanation"]), (&json!("a card number"), &Value::Null));
    assert_eq!(ids(&api.get("/policy/policy-2/alerts").is(200).body, "alerts"), ["policy-2"]);
}

#[test]
fn a_page_has_bounds() {
    let api = watched();
    for path in ["/policy/violations", "/policy/policy-1/violations", "/policy/alerts"] {
        for wrong in [
            "take=0",
            "take=101",
            "take=x",
            "skip=-1",
            "skip=1.5",
            "from=today",
            "to=2026-01-01",
            "block=1",
            "skip=0&skip=1",
        ] {
            api.get(&format!("{path}?{wrong}")).is(400).message();
        }
    }
}

#[test]
fn wording_is_judged_and_drafted() {
    let api = Api::start(counted());
    let asked = json!({"policies": [{"policy_uuid": "p", "content": "Be nice"}, {"policy_uuid": "", "content": ""}]});
    let results = api.post("/policy/validate", &asked).is(200).body["results"].clone();
    assert_eq!(results.as_array().unwrap().len(), 2);
    assert_eq!(results[0]["policy_uuid"], "p");
    assert_eq!(results, api.post("/policy/validate", &asked).body["results"], "the same each time");
    for wrong in
        [json!({}), json!({"policies": {}}), json!({"policies": ["p"]}), json!({"policies": [{"content": "c"}]})]
    {
        api.post("/policy/validate", &wrong).is(400).message();
    }

    let drafted =
        api.post("/policy/recommend", &json!({"level": 1, "uuid": "u", "prompt": "card numbers"})).is(200).body;
    assert_eq!((&drafted["level"], &drafted["uuid"]), (&json!(1), &json!("u")));
    assert_eq!(drafted["recommended_policies"][0]["alertType"], "alert");
    for wrong in [json!({"level": 3, "prompt": "p"}), json!({"level": 1}), json!({"level": "1", "prompt": "p"})] {
        api.post("/policy/recommend", &wrong).is(400).message();
    }
}

#[test]
fn scopes_are_known_from_their_first_policy_on() {
    let api = Api::start(counted());
    assert_eq!(api.get("/organization/acme").is(200).body["data"], Value::Null);
    api.post("/policy", &with(policy("a"), json!({"workspaceId": "w", "repoId": "r"}))).is(201);
    api.post("/policy", &with(policy("a"), json!({"workspaceId": "v", "repoId": "q"}))).is(201);
    let workspaces = api.get("/workspace").is(200).body["workspaces"].clone();
    assert_eq!(workspaces[1], json!({"id": "w", "name": "w", "orgId": "acme", "users": []}));
    assert_eq!(api.get("/repo").is(200).body["repos"].as_array().unwrap().len(), 2);
    let repos = api.get("/repo?workspaceId=w").is(200).body["repos"].clone();
    assert_eq!(repos, json!([{"id": "r", "name": "r", "workspaceId": "w"}]));
    assert_eq!(api.get("/organization/acme").is(200).body["data"]["id"], "acme");
}

#[test]
fn a_path_that_there_is_not_says_so() {
    let api = Api::start(counted());
    for path in ["/", "/policies", "/policy/", "/policy/a/b", "/policy/a/violations/b", "/v1/policy"] {
        assert_eq!(api.get(path).is(404).message(), "Not found", "{path}");
    }
    for id in ["none", "%00", "%ff", "..%2f..", "a%20b", "%F0%9F%A6%80"] {
        assert_eq!(api.get(&format!("/policy/{id}")).is(404).message(), "Policy not found", "{id}");
    }
}

#[test]
fn a_method_that_a_path_has_not_names_those_that_it_has() {
    let api = Api::start(counted());
    for (method, path, allowed) in [
        ("DELETE", "/policy", "GET,HEAD,POST"),
        ("PATCH", "/policy/policy-1", "GET,HEAD,PUT,DELETE"),
        ("GET", "/policy/validate", "POST"),
        ("PUT", "/policy/violations", "GET,HEAD"),
        ("GET", "/user/refresh", "POST"),
    ] {
        let refused = api.call(method, path, None).is(405);
        assert_eq!(
            (refused.header("allow"), refused.message()),
            (Some(allowed), "Method not allowed"),
            "{method} {path}"
        );
    }
}

#[test]
fn a_body_has_a_bound() {
    let api = Api::start(counted());
    let large = with(policy("a"), json!({"content": "x".repeat(1024 * 1024)}));
    let refused = api.post("/policy", &large).is(413);
    assert_eq!(refused.header("connection"), Some("close"));
    assert!(refused.message().contains("1048576 bytes"));
    assert!(api.sandbox.policies().is_empty());
    api.post("/policy", &with(policy("a"), json!({"content": "x".repeat(1024 * 1024 - 1000)}))).is(201);
}
