//! The service's JSON, read and written.
//!
//! Lenient in what doesn't matter (extra fields, who and when), strict in what does: a policy that can't be placed, or
//! whose fields can't be compared, would be taken for gone, drifted or somebody else's.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{LivePolicy, Person};
use crate::domain::{OrgId, PolicyId, RepoId, Scope, ScopedPolicy, UserId, WorkspaceId};

/// The body of `POST /policy`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireCreate<'a> {
    name: &'a str,
    content: &'a str,
    risk_type: &'a str,
    action_type: u8,
    org_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repo_id: Option<&'a str>,
}

impl<'a> From<&'a ScopedPolicy> for WireCreate<'a> {
    fn from(ScopedPolicy { scope, policy }: &'a ScopedPolicy) -> Self {
        Self {
            name: policy.name(),
            content: policy.content(),
            risk_type: policy.risk_type().as_str(),
            action_type: policy.action_type().number(),
            org_id: scope.org().as_str(),
            workspace_id: scope.workspace().map(WorkspaceId::as_str),
            repo_id: scope.repo().map(RepoId::as_str),
        }
    }
}

/// The body of `POST /user/refresh`. The reference and the vendor's own client spell the field differently.
#[derive(Serialize)]
pub(super) struct WireRefresh<'a> {
    #[serde(rename = "refreshToken")]
    reference: &'a str,
    #[serde(rename = "refresh_token")]
    client: &'a str,
}

impl<'a> WireRefresh<'a> {
    pub(super) fn new(token: &'a str) -> Self {
        Self { reference: token, client: token }
    }
}

/// The answer to `POST /user/refresh`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireTokens {
    pub(super) access_token: String,
    #[serde(default)]
    pub(super) refresh_token: Option<String>,
}

/// What an answer that is no error turned out to be.
#[derive(Debug, PartialEq)]
pub(super) enum Read<T> {
    /// What was asked for.
    Good(T),
    /// `success` is false in it: the service said no after all.
    SaidNo,
    /// It can't be understood, and why.
    Bad(String),
}

impl<T> From<Result<T, String>> for Read<T> {
    fn from(result: Result<T, String>) -> Self {
        result.map_or_else(Self::Bad, Self::Good)
    }
}

/// Reads `{success, policies: […]}`.
pub(super) fn policies(body: &[u8]) -> Read<Vec<LivePolicy>> {
    let mut answer = match open(body) {
        Read::Good(answer) => answer,
        Read::SaidNo => return Read::SaidNo,
        Read::Bad(why) => return Read::Bad(why),
    };
    let items = match answer.remove("policies") {
        Some(Value::Array(items)) => items,
        Some(other) => return Read::Bad(format!("policies is {}, no list", kind(&other))),
        None => return Read::Bad("policies is missing".to_owned()),
    };
    let read = |(at, item)| policy_at(&format!("policies[{at}]"), item);
    items.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>().into()
}

/// Reads `{success, policy: {…}}`.
pub(super) fn policy(body: &[u8]) -> Read<LivePolicy> {
    match open(body) {
        Read::Good(mut answer) => match answer.remove("policy") {
            Some(item) => policy_at("policy", item).into(),
            None => Read::Bad("policy is missing".to_owned()),
        },
        Read::SaidNo => Read::SaidNo,
        Read::Bad(why) => Read::Bad(why),
    }
}

pub(super) fn open(body: &[u8]) -> Read<Map<String, Value>> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(answer)) if answer.get("success") == Some(&Value::Bool(false)) => Read::SaidNo,
        Ok(Value::Object(answer)) => Read::Good(answer),
        Ok(other) => Read::Bad(format!("it is {}, no object", kind(&other))),
        Err(error) => Read::Bad(format!("it is not JSON ({error})")),
    }
}

