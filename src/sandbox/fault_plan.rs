//! The fault plan: which calls go wrong, and how.
//!
//! Calls are counted per kind in the order in which they arrive, from 1, since the plan was set; `any` counts them all.
//! The first rule that fits a call decides it. As a file it is a list:
//!
//! ```yaml
//! - {on: create, nth: 2, then: cutAfter}                             # commits, then hangs up
//! - {on: list, from: 3, then: {status: {code: 503, retryAfter: 2}}}  # the third and all after it
//! - {on: any, every: true, then: {delay: {ms: 50}}}
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Call, Fault};

/// Which calls of a kind a rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Nth(u64),
    From(u64),
    Every,
}

/// One rule of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    on: Call,
    which: Which,
    then: Fault,
}

/// Which calls go wrong, and how; the empty one by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FaultPlan {
    rules: Vec<Rule>,
}

/// A fault plan that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FaultPlanError {
    /// It is no YAML, or no list of rules.
    #[error("the fault plan can't be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A rule is well written and says nothing that can be done.
    #[error("rule {number} of the fault plan: {why}")]
    Rule {
        /// Which rule, from 1.
        number: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    on: Call,
    nth: Option<u64>,
    from: Option<u64>,
    every: Option<bool>,
    then: Fault,
}

impl RawRule {
    fn prove(self) -> Result<Rule, &'static str> {
        let which = match (self.nth, self.from, self.every) {
            (Some(0), None, None) | (None, Some(0), None) => return Err("calls are counted from 1"),
            (Some(nth), None, None) => Which::Nth(nth),
            (None, Some(from), None) => Which::From(from),
            (None, None, Some(true)) => Which::Every,
            _ => return Err("say which calls with exactly one of `nth: N`, `from: N` and `every: true`"),
        };
        self.then.check()?;
        Ok(Rule { on: self.on, which, then: self.then })
    }
}

impl FaultPlan {
    /// A plan by which nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the file form.
    ///
    /// # Errors
    /// [`FaultPlanError`] where the text is no list of rules or a rule can't be followed.
    pub fn from_yaml(text: &str) -> Result<Self, FaultPlanError> {
        let raw: Vec<RawRule> =
            serde_yaml::from_str(text).map_err(|source| FaultPlanError::Unreadable(first_line(&source)))?;
        let rules = raw
            .into_iter()
            .enumerate()
            .map(|(index, rule)| rule.prove().map_err(|why| FaultPlanError::Rule { number: index + 1, why }))
            .collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// Adds: the `nth` call of this kind, from 1.
    #[must_use]
    pub fn nth(self, on: Call, nth: u64, then: Fault) -> Self {
        self.with(on, Which::Nth(nth), then)
    }

    /// Adds: every call of this kind from the `first` on, from 1.
    #[must_use]
    pub fn from(self, on: Call, first: u64, then: Fault) -> Self {
        self.with(on, Which::From(first), then)
    }

    /// Adds: every call of this kind.
    #[must_use]
    pub fn every(self, on: Call, then: Fault) -> Self {
        self.with(on, Which::Every, then)
    }

    fn with(mut self, on: Call, which: Which, then: Fault) -> Self {
        self.rules.push(Rule { on, which, then });
        self
    }
}

/// What the reader of YAML says, without the lines of the file that it shows below it.
pub(super) fn first_line(error: &dyn std::error::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).into()
}

/// A plan at work: it counts.
#[derive(Debug, Default)]
pub(super) struct ArmedPlan {
    plan: FaultPlan,
    of_kind: BTreeMap<Call, u64>,
    of_all: u64,
}

impl ArmedPlan {
    pub(super) fn new(plan: FaultPlan) -> Self {
        Self { plan, ..Self::default() }
    }

