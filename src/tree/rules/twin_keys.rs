//! No two policies of a scope have keys that are alike, letter case and composition aside: their addresses would be one on
//! some system.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::domain::{Code, Finding, Key, Place, fold};
use crate::tree::yaml::quote;

/// They have.
pub(in crate::tree) const CODE: Code = Code("duplicate-key");

/// The policies of one scope: their keys, and where those are given.
pub(in crate::tree) fn check(elements: &[(&Key, &Place)]) -> Vec<Finding> {
    let mut seen: BTreeMap<String, (&Key, &Place)> = BTreeMap::new();
    let mut findings = Vec::new();
    for (key, place) in elements {
        let (other, first) = match seen.entry(fold(key.as_str())) {
            Entry::Vacant(free) => {
                free.insert((key, place));
                continue;
            }
            Entry::Occupied(taken) => *taken.get(),
        };
        // The files' names are alike already, which is told.
        if first.file != place.file && fold(&first.file) == fold(&place.file) {
            continue;
        }
        let message = if other == *key {
            format!("the key {} is taken in this scope", quote(key.as_str()))
        } else {
            format!(
                "the key {} differs from {} only in case or composition",
                quote(key.as_str()),
                quote(other.as_str())
            )
        };
        let finding = Finding::error(CODE, (*place).clone(), message).hint("give one of them another `key`");
        findings.push(finding.related(first.clone(), format!("{} is here", quote(other.as_str()))));
    }
    findings
}
