//! The real save, against a store whose next save goes wrong.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::{Fate, Saved, lease};
use crate::apply::custody;
use crate::apply::test_record::{record, when};
use crate::domain::ScopeName;
use crate::state::{BoxFuture, MemoryStore, Record, Store, StoreError, Term, Version};

/// A store whose next save goes wrong.
struct Faulty {
    inner: MemoryStore,
    fate: Fate,
}

impl Store for Faulty {
    fn orgs(&self) -> BoxFuture<'_, Result<BTreeSet<ScopeName>, StoreError>> {
        self.inner.orgs()
    }

    fn load<'a>(&'a self, org: &'a ScopeName) -> BoxFuture<'a, Result<Option<(Record, Version)>, StoreError>> {
        self.inner.load(org)
    }

    fn save_if<'a>(
        &'a self,
        record: &'a Record,
        version: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(async move {
            let failed = || StoreError::Io { action: "save", place: String::new(), source: std::io::Error::other("") };
            match self.fate {
                Fate::Works => self.inner.save_if(record, version).await,
                Fate::Fails => Err(failed()),
                Fate::AnswerLost => self.inner.save_if(record, version).await.and(Err(failed())),
            }
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.probe()
    }

    fn place(&self, org: &ScopeName) -> String {
        self.inner.place(org)
    }
}

/// Runs the real save against a store in which this run has made so many saves that it doesn't know of.
pub(super) fn save(behind: Option<u8>, fate: Fate) -> Saved {
    let kept = MemoryStore::new();
    let (mine, anothers) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let mut record = record(&[]);
    record.lease = Some(lease(mine));
    let put =
        |record: &Record, version: Option<&Version>| kept.save_if(record, version).now_or_never().unwrap().unwrap();
    let version = put(&record, None);
    let mut newest = version.clone();
    let mut newer = record.clone();
    for _ in 0..behind.unwrap_or(1) {
        newer.serial += 1;
        newer.lease = Some(lease(if behind.is_some() { mine } else { anothers }));
        newest = put(&newer, Some(&newest));
    }
    let before = newer.serial;
    let store: Arc<dyn Store> = Arc::new(Faulty { inner: kept.clone(), fate });
    let term = Term::new(Instant::now(), when());
    let org = record.org.clone();
    let saved = custody::write(store, record, version, mine, term).now_or_never().unwrap();
    let after = kept.load(&org).now_or_never().unwrap().unwrap().unwrap().0.serial;
    match saved {
        Ok(_) => Saved::Done,
        Err(StoreError::Conflict { .. }) => Saved::Conflict,
        Err(_) => Saved::Failed { effect: after != before },
    }
}
