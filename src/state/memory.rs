//! The store that forgets: for tests and for trying things out. It obeys every law of the contract but that of outlasting
//! its process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{BoxFuture, Record, Store, StoreError, Version, codec};
use crate::domain::ScopeName;

/// Keeps records in memory. A clone is another handle to the same records.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    documents: BTreeMap<ScopeName, (Record, Version)>,
    saves: u64,
}

impl MemoryStore {
    /// A store without records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A save replaces a document in one step, so a panic elsewhere leaves nothing half done here.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn save(&self, record: &Record, version: Option<&Version>) -> Result<Version, StoreError> {
        let place = self.place(&record.org);
        codec::check(record).map_err(|source| StoreError::Unfit { place: place.clone(), source })?;
        let mut kept = self.kept();
        if kept.documents.get(&record.org).map(|(_, current)| current) != version {
            return Err(StoreError::Conflict { place });
        }
        kept.saves += 1;
        let next = Version(kept.saves.to_string());
        kept.documents.insert(record.org.clone(), (record.clone(), next.clone()));
        Ok(next)
    }
}

impl Store for MemoryStore {
    fn orgs(&self) -> BoxFuture<'_, Result<BTreeSet<ScopeName>, StoreError>> {
        Box::pin(async { Ok(self.kept().documents.keys().cloned().collect()) })
    }

    fn load<'a>(&'a self, org: &'a ScopeName) -> BoxFuture<'a, Result<Option<(Record, Version)>, StoreError>> {
        Box::pin(async { Ok(self.kept().documents.get(org).cloned()) })
    }

    fn save_if<'a>(
        &'a self,
        record: &'a Record,
        version: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(async move { self.save(record, version) })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }

    fn place(&self, org: &ScopeName) -> String {
        format!("{org} in memory")
    }
}
