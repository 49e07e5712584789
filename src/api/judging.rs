//! Has the service judge the wording of texts. A question: it changes nothing, so it may be asked again.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde::Serialize;

use super::answer::shorten;
use super::judgement::{Answered, answered};
use super::transport::Request;
use super::{ApiError, Judgement, Reader};

/// The most texts of one call.
const TEXTS: usize = 10;
/// The most bytes of one call's texts, unless one alone has more.
const BYTES: usize = 64 * 1024;
/// So many calls that failed, each after its own tries and none that succeeded, are enough.
const HOPELESS: usize = 4;

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