    /// Counts a call and says how it goes wrong, if it does.
    pub(super) fn next(&mut self, kind: Option<Call>) -> Option<Fault> {
        self.of_all += 1;
        let of_all = self.of_all;
        let of_kind = kind.map(|kind| {
            let count = self.of_kind.entry(kind).or_default();
            *count += 1;
            (kind, *count)
        });
        let fits = |rule: &&Rule| {
            let count = match (rule.on, of_kind) {
                (Call::Any, _) => of_all,
                (on, Some((kind, count))) if on == kind => count,
                _ => return false,
            };
            match rule.which {
                Which::Nth(nth) => count == nth,
                Which::From(first) => count >= first,
                Which::Every => true,
            }
        };
        self.plan.rules.iter().find(fits).map(|rule| rule.then.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{FaultBody, Moment};

    #[test]
    fn a_file_says_what_the_builder_says() {
        let read = FaultPlan::from_yaml(
            "- {on: create, nth: 2, then: cutAfter}\n\
             - {on: list, from: 3, then: {status: {code: 429, retryAfter: 2}}}\n\
             - {on: update, nth: 1, then: {status: {code: 502, body: html, effect: true}}}\n\
             - {on: delete, nth: 1, then: {late: {ms: 20000, cut: true}}}\n\
             - on: any\n  every: true\n  then:\n    delay: {ms: 50, effect: after}\n",
        )
        .expect("this plan is right");
        let built = FaultPlan::none()
            .nth(Call::Create, 2, Fault::CutAfter)
            .from(Call::List, 3, Fault::too_many("2"))
            .nth(Call::Update, 1, Fault::proxy(502, true))
            .nth(Call::Delete, 1, Fault::Late { ms: 20_000, cut: true, code: None })
            .every(Call::Any, Fault::Delay { ms: 50, effect: Moment::After });
        assert_eq!(read, built);
    }

    #[test]
    fn every_fault_has_a_written_form() {
        for (written, fault) in [
            ("cutBefore", Fault::CutBefore),
            ("halfAnswer", Fault::HalfAnswer),
            ("noId", Fault::NoId),
            ("unreadable", Fault::Unreadable),
            ("huge", Fault::Huge),
            ("expire", Fault::Expire),
            ("{drip: {ms: 1000}}", Fault::Drip { ms: 1000 }),
            ("{late: {ms: 5, code: 504}}", Fault::Late { ms: 5, cut: false, code: Some(504) }),
            (
                "{redirect: {to: 'http://evil.example/'}}",
                Fault::Redirect { to: "http://evil.example/".into(), code: 307 },
            ),
            (
                "{status: {code: 503, body: empty, retryAfter: soon}}",
                Fault::Status { code: 503, body: FaultBody::Empty, retry_after: Some("soon".into()), effect: false },
            ),
        ] {
            let plan = FaultPlan::from_yaml(&format!("[{{on: get, nth: 1, then: {written}}}]")).expect(written);
            assert_eq!(plan, FaultPlan::none().nth(Call::Get, 1, fault), "{written}");
        }
    }

    #[test]
    fn a_rule_that_can_not_be_followed_is_named() {
        let told = |text: &str| FaultPlan::from_yaml(text).expect_err(text).to_string();
        let twice = told("- {on: get, nth: 1, then: huge}\n- {on: get, nth: 1, from: 2, then: huge}");
        assert_eq!(
            twice,
            "rule 2 of the fault plan: say which calls with exactly one of `nth: N`, `from: N` and `every: true`"
        );
        assert!(told("[{on: get, nth: 0, then: huge}]").contains("counted from 1"));
        assert!(told("[{on: get, nth: 1, then: {status: {code: 99}}}]").contains("200 to 599"));
        assert!(told("[{on: get, nth: 1, then: {late: {ms: 1, cut: true, code: 504}}}]").contains("not both"));
        assert!(told("[{on: get, nth: 1, then: {redirect: {to: \"a\\nb\"}}}]").contains("header"));
    }

    #[test]
    fn a_misspelt_word_is_an_error() {
        for text in [
            "[{on: get, nht: 1, then: huge}]",
            "[{on: got, nth: 1, then: huge}]",
            "[{on: get, nth: 1, then: hugh}]",
            "[{on: get, nth: 1, then: {status: {code: 500, efect: true}}}]",
            "[{on: get, nth: 1, then: {delay: {ms: 5, effect: later}}}]",
        ] {
            assert!(matches!(FaultPlan::from_yaml(text), Err(FaultPlanError::Unreadable(_))), "{text}");
        }
    }

    #[test]
    fn calls_are_counted_per_kind_and_the_first_rule_that_fits_decides() {
        let plan = FaultPlan::none().nth(Call::Create, 2, Fault::CutAfter).nth(Call::Any, 4, Fault::Huge).from(
            Call::List,
            2,
            Fault::NoId,
        );
        let mut armed = ArmedPlan::new(plan);
        let calls = [Call::Create, Call::List, Call::Create, Call::List, Call::List].map(Some);
        let went: Vec<_> = calls.into_iter().map(|kind| armed.next(kind)).collect();
        assert_eq!(went, [None, None, Some(Fault::CutAfter), Some(Fault::Huge), Some(Fault::NoId)]);
    }
}