fn policy_at(place: &str, item: Value) -> Result<LivePolicy, String> {
    let Value::Object(mut fields) = item else {
        return Err(format!("{place} is {}, no object", kind(&item)));
    };
    let mut id = |field: &str| optional_text(place, field, fields.remove(field));
    let (policy_id, org, workspace, repo) = (id("id")?, id("orgId")?, id("workspaceId")?, id("repoId")?);
    let in_place = |field: &str, why: String| format!("{place}.{field}: {why}");
    let policy_id = PolicyId::new(policy_id.ok_or_else(|| format!("{place}.id is missing"))?)
        .map_err(|e| in_place("id", e.to_string()))?;
    let org = OrgId::new(org.ok_or_else(|| format!("{place}.orgId is missing"))?)
        .map_err(|e| in_place("orgId", e.to_string()))?;
    let workspace = workspace.map(WorkspaceId::new).transpose().map_err(|e| in_place("workspaceId", e.to_string()))?;
    let repo = repo.map(RepoId::new).transpose().map_err(|e| in_place("repoId", e.to_string()))?;
    let scope = Scope::from_ids(org, workspace, repo)
        .ok_or_else(|| format!("{place}.workspaceId is missing, though repoId is there"))?;
    let mut text = |field: &str| {
        // A null was stored by somebody; a field left out was left out by the answer, and can't be compared.
        let value = fields.remove(field).ok_or_else(|| format!("{place}.{field} is missing"))?;
        Ok::<_, String>(optional_text(place, field, Some(value))?.unwrap_or_default())
    };
    let (name, content, risk_type) = (text("name")?, text("content")?, text("riskType")?);
    let action_type = match fields.remove("actionType") {
        Some(Value::Number(number)) if number.is_i64() => number.as_i64().unwrap_or_default(),
        Some(other) => return Err(format!("{place}.actionType is {}, no whole number", kind(&other))),
        None => return Err(format!("{place}.actionType is missing")),
    };
    Ok(LivePolicy {
        id: policy_id,
        scope,
        name,
        content,
        risk_type,
        action_type,
        created_by: person(fields.get("createdBy")),
        created_at: time(fields.get("createdAt")),
        updated_by: person(fields.get("lastUpdatedBy")),
        updated_at: time(fields.get("lastUpdatedAt")),
    })
}

pub(super) fn optional_text(place: &str, field: &str, value: Option<Value>) -> Result<Option<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{place}.{field} is {}, no text", kind(&other))),
    }
}

fn person(value: Option<&Value>) -> Option<Person> {
    let value = value?;
    let word = |field: &str| value.get(field).and_then(Value::as_str).map(str::trim).filter(|word| !word.is_empty());
    let id = UserId::new(word("id")?).ok()?;
    let names: Vec<&str> = ["name", "lastName"].into_iter().filter_map(word).collect();
    let name = if names.is_empty() { word("email").unwrap_or(id.as_str()).to_owned() } else { names.join(" ") };
    Some(Person { id, name })
}

/// Someone of whom the service gives an id, a name or both, each in a field of its own.
pub(super) fn person_of(id: Option<&str>, name: Option<&str>) -> Option<Person> {
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let id = UserId::new(id.or(name)?).ok()?;
    Some(Person { name: name.unwrap_or(id.as_str()).to_owned(), id })
}

