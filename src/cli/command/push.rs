//! `policysync state push`: a record that could not be saved is put back.

use std::io::Read as _;
use std::path::Path;

use crate::apply::check_identity;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::settings::Settings;
use crate::cli::{Global, files, target};
use crate::report::{MendFormat, MendReport, Mended};
use crate::state::{Lease, Record, StoreError, codec};

use super::mend::{pending, refuse_while_held, tell};

pub(in crate::cli) async fn push(global: &Global, file: &Path, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, None, None)?;
    let store = target::store(&settings, console)?;
    let mut record = read(file)?;
    let org = record.org.clone();
    check_identity(&record, &org, &settings.endpoint, &file.display().to_string())?;
    let run = record.lease.take();
    let kept = store.load(&org).await.map_err(|error| over_broken(error, file))?;
    let version = match kept {
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
    // Who worked before that run may be at work still: the next one must wait for them.
    let before = run.filter(|run| run.contested);
    record.lease = record.lease.or(before.map(Lease::revoke));
    store.save_if(&record, version.as_ref()).await?;
    let mut text = format!("the record of {org} is back in {} (save {})\n", store.place(&org), record.serial);
    let policies = pending(&record);
    if !policies.is_empty() {
        text.push_str("work of that run is pending in it; the next apply finds out what came of it\n");
    }
    let (organization, serial) = (org.to_string(), record.serial);
    let report =
        MendReport { format: MendFormat::V1, did: Mended::Pushed, organization, serial, policies, lease: None };
    tell(global, console, &report, &text)
}

/// Nobody can tell whether a file is later than a record that can't be read. Whoever knows that it is says so by moving that
/// one away, and has it still.
fn over_broken(error: StoreError, file: &Path) -> Fault {
    let aside = match &error {
        StoreError::Corrupt { place, remedy, .. } => Some(format!(
            "{remedy}; or, if {} is surely later than what is there, move {place} aside (keep it), then push again",
            file.display()
        )),
        _ => None,
    };
    let fault = Fault::from(error);
    match aside {
        Some(aside) => fault.hint(aside),
        None => fault,
    }
}

/// Which file it is to be.
const LEFT: &str = "give the file that a run named when it could not save the record (policysync-record-….json)";

/// A record from a file that the user names.
fn read(file: &Path) -> Result<Record, Fault> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).and_then(|file| file.take(codec::MAX_BYTES + 1).read_to_end(&mut bytes));
    opened.map_err(|error| files::unread(Exit::Failure, "", file, error, LEFT))?;
    let place = file.display().to_string();
    codec::decode(&bytes).map_err(|error| error.at(place, LEFT).into())
}
