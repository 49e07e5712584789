//! Exit codes, and the one table from kinds of errors to them.

use std::process::ExitCode;

use crate::api::{ApiError, InvalidToken};
use crate::apply::{ApplyError, Outcome, Stop, Summary};
use crate::domain::Finding;
use crate::sandbox::{FaultPlanError, SandboxError};
use crate::state::{MendError, StoreError};
use crate::tree::TreeError;
use crate::tree::writing::NotWritten;

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

/// policysync could not do its work: what, why, what to do, and with which exit code.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) exit: Exit,
    pub(super) error: anyhow::Error,
    pub(super) hint: Option<String>,
    /// What was found in a file: shown before the error, each with its place.
    pub(super) found: Vec<Finding>,
}

impl Fault {
    pub(super) fn new(exit: Exit, message: impl std::fmt::Display) -> Self {
        Self { exit, error: anyhow::anyhow!("{message}"), hint: None, found: Vec::new() }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<anyhow::Error> for Fault {
    /// The one table: the outermost error that is known says how the process ends and what to do.
    fn from(error: anyhow::Error) -> Self {
        let known = error.chain().find_map(|cause| {
            if let Some(error) = cause.downcast_ref::<ApplyError>() {
                return Some((of_apply(error), error.hint()));
            }
            if let Some(error) = cause.downcast_ref::<StoreError>() {
                return Some((of_store(error), error.hint()));
            }
            if let Some(error) = cause.downcast_ref::<ApiError>() {
                return Some((Exit::Failure, error.hint()));
            }
            if let Some(error) = cause.downcast_ref::<TreeError>() {
                return Some((Exit::Failure, of_tree(error)));
            }
            if let Some(error) = cause.downcast_ref::<MendError>() {
                return Some((Exit::Failure, error.hint()));
            }
            if cause.is::<NotWritten>() {
                let hint = "what was written before it stays, and is right; run it again once nothing is in the way";
                return Some((Exit::Failure, Some(hint.to_owned())));
            }
            if cause.is::<InvalidToken>() {
                return Some((Exit::Failure, Some("put the access token alone into POLICYSYNC_TOKEN".to_owned())));
            }
            if let Some(SandboxError::NotLoopback(_)) = cause.downcast_ref() {
                return Some((Exit::Usage, None));
            }
            if cause.is::<SandboxError>() || cause.is::<FaultPlanError>() {
                return Some((Exit::Failure, None));
            }
            None
        });
        let (exit, hint) = known.unwrap_or((Exit::Failure, None));
        Self { exit, error, hint, found: Vec::new() }
    }
}

macro_rules! through_anyhow {
    ($($error:ty),*) => {
        $(impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                anyhow::Error::from(error).into()
            }
        })*
    };
}

through_anyhow!(
    ApplyError,
    StoreError,
    ApiError,
    TreeError,
    InvalidToken,
    SandboxError,
    FaultPlanError,
    MendError,
    NotWritten
);

fn of_apply(error: &ApplyError) -> Exit {
    match error {
        ApplyError::Locked { .. } | ApplyError::MovedOn { .. } => Exit::Locked,
        ApplyError::Store(error) => of_store(error),
        ApplyError::Interrupted => Exit::Interrupted,
        ApplyError::OtherOrganization { .. } | ApplyError::OtherEndpoint { .. } | ApplyError::Service { .. } => {
            Exit::Failure
        }
    }
}

fn of_store(error: &StoreError) -> Exit {
    if matches!(error, StoreError::Conflict { .. }) { Exit::Locked } else { Exit::Failure }
}

fn of_tree(error: &TreeError) -> Option<String> {
    match error {
        TreeError::Missing(_) | TreeError::NotAFolder(_) => Some(
            "give the folder that holds the organizations' folders, as in `policysync plan examples/policies`; \
             without one it is `policies`"
                .to_owned(),
        ),
        TreeError::Io { .. } => None,
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
