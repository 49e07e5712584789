//! What a run works with: its effects, its settings, and what all its calls share.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::api::{ApiError, LivePolicy, Reader, Session, Writer};
use crate::domain::{Address, Clock, PolicyId, ScopedPolicy};
use crate::state::Store;

use super::candidates::is_normalized;
use super::custody::{Freshness, Holder};
use super::halt::{Halt, Interrupt};
use super::settle::Claimed;
use super::{Failure, Progress, Stop};

/// The effects of a run, injected.
#[derive(Clone)]
pub struct Effects {
    /// Where the records are kept.
    pub store: Arc<dyn Store>,
    /// The service.
    pub session: Session,
    /// For times that are written down.
    pub clock: Arc<dyn Clock>,
    /// Who hears what happens.
    pub progress: Arc<dyn Progress>,
    /// Whether the user wants to stop.
    pub interrupt: Interrupt,
}

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many calls are under way at a time, at most.
    pub concurrency: usize,
    /// How long after it was sent a request may still take effect.
    pub settle: Duration,
    /// Who the run is.
    pub holder: Holder,
    /// The commit that the tree is of, where one is known.
    pub commit: Option<String>,
    /// Whether each policy is looked at once more right before its PUT, as it always is before a DELETE.
    pub looks_first: bool,
}

/// What the calls of one run share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) session: Session,
    pub(super) reader: Reader,
    pub(super) writer: Writer,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) settle: Duration,
    pub(super) halt: Halt,
    pub(super) freshness: Freshness,
    pub(super) looks_first: bool,
    /// Ids that surely aren't what a create of this run made: live before it, or recorded.
    pub(super) known: Arc<BTreeSet<PolicyId>>,
    /// Ids that the record has.
    pub(super) recorded: Arc<BTreeSet<PolicyId>>,
    /// Ids that calls of this run have made or found.
    pub(super) claimed: Claimed,
    /// What the unfinished creates have sent.
    pub(super) creates: Arc<Vec<(Address, ScopedPolicy)>>,
}

impl Shared {
    /// Whether a live policy is to the letter what another create than that of `address` sent.
    pub(super) fn is_anothers(&self, address: &Address, live: &LivePolicy) -> bool {
        self.creates.iter().any(|(other, wanted)| other != address && live.equals(wanted))
    }

    /// Whether it is that, white space aside.
    pub(super) fn is_like_anothers(&self, address: &Address, live: &LivePolicy) -> bool {
        self.creates.iter().any(|(other, wanted)| other != address && is_normalized(live, wanted))
    }

    /// Stops the run where no further call could do better.
    pub(super) fn stop_on(&self, error: &ApiError) {
        let stop = match error {
            ApiError::Unauthorized { .. } => Stop::Unauthorized(failure(error)),
            ApiError::NotSent { .. } => Stop::Unreachable(failure(error)),
            ApiError::OutOfTime => Stop::OutOfTime,
            _ => return,
        };
        self.halt.stop(stop);
    }
}

/// An error of the service as a change's failure: all its layers in one sentence.
pub(super) fn failure(error: &ApiError) -> Failure {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    Failure { message, hint: error.hint() }
}
