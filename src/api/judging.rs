//! What the service thinks of the wording of texts. A question: it changes nothing, so it may be asked again.
//!
//! Whoever judges is a language model behind a service: what it says is taken field by field, and what is odd about it is told.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::answer::shorten;
use super::transport::Request;
use super::wire::{self, Read};
use super::{ApiError, Reader};

/// The most texts of one call.
const TEXTS: usize = 10;
/// The most bytes of one call's texts, unless one alone has more.
const BYTES: usize = 64 * 1024;
/// So many calls that failed, each after its own tries and none that succeeded, are enough.
const HOPELESS: usize = 4;
/// The most issues of one text.
const ISSUES: usize = 20;

/// A text to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Wording<'a> {
    /// What its judgement is known by; no two of one question alike.
    #[serde(rename = "policy_uuid")]
    pub id: &'a str,
    /// The text.
    pub content: &'a str,
}

#[derive(Serialize)]
struct WireQuestion<'a> {
    policies: &'a [Wording<'a>],
}

/// How good a wording is, 0 to 100, as it was said: `72`, `72.5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score(Number);

impl Score {
    /// Takes 0 to 100; nothing for any other number.
    #[must_use]
    pub fn new(number: Number) -> Option<Self> {
        let fits = number.as_f64().is_some_and(|number| (0.0..=100.0).contains(&number));
        fits.then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> &Number {
        &self.0
    }

    /// Whether it is less than `least`.
    #[must_use]
    pub fn is_below(&self, least: u8) -> bool {
        self.value() < f64::from(least)
    }

    fn value(&self) -> f64 {
        self.0.as_f64().unwrap_or_default()
    }

    /// The lower one of two; one that there is, where only one is.
    fn lower(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if other.value() < one.value() { other } else { one }),
            (one, other) => one.or(other),
        }
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Two digits behind the point, none of them rounded up: what is below a bound must not look as if it met it.
        write!(f, "{}", (self.value() * 100.0).floor() / 100.0)
    }
}

/// What the service thinks of one text. Its words may be anything; they are at most 500 characters each, without secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// How good it is; nothing where the answer doesn't say.
    pub score: Option<Score>,
    /// `none`, `low`, `medium` or `high` today; empty where the answer doesn't say.
    pub severity: String,
    /// What to do, as a whole.
    pub advice: String,
    /// What is wrong with it, one by one; at most 20.
    pub issues: Vec<Issue>,
    /// What is odd about the judgement itself, each in a few words.
    pub odd: Vec<String>,
}

/// One thing that is wrong with a wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// `ambiguity`, `verbosity`, `clarity`, `scope` or `actionability` today.
    pub kind: String,
    /// What.
    pub description: String,
    /// What to do.
    pub suggestion: String,
}

/// What came of asking about several texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judging {
    /// What the service thinks of each, by the id it was asked with.
    pub judgements: BTreeMap<String, Judgement>,
    /// Why there is no judgement of a text, by its id.
    pub failed: BTreeMap<String, String>,
    /// What is odd about the answers as a whole.
    pub odd: Vec<String>,
}

/// What came of some calls so far.
#[derive(Default)]
struct Asking<'w, 'a> {
    judging: Judging,
    /// Texts whose call was refused, perhaps for what one of them says.
    again: Vec<&'w [Wording<'a>]>,
    /// How many calls failed, and how the first did.
    failures: usize,
    first: Option<ApiError>,
}

impl Reader {
    /// Asks the service to judge texts, a few with each call, `concurrency` calls at a time. A call that is refused for what
    /// one of its texts says doesn't cost the others their judgement: they are asked about one by one. `told` hears how many
    /// texts are done, each time some are.
    ///
    /// # Errors
    /// What says nothing about one text, but of the service as a whole: no connection, a bad token, no time left; or that not
    /// one of the texts could be asked about.
    pub async fn judge(
        &self,
        wordings: &[Wording<'_>],
        concurrency: usize,
        told: &dyn Fn(usize),
    ) -> Result<Judging, ApiError> {
        let mut asking = Asking::default();
        self.judge_each(&batches(wordings), concurrency, &mut asking, told).await?;
        let alone: Vec<_> = std::mem::take(&mut asking.again).into_iter().flat_map(|batch| batch.chunks(1)).collect();
        self.judge_each(&alone, concurrency, &mut asking, told).await?;
        let Asking { judging, first, .. } = asking;
        match first {
            Some(error) if judging.judgements.is_empty() => Err(error),
            _ => Ok(judging),
        }
    }

    async fn judge_each<'w, 'a>(
        &self,
        batches: &[&'w [Wording<'a>]],
        concurrency: usize,
        asking: &mut Asking<'w, 'a>,
        told: &dyn Fn(usize),
    ) -> Result<(), ApiError> {
        let calls = stream::iter(batches).map(async |batch| (*batch, self.judge_at_once(batch).await));
        let mut calls = std::pin::pin!(calls.buffered(concurrency.max(1)));
        while let Some((batch, answer)) = calls.next().await {
            asking.take(batch, answer)?;
            told(asking.judging.judgements.len() + asking.judging.failed.len());
        }
        Ok(())
    }

