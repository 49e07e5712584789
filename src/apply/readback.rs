//! After the calls: what was applied is read back and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api::{ApiError, LivePolicy};
use crate::domain::{Address, PolicyId, Scope};
use crate::plan::is_as_recorded;
use crate::state::Record;

use super::context::{Shared, failure};
use super::outcome::LOOKED_FOR;
use super::progress::Listing;
use super::survey::differences;
use super::{ChangeOutcome, ChangeResult, Event, Failure};

/// Lists the touched scopes again and compares what was applied with what is there; returns what differs.
pub(super) async fn compare(
    shared: &Shared,
    scopes: &BTreeSet<Scope>,
    record: &Record,
    outcomes: &BTreeMap<Address, ChangeOutcome>,
    concurrency: usize,
) -> Result<Vec<(Address, Failure)>, String> {
    shared.progress.tell(&Event::ReadingBack { scopes: scopes.len() });
    let mut live = BTreeMap::new();
    let reader = shared.reader.clone().told_to(Arc::new(Listing(Arc::clone(&shared.progress))));
    for (scope, listed) in reader.list_each(scopes, concurrency).await {
        let policies = listed.map_err(|error| format!("listing {scope}: {}", failure(&error).message))?;
        live.extend(policies.into_iter().map(|policy| (policy.id.clone(), policy)));
    }
    let mut wrong = Vec::new();
    for (address, outcome) in outcomes {
        let ChangeResult::Applied { id, .. } = &outcome.result else { continue };
        if let Some(failure) = one(shared, &live, id, address, record).await {
            wrong.push((address.clone(), failure));
        }
    }
    Ok(wrong)
}

/// What is wrong with one policy, if anything. Not being in a list proves nothing, so its id is asked for.
async fn one(
    shared: &Shared,
    live: &BTreeMap<PolicyId, LivePolicy>,
    id: &PolicyId,
    address: &Address,
    record: &Record,
) -> Option<Failure> {
    let listed = live.get(id);
    let Some(entry) = record.policies.get(address) else {
        return listed
            .map(|_| Failure::new(format!("it was deleted, and is still live as {id} when read back"), LOOKED_FOR));
    };
    let asked;
    let found = match listed {
        Some(found) => found,
        None => match shared.reader.get(id).await {
            Ok(found) => {
                asked = found;
                &asked
            }
            Err(ApiError::NotFound) => {
                let wrong =
                    format!("the service answered that it is there as {id}, and has none of that id when read back");
                return Some(Failure::new(wrong, "look for it in the service before you apply again"));
            }
            // It was applied; that it can't be looked at now says nothing else.
            Err(_) => return None,
        },
    };
    if is_as_recorded(found, entry) {
        return None;
    }
    let differences = differences(found, entry).join(", ");
    Some(Failure::new(format!("it is otherwise than applied when read back: {differences}"), "plan again"))
}
