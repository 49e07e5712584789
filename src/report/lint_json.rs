//! What is said of texts as JSON, `policysync.lint/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{counted, escape, path_below};
use crate::api::{Issue, Judgement, Score};
use crate::domain::Place;
use crate::plan::{Lint, Linted, Newness, Opinion, PolicyText};

/// What a run of `lint` came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What `policysync lint --format json` says of texts")]
pub struct LintReport {
    /// The form of this document.
    pub format: LintFormat,
    /// Whether the service was asked.
    pub remote: bool,
    /// The lowest score that is good enough (`--min-score`); left out where none was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u8", range(max = 100))]
    pub min_score: Option<u8>,
    /// The texts that were looked at, by address.
    pub texts: Vec<TextReport>,
    /// What is odd about the service's answers as a whole.
    pub odd: Vec<String>,
    /// How many.
    pub summary: LintSummary,
}

/// The form of a document about texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum LintFormat {
    /// The first one.
    #[serde(rename = "policysync.lint/1")]
    V1,
}

/// One text and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TextReport {
    /// The policy's address.
    pub address: String,
    /// The file that holds the text, as the tree's folder was given, joined with the path below it.
    pub file: String,
    /// The line at which the text begins, from 1.
    #[schemars(range(min = 1))]
    pub line: usize,
    /// The column, from 1, in Unicode scalar values.
    #[schemars(range(min = 1))]
    pub column: usize,
    /// What became of it since it was last applied.
    pub state: NewnessWord,
    /// Whether the policy is marked as a draft.
    pub draft: bool,
    /// What of its words a changed text has lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub softened: Option<String>,
    /// What the service thinks of it; left out where it wasn't asked or didn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "JudgementReport")]
    pub judgement: Option<JudgementReport>,
    /// Why there is no judgement, where the service was asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub not_judged: Option<String>,
    /// Whether it scores less than was asked for.
    pub too_low: bool,
}

/// What became of a text since it was last applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum NewnessWord {
    /// It was never applied.
    New,
    /// Its policy was applied with another one.
    Changed,
    /// It is as it was applied.
    Applied,
}

impl From<Newness> for NewnessWord {
    fn from(newness: Newness) -> Self {
        match newness {
            Newness::New => Self::New,
            Newness::Changed => Self::Changed,
            Newness::Applied => Self::Applied,
        }
    }
}

/// What the service thinks of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JudgementReport {
    /// How good the wording is, 0 to 100; left out where the answer doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Number", range(min = 0, max = 100))]
    pub score: Option<serde_json::Number>,
    /// `none`, `low`, `medium` or `high` today; empty where the answer doesn't say.
    pub severity: String,
    /// What to do, as a whole; empty where the answer doesn't say.
    pub advice: String,
    /// What is wrong with it, one by one.
    pub issues: Vec<IssueReport>,
    /// What is odd about the judgement itself.
    pub odd: Vec<String>,
}

/// One thing that is wrong with a wording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssueReport {
    /// `ambiguity`, `verbosity`, `clarity`, `scope` or `actionability` today.
    #[serde(rename = "type")]
    pub kind: String,
    /// What.
    pub description: String,
    /// What to do.
    pub suggestion: String,
}

/// How many texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LintSummary {
    /// Were looked at.
    pub texts: usize,
    /// Have a judgement.
    pub judged: usize,
    /// Were to be judged, and could not be; where a score was asked for, also those without one.
    pub not_judged: usize,
    /// Score less than was asked for.
    pub too_low: usize,
    /// Were not looked at, since they are as they were applied.
    pub applied: usize,
}

impl LintSummary {
    pub(super) fn of(lint: &Lint<'_>) -> Self {
        Self {
            texts: lint.texts.len(),
            judged: lint.texts.iter().filter(|linted| linted.judgement().is_some()).count(),
            not_judged: lint.unjudged().count(),
            too_low: lint.too_low().count(),
            applied: lint.applied,
        }
    }
}

impl std::fmt::Display for LintSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { texts, judged, not_judged, too_low, applied } = *self;
        write!(f, "Lint: {}", counted(texts, "text", "texts"))?;
        let counts = [(judged, "judged"), (not_judged, "not judged"), (too_low, "too low"), (applied, "as applied")];
        counts.iter().filter(|(count, _)| *count > 0).try_for_each(|(count, what)| write!(f, ", {count} {what}"))
    }
}

impl TextReport {
    fn of(lint: &Lint<'_>, linted: &Linted<'_>, root: &str) -> Self {
        let Linted { text: PolicyText { address, desired, newness, softened, id: _ }, opinion } = linted;
        let Place { file, line, column, start: _, end: _ } = &desired.text;
        let (judgement, not_judged) = match opinion {
            Opinion::NotAsked => (None, None),
            Opinion::None(why) => (None, Some(why.clone())),
            Opinion::Of(judgement) => (Some(JudgementReport::of(judgement)), None),
        };
        Self {
            address: address.to_string(),
            file: path_below(root, file),
            line: *line,
            column: *column,
            state: (*newness).into(),
            draft: desired.draft,
            softened: softened.clone(),
            judgement,
            not_judged,
            too_low: lint.is_too_low(linted),
        }
    }
}

impl JudgementReport {
    fn of(judgement: &Judgement) -> Self {
        let Judgement { score, severity, advice, issues, odd } = judgement;
        let issue = |issue: &Issue| {
            let Issue { kind, description, suggestion } = issue.clone();
            IssueReport { kind, description, suggestion }
        };
        Self {
            score: score.as_ref().map(Score::number).cloned(),
            severity: severity.clone(),
            advice: advice.clone(),
            issues: issues.iter().map(issue).collect(),
            odd: odd.clone(),
        }
    }
}

/// What is said of texts, as a document; `root` is the tree's folder as the user wrote it.
#[must_use]
pub fn lint_json(lint: &Lint<'_>, root: &str) -> String {
    escape::json(&LintReport {
        format: LintFormat::V1,
        remote: lint.remote,
        min_score: lint.min_score,
        texts: lint.texts.iter().map(|linted| TextReport::of(lint, linted, root)).collect(),
        odd: lint.odd.clone(),
        summary: LintSummary::of(lint),
    })
}
