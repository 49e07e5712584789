//! A policy as the service keeps it, and as it shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::person::Person;

/// A policy as it is kept, deleted ones included. Texts and numbers are not checked here: a seeded one may hold anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) org_id: String,
    pub(super) workspace_id: Option<String>,
    pub(super) repo_id: Option<String>,
    pub(super) name: String,
    pub(super) content: String,
    pub(super) risk_type: String,
    pub(super) action_type: i64,
    pub(super) created_by: Person,
    #[serde(with = "millis")]
    pub(super) created_at: Timestamp,
    pub(super) last_updated_by: Person,
    #[serde(with = "millis")]
    pub(super) last_updated_at: Timestamp,
    /// It was deleted, at `last_updated_at` by `last_updated_by`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) deleted: bool,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    name: &'a str,
}

/// What the service shows of a policy: `PolicyDTO` of the reference.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown<'a> {
    id: &'a str,
    org_id: &'a str,
    name: &'a str,
    content: &'a str,
    risk_type: &'a str,
    action_type: i64,
    created_by: &'a Person,
    #[serde(with = "millis")]
    created_at: Timestamp,
    last_updated_by: &'a Person,
    #[serde(with = "millis")]
    last_updated_at: Timestamp,
    workspace_id: Option<&'a str>,
    repo_id: Option<&'a str>,
    workspace: Option<Named<'a>>,
    repo: Option<Named<'a>>,
}

impl Kept {
    pub(super) fn shown(&self) -> Shown<'_> {
        let Self {
            id,
            org_id,
            workspace_id,
            repo_id,
            name,
            content,
            risk_type,
            action_type,
            created_by,
            created_at,
            last_updated_by,
            last_updated_at,
            deleted: _,
        } = self;
        Shown {
            id,
            org_id,
            name,
            content,
            risk_type,
            action_type: *action_type,
            created_by,
            created_at: *created_at,
            last_updated_by,
            last_updated_at: *last_updated_at,
            workspace_id: workspace_id.as_deref(),
            repo_id: repo_id.as_deref(),
            // The sandbox knows workspaces and repositories by their ids alone.
            workspace: workspace_id.as_deref().map(|id| Named { id, name: id }),
            repo: repo_id.as_deref().map(|id| Named { id, name: id }),
        }
    }

    pub(super) fn take(&mut self, change: Change) {
        let Change { name, content, risk_type, action_type } = change;
        self.name = name.unwrap_or_else(|| std::mem::take(&mut self.name));
        self.content = content.unwrap_or_else(|| std::mem::take(&mut self.content));
        self.risk_type = risk_type.unwrap_or_else(|| std::mem::take(&mut self.risk_type));
        self.action_type = action_type.unwrap_or(self.action_type);
    }
}

/// A policy to be made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Draft {
    pub(super) org_id: String,
    pub(super) workspace_id: Option<String>,
    pub(super) repo_id: Option<String>,
    pub(super) name: String,
    pub(super) content: String,
    pub(super) risk_type: String,
    pub(super) action_type: i64,
}

/// What is to be another in a policy; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Change {
    pub(super) name: Option<String>,
    pub(super) content: Option<String>,
    pub(super) risk_type: Option<String>,
    pub(super) action_type: Option<i64>,
}

impl Change {
    pub(super) fn is_empty(&self) -> bool {
        let Self { name, content, risk_type, action_type } = self;
        name.is_none() && content.is_none() && risk_type.is_none() && action_type.is_none()
    }
}

/// An instant as the service writes it: UTC with milliseconds.
pub(super) fn written(instant: Timestamp) -> String {
    format!("{instant:.3}")
}

/// `value` on the wire. Only for types whose serialization can't fail: derived ones with text keys.
pub(super) fn wire(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

mod millis {
    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(instant: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::written(*instant))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(from)
    }
}
