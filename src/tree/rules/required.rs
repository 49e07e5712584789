//! A policy has a `name`, a `riskType` and an `actionType`.

use crate::domain::{Code, Finding};
use crate::tree::raw::RawPolicy;
use crate::tree::yaml::Text;

/// A field that every policy has isn't there.
pub(in crate::tree) const CODE: Code = Code("missing-field");

pub(in crate::tree) fn check(raw: &RawPolicy, text: &Text<'_>) -> Vec<Finding> {
    let fields = [
        (raw.name.is_absent(), "name", "add `name: …`, what people see in the console"),
        (raw.risk_type.is_absent(), "riskType", "add `riskType: LOW`, `MEDIUM` or `HIGH`"),
        (raw.action_type.is_absent(), "actionType", "add `actionType: log`, `alert` or `block`"),
    ];
    let missing = fields.into_iter().filter(|(absent, field, _)| *absent && !raw.meant.contains(field));
    missing
        .map(|(_, field, hint)| {
            Finding::error(CODE, text.place(raw.range.clone()), format!("`{field}` is missing")).hint(hint)
        })
        .collect()
}
