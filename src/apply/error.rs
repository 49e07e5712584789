//! A run could not be begun, or could not go on: nothing was changed by it.

use crate::api::ApiError;
use crate::domain::{Endpoint, ScopeName};
use crate::state::{Lease, StoreError};

/// Why a run did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Another run holds the lease.
    #[error(
        "the record of {org} is locked by {} since {}{}",
        by.holder,
        by.acquired_at,
        by.run.as_ref().map_or_else(String::new, |run| format!(" ({run})"))
    )]
    Locked {
        /// Whose record.
        org: ScopeName,
        /// The lease.
        by: Box<Lease>,
    },
    /// Another run saved the record between two steps of this one.
    #[error("the record of {org} at {place} was changed by another run")]
    MovedOn {
        /// Whose record.
        org: ScopeName,
        /// Where it is kept.
        place: String,
    },
    /// The record belongs to another organization.
    #[error("the record at {place} is of organization {found}, not of {wanted}")]
    OtherOrganization {
        /// Where it is kept.
        place: String,
        /// The organization in it.
        found: ScopeName,
        /// The organization of this run.
        wanted: ScopeName,
    },
    /// The record was applied to another service.
    #[error("the record at {place} was applied to {found}, and this run is for {wanted}")]
    OtherEndpoint {
        /// Where it is kept.
        place: String,
        /// The service in it.
        found: Box<Endpoint>,
        /// The service of this run.
        wanted: Box<Endpoint>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The service failed before anything was changed.
    #[error("{what}")]
    Service {
        /// What was asked of it.
        what: String,
        /// What came of it.
        source: ApiError,
    },
    /// The user stopped the run before it changed anything.
    #[error("interrupted before anything was changed")]
    Interrupted,
}

impl ApplyError {
    /// What to do about it, in a sentence without a full stop.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Locked { by, .. } => {
                let itself = by.free_at().map_or_else(String::new, |free| format!(" (it ends by itself at {free})"));
                format!(
                    "wait for it to end; if it surely has, end its lease with `policysync state unlock {}`{itself}",
                    by.id
                )
            }
            Self::MovedOn { .. } => "plan again: it may have done what you want".to_owned(),
            Self::OtherOrganization { .. } => "look at --state: it may be another project's".to_owned(),
            Self::OtherEndpoint { .. } => {
                "look at --endpoint and --state: each service has a record of its own".to_owned()
            }
            Self::Store(error) => error.hint(),
            Self::Service { source, .. } => source.hint(),
            Self::Interrupted => "run it again, to see it through".to_owned(),
        }
    }
}
