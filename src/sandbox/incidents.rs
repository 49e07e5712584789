//! Violations and alerts: what was told to the sandbox, newest first, a page at a time. It judges no prompts itself.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::Failure;
use super::policy::{Kept, written};
use super::query::Query;

/// Something that went against a policy.
#[derive(Debug, Clone)]
struct Incident {
    policy: Kept,
    at: Timestamp,
    explanation: String,
}

/// Which of the two views of an incident is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// All of them, as violations.
    Violations,
    /// Those whose policy alerts or blocks, as alerts.
    Alerts,
}

/// All that went against a policy so far.
#[derive(Default)]
pub(super) struct Incidents(Mutex<Vec<Incident>>);

impl Incidents {
    /// Notes that something went against `policy`, as it is at this time.
    pub(super) fn note(&self, policy: Kept, at: Timestamp, explanation: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Incident { policy, at, explanation });
    }

    /// The page that a query asks for; `policy` is the one in the path, if there is one.
    pub(super) fn page(&self, view: View, policy: Option<&str>, query: &Query) -> Result<Value, Failure> {
        let skip = query.number("skip", (0, usize::MAX), 0)?;
        let take = query.number("take", (1, 100), 50)?;
        let (from, to) = (query.instant("from")?, query.instant("to")?);
        let block = query.flag("block")?;
        let mut wanted = Vec::new();
        for field in ["workspaceId", "repoId", "policyId", "llmType", "llmModel", "host", "severity"] {
            wanted.extend(query.words(field)?.map(|words| (field, words)));
        }
        let incidents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown: Vec<Value> = incidents
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, incident)| view == View::Violations || incident.policy.action_type >= 1)
            .filter(|(_, incident)| {
                from.is_none_or(|from| incident.at >= from) && to.is_none_or(|to| incident.at <= to)
            })
            .filter(|(_, incident)| policy.is_none_or(|id| incident.policy.id == id))
            .map(|(index, incident)| incident.shown(index + 1, view))
            .filter(|shown| view == View::Alerts || block.is_none_or(|block| shown["block"] == block))
            .filter(|shown| fits(shown, &wanted))
            .collect();
        let total = shown.len();
        let page: Vec<Value> = shown.into_iter().skip(skip).take(take).collect();
        let name = match view {
            View::Violations => "violations",
            View::Alerts => "alerts",
        };
        let mut answer = Map::new();
        answer.insert("success".to_owned(), json!(true));
        answer.insert(name.to_owned(), json!(page));
        answer.extend(
            [("total", total), ("skip", skip), ("take", take)].map(|(key, value)| (key.to_owned(), json!(value))),
        );
        Ok(Value::Object(answer))
    }
}

/// Whether an incident has one of the wanted words in each field that it shows.
fn fits(shown: &Value, wanted: &[(&str, Vec<&str>)]) -> bool {
    wanted.iter().all(|(field, words)| {
        shown.get(field).is_none_or(|value| value.as_str().is_some_and(|value| words.contains(&value)))
    })
}

impl Incident {
    fn shown(&self, number: usize, view: View) -> Value {
        let Self { policy, at, explanation } = self;
        let repo = policy.repo_id.clone().unwrap_or_default();
        let mut shown = json!({
            "id": format!("incident-{number}"),
            "policyId": policy.id,
            "policyName": policy.name,
            "timestamp": written(*at),
            "conversationId": null,
            "workspaceId": policy.workspace_id,
            "repoId": repo,
            "repoName": repo,
            "userId": policy.created_by.id,
            "userName": policy.created_by.name,
            "repoAiApiKeyId": "key-1",
            "repoAiApiKeyName": "sandbox",
            "llmType": "sandbox",
            "llmModel": "sandbox-1",
            "host": "localhost",
        });
        match view {
            View::Violations => {
                shown["explanation"] = json!(explanation);
                shown["severity"] = json!(policy.risk_type);
                shown["block"] = json!(policy.action_type == 2);
            }
            View::Alerts => shown["message"] = json!(explanation),
        }
        shown
    }
}