pub(super) fn time(value: Option<&Value>) -> Option<Timestamp> {
    value?.as_str()?.parse().ok()
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item() -> Value {
        json!({
            "id": "p1", "orgId": "o", "workspaceId": null, "repoId": null, "name": "n", "content": "c",
            "riskType": "HIGH", "actionType": 2,
            "createdBy": {"id": "u1", "name": "Ada", "lastName": "Lovelace", "email": "ada@x.example"},
            "createdAt": "2026-11-22T10:00:00.123Z", "lastUpdatedBy": null, "lastUpdatedAt": "yesterday",
            "workspace": null, "extra": {"a": [1]}
        })
    }

    fn read(item: &Value) -> Result<LivePolicy, String> {
        match policy(json!({"success": true, "policy": item}).to_string().as_bytes()) {
            Read::Good(policy) => Ok(policy),
            Read::SaidNo => Err("said no".into()),
            Read::Bad(why) => Err(why),
        }
    }

    fn changed(change: impl FnOnce(&mut Map<String, Value>)) -> Value {
        let mut item = item();
        change(item.as_object_mut().unwrap());
        item
    }

    #[test]
    fn a_policy_is_read_with_all_that_is_known_of_it() {
        let policy = read(&item()).unwrap();
        assert_eq!(policy.created_by.as_ref().unwrap().name, "Ada Lovelace");
        assert_eq!(policy.created_at.unwrap().to_string(), "2026-11-22T10:00:00.123Z");
        assert_eq!((policy.updated_by, policy.updated_at), (None, None));
    }

    #[test]
    fn what_does_not_matter_may_be_anything() {
        for field in ["createdBy", "createdAt", "lastUpdatedBy", "lastUpdatedAt", "workspaceId", "repoId"] {
            assert!(read(&changed(|item| drop(item.remove(field)))).is_ok(), "{field} left out");
        }
        for field in ["createdBy", "createdAt", "lastUpdatedBy", "lastUpdatedAt", "workspace"] {
            for junk in [json!(7), json!([]), json!({}), json!({"id": 7}), json!({"id": ""}), json!("x")] {
                assert!(read(&changed(|item| drop(item.insert(field.into(), junk)))).is_ok(), "{field}");
            }
        }
        let null = read(&changed(|item| drop(item.insert("content".into(), Value::Null)))).unwrap();
        assert_eq!(null.content, "");
        let unknown = read(&changed(|item| {
            item.insert("riskType".into(), json!("CRITICAL"));
            item.insert("actionType".into(), json!(9));
        }));
        assert_eq!(unknown.unwrap().risk_type, "CRITICAL");
    }

    #[test]
    fn what_matters_must_be_there_and_is_named() {
        for field in ["id", "orgId", "name", "content", "riskType", "actionType"] {
            let why = read(&changed(|item| drop(item.remove(field)))).unwrap_err();
            assert_eq!(why, format!("policy.{field} is missing"));
        }
        for (field, junk, wanted) in [
            ("id", json!(7), "policy.id is a number, no text"),
            ("id", Value::Null, "policy.id is missing"),
            ("workspaceId", json!({}), "policy.workspaceId is an object, no text"),
            ("repoId", json!("r"), "policy.workspaceId is missing, though repoId is there"),
            ("content", json!(["c"]), "policy.content is a list, no text"),
            ("actionType", json!("2"), "policy.actionType is a text, no whole number"),
            ("actionType", json!(1.5), "policy.actionType is a number, no whole number"),
        ] {
            assert_eq!(read(&changed(|item| drop(item.insert(field.into(), junk)))).unwrap_err(), wanted);
        }
        let why = read(&changed(|item| drop(item.insert("id".into(), json!("../x y"))))).unwrap_err();
        assert!(why.starts_with("policy.id: policy id \"../x y\" can't be used"), "{why}");
    }

    #[test]
    fn a_bad_item_of_a_list_is_named_by_its_place() {
        let mut items = vec![item(); 5];
        items[3].as_object_mut().unwrap().remove("id");
        let list = policies(json!({"success": true, "policies": items}).to_string().as_bytes());
        assert_eq!(list, Read::Bad("policies[3].id is missing".into()));
    }

    #[test]
    fn an_answer_that_is_none_says_why() {
        let bad = |body: &str| match policies(body.as_bytes()) {
            Read::Bad(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(bad("<html>").starts_with("it is not JSON ("));
        assert!(bad("").starts_with("it is not JSON ("));
        assert!(bad(&"[".repeat(100_000)).starts_with("it is not JSON ("));
        assert_eq!(bad("[]"), "it is a list, no object");
        assert_eq!(bad("{}"), "policies is missing");
        assert_eq!(bad(r#"{"policies":{}}"#), "policies is an object, no list");
        assert_eq!(bad(r#"{"policies":[null]}"#), "policies[0] is null, no object");
        assert_eq!(policies(br#"{"success":false,"message":"x"}"#), Read::SaidNo);
        assert_eq!(policies(br#"{"policies":[]}"#), Read::Good(vec![]));
    }

    #[test]
    fn nobody_is_nameless() {
        let name = |value: Value| person(Some(&value)).map(|person| person.name);
        assert_eq!(name(json!({"id": "u", "lastName": "L"})), Some("L".into()));
        assert_eq!(name(json!({"id": "u", "name": " ", "email": "e@x"})), Some("e@x".into()));
        assert_eq!(name(json!({"id": "u"})), Some("u".into()));
        assert_eq!(name(json!({"name": "n"})), None);
    }
}
