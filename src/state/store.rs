//! What a store can do: three operations, the same for every place a record can be kept.

use std::collections::BTreeSet;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;

use super::Record;
use crate::domain::ScopeName;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Names one saved state of one document. Opaque: two are equal only if nothing was saved between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub(super) String);

/// A place that keeps one record for each organization.
///
/// Laws, held by one contract suite over every store: what `save_if` returned `Ok` for is what `load` returns, also after
/// the process or the machine dies; of any number of saves with the same version exactly one returns `Ok`, the others
/// [`StoreError::Conflict`]; a save that fails leaves the old document whole.
pub trait Store: Send + Sync {
    /// Which organizations have a record; their folders may be gone from the tree.
    fn orgs(&self) -> BoxFuture<'_, Result<BTreeSet<ScopeName>, StoreError>>;

    /// The document of one organization and its version; nothing where there is none yet.
    fn load<'a>(&'a self, org: &'a ScopeName) -> BoxFuture<'a, Result<Option<(Record, Version)>, StoreError>>;

    /// Replaces the document of `record.org` if it is still at `version` (`None`: if there is none yet).
    fn save_if<'a>(
        &'a self,
        record: &'a Record,
        version: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>>;

    /// Whether a save can work here at all: found out before the first call of a run. Leaves nothing behind but, where it
    /// was missing, the folder.
    fn probe(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Where an organization's document is kept, for people to read.
    fn place(&self, org: &ScopeName) -> String;
}

impl StoreError {
    /// What to do about it, in a sentence without a full stop.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Conflict { .. } => "another run works with it; apply again once it has ended".to_owned(),
            Self::TooNew { .. } => "install a newer policysync".to_owned(),
            Self::Io { source, .. } => {
                let advised = source.get_ref().and_then(|error| error.downcast_ref::<Advised>());
                advised.map_or_else(|| of_system(source).to_owned(), |advised| advised.hint.clone())
            }
            Self::Corrupt { remedy, .. } => remedy.clone(),
            Self::Unfit { .. } => {
                "what is there stays as it is; unless the record has become too large, this is a fault of policysync: \
                 report it, with this message"
                    .to_owned()
            }
        }
    }
}

/// What to do where a store knows nothing better.
const ANYWHERE: &str = "look at --state: is it the right place, and may this user write there?";

/// What to do about what the system said of a disk.
fn of_system(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room there, then run it again",
        _ => ANYWHERE,
    }
}

/// Why a place refused that is more than a folder, and what to do about it: the source of a [`StoreError::Io`] whose way out
/// only the store knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(super) struct Advised {
    /// What happened there.
    pub(super) why: String,
    /// What to look at or to do, in a sentence without a full stop.
    pub(super) hint: String,
}

impl Advised {
    /// Why; what to do is what holds for every store.
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), hint: ANYWHERE.to_owned() }
    }

    /// What to do instead.
    pub(super) fn advice(self, advice: impl Into<String>) -> Self {
        Self { hint: advice.into(), ..self }
    }

    /// The error of the store.
    pub(super) fn at(self, action: &'static str, place: String) -> StoreError {
        StoreError::Io { action, place, source: std::io::Error::other(self) }
    }
}

/// A store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Someone else saved since the version was loaded.
    #[error("the record at {place} was changed by another run in the meantime")]
    Conflict {
        /// The document.
        place: String,
    },
    /// The document can't be understood: cut short, altered, or not a record at all.
    #[error("the record at {place} can't be read: {why}")]
    Corrupt {
        /// The document.
        place: String,
        /// What is wrong with it.
        why: String,
        /// How to get a good one back there.
        remedy: String,
    },
    /// The document was written by a later version of policysync.
    #[error("the record at {place} has format {found}; this version reads up to {}", super::FORMAT)]
    TooNew {
        /// The document.
        place: String,
        /// Its format.
        found: u64,
    },
    /// The record is not one that could be read again, so nothing was saved.
    #[error("the record for {place} was not saved")]
    Unfit {
        /// The document.
        place: String,
        /// What is wrong with it.
        source: super::codec::Unfit,
    },
    /// The system refused.
    #[error("can't {action} {place}")]
    Io {
        /// `read`, `write`, `lock`, …
        action: &'static str,
        /// The file or folder.
        place: String,
        /// What the system said.
        source: std::io::Error,
    },
}
