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
use crate::report::escape;
use crate::state::{Claim, Process, Record, Store, Version, codec};

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
    refuse_while_held(&org, &record)?;
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
        let Some((mut record, version)) = store.load(&org).await? else { continue };
        if let Some(ended) = record.unlock(lease) {
            let pending = record.pending.len();
            save(store.as_ref(), record, &version).await?;
            let mut done = format!("the lease of {} on {org} is ended", ended.holder);
            if pending > 0 {
                done.push_str(&format!(
                    "; {pending} of its changes are pending, and the next apply finds out what came of them"
                ));
            }
            console.result(&format!("{}\n", escape::line(&done)))?;
            return Ok(Exit::Done);
        }
        held.extend(record.lease.map(|lease| format!("{} on {org}, by {}", lease.id, lease.holder)));
    }
    let fault = Fault::new(Exit::Failure, format!("no record has the lease {lease}"));
    Err(match held.is_empty() {
        true => fault.hint("no record is locked"),
        false => fault.hint(format!("these are held: {}", held.join("; "))),
    })
}

pub(in crate::cli) async fn push(global: &Global, file: &Path, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, None, None)?;
    let store = target::store(&settings)?;
    let record = read(file)?;
    let org = record.org.clone();
    check_identity(&record, &org, &settings.endpoint, &file.display().to_string())?;
    let version = match store.load(&org).await? {
        None => None,
        Some((kept, version)) => {
            refuse_while_held(&org, &kept)?;
            record.may_replace(&kept)?;
            Some(version)
        }
    };
    store.save_if(&record, version.as_ref()).await?;
    let done = format!("the record of {org} is back in {} (save {})", store.place(&org), record.serial);
    console.result(&format!("{}\n", escape::line(&done)))?;
    Ok(Exit::Done)
}

/// A record that a run works with is not changed under it.
fn refuse_while_held(org: &ScopeName, record: &Record) -> Result<(), Fault> {
    let gone = record.lease.as_ref().and_then(|lease| lease.process.as_ref()).is_some_and(Process::is_gone);
    match Claim::on(record.lease.as_ref(), Uuid::new_v4(), SystemClock.now(), gone) {
        Claim::Held { by } => Err(ApplyError::Locked { org: org.clone(), by: Box::new(by) }.into()),
        Claim::Free | Claim::Mine | Claim::TakeOver { .. } => Ok(()),
    }
}

async fn save(store: &dyn Store, record: Record, version: &Version) -> Result<(), Fault> {
    let record = Record { serial: record.serial + 1, ..record };
    store.save_if(&record, Some(version)).await?;
    Ok(())
}

/// A record from a file that the user names.
fn read(file: &Path) -> Result<Record, Fault> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).and_then(|file| file.take(codec::MAX_BYTES + 1).read_to_end(&mut bytes));
    opened.map_err(|error| anyhow::Error::from(error).context(format!("can't read {}", file.display())))?;
    let place = file.display().to_string();
    codec::decode(&bytes).map_err(|error| error.at(place, "it is not the file that a run left").into())
}
