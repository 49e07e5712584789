//! Policies: made, read, listed in both readings, changed, deleted, and everything that is refused.

use policysync::sandbox::{ListReading, Options, TextHandling};
use serde_json::{Value, json};

use super::client::{Api, counted, policy, request, with};

#[test]
fn a_new_policy_comes_back_as_the_reference_shows_it() {
    let api = Api::start(counted());
    let body = with(policy("PII"), json!({"workspaceId": "production", "repoId": "billing", "unknown": [1]}));
    let made = api.post("/policy", &body).is(201).body;
    let user = json!({
        "id": "user-a70bf50e", "name": "Sandbox", "lastName": "User", "email": "user-a70bf50e@sandbox.invalid",
    });
    let shown = json!({
        "id": "policy-1", "orgId": "acme", "name": "PII", "content": "Do not share it", "riskType": "HIGH",
        "actionType": 2, "workspaceId": "production", "repoId": "billing",
        "createdBy": user, "createdAt": "2026-01-01T00:00:00.000Z",
        "lastUpdatedBy": user, "lastUpdatedAt": "2026-01-01T00:00:00.000Z",
        "workspace": {"id": "production", "name": "production"}, "repo": {"id": "billing", "name": "billing"},
    });
    assert_eq!(made, json!({"success": true, "policy": shown}));
    assert_eq!(api.get("/policy/policy-1").is(200).body, made);
    assert_eq!(api.sandbox.policies(), [shown]);
}

#[test]
fn a_scope_of_null_and_one_left_out_are_the_same() {
    let api = Api::start(counted());
    let mut left_out = api.post("/policy", &policy("a")).is(201).body["policy"].clone();
    let mut null =
        api.post("/policy", &with(policy("a"), json!({"workspaceId": null, "repoId": null}))).is(201).body["policy"]
            .clone();
    for field in ["id", "createdAt", "lastUpdatedAt"] {
        left_out[field] = Value::Null;
        null[field] = Value::Null;
    }
    assert_eq!(left_out, null);
    assert_eq!(left_out["workspaceId"], Value::Null);
    assert_eq!(left_out["workspace"], Value::Null);
}

#[test]
fn the_same_body_twice_makes_two_policies() {
    let api = Api::start(Options::default());
    let first = api.post("/policy", &policy("a")).is(201).body["policy"]["id"].clone();
    let second = api.post("/policy", &policy("a")).is(201).body["policy"]["id"].clone();
    assert_ne!(first, second);
    assert!(first.as_str().unwrap().parse::<uuid::Uuid>().is_ok(), "{first}");
    assert_eq!(api.listed("orgId=acme").len(), 2);
}

#[test]
fn a_change_changes_what_it_names_and_nothing_else() {
    let mut api = Api::start(counted());
    let before = api.post("/policy", &policy("a")).is(201).body["policy"].clone();
    api.token = "token-b".to_owned();
    let after = api.put("/policy/policy-1", &json!({"content": "Never share it", "orgId": "other"})).is(200).body;
    let expected = with(
        before.clone(),
        json!({
            "content": "Never share it",
            "lastUpdatedAt": "2026-01-01T00:00:00.001Z",
            "lastUpdatedBy": after["policy"]["lastUpdatedBy"],
        }),
    );
    assert_eq!(after["policy"], expected);
    assert_ne!(after["policy"]["lastUpdatedBy"]["id"], before["createdBy"]["id"]);
    api.put("/policy/policy-1", &json!({"name": "b", "riskType": "LOW", "actionType": 0})).is(200);
    let policy = &api.sandbox.policies()[0];
    assert_eq!((&policy["name"], &policy["riskType"], &policy["actionType"]), (&json!("b"), &json!("LOW"), &json!(0)));
}

#[test]
fn a_deleted_policy_is_gone_from_every_call() {
    let api = Api::start(counted());
    api.post("/policy", &policy("a")).is(201);
    api.delete("/policy/policy-1").is(200);
    assert_eq!(api.listed("orgId=acme"), [""; 0]);
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then(|| json!({"name": "b"}));
        assert_eq!(api.call(method, "/policy/policy-1", body.as_ref()).is(404).message(), "Policy not found");
    }
    api.get("/policy/policy-1/violations").is(404);
    assert_eq!(api.post("/policy", &policy("a")).is(201).body["policy"]["id"], "policy-2", "no id is given twice");
}

fn tree(list: ListReading) -> Api {
    let api = Api::start(Options { list, ..counted() });
    for scope in [
        json!({}),
        json!({"workspaceId": "production"}),
        json!({"workspaceId": "production", "repoId": "billing"}),
        json!({"workspaceId": "staging", "repoId": "web"}),
        json!({"orgId": "other"}),
    ] {
        api.post("/policy", &with(policy("a"), scope)).is(201);
    }
    api
}

#[test]
fn a_list_holds_the_asked_level_alone() {
    let api = tree(ListReading::At);
    assert_eq!(api.listed("orgId=acme"), ["policy-1"]);
    assert_eq!(api.listed("orgId=acme&workspaceId=production"), ["policy-2"]);
    assert_eq!(api.listed("orgId=acme&workspaceId=production&repoId=billing"), ["policy-3"]);
    assert_eq!(api.listed("orgId=acme&repoId=web"), ["policy-4"]);
    assert_eq!(api.listed("orgId=other"), ["policy-5"]);
    for nothing in ["orgId=nobody", "orgId=other&workspaceId=production", "orgId=acme&workspaceId="] {
        assert_eq!(api.listed(nothing), [""; 0], "{nothing}");
    }
}

