//! Policies that the service drafts from a description. A question: it changes nothing, so it may be asked again.
//!
//! The service spells the words of a draft otherwise than those of a policy: `low`, `medium`, `high` and `log`, `alert`, `block`.

use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::shorten;
use super::transport::Request;
use super::wire::{self, Read};
use super::{ApiError, Reader};
use crate::domain::{ActionType, RiskType, Scope, ScopeLevel};

/// The most drafts that are taken from an answer.
const DRAFTS: usize = 50;

#[derive(Serialize)]
struct WireQuestion<'a> {
    level: u8,
    uuid: &'a str,
    prompt: &'a str,
}

/// What the service recommends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recommendation {
    /// The drafts, in its order; at most 50.
    pub drafts: Vec<Draft>,
    /// How many tokens of a language model the question took, where the answer says so.
    pub tokens_in: Option<u64>,
    /// How many the answer took, where it says so.
    pub tokens_out: Option<u64>,
    /// What is odd about the answer, each in a few words.
    pub odd: Vec<String>,
}

/// A policy that the service recommends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its text, without secrets; it may be anything.
    pub content: String,
    /// How severe a breach is, or what was said instead, at most 500 characters.
    pub risk_type: Result<RiskType, String>,
    /// What happens on a breach, or what was said instead.
    pub action_type: Result<ActionType, String>,
}

impl Reader {
    /// Asks the service to draft policies for a scope from a description of what is done there.
    ///
    /// # Errors
    /// Any [`ApiError`] but `NotFound`.
    pub async fn recommend(&self, scope: &Scope, prompt: &str) -> Result<Recommendation, ApiError> {
        let level = match scope.level() {
            ScopeLevel::Organization => 0,
            ScopeLevel::Workspace => 1,
            ScopeLevel::Repository => 2,
        };
        let url = self.session.endpoint().join(&["policy", "recommend"]);
        let question = WireQuestion { level, uuid: scope.id(), prompt };
        let answer = self.session.read_call(&Request::new(Method::POST, url).with_json(&question)).await?;
        if !answer.is_success() {
            return Err(self.session.refused(&answer));
        }
        let clean = |text: &str| self.session.without_secrets(text);
        self.session.read(&answer, recommendation(&answer.body, &question, &clean))
    }
}

/// Reads `{level, uuid, tokens_in, tokens_out, recommended_policies: […]}`; `clean` takes secrets out of a text.
fn recommendation(body: &[u8], asked: &WireQuestion<'_>, clean: &dyn Fn(&str) -> String) -> Read<Recommendation> {
    let mut answer = match wire::open(body) {
        Read::Good(answer) => answer,
        Read::SaidNo => return Read::SaidNo,
        Read::Bad(why) => return Read::Bad(why),
    };
    let items = match answer.remove("recommended_policies") {
        Some(Value::Array(items)) => items,
        Some(other) => return Read::Bad(format!("recommended_policies is {}, no list", wire::kind(&other))),
        None => return Read::Bad("recommended_policies is missing".to_owned()),
    };
    let mut odd = Vec::new();
    let is_other = |field: &str, asked: Value| answer.get(field).is_some_and(|said| !said.is_null() && *said != asked);
    if is_other("level", asked.level.into()) || is_other("uuid", asked.uuid.into()) {
        odd.push("the answer says that it is for another scope than the one asked about".to_owned());
    }
    let mut tokens = |field: &str| match answer.get(field) {
        Some(Value::Null) | None => None,
        Some(said) => said.as_u64().or_else(|| {
            odd.push(format!("{field} is no number of tokens"));
            None
        }),
    };
    let (tokens_in, tokens_out) = (tokens("tokens_in"), tokens("tokens_out"));
    let all = items.len();
    let mut drafts = Vec::new();
    for (at, item) in items.into_iter().take(DRAFTS).enumerate() {
        match draft(item, clean) {
            Ok(draft) => drafts.push(draft),
            Err(why) => odd.push(format!("recommended_policies[{at}] {why}; passed over")),
        }
    }
    if all > DRAFTS {
        odd.push(format!("the answer has {all} drafts; the first {DRAFTS} are taken"));
    }
    Read::Good(Recommendation { drafts, tokens_in, tokens_out, odd })
}

fn draft(item: Value, clean: &dyn Fn(&str) -> String) -> Result<Draft, String> {
    let Value::Object(mut fields) = item else { return Err(format!("is {}, no object", wire::kind(&item))) };
    let content = match fields.remove("content") {
        Some(Value::String(content)) => clean(&content),
        Some(other) => return Err(format!("has as content {}, no text", wire::kind(&other))),
        None => return Err("has no content".to_owned()),
    };
    let risk = |word: &str| word.to_ascii_uppercase().parse().ok();
    let action = |word: &str| word.to_ascii_lowercase().parse().ok();
    let risk_type = choice(&mut fields, "riskType", risk, clean);
    Ok(Draft { content, risk_type, action_type: choice(&mut fields, "alertType", action, clean) })
}

/// A word of ours, in whatever case; else what was said.
fn choice<T>(
    fields: &mut Map<String, Value>,
    field: &str,
    read: impl Fn(&str) -> Option<T>,
    clean: &dyn Fn(&str) -> String,
) -> Result<T, String> {
    match fields.remove(field) {
        Some(Value::String(word)) => read(word.trim()).ok_or_else(|| shorten(&clean(&word))),
        Some(Value::Number(number)) => read(&number.to_string()).ok_or_else(|| shorten(&number.to_string())),
        Some(Value::Null) | None => Err("nothing".to_owned()),
        Some(other) => Err(wire::kind(&other).to_owned()),
    }
}
