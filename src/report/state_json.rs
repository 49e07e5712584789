//! The record as JSON, version 1: for programs that ask what is managed, and under which id.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{Address, ScopeName};
use crate::state::{Entry, Record};

use super::escape;

#[derive(Serialize)]
struct StateReport<'a> {
    format: &'static str,
    organizations: Vec<OrganizationState<'a>>,
}

#[derive(Serialize)]
struct OrganizationState<'a> {
    org: &'a ScopeName,
    endpoint: &'a str,
    lineage: String,
    serial: u64,
    locked: bool,
    pending: Vec<&'a Address>,
    policies: Vec<EntryReport<'a>>,
}

#[derive(Serialize)]
struct EntryReport<'a> {
    address: &'a Address,
    #[serde(flatten)]
    entry: &'a Entry,
}

/// All records.
#[must_use]
pub fn state_json(records: &BTreeMap<ScopeName, Record>) -> String {
    let organizations = records
        .iter()
        .map(|(org, record)| OrganizationState {
            org,
            endpoint: record.endpoint.as_str(),
            lineage: record.lineage.to_string(),
            serial: record.serial,
            locked: record.lease.is_some(),
            pending: record.pending.keys().collect(),
            policies: record.policies.iter().map(|(address, entry)| EntryReport { address, entry }).collect(),
        })
        .collect();
    escape::json(&StateReport { format: "policysync.state/1", organizations })
}

/// One entry.
#[must_use]
pub fn entry_json(address: &Address, entry: &Entry) -> String {
    escape::json(&EntryReport { address, entry })
}
