//! What the service thinks of the wording of texts, as it says it.
//!
//! Whoever judges is a language model behind a service: what it says is taken field by field, and what is odd about it is told.

use serde_json::{Map, Number, Value};

use super::answer::shorten;
use super::wire::{self, Read};

/// The most issues of one text.
const ISSUES: usize = 20;

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

/// The results of one call in their order, and what is no result.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answered {
    pub(super) results: Vec<(String, Judgement)>,
    pub(super) odd: Vec<String>,
}

impl Judgement {
    /// Of two of one text: the issues of the first, the lower score.
    pub(super) fn joined(self, other: Self) -> Self {
        let Self { score, severity, advice, issues, mut odd } = self;
        let twice = "it was judged more than once; the lower score counts";
        if !odd.iter().any(|said| said == twice) {
            odd.push(twice.to_owned());
        }
        Self { score: Score::lower(score, other.score), severity, advice, issues, odd }
    }
}

/// Reads `{results: […]}`; `said` makes a text of the answer fit to be kept.
pub(super) fn answered(body: &[u8], said: &dyn Fn(&str) -> String) -> Read<Answered> {
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
