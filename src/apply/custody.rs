//! A record under a lease: the only way a run changes one.
//!
//! Whoever holds the lease saves; a save that finds another version means that the lease was taken over, and nothing more
//! may be done. Whether a call may start is decided by the age of the last save that succeeded, by this process's own
//! monotonic clock (`state::lease` has the reasons).

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::api::Permit;
use crate::domain::{Clock, Endpoint, ScopeName};
use crate::state::{Claim, Ended, Lease, Process, Record, Store, StoreError, Term, Version};

use super::ApplyError;
use super::halt::Halt;

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
    /// This run's own, as it was begun.
    lease: Lease,
    /// The lease that was taken over, where its holder may still be at work and what it began isn't all found out.
    former: Option<Lease>,
    freshness: Freshness,
    /// A save under way beside the calls.
    saving: Option<JoinHandle<Result<Saved, StoreError>>>,
}

/// How fresh the lease is, for calls beside the task that holds the record.
#[derive(Clone)]
pub(super) struct Freshness {
    clock: Arc<dyn Clock>,
    term: Arc<watch::Sender<Term>>,
    wanted: Arc<Notify>,
}

impl Freshness {
    fn new(clock: Arc<dyn Clock>, term: Term) -> Self {
        Self { clock, term: Arc::new(watch::Sender::new(term)), wanted: Arc::default() }
    }

    /// Waits until a call may start: at once, or after the next renewal. False where the run was stopped.
    pub(super) async fn wait(&self, halt: &Halt) -> bool {
        let mut terms = self.term.subscribe();
        loop {
            let term = *terms.borrow_and_update();
            if halt.is_stopped() || term.is_fresh(Instant::now(), self.clock.now()) {
                return !halt.is_stopped();
            }
            self.wanted.notify_one();
            // The sender lives as long as `self`.
            let _ = halt.unless_stopped(terms.changed()).await;
        }
    }

    /// Returns once a call waits for a renewal.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }
}

/// Lets a write be sent again only while the lease is fresh: the run may have stood still since it was first sent.
pub(super) struct Leased {
    pub(super) freshness: Freshness,
    pub(super) halt: Halt,
}

impl Permit for Leased {
    fn granted(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(self.freshness.wait(&self.halt))
    }

    /// A process that was stopped after it was granted hands nothing over when it wakes up.
    fn until(&self) -> Option<Instant> {
        Some(self.freshness.term.borrow().fresh_until())
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

impl Taken {
    /// The lease, where its holder may still be at work.
    fn perhaps_at_work(&self) -> Option<Lease> {
        self.why.may_be_at_work(&self.lease).then(|| self.lease.clone().revoke())
    }
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
        // Without pending work nobody has begun anything that could still land.
        let former = taken.as_ref().and_then(Taken::perhaps_at_work).filter(|_| !record.pending.is_empty());
        let Holder { name, run, process } = holder.clone();
        let lease = Lease { contested: former.is_some(), ..Lease::begin(id, name, run, process, now) };
        record.lease = Some(lease.clone());
        record.endpoint = endpoint.clone();
        record.serial += 1;
        let freshness = Freshness::new(Arc::clone(&clock), Term::new(Instant::now(), now));
        match store.save_if(&record, version.as_ref()).await {
            Ok(version) => Ok((Self { store, clock, record, version, lease, former, freshness, saving: None }, taken)),
            Err(StoreError::Conflict { .. }) => Err(overtaken(store.as_ref(), org).await),
            Err(error) => Err(error.into()),
        }
    }

    /// Now, for what is written into the record.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How fresh the lease is, kept up to date.
    pub(super) fn freshness(&self) -> Freshness {
        self.freshness.clone()
    }

    /// Whether a call may start before the lease is renewed.
    pub(super) fn is_fresh(&self) -> bool {
        self.freshness.term.borrow().is_fresh(Instant::now(), self.clock.now())
    }

    /// Whether it is time to renew the lease while calls are under way or wait: what they do must not be late.
    pub(super) fn is_stale_soon(&self) -> bool {
        self.freshness.term.borrow().is_stale_soon(Instant::now(), self.clock.now())
    }

    /// Whether the holder before may still be at work, and what it began isn't all found out.
    pub(super) fn is_contested(&self) -> bool {
        self.former.is_some()
    }

    /// All that the holder before can have begun is found out.
    pub(super) fn settled_with_former(&mut self) {
        self.former = None;
        if let Some(lease) = &mut self.record.lease {
            lease.contested = false;
        }
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
        let now = self.clock.now();
        let term = Term::new(Instant::now(), now);
        if let Some(lease) = self.record.lease.as_mut().filter(|lease| lease.id == self.lease.id) {
            *lease = lease.renewed(now);
        }
        let (store, lease, version) = (Arc::clone(&self.store), self.lease.id, self.version.clone());
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
        self.freshness.term.send_replace(term);
        Ok(())
    }

    /// Saves the record without the lease: the next run may begin. Can be dropped; the record then has no lease either.
    ///
    /// Where the holder before may still be at work, its lease takes the place of ours, so that the next run knows.
    pub(super) async fn release(&mut self) -> Result<(), StoreError> {
        match self.saved().await {
            // What a checkpoint could not save, this save may.
            Ok(()) | Err(StoreError::Io { .. }) => {}
            Err(error) => return Err(error),
        }
        self.record.lease.clone_from(&self.former);
        if self.record.pending.is_empty() {
            self.record.known.clear();
        }
        self.begin_save();
        let saved = self.saved().await;
        if saved.is_err() {
            self.catch_up().await;
        }
        saved
    }

    /// A save that failed at its very end may be in place all the same: a copy of the record must be later than that, or it
    /// could not be put back.
    async fn catch_up(&mut self) {
        let Ok(Some((found, _))) = self.store.load(&self.record.org).await else { return };
        let held = found.lease.as_ref().is_some_and(|lease| lease.id == self.lease.id);
        let released = found == Record { serial: found.serial, ..self.record.clone() };
        if held || released {
            self.record.serial = self.record.serial.max(found.serial);
        }
    }

    /// The record that could not be saved, under the lease of this run: who puts it back need not wait for that one.
    pub(super) fn into_unsaved(mut self) -> Record {
        self.record.lease = Some(self.lease.revoke());
        self.record
    }

    /// Where the record is kept.
    pub(super) fn place(&self) -> String {
        self.store.place(&self.record.org)
    }

    /// Who works with the record now that this run's lease is lost, in words.
    pub(super) async fn successor(&self) -> Option<String> {
        let (found, _) = self.store.load(&self.record.org).await.ok()??;
        Some(match found.lease {
            Some(lease) if lease.id == self.lease.id => "this run's lease was ended by someone else".to_owned(),
            Some(lease) => {
                let run = lease.run.map_or_else(String::new, |run| format!(" ({run})"));
                format!("{}{run} has taken it over, at {}", lease.holder, lease.acquired_at)
            }
            None => "another run has taken it over, and has ended".to_owned(),
        })
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
    let ours = found.lease.as_ref().is_some_and(|found| found.id == lease && !found.revoked);
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

#[cfg(test)]
#[path = "custody_tests.rs"]
mod tests;
