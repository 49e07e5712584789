//! What came of a call.

use std::time::Duration;

use super::LivePolicy;

/// The service answered, and said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the service answered {status}{}", if message.is_empty() { String::new() } else { format!(": {message}") })]
pub struct Refusal {
    /// The status code.
    pub status: u16,
    /// The service's own message, or the first line of whatever answered; at most 500 characters; the token is cut out.
    pub message: String,
}

/// What came of one POST, by what is known of whether it took effect. Nothing was tried a second time.
#[derive(Debug)]
pub enum CreateAnswer {
    /// 201 (or 200) with a policy: it is there. The service may keep other texts than it was sent: see [`LivePolicy::equals`].
    Created(Box<LivePolicy>),
    /// Nothing of the request was written: refused, no such host, no TLS, or no time left. It surely did not happen.
    NotSent(ApiError),
    /// The service said no for good: 3xx, 4xx but 401, 408 and 429; 200 with `success: false`; or what would be
    /// [`CreateAnswer::NotDone`], with a `Retry-After` longer than is waited at most.
    Refused(Refusal),
    /// 429, or 5xx in the service's own JSON: not done; may be tried again, after a look, not before the time given.
    NotDone {
        /// What it said.
        refusal: Refusal,
        /// The `Retry-After` it sent; never above [`Limits::retry_after_cap`](super::Limits).
        retry_after: Option<Duration>,
    },
    /// 401, and refreshing the token did not help or was not possible.
    Unauthorized(ApiError),
    /// All else: it may have happened, or may yet.
    InDoubt(ApiError),
}

/// A call failed for good: what retrying could mend was retried.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 401: the token is missing its rights to be here at all.
    #[error("the service did not accept the token (401{})", if message.is_empty() { String::new() } else { format!(": {message}") })]
    Unauthorized {
        /// The service's message.
        message: String,
    },
    /// Any other answer that says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// 404 in the service's own JSON: there is no such policy.
    #[error("the service has no such policy (404)")]
    NotFound,
    /// Nothing of the request was written.
    #[error("can't connect to {host}")]
    NotSent {
        /// The host and port.
        host: String,
        /// What the transport said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The connection broke, or the call's time was over.
    #[error("{what}")]
    Broken {
        /// `the connection was closed before the answer`, `no answer within 15s`, …
        what: String,
        /// What the transport said.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// An answer came that can't be understood.
    #[error("the service's answer can't be read: {why}")]
    Unreadable {
        /// What is wrong with it.
        why: String,
    },
    /// The answer was larger than any honest one.
    #[error("the service's answer is larger than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// The run's time is over: no further call is started.
    #[error("the run's time limit is over")]
    OutOfTime,
}
