//! The records that a plan is made from.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::apply::check_identity;
use crate::domain::{Endpoint, ScopeName};
use crate::state::{Record, Store, StoreError};
use crate::tree::{Tree, yaml};

use super::exit::Exit;
use super::fault::Fault;

/// Loads the records there are; only one, if one is asked for.
pub(super) async fn load(
    store: &dyn Store,
    only: Option<&ScopeName>,
    endpoint: &Endpoint,
) -> Result<BTreeMap<ScopeName, Record>, Fault> {
    let mut orgs = store.orgs().await?;
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

/// All the records there are, being loaded beside whatever else is done.
pub(super) struct Loading(JoinHandle<Result<BTreeMap<ScopeName, Loaded>, StoreError>>);

type Loaded = Result<Option<Record>, StoreError>;

impl Loading {
    /// Begins to load; what can't be loaded is told when it is asked for.
    pub(super) fn begin(store: &Arc<dyn Store>) -> Self {
        let store = Arc::clone(store);
        Self(tokio::spawn(async move {
            let mut loaded = BTreeMap::new();
            for org in store.orgs().await? {
                let record = store.load(&org).await.map(|found| found.map(|(record, _)| record));
                loaded.insert(org, record);
            }
            Ok(loaded)
        }))
    }

    /// What a plan is made from: the records asked for, and those of the other organizations, as far as they can be read:
    /// a guard looks whether one of them claims the same policies.
    pub(super) async fn for_plan(
        self,
        store: &dyn Store,
        tree: &Tree,
        only: Option<&ScopeName>,
        endpoint: &Endpoint,
    ) -> Result<BTreeMap<ScopeName, Record>, Fault> {
        let mut loaded = self.0.await.map_err(Fault::ours)??;
        let known: BTreeSet<ScopeName> = loaded.keys().cloned().chain(tree.organizations()).collect();
        if let Some(only) = only.filter(|only| !known.contains(only)) {
            return Err(unknown(only, &known));
        }
        // That it wasn't listed proves nothing.
        for org in known.into_iter().filter(|org| only.is_none_or(|only| only == org)) {
            if let Entry::Vacant(unlisted) = loaded.entry(org) {
                let found = store.load(unlisted.key()).await;
                unlisted.insert(found.map(|found| found.map(|(record, _)| record)));
            }
        }
        let mut records = BTreeMap::new();
        for (org, record) in loaded {
            match record {
                Ok(None) => {}
                Ok(Some(record)) => {
                    if only.is_none_or(|only| *only == org) {
                        check_identity(&record, &org, endpoint, &store.place(&org))?;
                    }
                    records.insert(org, record);
                }
                Err(error) if only.is_none_or(|only| *only == org) => return Err(error.into()),
                // Another organization's broken record is no reason not to plan this one.
                Err(_) => {}
            }
        }
        Ok(records)
    }
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

/// The known name or address that was most likely meant: of an address one in the same scope with nearly that key, else
/// the only one with that key elsewhere.
pub(super) fn nearest<'a>(said: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let Some((scope, key)) = said.rsplit_once('/') else { return yaml::nearest(said, known) };
    let known: Vec<(&str, &str, &str)> =
        known.filter_map(|word| word.rsplit_once('/').map(|(scope, key)| (scope, key, word))).collect();
    let in_scope = known.iter().filter(|(other, ..)| *other == scope).map(|(_, key, _)| *key);
    let near = yaml::nearest(key, in_scope);
    let beside = known.iter().find(|(other, name, _)| *other == scope && Some(*name) == near);
    let mut elsewhere = known.iter().filter(|(_, name, _)| *name == key);
    let found = beside.or_else(|| elsewhere.next().filter(|_| elsewhere.next().is_none()));
    found.map(|(.., word)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_key_is_found_and_another_word_is_not() {
        let known = ["acme/harassment", "acme/pii", "acme/prod/keys", "acme/prod/pii", "acme/prod/billing/cards"];
        for (said, meant) in [
            ("acme/pij", Some("acme/pii")),
            ("acme/prod/pi", Some("acme/prod/pii")),
            ("acme/access", None),
            ("acme/cards", Some("acme/prod/billing/cards")),
            ("acme/stage/pii", None),
            ("acmee", None),
        ] {
            assert_eq!(nearest(said, known.into_iter()), meant, "{said}");
        }
        assert_eq!(nearest("acmee", ["acme", "globex"].into_iter()), Some("acme"));
    }
}
