//! Failures as they are told: what, why, what to do, and with which exit code. What to do is never left out: no [`Fault`]
//! can be made without it.

use std::io::ErrorKind;

use crate::api::{ApiError, InvalidToken};
use crate::apply::{ApplyError, OUR_FAULT};
use crate::domain::Finding;
use crate::github::{GitHubError, InvalidSurroundings};
use crate::sandbox::SandboxError;
use crate::state::{MendError, StoreError, atomic_file};
use crate::tree::TreeError;
use crate::tree::writing::NotWritten;

use super::exit::Exit;

/// policysync could not do its work: what, why, what to do, and with which exit code.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) exit: Exit,
    pub(super) error: anyhow::Error,
    /// What to do, in a sentence without a full stop.
    pub(super) hint: String,
    /// What was found in a file: shown before the error, each with its place.
    pub(super) found: Vec<Finding>,
}

/// What went wrong, and not yet what to do about it: that makes it a [`Fault`].
#[derive(Debug)]
#[must_use = "it says no one anything before it says what to do"]
pub(super) struct Wrong {
    exit: Exit,
    error: anyhow::Error,
}

impl Wrong {
    /// Why: what a floor below or the system said.
    pub(super) fn because(self, cause: impl Into<anyhow::Error>) -> Self {
        Self { error: cause.into().context(self.error.to_string()), ..self }
    }

    /// What to do, in a sentence without a full stop.
    pub(super) fn hint(self, hint: impl Into<String>) -> Fault {
        Fault { exit: self.exit, error: self.error, hint: hint.into(), found: Vec::new() }
    }
}

impl Fault {
    /// What went wrong; [`Wrong::hint`] says what to do about it.
    #[expect(clippy::new_ret_no_self, reason = "a fault is whole only once it says what to do")]
    pub(super) fn new(exit: Exit, message: impl std::fmt::Display) -> Wrong {
        Wrong { exit, error: anyhow::anyhow!("{message}") }
    }

    /// What policysync itself did wrong.
    pub(super) fn ours(cause: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Failure, error: cause.into(), hint: OUR_FAULT.to_owned(), found: Vec::new() }
    }

    /// What was to be done when it went wrong.
    pub(super) fn while_doing(self, what: impl std::fmt::Display) -> Self {
        Self { error: self.error.context(what.to_string()), ..self }
    }

    /// Something else to do than what holds for the error everywhere.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

/// An error of a floor below, which knows itself what to do about it.
trait Advises: std::error::Error + Send + Sync + 'static {
    fn exit(&self) -> Exit {
        Exit::Failure
    }

    fn advice(&self) -> String;
}

impl<E: Advises> From<E> for Fault {
    fn from(error: E) -> Self {
        let (exit, hint) = (error.exit(), error.advice());
        Self { exit, error: error.into(), hint, found: Vec::new() }
    }
}

impl Advises for ApplyError {
    fn exit(&self) -> Exit {
        match self {
            Self::Locked { .. } | Self::MovedOn { .. } => Exit::Locked,
            Self::Store(error) => error.exit(),
            Self::Interrupted => Exit::Interrupted,
            Self::OtherOrganization { .. } | Self::OtherEndpoint { .. } | Self::Service { .. } => Exit::Failure,
        }
    }

    fn advice(&self) -> String {
        self.hint()
    }
}

impl Advises for StoreError {
    fn exit(&self) -> Exit {
        if matches!(self, Self::Conflict { .. }) { Exit::Locked } else { Exit::Failure }
    }

    fn advice(&self) -> String {
        self.hint()
    }
}

impl Advises for ApiError {
    fn advice(&self) -> String {
        self.hint()
    }
}

impl Advises for MendError {
    fn advice(&self) -> String {
        self.hint()
    }
}

impl Advises for InvalidToken {
    fn advice(&self) -> String {
        format!("put the token alone into {}", self.setting())
    }
}

/// What to do where a file of the tree can't be written.
const IN_THE_WAY: &str = "take away what is in the way (a link, a right that is missing, a full disk), then run it again: what was \
                          written before stays, and is right";

impl Advises for NotWritten {
    fn advice(&self) -> String {
        IN_THE_WAY.to_owned()
    }
}

impl Advises for atomic_file::NotWritten {
    fn advice(&self) -> String {
        self.hint()
    }
}

impl Advises for TreeError {
    fn advice(&self) -> String {
        match self {
            Self::Missing(path) => match super::files::near_tree(path) {
                Some(near) => format!("did you mean {}?", near.display()),
                None => FOLDER.to_owned(),
            },
            Self::NotAFolder(_) => FOLDER.to_owned(),
            Self::Io { source, .. } => match source.kind() {
                ErrorKind::NotFound => "something changes the tree while it is read: run it again".to_owned(),
                ErrorKind::PermissionDenied => "let this user read all of the tree, then run it again".to_owned(),
                _ => "look at that file and at the disk it is on, then run it again".to_owned(),
            },
        }
    }
}

/// What to do where the tree's folder isn't there.
const FOLDER: &str = "give the folder that holds the organizations' folders, as in `policysync plan examples/policies`; \
                      without one it is `policies`";

impl Advises for SandboxError {
    fn exit(&self) -> Exit {
        if matches!(self, Self::NotLoopback(_)) { Exit::Usage } else { Exit::Failure }
    }

    fn advice(&self) -> String {
        let advice = match self {
            Self::NotLoopback(_) => "leave --listen out: it is 127.0.0.1:4210 then",
            Self::Listen { .. } => "another program may have that port: --listen 127.0.0.1:0 takes any free one",
            Self::Data(_) | Self::Sync(_) => "look at the file, or give another one with --data",
            Self::Journal { .. } => "look at the file, or give another one with --journal",
            Self::Thread(_) => "the system gives no more threads: end other programs, then run it again",
        };
        advice.to_owned()
    }
}

impl Advises for GitHubError {
    fn advice(&self) -> String {
        self.hint().unwrap_or("run the job again").to_owned()
    }
}

impl Advises for InvalidSurroundings {
    fn advice(&self) -> String {
        "this is for a job of GitHub Actions, whose runner sets it; elsewhere leave it out".to_owned()
    }
}
