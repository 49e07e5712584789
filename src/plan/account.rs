//! What was asked about violations, what was counted, and what of it could not be read.

use jiff::Timestamp;

use super::Tally;
use crate::api::Details;
use crate::domain::Endpoint;

/// What there is to tell of the violations of one span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The service.
    pub endpoint: Endpoint,
    /// The policy's address or the scope's path; nothing: all that the token may see.
    pub of: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Until when: now, where nothing else was said.
    pub until: Timestamp,
    /// What is told of people.
    pub details: Details,
    /// What was counted.
    pub tally: Tally,
    /// Why there may be more.
    pub gaps: Vec<Gap>,
}

impl Account {
    /// Whether all was counted that there is.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// Why there may be more than was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// No more were wanted.
    AtMost {
        /// How many were.
        wanted: usize,
        /// How many there are, where the service says it.
        said: Option<u64>,
        /// How far back they go.
        oldest: Option<Timestamp>,
    },
    /// The service gave the same ones over and over.
    Repeats,
    /// The service has less than it says.
    Short {
        /// What it says.
        said: u64,
        /// What it gave.
        given: u64,
    },
    /// Some of what it gave has no id or is no violation.
    Unreadable(usize),
    /// Reading failed, altogether or from some page on.
    Failed {
        /// The workspace, where the question was about one of several.
        workspace: Option<String>,
        /// What the service said.
        why: String,
    },
    /// The organization has no workspace that the token may see, so that there was none to ask about.
    Nowhere,
}

impl Gap {
    /// Its kind: a stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AtMost { .. } => "at-most",
            Self::Repeats => "repeats",
            Self::Short { .. } => "short",
            Self::Unreadable(_) => "unreadable",
            Self::Failed { .. } => "failed",
            Self::Nowhere => "nowhere",
        }
    }

    /// Whether it is what the user asked for, and nothing went wrong.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        matches!(self, Self::AtMost { .. })
    }

    /// The sentence, with what to do; it may hold what the service said.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::AtMost { wanted, said, oldest } => {
                let of = said.map_or_else(String::new, |said| format!(" of {said}"));
                let back = oldest.map_or_else(String::new, |oldest| format!(", back to {oldest}"));
                format!(
                    "only the newest {wanted}{of} were read{back}; --at-most reads more, a later --since or a policy asks \
                     for fewer"
                )
            }
            Self::Repeats => "the service gave the same ones over and over, so reading was ended there".to_owned(),
            Self::Short { said, given } => format!("the service says that there are {said}, and gave {given}"),
            Self::Unreadable(1) => "1 that the service gave has no id or is no violation; it is not counted".to_owned(),
            Self::Unreadable(number) => {
                format!("{number} that the service gave have no id or are no violations; they are not counted")
            }
            Self::Failed { workspace: None, why } => format!("the rest could not be read: {why}"),
            Self::Failed { workspace: Some(workspace), why } => {
                format!("workspace {workspace} could not be read to the end: {why}")
            }
            Self::Nowhere => "the service names no workspace of this organization that this token may see".to_owned(),
        }
    }
}
