//! What to do about a policy's file that was written with something else in mind: another tool, another language, Markdown.

use super::yaml::{NOT_A_TEXT, Node, UNKNOWN_FIELD, Value};
use crate::domain::Finding;

pub(super) const A_DOCUMENT_EACH: &str = "write each policy as a document of its own, with `---` between them";

/// The fields that hardly anything but a policy has.
const A_POLICYS: &[&str] = &["name", "riskType", "actionType", "content"];

/// About a document that is a mere text; `above` is what stands before it in the file.
pub(super) fn of_a_text(said: &str, above: &str) -> &'static str {
    let is_followed = |mark: &str| {
        A_POLICYS.iter().any(|field| said.strip_prefix(field).is_some_and(|rest| rest.trim_start().starts_with(mark)))
    };
    if said.contains(":\u{a0}") {
        "after `:` stands a no-break space (U+00A0), which looks like a space: type it anew"
    } else if is_followed("=") {
        "write `:` and a space where `=` is: `name: PII`"
    } else if is_followed(":") {
        "write a space after each `:`"
    } else if above.contains("name:") {
        "is it the policy's text? Take the `---` above it away, and write it below `content: |`, indented"
    } else {
        "its text stands in `content: |`, beside `name`, `riskType` and `actionType`"
    }
}

/// The name of the field, where a finding is that there is none of that name.
pub(super) fn unknown(finding: &Finding) -> Option<&str> {
    let name = finding.message.strip_suffix("` is not a known field").and_then(|said| said.strip_prefix('`'));
    name.filter(|_| finding.code == UNKNOWN_FIELD)
}

/// About a known field that holds something else than a text.
pub(super) fn of_a_field(finding: &Finding) -> Option<&'static str> {
    let is_of = |field: &str| finding.message.strip_prefix('`').is_some_and(|said| said.starts_with(field));
    match finding.code {
        NOT_A_TEXT if is_of("riskType`") => Some("write LOW, MEDIUM or HIGH"),
        NOT_A_TEXT if is_of("actionType`") => Some("write the strongest alone: block alerts too, and alert logs"),
        _ => None,
    }
}

/// About a field that shows that the whole file is of another kind, where nothing of a policy stands beside it.
pub(super) fn of_all(name: &str, root: &Node) -> Option<String> {
    let Value::Mapping(entries) = &root.value else { return None };
    let inside = entries.iter().find(|entry| entry.key.value == name).map(|entry| &entry.value.value);
    let is_a_policys = |field: &str| A_POLICYS.contains(&field);
    match (name, inside) {
        ("policies" | "rules", _) => Some(A_DOCUMENT_EACH.to_owned()),
        ("id", _) => Some("is this the folder's scope file? Then call it `_scope.yaml`".to_owned()),
        (_, Some(Value::Mapping(inside))) if inside.iter().any(|entry| is_a_policys(&entry.key.value)) => {
            Some(format!("write its fields without `{name}`, from the first column on"))
        }
        _ => None,
    }
}

/// About a field that other tools have.
pub(super) fn of_an_unknown(name: &str) -> Option<&'static str> {
    Some(match name {
        "apiVersion" | "kind" => "take it away: what a policy is, its place and its fields say",
        "id" => "take it away: the record keeps the service's id of a policy",
        "createdAt" | "createdBy" | "lastUpdatedAt" | "lastUpdatedBy" => "take it away: the service writes it",
        "owner" | "owners" | "team" | "author" | "contact" | "ticket" | "version" | "reason" | "notes" | "comment" => {
            "what only people read goes below `metadata:`, a line each, or into a comment"
        }
        "enabled" | "disabled" | "active" | "status" => "take it away: a policy is in force while its file is there",
        "scope" | "scopes" | "target" | "targets" | "appliesTo" => {
            "take it away: the folder of the file is where the policy holds"
        }
        _ => return None,
    })
}
