//! `--expect-reviewed`: the plan that was reviewed in the commit's pull request, found before anything is applied.

use std::collections::BTreeMap;

use clap::ValueEnum;

use crate::domain::Digest;
use crate::github::{NotReviewed, Reviewed};
use crate::plan::Plan;
use crate::report::counted;

use super::action::{Place, Witness};
use super::console::Console;
use super::exit::Exit;
use super::fault::Fault;

/// What holds where a commit came through no pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExpectReviewed {
    /// Nothing is applied
    Strictly,
    /// The guards alone decide
    OrGuards,
}

/// The digest of the reviewed plan; nothing where the guards alone decide.
pub(super) async fn expected_digest(
    expect: Option<ExpectReviewed>,
    witness: &Witness,
    console: &Console,
) -> Result<Option<Digest>, Fault> {
    let Some(expect) = expect else { return Ok(None) };
    let place = Place::open(console)?;
    let label = Place::label()?;
    let commit = &place.surroundings.commit;
    let found = place.github.reviewed(commit, &label).await.map_err(|error| {
        let hint = error.hint().unwrap_or(WITHOUT);
        Fault::new(Exit::Failure, "it is not known which plan was reviewed").because(error).hint(hint)
    })?;
    match (found, expect) {
        (Ok(reviewed), _) => {
            console.say(&format!(
                "the plan reviewed in pull request #{} has the digest {}",
                reviewed.number, reviewed.digest
            ));
            witness.reviewed(&reviewed);
            Ok(Some(reviewed.digest))
        }
        (Err(why @ NotReviewed::NoPullRequest { .. }), ExpectReviewed::OrGuards) => {
            console.say(&format!("{why}: the guards alone decide"));
            Ok(None)
        }
        (Err(why), _) => {
            Err(Fault::new(Exit::Locked, format!("{why}: no plan was reviewed, so nothing is applied")).hint(WITHOUT))
        }
    }
}

const WITHOUT: &str = "look at the plan, then apply with --expect-digest and its digest (the action's input expect)";

/// What differs between the plan that was reviewed and the one that would be applied, address by address.
pub(super) fn differences(reviewed: &Reviewed, plan: &Plan) -> Option<String> {
    if reviewed.changes.is_empty() && !plan.is_empty() {
        return None;
    }
    let now: BTreeMap<String, String> =
        plan.changes.iter().map(|change| (change.address.to_string(), change.digest().short())).collect();
    let before: BTreeMap<&str, &str> =
        reviewed.changes.iter().map(|(address, short)| (address.as_str(), short.as_str())).collect();
    let new = now.keys().filter(|address| !before.contains_key(address.as_str())).map(String::as_str).collect();
    let gone = before.keys().copied().filter(|address| !now.contains_key(*address)).collect();
    let other = now.iter().filter(|(address, short)| before.get(address.as_str()).is_some_and(|was| was != short));
    let other = other.map(|(address, _)| address.as_str()).collect();
    let parts: Vec<String> =
        [("not reviewed", new), ("reviewed, but nothing to do any more", gone), ("reviewed otherwise", other)]
            .into_iter()
            .filter_map(|(what, addresses): (_, Vec<&str>)| named(what, &addresses))
            .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// How many addresses are named before the rest is counted.
const NAMED: usize = 10;

fn named(what: &str, addresses: &[&str]) -> Option<String> {
    if addresses.is_empty() {
        return None;
    }
    let more = match addresses.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {} more", counted(more, "other", "others")),
    };
    Some(format!("{what}: {}{more}", addresses[..addresses.len().min(NAMED)].join(", ")))
}
