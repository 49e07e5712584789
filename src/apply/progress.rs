//! What a run tells while it works. The receiver draws a bar, writes lines, or says nothing.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Address, ScopeName, Tally};
use crate::state::{Ended, Lease};

use super::ChangeOutcome;

/// Something that a run tells.
#[derive(Debug)]
pub enum Event<'a> {
    /// A lease of another run was taken over: it was over, or its process is gone.
    TookOver {
        /// Whose record.
        org: &'a ScopeName,
        /// The lease as it stood.
        whose: &'a Lease,
        /// How that is known.
        why: Ended,
    },
    /// An earlier run did not see the end of its work; the service is asked what came of it.
    Recovering {
        /// Whose record.
        org: &'a ScopeName,
        /// How many changes.
        pending: usize,
        /// How long it takes at most.
        settle: Duration,
        /// Whether that is longer because the earlier run may still be at work.
        former_at_work: bool,
    },
    /// What came of a change that an earlier run began.
    Recovered {
        /// Which policy.
        address: &'a Address,
        /// `it was created: recorded as ID`, `it did not happen`, …
        what: String,
    },
    /// The scopes that the plan touches are listed.
    Surveying {
        /// How many.
        scopes: usize,
    },
    /// One more scope is listed, of those that are surveyed or read back.
    Listed,
    /// Calls begin.
    Started {
        /// How many changes call the service.
        changes: usize,
    },
    /// A create whose answer was lost: it may have happened, so it is looked for before anything else is tried.
    Settling {
        /// Which policy.
        address: &'a Address,
        /// What happened to the answer.
        why: String,
        /// How long it is looked for at most.
        at_most: Duration,
    },
    /// An update that may land twice, or without an answer: nothing else is done with the policy before it can't any more.
    WaitingOut {
        /// Which policy.
        address: &'a Address,
        /// What happened to the answer.
        why: String,
        /// How long is waited.
        how_long: Duration,
    },
    /// One change has ended.
    Ended(&'a ChangeOutcome),
    /// What was applied is read back.
    ReadingBack {
        /// How many scopes.
        scopes: usize,
    },
    /// No further call is started; those under way get this long.
    Stopping {
        /// How many are under way.
        in_flight: usize,
        /// How long they get.
        grace: Duration,
    },
}

/// Receives what a run tells.
pub trait Progress: Send + Sync {
    /// Takes one event.
    fn tell(&self, event: &Event<'_>);
}

/// Tells of each scope that is listed.
pub(super) struct Listing(pub(super) Arc<dyn Progress>);

impl Tally for Listing {
    // How many there are is told when they begin.
    fn ahead(&self, _: usize, _: &'static str) {}

    fn done(&self) {
        self.0.tell(&Event::Listed);
    }
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn tell(&self, _: &Event<'_>) {}
}