    async fn judge_at_once(&self, batch: &[Wording<'_>]) -> Result<Answered, ApiError> {
        let url = self.session.endpoint().join(&["policy", "validate"]);
        let request = Request::new(Method::POST, url).with_json(&WireQuestion { policies: batch });
        let answer = self.session.read_call(&request).await?;
        if !answer.is_success() {
            return Err(self.session.refused(&answer));
        }
        let said = |text: &str| shorten(&self.session.without_secrets(text));
        self.session.read(&answer, answered(&answer.body, &said))
    }
}

impl<'w, 'a> Asking<'w, 'a> {
    /// Takes what came of one call.
    ///
    /// # Errors
    /// The first failure, where the next call would fail likewise.
    fn take(&mut self, batch: &'w [Wording<'a>], answer: Result<Answered, ApiError>) -> Result<(), ApiError> {
        let error = match answer {
            Ok(answer) => {
                self.judging.add(batch, answer);
                return Ok(());
            }
            Err(error) if is_about_all(&error) => return Err(error),
            Err(error) => error,
        };
        if batch.len() > 1 && is_about_texts(&error) {
            self.again.push(batch);
            return Ok(());
        }
        let why = error.to_string();
        self.judging.failed.extend(batch.iter().map(|wording| (wording.id.to_owned(), why.clone())));
        self.failures += 1;
        let first = self.first.take().unwrap_or(error);
        if self.failures == HOPELESS && self.judging.judgements.is_empty() {
            return Err(first);
        }
        self.first = Some(first);
        Ok(())
    }
}

/// Whether a call may have been refused for what one of its texts says.
fn is_about_texts(error: &ApiError) -> bool {
    matches!(error, ApiError::Refused(refusal) if matches!(refusal.status, 400 | 413 | 422))
}

/// Whether the next call would fail likewise.
fn is_about_all(error: &ApiError) -> bool {
    matches!(error, ApiError::Unauthorized { .. } | ApiError::NotSent { .. } | ApiError::OutOfTime)
}

/// The texts in their order, so many to a call that none is too large.
fn batches<'w, 'a>(wordings: &'w [Wording<'a>]) -> Vec<&'w [Wording<'a>]> {
    let (mut batches, mut from, mut bytes) = (Vec::new(), 0, 0);
    for (at, wording) in wordings.iter().enumerate() {
        if at > from && (at - from == TEXTS || bytes + wording.content.len() > BYTES) {
            batches.extend(wordings.get(from..at));
            (from, bytes) = (at, 0);
        }
        bytes += wording.content.len();
    }
    batches.extend(wordings.get(from..).filter(|rest| !rest.is_empty()));
    batches
}

/// The results of one call in their order, and what is no result.
#[derive(Debug, Default, PartialEq)]
struct Answered {
    results: Vec<(String, Judgement)>,
    odd: Vec<String>,
}

