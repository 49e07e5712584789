//! `policysync state mv|rm|resolve|unlock`: what someone decides about a record by hand.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::apply::{ApplyError, check_identity};
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::settings::Settings;
use crate::cli::{Global, Plain, records, target};
use crate::domain::{Address, Clock as _, PolicyId, ScopeName, SystemClock};
use crate::report;
use crate::report::{MendFormat, MendReport, Mended, MendedPolicy, escape, mend_json};
use crate::state::{Claim, Lease, MendError, Process, Record, Store, StoreError, Version};

/// A record that someone changes by hand: loaded, and found to be nobody's at the moment.
struct Mending {
    store: std::sync::Arc<dyn Store>,
    record: Record,
    version: Version,
}

impl Mending {
    async fn of(global: &Global, org: &ScopeName, console: &Console) -> Result<Self, Fault> {
        let settings = Settings::read(global, None, None)?;
        let store = target::store(&settings, console)?;
        let Some((record, version)) = store.load(org).await? else {
            let fault = Fault::new(Exit::Failure, format!("nothing is recorded of {org}"));
            let known = store.orgs().await?;
            return Err(match records::nearest(org.as_str(), known.iter().map(ScopeName::as_str)) {
                Some(near) => fault.hint(format!("did you mean {near}?")),
                None => fault.hint("`policysync state list` names what is"),
            });
        };
        check_identity(&record, org, &settings.endpoint, &store.place(org))?;
        refuse_while_held(org, record.lease.as_ref())?;
        Ok(Self { store, record, version })
    }

    /// Saves it; returns the report.
    async fn save(self, did: Mended, policies: Vec<MendedPolicy>) -> Result<MendReport, Fault> {
        let organization = self.record.org.to_string();
        let serial = save(self.store.as_ref(), self.record, &self.version).await?;
        Ok(MendReport { format: MendFormat::V1, did, organization, serial, policies, lease: None })
    }

