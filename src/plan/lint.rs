//! What is said of texts: by the service that judges their wording, and by the words that they lost. Pure.

use super::texts::PolicyText;
use crate::api::{Issue, Judgement, Judging};
use crate::domain::{Code, Finding, Level};

/// Something about a text's wording that could be better.
const WORDING: Code = Code("wording");
/// A text that has lost words that carry a rule.
const SOFTER: Code = Code("softer-wording");
/// A text that scores less than was asked for.
const LOW_SCORE: Code = Code("low-score");
/// A text that could not be judged.
const NOT_JUDGED: Code = Code("not-judged");

/// What only `lint` can find: the code, the level, and what it is in a few words.
pub const LINT_CODES: &[(Code, Level, &str)] = &[
    (WORDING, Level::Warning, "A wording that could be better"),
    (SOFTER, Level::Warning, "A text that loses words that carry a rule"),
    (LOW_SCORE, Level::Error, "A text that scores too low"),
    (NOT_JUDGED, Level::Warning, "A text that could not be judged"),
];

/// What is known of a text's wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opinion {
    /// The service was not asked.
    NotAsked,
    /// It was asked, and there is no judgement; why.
    None(String),
    /// Its judgement.
    Of(Judgement),
}

/// One text and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linted<'t> {
    /// The text.
    pub text: PolicyText<'t>,
    /// What the service says.
    pub opinion: Opinion,
}

/// What a run of `lint` came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lint<'t> {
    /// The texts that were looked at, by address.
    pub texts: Vec<Linted<'t>>,
    /// How many were not, since they are as they were applied.
    pub applied: usize,
    /// Whether the service was asked.
    pub remote: bool,
    /// The lowest score that is good enough, where one was asked for.
    pub min_score: Option<u8>,
    /// What is odd about the service's answers as a whole.
    pub odd: Vec<String>,
}

impl<'t> Lint<'t> {
    /// Texts that nobody was asked about.
    #[must_use]
    pub fn local(texts: Vec<PolicyText<'t>>, applied: usize) -> Self {
        let texts = texts.into_iter().map(|text| Linted { text, opinion: Opinion::NotAsked }).collect();
        Self { texts, applied, ..Self::default() }
    }

    /// The same with what the service says.
    #[must_use]
    pub fn judged(self, mut judging: Judging, min_score: Option<u8>) -> Self {
        let of = |linted: Linted<'t>| {
            let opinion = match judging.judgements.remove(&linted.text.id) {
                Some(judgement) => Opinion::Of(judgement),
                None => Opinion::None(judging.failed.remove(&linted.text.id).unwrap_or_default()),
            };
            Linted { opinion, ..linted }
        };
        let texts = self.texts.into_iter().map(of).collect();
        Self { texts, remote: true, min_score, odd: judging.odd, ..self }
    }

    /// The texts that score less than was asked for.
    pub fn too_low(&self) -> impl Iterator<Item = &Linted<'t>> {
        self.texts.iter().filter(|linted| self.is_too_low(linted))
    }

    /// Whether a text scores less than was asked for.
    #[must_use]
    pub fn is_too_low(&self, linted: &Linted<'_>) -> bool {
        let score = linted.judgement().and_then(|judgement| judgement.score.as_ref());
        self.min_score.is_some_and(|least| score.is_some_and(|score| score.is_below(least)))
    }

    /// The texts of which the service was to say something and didn't: a judgement, or, where that counts, a score.
    pub fn unjudged(&self) -> impl Iterator<Item = (&Linted<'t>, &str)> {
        self.texts.iter().filter_map(|linted| self.why_not(linted).map(|why| (linted, why)))
    }

    fn why_not<'l>(&self, linted: &'l Linted<'_>) -> Option<&'l str> {
        match &linted.opinion {
            Opinion::NotAsked => None,
            Opinion::None(why) => Some(why),
            Opinion::Of(judgement) => {
                (self.min_score.is_some() && judgement.score.is_none()).then_some("the judgement has no score")
            }
        }
    }

    /// All that is said, each at the line at which the text begins; in the order of the tree.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.texts.iter().flat_map(|linted| self.of(linted)).collect();
        findings.sort();
        findings
    }

    fn of(&self, linted: &Linted<'_>) -> Vec<Finding> {
        let Linted { text, opinion } = linted;
        let place = || text.desired.text.clone();
        let softer = text.softened.as_ref().map(|said| {
            Finding::warning(SOFTER, place(), said).hint("read both texts; `policysync plan` shows what changed")
        });
        let mut findings: Vec<Finding> = softer.into_iter().collect();
        if let Opinion::Of(Judgement { score, advice, issues, .. }) = opinion {
            if let (Some(score), Some(least), true) = (score, self.min_score, self.is_too_low(linted)) {
                let message = format!("the wording scores {score} of 100, and at least {least} is asked for");
                let hint = match advice.is_empty() {
                    true => "follow the warnings at the same place, where there are any, and run it again",
                    false => advice,
                };
                findings.push(Finding::error(LOW_SCORE, place(), message).hint(hint));
            }
            findings.extend(issues.iter().map(|issue| of_issue(issue, linted)));
        }
        if let Some(why) = self.why_not(linted) {
            let finding = Finding::warning(NOT_JUDGED, place(), format!("the wording could not be judged: {why}"));
            findings.push(finding.hint("run it again; with a longer --timeout, if the time was over"));
        }
        findings
    }
}

impl Linted<'_> {
    /// What the service thinks of it.
    #[must_use]
    pub fn judgement(&self) -> Option<&Judgement> {
        match &self.opinion {
            Opinion::Of(judgement) => Some(judgement),
            Opinion::NotAsked | Opinion::None(_) => None,
        }
    }
}

fn of_issue(issue: &Issue, linted: &Linted<'_>) -> Finding {
    let Issue { kind, description, suggestion } = issue;
    let message = match (kind.is_empty(), description.is_empty()) {
        (false, false) => format!("{kind}: {description}"),
        (false, true) => kind.clone(),
        (true, false) => description.clone(),
        (true, true) => "something is wrong with the wording; the service doesn't say what".to_owned(),
    };
    let hint = match suggestion.is_empty() {
        true => "say it in other words, where you agree: it is advice, and nothing is refused for it",
        false => suggestion,
    };
    Finding::warning(WORDING, linted.text.desired.text.clone(), message).hint(hint)
}
