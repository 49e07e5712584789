//! `policysync state resolve|unlock|push`: what someone decides about a record by hand.

use std::io::Read as _;
use std::path::Path;

use uuid::Uuid;

use crate::apply::{ApplyError, check_identity};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Fault};
use crate::cli::settings::Settings;
use crate::cli::{Global, target};
use crate::domain::{Address, Clock as _, PolicyId, ScopeName, SystemClock};
use crate::report;
use crate::report::escape;
use crate::state::{Claim, Lease, Process, Record, Store, StoreError, Version, codec};

pub(in crate::cli) async fn resolve(
    global: &Global,
    address: &Address,
    adopt: Option<&PolicyId>,
    console: &Console,
) -> Result<Exit, Fault> {
    let settings = Settings::read(global, None, None)?;
    let store = target::store(&settings)?;
    let org = address.org();
    let Some((mut record, version)) = store.load(&org).await? else {
        return Err(Fault::new(Exit::Failure, format!("nothing is recorded of {org}")));
    };
    check_identity(&record, &org, &settings.endpoint, &store.place(&org))?;
    refuse_while_held(&org, record.lease.as_ref())?;
    let done = match adopt {
        Some(id) => {
            record.adopt(address, id)?;
            format!("{address} is {id}; the next apply looks at it and records it\n")
        }
        None => {
            let others: Vec<String> = record.disown(address)?.iter().map(ToString::to_string).collect();
            let those =
                if others.is_empty() { String::new() } else { format!(" (it is none of {})", others.join(", ")) };
            format!("the next apply creates {address}{those}, or adopts an equal policy that nobody manages\n")
        }
    };
    save(store.as_ref(), record, &version).await?;
    console.result(&escape::lines(&done))?;
    Ok(Exit::Done)
}

pub(in crate::cli) async fn unlock(global: &Global, lease: Uuid, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, None, None)?;
    let store = target::store(&settings)?;
    let mut held = Vec::new();
    for org in store.orgs().await? {
        if let Some((ended, pending)) = end_lease(store.as_ref(), &org, lease, &mut held).await? {
            let mut done = format!(
                "the lease of {} on {org} is ended; if it is still at work, its next save is refused",
                ended.holder
            );
            if pending > 0 {
                let changes = report::counted(pending, "change is", "changes are");
                done.push_str(&format!(
                    ".\n{changes} pending: the next apply finds out what came of that, once nothing can land any more"
                ));
            }
            console.result(&format!("{}.\n", escape::lines(&done)))?;
            return Ok(Exit::Done);
        }
    }
    let fault = Fault::new(Exit::Failure, format!("no record has the lease {lease}"));
    Err(match held.is_empty() {
        true => fault.hint("no record is locked"),
        false => fault.hint(format!("these are held: {}", held.join("; "))),
    })
}

/// How often a lease's end is tried to save: its holder renews it meanwhile.
const UNLOCK_TRIES: usize = 20;

/// Ends this lease, if it is the record's; returns it and how many changes are pending.
async fn end_lease(
    store: &dyn Store,
    org: &ScopeName,
    lease: Uuid,
    held: &mut Vec<String>,
) -> Result<Option<(Lease, usize)>, Fault> {
    for attempt in 1.. {
        let Some((mut record, version)) = store.load(org).await? else { break };
        let Some(ended) = record.unlock(lease) else {
            let other = record.lease.filter(|lease| !lease.revoked);
            held.extend(other.map(|lease| format!("{} on {org}, by {}", lease.id, lease.holder)));
            break;
        };
        let pending = record.pending.len();
        match save(store, record, &version).await {
            Ok(()) => return Ok(Some((ended, pending))),
            Err(StoreError::Conflict { .. }) if attempt < UNLOCK_TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

pub(in crate::cli) async fn push(global: &Global, file: &Path, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, None, None)?;
    let store = target::store(&settings)?;
    let mut record = read(file)?;
    let org = record.org.clone();
    check_identity(&record, &org, &settings.endpoint, &file.display().to_string())?;
    let run = record.lease.take();
    let version = match store.load(&org).await? {
        None => None,
        Some((kept, version)) => {
            // The run that left the file has ended, whatever its lease says.
            let other = kept.lease.clone().filter(|lease| run.as_ref().is_none_or(|run| run.id != lease.id));
            refuse_while_held(&org, other.as_ref())?;
            record.may_replace(&kept)?;
            record.lease = other.map(Lease::revoke);
            Some(version)
        }
    };
    store.save_if(&record, version.as_ref()).await?;
    let done = format!("the record of {org} is back in {} (save {})", store.place(&org), record.serial);
    console.result(&format!("{}\n", escape::line(&done)))?;
    Ok(Exit::Done)
}

/// A record that a run works with is not changed under it.
fn refuse_while_held(org: &ScopeName, lease: Option<&Lease>) -> Result<(), Fault> {
    let gone = lease.and_then(|lease| lease.process.as_ref()).is_some_and(Process::is_gone);
    match Claim::on(lease, Uuid::new_v4(), SystemClock.now(), gone) {
        Claim::Held { by } => Err(ApplyError::Locked { org: org.clone(), by: Box::new(by) }.into()),
        Claim::Free | Claim::Mine | Claim::TakeOver { .. } => Ok(()),
    }
}

/// Saves a record that was changed by hand. A lease that is over stays in it, revoked: its holder, if it lives, is not to
/// take this save for its own, and the next run has to know of it.
async fn save(store: &dyn Store, record: Record, version: &Version) -> Result<(), StoreError> {
    let record = Record { serial: record.serial + 1, lease: record.lease.map(Lease::revoke), ..record };
    store.save_if(&record, Some(version)).await.map(drop)
}

/// A record from a file that the user names.
fn read(file: &Path) -> Result<Record, Fault> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).and_then(|file| file.take(codec::MAX_BYTES + 1).read_to_end(&mut bytes));
    opened.map_err(|error| anyhow::Error::from(error).context(format!("can't read {}", file.display())))?;
    let place = file.display().to_string();
    codec::decode(&bytes).map_err(|error| error.at(place, "it is not the file that a run left").into())
}
