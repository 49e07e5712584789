//! `policysync state`: what is recorded.

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::settings::Settings;
use crate::cli::{Global, Plain, records, target};
use crate::domain::{Address, ScopeName};
use crate::report;
use crate::state::Lease;

use super::mend::claim;

pub(in crate::cli) async fn list(global: &Global, org: Option<&ScopeName>, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, None, None)?;
    let store = target::store(&settings, console)?;
    let records = records::load(store.as_ref(), org, &settings.endpoint).await?;
    let claim = |lease: &Lease| claim(Some(lease));
    console.result(&match global.format.plain() {
        Plain::Text => report::state_text(&records, &claim, console.result_styles()),
        Plain::Json => report::state_json(&records, &claim),
    })?;
    Ok(Exit::Done)
}

pub(in crate::cli) async fn show(global: &Global, address: &Address, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, None, None)?;
    let store = target::store(&settings, console)?;
    let records = records::load(store.as_ref(), None, &settings.endpoint).await?;
    let found = records.get(&address.org()).and_then(|record| record.policies.get(address));
    let Some(entry) = found else {
        let known = records.values().flat_map(|record| record.policies.keys()).map(Address::as_str);
        let fault = Fault::new(Exit::Failure, format!("nothing is recorded at {address}"));
        return Err(match records::nearest(address.as_str(), known) {
            Some(near) => fault.hint(format!("did you mean {near}?")),
            None => fault.hint("`policysync state list` names what is"),
        });
    };
    console.result(&match global.format.plain() {
        Plain::Text => report::entry_text(address, entry, console.result_styles()),
        Plain::Json => report::entry_json(address, entry),
    })?;
    Ok(Exit::Done)
}
