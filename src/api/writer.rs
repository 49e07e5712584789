//! The side of the service that is changed.

use std::sync::Arc;

use reqwest::Method;

use super::answer::Answer;
use super::permit::{Permit, Unbounded};
use super::retry::CallKind;
use super::transport::Request;
use super::wire::{self, Read, WireCreate};
use super::{ApiError, CreateAnswer, LivePolicy, PolicyChange, Session};
use crate::domain::{PolicyId, ScopedPolicy};

/// Writes; can't list.
#[derive(Clone)]
pub struct Writer {
    session: Session,
    permit: Arc<dyn Permit>,
}

/// An update that the service has confirmed.
#[derive(Debug)]
pub struct Updated {
    /// The policy as the service showed it.
    pub live: LivePolicy,
    /// Whether an earlier try of the same update had no clear end: it may land yet, and would then undo a later update.
    pub sent_again: bool,
}

/// What came of a DELETE that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It was there, and is gone.
    Now,
    /// It was gone before (404), maybe by an earlier try of the same call.
    AlreadyGone,
}

impl Writer {
    pub(super) fn new(session: Session) -> Self {
        Self { session, permit: Arc::new(Unbounded) }
    }

    /// The same, which sends a write again only while that is granted.
    #[must_use]
    pub fn while_granted(self, permit: Arc<dyn Permit>) -> Self {
        Self { permit, ..self }
    }

    async fn call(&self, kind: CallKind, request: &Request) -> Result<Answer, ApiError> {
        self.session.call_while(kind, request, self.permit.as_ref()).await
    }

    /// Creates a policy by one POST. It is never sent twice, but for a 401, which surely did nothing.
    pub async fn create(&self, wanted: &ScopedPolicy) -> CreateAnswer {
        let url = self.session.endpoint().join(&["policy"]);
        let request = Request::new(Method::POST, url).with_json(&WireCreate::from(wanted));
        match self.call(CallKind::Create, &request).await {
            Ok(answer) => self.created(&answer),
            Err(error @ (ApiError::NotSent { .. } | ApiError::OutOfTime)) => CreateAnswer::NotSent(error),
            Err(error @ ApiError::Unauthorized { .. }) => CreateAnswer::Unauthorized(error),
            Err(error) => CreateAnswer::InDoubt(error),
        }
    }

    fn created(&self, answer: &Answer) -> CreateAnswer {
        let refusal = || self.session.refusal(answer);
        match answer.status {
            200 | 201 => match wire::policy(&answer.body) {
                Read::Good(policy) => {
                    self.session.learn_from_create(&policy);
                    CreateAnswer::Created(Box::new(policy))
                }
                Read::SaidNo if answer.status == 200 => CreateAnswer::Refused(refusal()),
                // 201 says it was made, the body that it was not: no reason to believe either.
                Read::SaidNo => CreateAnswer::InDoubt(refusal().into()),
                bad @ Read::Bad(_) => match self.session.read(answer, bad) {
                    Ok(policy) => CreateAnswer::Created(Box::new(policy)),
                    Err(error) => CreateAnswer::InDoubt(error),
                },
            },
            300..=399 => CreateAnswer::Refused(refusal()),
            408 => CreateAnswer::InDoubt(refusal().into()),
            429 | 500.. if answer.status == 429 || answer.is_own_failure() => {
                if answer.asked_too_long.is_some() {
                    CreateAnswer::Refused(refusal())
                } else {
                    CreateAnswer::NotDone { refusal: refusal(), retry_after: answer.retry_after }
                }
            }
            400..=499 => CreateAnswer::Refused(refusal()),
            _ => CreateAnswer::InDoubt(refusal().into()),
        }
    }

    /// Changes the named fields of a policy. Sent again where an answer is lost: the same again changes nothing.
    ///
    /// # Errors
    /// [`ApiError::NotFound`] if the service has no such policy. [`ApiError::Unreadable`], [`ApiError::TooLarge`] and
    /// [`ApiError::Broken`] leave open whether it took effect.
    pub async fn update(&self, id: &PolicyId, change: &PolicyChange) -> Result<Updated, ApiError> {
        let url = self.session.endpoint().join(&["policy", id.as_str()]);
        let request = Request::new(Method::PUT, url).with_json(change);
        let answer = self.call(CallKind::Update, &request).await?;
        let policy = self.session.read_one(&answer, id)?;
        self.session.learn_from_update(&policy);
        Ok(Updated { live: policy, sent_again: answer.sent_again })
    }

    /// Deletes a policy. Sent again where an answer is lost; one that is not there any more is gone as it should be.
    ///
    /// # Errors
    /// [`ApiError::Broken`] leaves open whether it took effect.
    pub async fn delete(&self, id: &PolicyId) -> Result<Deleted, ApiError> {
        let url = self.session.endpoint().join(&["policy", id.as_str()]);
        let answer = self.call(CallKind::Delete, &Request::new(Method::DELETE, url)).await?;
        match answer.status {
            404 if answer.is_own_failure() => Ok(Deleted::AlreadyGone),
            200..=299 if !answer.is_own_failure() => Ok(Deleted::Now),
            _ => Err(self.session.refused(&answer)),
        }
    }
}
