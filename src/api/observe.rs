//! What is told of each call while it happens: for the log, never a token, never a body.

use std::time::Duration;

/// Is told of every try of every call.
pub trait Observe: Send + Sync {
    /// One try is over.
    fn call(&self, event: &CallEvent);
}

/// One try of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallEvent {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path and the query, without the host.
    pub path: String,
    /// Which try of this call it was, from 1.
    pub attempt: u32,
    /// What came of it.
    pub outcome: CallOutcome,
    /// How long it took.
    pub elapsed: Duration,
    /// When it is tried again, if it is; zero for a call that goes on with a new token.
    pub will_retry_in: Option<Duration>,
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOutcome {
    /// An answer with this status.
    Status(u16),
    /// No answer that could be used, and why.
    Fault(String),
}

/// Lets everything pass in silence.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observe for Unobserved {
    fn call(&self, _: &CallEvent) {}
}