    /// An error about an address, with the one that was perhaps meant.
    fn refused(&self, error: MendError) -> Fault {
        let near = match &error {
            MendError::Unknown { address } => {
                records::nearest(address.as_str(), self.record.policies.keys().map(Address::as_str))
            }
            _ => None,
        };
        let hint = near.map(|near| format!("did you mean {near}?"));
        let fault = Fault::from(error);
        match hint {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }
}

pub(in crate::cli) async fn mv(
    global: &Global,
    from: &Address,
    to: &Address,
    console: &Console,
) -> Result<Exit, Fault> {
    let mut mending = Mending::of(global, &from.org(), console).await?;
    let id = match mending.record.readdress(from, to) {
        Ok(id) => id,
        Err(error) => return Err(mending.refused(error)),
    };
    let policy = MendedPolicy { from: Some(from.to_string()), ..mended(to, Some(&id)) };
    let report = mending.save(Mended::Moved, vec![policy]).await?;
    let text = format!(
        "{from} is {to} now ({id}).\nThe next plan compares it with the file of {to}; without one, {to} is no longer managed \
         by any file.\nIf a file still asks for {from}, the next plan creates that anew.\n"
    );
    tell(global, console, &report, &text)
}

pub(in crate::cli) async fn rm(global: &Global, addresses: Vec<Address>, console: &Console) -> Result<Exit, Fault> {
    let addresses: BTreeSet<Address> = addresses.into_iter().collect();
    let orgs: BTreeSet<ScopeName> = addresses.iter().map(Address::org).collect();
    let org = match orgs.iter().collect::<Vec<_>>().as_slice() {
        [only] => (*only).clone(),
        several => {
            let names: Vec<&str> = several.iter().map(|org| org.as_str()).collect();
            let message = format!("these addresses are of several organizations: {}", names.join(", "));
            let hint =
                "each organization has a record of its own, and all or none is forgotten of one: say it once for each";
            return Err(Fault::new(Exit::Usage, message).hint(hint));
        }
    };
    let mut mending = Mending::of(global, &org, console).await?;
    let forgotten = match mending.record.forget(&addresses) {
        Ok(forgotten) => forgotten,
        Err(refused) => return Err(all_refused(&mending, refused, console)),
    };
    let policies = forgotten.iter().map(|(address, id)| mended(address, Some(id))).collect();
    let report = mending.save(Mended::Forgotten, policies).await?;
    let mut text = String::new();
    for (address, id) in &forgotten {
        text.push_str(&format!("{address} is forgotten; it stays live as {id}\n"));
    }
    text.push_str(
        "Nothing was deleted: what is forgotten stays enforced, and nobody manages it any more.\nTo adopt it again, apply a \
         file that is equal to it in all fields; a file that differs creates another one beside it.\n",
    );
    tell(global, console, &report, &text)
}

/// Tells each reason but the last, which is the command's own.
fn all_refused(mending: &Mending, refused: Vec<MendError>, console: &Console) -> Fault {
    let count = refused.len();
    let mut faults: Vec<Fault> = refused.into_iter().map(|error| mending.refused(error)).collect();
    if count == 1
        && let Some(only) = faults.pop()
    {
        return only;
    }
    for fault in &faults {
        console.fault(fault);
    }
    Fault::new(Exit::Failure, format!("nothing was forgotten: {count} of the addresses can't be"))
        .hint("mend or leave out those that are named above, then run it again")
}

pub(in crate::cli) async fn resolve(
    global: &Global,
    address: &Address,
    adopt: Option<&PolicyId>,
    console: &Console,
) -> Result<Exit, Fault> {
    let mut mending = Mending::of(global, &address.org(), console).await?;
    let (did, text) = match adopt {
        Some(id) => {
            mending.record.adopt(address, id)?;
            (Mended::Adopted, format!("{address} is {id}; the next apply looks at it and records it\n"))
        }
        None => {
            let others: Vec<String> = mending.record.disown(address)?.iter().map(ToString::to_string).collect();
            let those =
                if others.is_empty() { String::new() } else { format!(" (it is none of {})", others.join(", ")) };
            let text =
                format!("the next apply creates {address}{those}, or adopts an equal policy that nobody manages\n");
            (Mended::Disowned, text)
        }
    };
    let report = mending.save(did, vec![mended(address, adopt)]).await?;
    tell(global, console, &report, &text)
}

pub(in crate::cli) async fn unlock(global: &Global, lease: Uuid, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, None, None)?;
    let store = target::store(&settings, console)?;
    let mut held = Vec::new();
    for org in store.orgs().await? {
        if let Some((ended, report)) = end_lease(store.as_ref(), &org, lease, &mut held).await? {
            let holder = &ended.holder;
            let mut text =
                format!("the lease of {holder} on {org} is ended; if it is still at work, its next save is refused\n");
            if !report.policies.is_empty() {
                let pending = report::counted(report.policies.len(), "of its changes is", "of its changes are");
                text.push_str(&format!(
                    "{pending} pending: the next apply finds out what came of that, and waits until nothing can land any more\n"
                ));
            }
            return tell(global, console, &report, &text);
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

/// Ends this lease, if it is the record's.
async fn end_lease(
    store: &dyn Store,
    org: &ScopeName,
    lease: Uuid,
    held: &mut Vec<String>,
) -> Result<Option<(Lease, MendReport)>, Fault> {
    for attempt in 1.. {
        let Some((mut record, version)) = store.load(org).await? else { break };
        let Some(ended) = record.unlock(lease) else {
            let other = record.lease.filter(|lease| !lease.revoked);
            held.extend(other.map(|lease| format!("{} on {org}, by {}", lease.id, lease.holder)));
            break;
        };
        let policies = pending(&record);
        match save(store, record, &version).await {
            Ok(serial) => {
                let (organization, id) = (org.to_string(), Some(lease.to_string()));
                let did = Mended::Unlocked;
                let report = MendReport { format: MendFormat::V1, did, organization, serial, policies, lease: id };
                return Ok(Some((ended, report)));
            }
            Err(StoreError::Conflict { .. }) if attempt < UNLOCK_TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// The policies with pending work.
pub(super) fn pending(record: &Record) -> Vec<MendedPolicy> {
    record.pending.iter().map(|(address, intent)| mended(address, intent.id.as_ref())).collect()
}

fn mended(address: &Address, id: Option<&PolicyId>) -> MendedPolicy {
    MendedPolicy { address: address.to_string(), from: None, id: id.map(ToString::to_string) }
}

/// Tells what was done, in the format asked for.
pub(super) fn tell(global: &Global, console: &Console, report: &MendReport, text: &str) -> Result<Exit, Fault> {
    match global.format.plain() {
        Plain::Text => console.result(&escape::lines(text))?,
        Plain::Json => console.result(&mend_json(report))?,
    }
    Ok(Exit::Done)
}

/// A record that a run works with is not changed under it.
pub(super) fn refuse_while_held(org: &ScopeName, lease: Option<&Lease>) -> Result<(), Fault> {
    match claim(lease) {
        Claim::Held { by } => Err(ApplyError::Locked { org: org.clone(), by: Box::new(by) }.into()),
        Claim::Free | Claim::Mine | Claim::TakeOver { .. } => Ok(()),
    }
}

/// What a run that began now would do about a lease.
pub(super) fn claim(lease: Option<&Lease>) -> Claim {
    let gone = lease.and_then(|lease| lease.process.as_ref()).is_some_and(Process::is_gone);
    Claim::on(lease, Uuid::new_v4(), SystemClock.now(), gone)
}

/// Saves a record that was changed by hand; returns the number of the save. A lease that is over stays in it, revoked: its
/// holder, if it lives, is not to take this save for its own, and the next run has to know of it.
async fn save(store: &dyn Store, record: Record, version: &Version) -> Result<u64, StoreError> {
    let serial = record.serial + 1;
    let record = Record { serial, lease: record.lease.map(Lease::revoke), ..record };
    store.save_if(&record, Some(version)).await?;
    Ok(serial)
}
