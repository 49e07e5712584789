//! No two policies of a scope are equal in all fields, white space aside: the service would hold two that nobody can tell
//! apart, and one whose answer was lost could be taken for the other.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rayon::prelude::*;

use crate::domain::{Address, Code, Finding, Place, ScopedPolicy};
use crate::tree::yaml::quote;

/// They are.
pub(in crate::tree) const CODE: Code = Code("duplicate-policy");

pub(in crate::tree) fn check(elements: &[(&Address, &ScopedPolicy, &Place)]) -> Vec<Finding> {
    let mut seen: HashMap<u64, Vec<(&Address, &ScopedPolicy, &Place)>> = HashMap::with_capacity(elements.len());
    let mut findings = Vec::new();
    let fingerprints: Vec<u64> = elements.par_iter().map(|(_, policy, _)| fingerprint(policy)).collect();
    for (fingerprint, (address, policy, place)) in fingerprints.into_iter().zip(elements) {
        let alike = seen.entry(fingerprint).or_default();
        match alike.iter().find(|(_, other, _)| are_twins(other, policy)) {
            None => alike.push((address, policy, place)),
            Some((other, twin, first)) => {
                let but = if twin == policy { "" } else { ", white space aside" };
                let message = format!("this policy equals {} in all fields{but}", quote(other.as_str()));
                let finding = Finding::error(CODE, (*place).clone(), message).hint("delete one of them");
                findings.push(finding.related((*first).clone(), format!("{} is here", quote(other.as_str()))));
            }
        }
    }
    findings
}

/// What twins have in common, in a number: comparing all with all would take a large scope too long.
#[must_use]
pub fn fingerprint(scoped: &ScopedPolicy) -> u64 {
    let ScopedPolicy { scope, policy } = scoped;
    let mut hasher = DefaultHasher::new();
    (scope, policy.risk_type(), policy.action_type()).hash(&mut hasher);
    for text in [policy.name(), policy.content()] {
        without_white_space(text).hash(&mut hasher);
    }
    hasher.finish()
}

fn without_white_space(text: &str) -> Vec<u8> {
    if !text.is_ascii() {
        return text.split_whitespace().collect::<String>().into_bytes();
    }
    // The same, and several times as quick for nearly all texts: no character is taken apart.
    let mut bytes = text.as_bytes().to_vec();
    bytes.retain(|byte| !char::from(*byte).is_whitespace());
    bytes
}

/// Whether two policies are equal in all fields, white space aside.
#[must_use]
pub fn are_twins(one: &ScopedPolicy, other: &ScopedPolicy) -> bool {
    let (a, b) = (&one.policy, &other.policy);
    let same_words = |one: &str, other: &str| one.split_whitespace().eq(other.split_whitespace());
    one.scope == other.scope
        && a.risk_type() == b.risk_type()
        && a.action_type() == b.action_type()
        && same_words(a.name(), b.name())
        && same_words(a.content(), b.content())
}
