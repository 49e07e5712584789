//! Exit codes, and how an apply comes to one; [`fault`](super::fault) has the table from kinds of errors to them.

use std::process::ExitCode;

use crate::apply::{Outcome, Stop, Summary};

/// How a command ended; the number is the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Network, authorization, disk.
    Failure = 1,
    /// `plan --detailed-exitcode`: there are changes.
    Changes = 2,
    /// The tree has findings of error level.
    Findings = 3,
    /// A guard refused.
    Refused = 4,
    /// Applied in part.
    Partial = 5,
    /// The record is locked, or moved on.
    Locked = 6,
    /// Wrong usage.
    Usage = 64,
    /// Interrupted; the record is saved.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// How an apply ended.
pub(super) fn of_outcome(outcome: &Outcome) -> Exit {
    let applied = outcome.changes.iter().any(crate::apply::ChangeOutcome::is_applied);
    let stopped = |of: fn(&Stop) -> bool| outcome.stops.iter().any(|(_, stop)| of(stop));
    if stopped(|stop| matches!(stop, Stop::LeaseLost(_))) {
        Exit::Locked
    } else if !outcome.unsaved.is_empty() {
        Exit::Failure
    } else if outcome.summary() == Summary::Interrupted {
        Exit::Interrupted
    } else if outcome.summary() != Summary::Partial {
        Exit::Done
    } else if !applied && stopped(|stop| !matches!(stop, Stop::Interrupted)) {
        Exit::Failure
    } else {
        Exit::Partial
    }
}
