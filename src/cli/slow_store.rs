//! A store that tells of what takes long: a push to a repository, a load from a bucket. What it does is the store's own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::ScopeName;
use crate::state::{BoxFuture, Record, Store, StoreError, Version};

use super::console::Console;
use super::stretch::Stretch;

/// How long a store may take without a line where no bar can be drawn: a disk that is busy is no news.
const PATIENCE: Duration = Duration::from_secs(5);

/// A store, and who is told.
pub(super) struct SlowStore {
    store: Arc<dyn Store>,
    console: Console,
}

impl SlowStore {
    pub(super) fn of(store: Arc<dyn Store>, console: &Console) -> Arc<dyn Store> {
        Arc::new(Self { store, console: *console })
    }

    /// Does one thing, and tells of it while it lasts.
    fn told<'a, T: 'a>(&'a self, what: String, does: BoxFuture<'a, T>) -> BoxFuture<'a, T> {
        Box::pin(async move {
            let _told = Stretch::begin(&self.console, what, PATIENCE);
            does.await
        })
    }
}

impl Store for SlowStore {
    fn orgs(&self) -> BoxFuture<'_, Result<BTreeSet<ScopeName>, StoreError>> {
        self.told("looking for records".to_owned(), self.store.orgs())
    }

    fn load<'a>(&'a self, org: &'a ScopeName) -> BoxFuture<'a, Result<Option<(Record, Version)>, StoreError>> {
        self.told(format!("loading the record of {org}"), self.store.load(org))
    }

    fn save_if<'a>(
        &'a self,
        record: &'a Record,
        version: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        self.told(format!("saving the record of {}", record.org), self.store.save_if(record, version))
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.told("looking whether a record can be saved".to_owned(), self.store.probe())
    }

    fn place(&self, org: &ScopeName) -> String {
        self.store.place(org)
    }
}