#[test]
fn or_a_list_holds_all_that_is_below_it_too() {
    let api = tree(ListReading::Below);
    assert_eq!(api.listed("orgId=acme"), ["policy-1", "policy-2", "policy-3", "policy-4"]);
    assert_eq!(api.listed("orgId=acme&workspaceId=production"), ["policy-2", "policy-3"]);
    assert_eq!(api.listed("orgId=acme&workspaceId=production&repoId=billing"), ["policy-3"]);
    assert_eq!(api.listed("orgId=other"), ["policy-5"]);
}

#[test]
fn a_list_needs_its_organization_once() {
    let api = Api::start(counted());
    for query in ["", "?orgId=", "?workspaceId=w", "?orgId=a&orgId=b"] {
        api.get(&format!("/policy{query}")).is(400).message();
    }
}

#[test]
fn a_body_that_is_wrong_is_refused_and_makes_nothing() {
    let api = Api::start(counted());
    let wrong = [
        json!({"name": ""}),
        json!({"name": 5}),
        json!({"name": null}),
        json!({"content": ""}),
        json!({"content": ["a"]}),
        json!({"riskType": "high"}),
        json!({"riskType": 2}),
        json!({"actionType": 3}),
        json!({"actionType": -1}),
        json!({"actionType": "block"}),
        json!({"actionType": true}),
        json!({"orgId": ""}),
        json!({"workspaceId": ""}),
        json!({"workspaceId": 5}),
        json!({"repoId": "billing"}),
    ];
    for fields in wrong {
        let field = fields.as_object().unwrap().keys().next().unwrap().clone();
        let message = api.post("/policy", &with(policy("a"), fields.clone())).is(400).message().to_owned();
        assert!(message.contains(&field), "{fields}: {message}");
    }
    for missing in ["name", "content", "riskType", "actionType", "orgId"] {
        let mut body = policy("a");
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(api.post("/policy", &body).is(400).message(), format!("{missing} is required"));
    }
    assert!(api.sandbox.policies().is_empty());
}

#[test]
fn what_is_no_json_object_is_refused() {
    let api = Api::start(counted());
    let bearer = "Authorization: Bearer token-a\r\n";
    for body in ["", "{", "[]", "null", "\"text\"", "{\"name\": \"a\",}", "{\"n\": \"\\ud800\"}"] {
        api.send("POST", "/policy", &request("POST", "/policy", bearer, Some(body))).is(400).message();
    }
    let mut plain = request("POST", "/policy", bearer, Some(&policy("a").to_string()));
    let text = String::from_utf8(plain).unwrap().replace("application/json", "text/plain");
    plain = text.into_bytes();
    assert!(api.send("POST", "/policy", &plain).is(400).message().contains("Content-Type"));
    assert!(api.sandbox.policies().is_empty());
}

#[test]
fn a_change_that_is_wrong_is_refused_and_changes_nothing() {
    let api = Api::start(counted());
    api.post("/policy", &policy("a")).is(201);
    let before = api.sandbox.policies();
    for wrong in [json!({}), json!({"orgId": "other"}), json!({"name": "b", "riskType": "?"}), json!({"content": null})]
    {
        api.put("/policy/policy-1", &wrong).is(400).message();
    }
    assert_eq!(api.sandbox.policies(), before);
    api.put("/policy/policy-2", &json!({"name": "b"})).is(404);
}

#[test]
fn a_workspace_stays_in_its_organization_and_a_repository_in_its_workspace() {
    let api = Api::start(counted());
    api.post("/policy", &with(policy("a"), json!({"workspaceId": "w", "repoId": "r"}))).is(201);
    let moved = [json!({"orgId": "other", "workspaceId": "w"}), json!({"workspaceId": "v", "repoId": "r"})];
    for scope in moved {
        assert!(api.post("/policy", &with(policy("b"), scope)).is(400).message().contains("does not belong to"));
    }
    assert_eq!(api.sandbox.policies().len(), 1);
    assert_eq!(api.get("/workspace").is(200).body["workspaces"].as_array().unwrap().len(), 1);
}

#[test]
fn text_is_kept_byte_for_byte_unless_the_sandbox_trims() {
    let text = " \u{202e}line\r\n\ttwo\u{0} \n";
    let keeping = Api::start(counted());
    let made = keeping.post("/policy", &with(policy(text), json!({"content": text}))).is(201).body;
    assert_eq!((&made["policy"]["name"], &made["policy"]["content"]), (&json!(text), &json!(text)));

    let trimming = Api::start(Options { text: TextHandling::Trim, ..counted() });
    let made = trimming.post("/policy", &with(policy(" a "), json!({"content": " b\n"}))).is(201).body;
    assert_eq!((&made["policy"]["name"], &made["policy"]["content"]), (&json!("a"), &json!("b")));
    let changed = trimming.put("/policy/policy-1", &json!({"content": "\tc "})).is(200).body;
    assert_eq!(changed["policy"]["content"], "c");
    trimming.post("/policy", &policy("  ")).is(400);
}

#[test]
fn somebody_else_can_be_at_work() {
    let api = Api::start(counted());
    let id = api.sandbox.seed(with(policy("theirs"), json!({"riskType": "SEVERE"})), "user-console");
    let shown = api.sandbox.policies()[0].clone();
    assert_eq!((&shown["createdBy"]["id"], &shown["riskType"]), (&json!("user-console"), &json!("SEVERE")));
    api.sandbox.edit(&id, json!({"riskType": "LOW"}), "user-other");
    let shown = api.get(&format!("/policy/{id}")).is(200).body;
    assert_eq!(shown["policy"]["lastUpdatedBy"]["id"], "user-other");
    assert_eq!(shown["policy"]["createdBy"]["id"], "user-console");
    api.sandbox.remove(&id);
    api.get(&format!("/policy/{id}")).is(404);
}
