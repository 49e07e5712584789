//! What a store does elsewhere, told while it happens: for the log. Never a credential, never a text: of an address its host
//! and path, of a command its name.

use std::fmt::Debug;
use std::time::Duration;

/// Is told of every request that a store makes, and of every git command.
pub trait StoreObserver: Debug + Send + Sync {
    /// One is over.
    fn over(&self, call: &StoreCall);
}

/// A request or a git command that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreCall {
    /// What was done.
    pub what: StoreAsked,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// What came of it.
    pub answer: StoreAnswer,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a store does elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAsked {
    /// A request to an object store, or to a service that gives credentials for it.
    Request {
        /// `GET`, `PUT`, …
        method: String,
        /// The host, and the port where one is said.
        host: String,
        /// The path, and of the query what says which objects; nothing where it is about credentials.
        path: Option<String>,
    },
    /// A git command.
    Git {
        /// Its name: `fetch`.
        command: String,
        /// The remote that it speaks with, without a user's name or password; nothing where it works on this machine alone.
        remote: Option<String>,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAnswer {
    /// An answer with this status.
    Status(u16),
    /// The command ended with this code.
    Exit(i32),
    /// No answer that could be used, or no end; and why.
    Fault(String),
}

/// Lets everything pass in silence.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unobserved;

impl StoreObserver for Unobserved {
    fn over(&self, _: &StoreCall) {}
}
