//! A request's JSON body, field by field: what isn't right is refused with 400 and the field's name.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde_json::{Map, Value};

use super::answer::Failure;
use super::policy::{Change, Draft};

const RISK_TYPES: [&str; 3] = ["LOW", "MEDIUM", "HIGH"];

/// The object that a request holds. Fields that the service doesn't know are passed over.
pub(super) struct Fields(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Failure::bad_request("the Content-Type must be application/json"));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Failure::bad_request("the request's body broke off"))?;
        Self::parse(&bytes)
    }
}

impl Fields {
    fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(Failure::bad_request("the body must be a JSON object")),
            Err(why) => Err(Failure::bad_request(format!("the body is no JSON: {why}"))),
        }
    }

    /// A value that may be left out. `null` is a value.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn required(&self, name: &str) -> Result<&Value, Failure> {
        self.get(name).ok_or_else(|| Failure::bad_request(format!("{name} is required")))
    }

    /// A text that must be there; it may be empty.
    pub(super) fn text(&self, name: &str) -> Result<String, Failure> {
        text(name, self.required(name)?)
    }

    /// A text that may be left out; it may be empty.
    pub(super) fn text_if_any(&self, name: &str) -> Result<Option<String>, Failure> {
        self.get(name).map(|value| text(name, value)).transpose()
    }

    /// The objects of a list that must be there.
    pub(super) fn objects(&self, name: &str) -> Result<Vec<Self>, Failure> {
        let Value::Array(items) = self.required(name)? else {
            return Err(Failure::bad_request(format!("{name} must be a list")));
        };
        let object = |item: &Value| match item {
            Value::Object(fields) => Ok(Self(fields.clone())),
            _ => Err(Failure::bad_request(format!("{name} must hold objects"))),
        };
        items.iter().map(object).collect()
    }

    /// 0, 1 or 2.
    pub(super) fn up_to_two(&self, name: &str) -> Result<i64, Failure> {
        up_to_two(name, self.required(name)?)
    }

    /// The id of a scope; `null` says the same as leaving it out.
    fn scope_id(&self, name: &str) -> Result<Option<String>, Failure> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => filled(name, value).map(Some),
        }
    }

    /// A policy to be made.
    pub(super) fn draft(&self) -> Result<Draft, Failure> {
        Ok(Draft {
            name: filled("name", self.required("name")?)?,
            content: filled("content", self.required("content")?)?,
            risk_type: risk_type(self.required("riskType")?)?,
            action_type: self.up_to_two("actionType")?,
            org_id: filled("orgId", self.required("orgId")?)?,
            workspace_id: self.scope_id("workspaceId")?,
            repo_id: self.scope_id("repoId")?,
        })
    }

    /// What is to be another; at least one field of a policy.
    pub(super) fn change(&self) -> Result<Change, Failure> {
        let change = Change {
            name: self.get("name").map(|value| filled("name", value)).transpose()?,
            content: self.get("content").map(|value| filled("content", value)).transpose()?,
            risk_type: self.get("riskType").map(risk_type).transpose()?,
            action_type: self.get("actionType").map(|value| up_to_two("actionType", value)).transpose()?,
        };
        if change.is_empty() {
            return Err(Failure::bad_request("nothing to change: give name, content, riskType or actionType"));
        }
        Ok(change)
    }
}

fn text(name: &str, value: &Value) -> Result<String, Failure> {
    value.as_str().map(str::to_owned).ok_or_else(|| Failure::bad_request(format!("{name} must be a text")))
}

/// A text that is not empty.
pub(super) fn filled(name: &str, value: &Value) -> Result<String, Failure> {
    let text = text(name, value)?;
    if text.is_empty() { Err(Failure::bad_request(format!("{name} must not be empty"))) } else { Ok(text) }
}

fn risk_type(value: &Value) -> Result<String, Failure> {
    value
        .as_str()
        .filter(|word| RISK_TYPES.contains(word))
        .map(str::to_owned)
        .ok_or_else(|| Failure::bad_request("riskType must be LOW, MEDIUM or HIGH"))
}

/// JSON has one kind of number: `2.0` is 2.
fn up_to_two(name: &str, value: &Value) -> Result<i64, Failure> {
    [(0, 0.0), (1, 1.0), (2, 2.0)]
        .into_iter()
        .find_map(|(number, written)| (value.as_f64() == Some(written)).then_some(number))
        .ok_or_else(|| Failure::bad_request(format!("{name} must be 0, 1 or 2")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::parse(json.as_bytes()).expect("an object")
    }

    #[test]
    fn a_scope_of_null_is_a_scope_left_out() {
        let base = r#""name":"n","content":"c","riskType":"LOW","actionType":0,"orgId":"o""#;
        let left_out = fields(&format!("{{{base}}}")).draft().expect("complete");
        let null = fields(&format!(r#"{{{base},"workspaceId":null,"repoId":null}}"#)).draft().expect("complete");
        assert_eq!(left_out, null);
        assert!(fields(&format!(r#"{{{base},"workspaceId":""}}"#)).draft().is_err());
        assert!(fields(&format!(r#"{{{base},"repoId":5}}"#)).draft().is_err());
    }

    #[test]
    fn a_number_is_what_it_is_worth() {
        for (json, worth) in [("0", Some(0)), ("2", Some(2)), ("1.0", Some(1)), ("1e0", Some(1))] {
            assert_eq!(fields(&format!(r#"{{"n":{json}}}"#)).up_to_two("n").ok(), worth, "{json}");
        }
        for json in ["3", "-1", "0.5", "\"1\"", "true", "null", "[]", "1e30"] {
            assert!(fields(&format!(r#"{{"n":{json}}}"#)).up_to_two("n").is_err(), "{json}");
        }
    }

    #[test]
    fn a_change_changes_something() {
        assert!(fields("{}").change().is_err());
        assert!(fields(r#"{"orgId":"other"}"#).change().is_err());
        assert!(fields(r#"{"name":null}"#).change().is_err());
        assert!(fields(r#"{"name":"n","orgId":"ignored"}"#).change().is_ok());
    }
}
