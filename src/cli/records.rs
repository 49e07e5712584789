//! The records that a plan is made from.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::check_identity;
use crate::domain::{Endpoint, ScopeName};
use crate::state::{Record, Store};
use crate::tree::Tree;

use super::exit::{Exit, Fault};

/// Loads the records of the tree's organizations and of those whose folder is gone; only one, if one is asked for.
pub(super) async fn load(
    store: &dyn Store,
    tree: Option<&Tree>,
    only: Option<&ScopeName>,
    endpoint: &Endpoint,
) -> Result<BTreeMap<ScopeName, Record>, Fault> {
    let mut orgs: BTreeSet<ScopeName> = store.orgs().await?;
    orgs.extend(tree.into_iter().flat_map(Tree::organizations));
    if let Some(only) = only {
        if !orgs.contains(only) {
            return Err(unknown(only, &orgs));
        }
        orgs = BTreeSet::from([only.clone()]);
    }
    let mut records = BTreeMap::new();
    for org in orgs {
        if let Some((record, _)) = store.load(&org).await? {
            check_identity(&record, &org, endpoint, &store.place(&org))?;
            records.insert(org, record);
        }
    }
    Ok(records)
}

fn unknown(org: &ScopeName, known: &BTreeSet<ScopeName>) -> Fault {
    let fault = Fault::new(Exit::Usage, format!("--org {org}: no folder and no record has that name"));
    let names: Vec<&str> = known.iter().map(ScopeName::as_str).collect();
    match nearest(org.as_str(), names.iter().copied()) {
        Some(near) => fault.hint(format!("did you mean {near}?")),
        None if names.is_empty() => fault.hint("there is no organization yet"),
        None => fault.hint(format!("there are: {}", names.join(", "))),
    }
}

/// The known word that was most likely meant.
pub(super) fn nearest<'a>(said: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|word| (strsim::jaro_winkler(said, word), word))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}
