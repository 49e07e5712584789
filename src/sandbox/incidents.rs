//! Violations and alerts: what was told to the sandbox, newest first, a page at a time. It judges no prompts itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::Failure;
use super::person::Person;
use super::policy::{Kept, written};
use super::query::Query;
use super::traffic::{Line, Traffic};

/// Something that went against a policy.
#[derive(Debug, Clone)]
struct Incident {
    policy: Kept,
    at: Timestamp,
    /// The workspace and the repository it was in; the policy's own unless something else was said.
    workspace: Option<String>,
    repo: Option<String>,
    blocked: bool,
    user: String,
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
pub(super) struct Incidents(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// Oldest first; of one time, in the order in which they were noted.
    incidents: Vec<(usize, Incident)>,
    /// What is said of policies that there are not yet.
    awaited: Vec<Line>,
}

impl Incidents {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that something went against `policy`, as it is at this time.
    pub(super) fn note(&self, policy: Kept, at: Timestamp, explanation: String) {
        let mut held = self.held();
        held.push(Incident::of(policy, at, explanation));
        held.sort();
    }

    /// Waits for the policies that the traffic is about.
    pub(super) fn expect(&self, traffic: Traffic) {
        self.held().awaited.extend(traffic.lines);
    }

    /// Lets happen what was said of policies that there are by now; `policies` are all that are live, oldest first.
    pub(super) fn happen(&self, policies: impl FnOnce() -> Vec<Kept>, now: Timestamp) {
        let mut held = self.held();
        if held.awaited.is_empty() {
            return;
        }
        let policies = policies();
        for line in std::mem::take(&mut held.awaited) {
            let named = |policy: &&Kept| policy.id == line.policy || policy.name == line.policy;
            let Some(policy) = policies.iter().find(named) else {
                held.awaited.push(line);
                continue;
            };
            for at in line.instants(now) {
                let incident = Incident::of(policy.clone(), at, line.why.clone());
                held.push(incident.said_by(&line));
            }
        }
        held.sort();
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
        let held = self.held();
        let shown: Vec<Value> = held
            .incidents
            .iter()
            .rev()
            .filter(|(_, incident)| view == View::Violations || incident.policy.action_type >= 1)
            .filter(|(_, incident)| {
                from.is_none_or(|from| incident.at >= from) && to.is_none_or(|to| incident.at <= to)
            })
            .filter(|(_, incident)| policy.is_none_or(|id| incident.policy.id == id))
            .map(|(number, incident)| incident.shown(*number, view))
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

impl Held {
    fn push(&mut self, incident: Incident) {
        self.incidents.push((self.incidents.len() + 1, incident));
    }

    fn sort(&mut self) {
        self.incidents.sort_by_key(|(number, incident)| (incident.at, *number));
    }
}

impl Incident {
    fn of(policy: Kept, at: Timestamp, explanation: String) -> Self {
        Self {
            at,
            workspace: policy.workspace_id.clone(),
            repo: policy.repo_id.clone(),
            blocked: policy.action_type == 2,
            user: policy.created_by.id.clone(),
            explanation,
            policy,
        }
    }

    fn said_by(self, line: &Line) -> Self {
        let (workspace, repo) = match &line.place {
            Some((workspace, repo)) => (Some(workspace.clone()), Some(repo.clone())),
            None => (self.workspace, self.repo),
        };
        let blocked = line.blocked.unwrap_or(self.blocked);
        let user = line.user.clone().unwrap_or(self.user);
        Self { workspace, repo, blocked, user, ..self }
    }

    fn shown(&self, number: usize, view: View) -> Value {
        let Self { policy, at, workspace, repo, blocked, user, explanation } = self;
        let repo = repo.clone().unwrap_or_default();
        let user = Person::new(user);
        let mut shown = json!({
            "id": format!("incident-{number}"),
            "policyId": policy.id,
            "policyName": policy.name,
            "timestamp": written(*at),
            "conversationId": null,
            "workspaceId": workspace,
            "repoId": repo,
            "repoName": repo,
            "userId": user.id,
            "userName": user.name,
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
                shown["block"] = json!(blocked);
            }
            View::Alerts => shown["message"] = json!(explanation),
        }
        shown
    }
}
