//! A record under a lease: the only way a run changes one.
//!
//! Whoever holds the lease saves; a save that finds another version means that the lease was taken over, and nothing more
//! may be done. How much of the lease is left is measured by this process's own monotonic clock, from before the save that
//! renewed it, so that no wall clock decides whether a call may start.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::domain::{Clock, Endpoint, ScopeName};
use crate::state::{Claim, Ended, LENGTH, Lease, Process, Record, SKEW, Store, StoreError, Term, Version};

use super::ApplyError;

/// Who a run is, for the lease.
#[derive(Debug, Clone)]
pub struct Holder {
    /// For people to read: `alice@laptop (pid 4711)`.
    pub name: String,
    /// The CI run's address, where there is one.
    pub run: Option<String>,
    /// The process, where the system names processes for good.
    pub process: Option<Process>,
}

/// A record, its version, and the lease on it.
pub(super) struct Custody {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    pub(super) record: Record,
    version: Version,
    lease: Uuid,
    /// How much of the lease is left, by this process's clock.
    term: Term,
    end: LeaseEnd,
    /// A save under way beside the calls.
    saving: Option<JoinHandle<Result<Saved, StoreError>>>,
}

/// When the lease ends, for those who call while another task holds the record.
#[derive(Debug, Clone)]
pub(super) struct LeaseEnd(Arc<std::sync::Mutex<Term>>);

impl LeaseEnd {
    /// Whether a call that may take so long can start now.
    pub(super) fn lasts(&self, longest_call: Duration) -> bool {
        let term = *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        term.left(Instant::now()) > longest_call.saturating_add(SKEW)
    }

    fn set(&self, term: Term) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = term;
    }
}

/// A save that took effect.
pub(super) struct Saved {
    serial: u64,
    version: Version,
    term: Term,
}

/// A lease that was taken over.
pub(super) struct Taken {
    pub(super) lease: Lease,
    pub(super) why: Ended,
}

impl Custody {
    /// Takes the lease on an organization's record; begins the record where there is none yet.
    pub(super) async fn take(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        org: &ScopeName,
        endpoint: &Endpoint,
        holder: &Holder,
    ) -> Result<(Self, Option<Taken>), ApplyError> {
        store.probe().await?;
        let place = store.place(org);
        let (mut record, version) = match store.load(org).await? {
            Some((record, version)) => (record, Some(version)),
            None => (Record::new(Uuid::new_v4(), org.clone(), endpoint.clone()), None),
        };
        check_identity(&record, org, endpoint, &place)?;
        let id = Uuid::new_v4();
        let now = clock.now();
        let gone = record.lease.as_ref().and_then(|lease| lease.process.as_ref()).is_some_and(Process::is_gone);
        let taken = match Claim::on(record.lease.as_ref(), id, now, gone) {
            Claim::Held { by } => return Err(ApplyError::Locked { org: org.clone(), by: Box::new(by) }),
            Claim::TakeOver { whose, why } => Some(Taken { lease: whose, why }),
            Claim::Free | Claim::Mine => None,
        };
        record.lease =
            Some(Lease::begin(id, holder.name.clone(), holder.run.clone(), holder.process.clone(), now, LENGTH));
        record.endpoint = endpoint.clone();
        record.serial += 1;
        let term = Term::new(Instant::now(), LENGTH);
        match store.save_if(&record, version.as_ref()).await {
            Ok(version) => Ok((
                Self {
                    store,
                    clock,
                    record,
                    version,
                    lease: id,
                    term,
                    end: LeaseEnd(Arc::new(std::sync::Mutex::new(term))),
                    saving: None,
                },
                taken,
            )),
            Err(StoreError::Conflict { .. }) => Err(overtaken(store.as_ref(), org).await),
            Err(error) => Err(error.into()),
        }
    }

    /// Now, for what is written into the record.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether no call may start before the lease is renewed.
    pub(super) fn is_near_end(&self, longest_call: Duration) -> bool {
        let near = |lease| self.term.near_end(Instant::now(), longest_call, lease, self.clock.now());
        self.record.lease.as_ref().is_none_or(near)
    }

    /// When the lease ends, kept up to date.
    pub(super) fn end(&self) -> LeaseEnd {
        self.end.clone()
    }

    /// Whether it is time to renew the lease.
    pub(super) fn is_due(&self) -> bool {
        self.term.is_due(Instant::now())
    }