impl Judging {
    /// Takes the answer to a call about `batch`.
    fn add(&mut self, batch: &[Wording<'_>], answer: Answered) {
        let asked: BTreeSet<&str> = batch.iter().map(|wording| wording.id).collect();
        let mut foreign = 0;
        for (id, judgement) in answer.results {
            if !asked.contains(id.as_str()) {
                foreign += 1;
                continue;
            }
            match self.judgements.remove(&id) {
                None => drop(self.judgements.insert(id, judgement)),
                Some(first) => drop(self.judgements.insert(id, first.joined(judgement))),
            }
        }
        self.odd.extend(answer.odd);
        if foreign > 0 {
            self.odd.push(format!("the answer judges {foreign} more than it was asked about; passed over"));
        }
        let missing = asked.into_iter().filter(|id| !self.judgements.contains_key(*id));
        let missing: Vec<_> =
            missing.map(|id| (id.to_owned(), "the answer has no judgement of it".to_owned())).collect();
        self.failed.extend(missing);
    }
}

impl Judgement {
    /// Of two of one text: the issues of the first, the lower score.
    fn joined(self, other: Self) -> Self {
        let Self { score, severity, advice, issues, mut odd } = self;
        let twice = "it was judged more than once; the lower score counts";
        if !odd.iter().any(|said| said == twice) {
            odd.push(twice.to_owned());
        }
        Self { score: Score::lower(score, other.score), severity, advice, issues, odd }
    }
}

/// Reads `{results: […]}`; `said` makes a text of the answer fit to be kept.
fn answered(body: &[u8], said: &dyn Fn(&str) -> String) -> Read<Answered> {
    let mut answer = match wire::open(body) {
        Read::Good(answer) => answer,
        Read::SaidNo => return Read::SaidNo,
        Read::Bad(why) => return Read::Bad(why),
    };
    let items = match answer.remove("results") {
        Some(Value::Array(items)) => items,
        Some(other) => return Read::Bad(format!("results is {}, no list", wire::kind(&other))),
        None => return Read::Bad("results is missing".to_owned()),
    };
    let mut answered = Answered::default();
    for (at, item) in items.into_iter().enumerate() {
        let Value::Object(mut fields) = item else {
            answered.odd.push(format!("results[{at}] is {}, no object; passed over", wire::kind(&item)));
            continue;
        };
        match fields.remove("policy_uuid") {
            Some(Value::String(id)) => answered.results.push((id, judgement(fields, said))),
            _ => answered.odd.push(format!("results[{at}] has no policy_uuid to say what it is about; passed over")),
        }
    }
    Read::Good(answered)
}

fn judgement(mut fields: Map<String, Value>, said: &dyn Fn(&str) -> String) -> Judgement {
    let mut odd = Vec::new();
    let score = match fields.remove("score") {
        Some(Value::Number(number)) => Score::new(number.clone()).or_else(|| {
            odd.push(format!("its score {} is not one of 0 to 100", shorten(&number.to_string())));
            None
        }),
        Some(Value::Null) | None => {
            odd.push("it has no score".to_owned());
            None
        }
        Some(other) => {
            odd.push(format!("its score is {}, no number", wire::kind(&other)));
            None
        }
    };
    let issues = match fields.remove("issues") {
        Some(Value::Array(items)) => issues(items, said, &mut odd),
        Some(Value::Null) | None => Vec::new(),
        Some(other) => {
            odd.push(format!("its issues are {}, no list", wire::kind(&other)));
            Vec::new()
        }
    };
    let mut text = |field: &str| word(&mut fields, field, said, &mut odd);
    let (severity, advice) = (text("severity"), text("advice"));
    Judgement { score, severity, advice, issues, odd }
}

fn issues(items: Vec<Value>, said: &dyn Fn(&str) -> String, odd: &mut Vec<String>) -> Vec<Issue> {
    let all = items.len();
    let mut issues = Vec::new();
    for item in items.into_iter().take(ISSUES) {
        let Value::Object(mut fields) = item else {
            odd.push(format!("one of its issues is {}, no object", wire::kind(&item)));
            continue;
        };
        let mut text = |field: &str| word(&mut fields, field, said, odd);
        issues.push(Issue { kind: text("type"), description: text("description"), suggestion: text("suggestion") });
    }
    if all > ISSUES {
        odd.push(format!("it has {all} issues; the first {ISSUES} are kept"));
    }
    issues
}

/// A text of the answer, without space around it; empty where there is none.
fn word(fields: &mut Map<String, Value>, field: &str, said: &dyn Fn(&str) -> String, odd: &mut Vec<String>) -> String {
    match fields.remove(field) {
        Some(Value::String(text)) => said(text.trim()),
        Some(Value::Null) | None => String::new(),
        Some(other) => {
            odd.push(format!("its {field} is {}, no text", wire::kind(&other)));
            String::new()
        }
    }
}
