//! No two policies of a scope are equal in all fields: the service would hold two that nobody can tell apart.

use std::collections::HashMap;

use crate::domain::{Address, Code, Finding, Place, ScopedPolicy};
use crate::tree::yaml::quote;

/// They are.
pub(in crate::tree) const CODE: Code = Code("duplicate-policy");

pub(in crate::tree) fn check(elements: &[(&Address, &ScopedPolicy, &Place)]) -> Vec<Finding> {
    let mut seen: HashMap<&ScopedPolicy, (&Address, &Place)> = HashMap::with_capacity(elements.len());
    let mut findings = Vec::new();
    for (address, policy, place) in elements {
        match seen.get(policy) {
            None => {
                seen.insert(policy, (address, place));
            }
            Some((other, first)) => {
                let message = format!("this policy equals {} in all fields", quote(other.as_str()));
                let finding = Finding::error(CODE, (*place).clone(), message).hint("delete one of them");
                findings.push(finding.related((*first).clone(), format!("{} is here", quote(other.as_str()))));
            }
        }
    }
    findings
}