    /// Renews the lease and saves the record.
    pub(super) async fn save(&mut self) -> Result<(), StoreError> {
        self.saved().await?;
        self.begin_save();
        self.saved().await
    }

    /// Whether a save is under way.
    pub(super) fn is_saving(&self) -> bool {
        self.saving.is_some()
    }

    /// Begins to save the record as it stands, with the lease renewed, beside whatever else is done with it meanwhile.
    pub(super) fn begin_save(&mut self) {
        let term = Term::new(Instant::now(), LENGTH);
        if let Some(lease) = &self.record.lease {
            self.record.lease = Some(lease.renewed(self.clock.now(), LENGTH));
        }
        let (store, lease, version) = (Arc::clone(&self.store), self.lease, self.version.clone());
        let record = self.record.clone();
        self.saving = Some(tokio::spawn(write(store, record, version, lease, term)));
    }

    /// Waits for the save under way, if one is. Can be dropped and called again.
    pub(super) async fn saved(&mut self) -> Result<(), StoreError> {
        let Some(saving) = &mut self.saving else { return Ok(()) };
        let ended = saving.await;
        self.saving = None;
        let Saved { serial, version, term } = ended.unwrap_or_else(|error| {
            Err(StoreError::Io {
                action: "save",
                place: self.store.place(&self.record.org),
                source: std::io::Error::other(error),
            })
        })?;
        self.record.serial = serial;
        self.version = version;
        self.term = term;
        self.end.set(term);
        Ok(())
    }

    /// Saves the record without the lease: the next run may begin.
    pub(super) async fn release(&mut self) -> Result<(), StoreError> {
        match self.saved().await {
            // What a checkpoint could not save, this save may.
            Ok(()) | Err(StoreError::Io { .. }) => {}
            Err(error) => return Err(error),
        }
        self.record.lease = None;
        if self.record.pending.is_empty() {
            self.record.known.clear();
        }
        self.begin_save();
        self.saved().await
    }
}

/// Saves a record over `version`, as the next of its serials.
pub(super) async fn write(
    store: Arc<dyn Store>,
    mut record: Record,
    version: Version,
    lease: Uuid,
    term: Term,
) -> Result<Saved, StoreError> {
    let last = record.serial;
    record.serial = last + 1;
    let version = match store.save_if(&record, Some(&version)).await {
        // A save may have taken effect although it said that it did not (a failed fsync, a lost answer).
        Err(conflict @ StoreError::Conflict { .. }) => match store.load(&record.org).await? {
            Some((found, version)) if is_own(&found, &record, lease) => {
                record.serial = found.serial + 1;
                store.save_if(&record, Some(&version)).await?
            }
            Some(_) | None => return Err(conflict),
        },
        other => other?,
    };
    Ok(Saved { serial: record.serial, version, term })
}

/// Whether a document is the save of this very run that was to be made before this one.
fn is_own(found: &Record, record: &Record, lease: Uuid) -> bool {
    let ours = found.lease.as_ref().is_some_and(|found| found.id == lease);
    ours && found.lineage == record.lineage && found.serial == record.serial
}

/// Another run's save came between loading and leasing.
async fn overtaken(store: &dyn Store, org: &ScopeName) -> ApplyError {
    match store.load(org).await {
        Ok(Some((Record { lease: Some(by), .. }, _))) => ApplyError::Locked { org: org.clone(), by: Box::new(by) },
        Ok(_) => ApplyError::MovedOn { org: org.clone(), place: store.place(org) },
        Err(error) => error.into(),
    }
}

/// A record of another organization or service must not be planned or applied with this one.
///
/// # Errors
/// [`ApplyError::OtherOrganization`] or [`ApplyError::OtherEndpoint`].
pub fn check_identity(record: &Record, org: &ScopeName, endpoint: &Endpoint, place: &str) -> Result<(), ApplyError> {
    if record.org != *org {
        return Err(ApplyError::OtherOrganization {
            place: place.to_owned(),
            found: record.org.clone(),
            wanted: org.clone(),
        });
    }
    // A first run that came to nothing, with a mistyped endpoint perhaps, binds nobody.
    let is_blank = record.policies.is_empty() && record.pending.is_empty();
    if record.endpoint != *endpoint && !is_blank {
        return Err(ApplyError::OtherEndpoint {
            place: place.to_owned(),
            found: Box::new(record.endpoint.clone()),
            wanted: Box::new(endpoint.clone()),
        });
    }
    Ok(())
}
