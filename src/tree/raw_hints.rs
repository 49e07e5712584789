//! What to do about a policy's file that was written with something else in mind: another tool, another language, Markdown.

use super::yaml::{EMPTY_VALUE, Entry, NOT_A_TEXT, Node, Slip, Slipped, UNKNOWN_FIELD, Value};
use crate::domain::Finding;

pub(super) const A_DOCUMENT_EACH: &str = "write each policy as a document of its own, with `---` between them";

/// The fields that hardly anything but a policy has.
const A_POLICYS: &[&str] = &["name", "riskType", "actionType", "content"];

/// About a document that is a mere text; `above` is what stands before it in the file.
pub(super) fn of_a_text(said: &str, above: &str) -> &'static str {
    let slipped = Slipped::of(said.lines().next().unwrap_or_default());
    let slip = slipped.map(|slipped| slipped.slip);
    // A text may well begin with such a word, but for the words that only a policy's file begins with, written just so.
    let is_a_policys = slipped.is_some_and(|slipped| A_POLICYS.contains(&slipped.word));
    match slip {
        _ if said.contains(":\u{a0}") => {
            "after `:` stands a no-break space (U+00A0), which looks like a space: type it anew"
        }
        Some(Slip::WideColon) => {
            "after a field's name stands a wide colon (U+FF1A): write `:` and a space, `name: PII`"
        }
        Some(Slip::EqualsSign) => "write `:` and a space where `=` is: `name: PII`",
        Some(Slip::NoSpace) => "write a space after each `:`",
        _ if said.contains('{') && said.contains(" = ") => {
            "this is how other tools group their fields: write a field a line, `name: PII`, without braces"
        }
        Some(Slip::NoColon) if is_a_policys => "write a `:` and a space after each field's name: `name: PII`",
        _ if above.contains("name:") => {
            "is it the policy's text? Take the line above it away, and write it below `content: |`, indented"
        }
        _ => "its text stands in `content: |`, beside `name`, `riskType` and `actionType`",
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
        NOT_A_TEXT if is_of("contentFile`") => Some("name one file: a policy has one text"),
        NOT_A_TEXT if is_of("actionType`") => Some("write the strongest alone: block alerts too, and alert logs"),
        EMPTY_VALUE if is_of("content`") => Some("write the policy's text below `content: |`, each line two spaces in"),
        EMPTY_VALUE if is_of("contentFile`") => {
            Some("write the path of the text's file, as in `contentFile: texts/pii.md`")
        }
        EMPTY_VALUE if is_of("name`") => Some("write what people see in the console, as in `name: Personal data`"),
        EMPTY_VALUE if is_of("riskType`") => Some("write `riskType: LOW`, `MEDIUM` or `HIGH`"),
        EMPTY_VALUE if is_of("actionType`") => Some("write `actionType: log`, `alert` or `block`"),
        _ => None,
    }
}

/// About a field that shows that the whole file is of another kind, where nothing of a policy stands beside it.
pub(super) fn of_all(name: &str, root: &Node) -> Option<String> {
    let Value::Mapping(entries) = &root.value else { return None };
    let inside = entries.iter().find(|entry| entry.key.value == name).map(|entry| &entry.value.value);
    match (name, inside) {
        ("policies" | "rules" | "items" | "resources", _) => Some(A_DOCUMENT_EACH.to_owned()),
        _ if name.starts_with("//") || name.starts_with("/*") => Some("begin a comment with `#`".to_owned()),
        (_, Some(value)) if holds_any(value) && entries.iter().filter(|entry| is_one(entry)).count() > 1 => Some(
            "write each policy into a file of its own, named by this word, its fields from the first column on"
                .to_owned(),
        ),
        ("id", _) => Some("is this the folder's scope file? Then call it `_scope.yaml`".to_owned()),
        (_, Some(value)) if holds_any(value) => {
            Some(format!("write its fields without `{name}`, from the first column on"))
        }
        _ => None,
    }
}

/// Whether it is a policy by its name; `metadata` may have a `name` of its own.
fn is_one(entry: &Entry) -> bool {
    entry.key.value != "metadata" && holds_any(&entry.value.value)
}

/// Whether it holds fields of a policy.
fn holds_any(value: &Value) -> bool {
    let Value::Mapping(inside) = value else { return false };
    inside.iter().any(|entry| A_POLICYS.contains(&entry.key.value.as_str()))
}

/// What a scope's file is made of.
pub(super) const A_SCOPE: &str = "write `id: …`, and `name: …` if you like, each on a line of its own";

/// About a scope's file that is a mere text.
pub(super) fn of_a_scopes_text(said: &str) -> &'static str {
    match said.strip_prefix("id") {
        Some(rest) if rest.trim_start().starts_with(['=', ':']) => "write a `:` and a space: `id: …`",
        _ => A_SCOPE,
    }
}

/// About a field in a scope's file that belongs somewhere else.
pub(super) fn of_a_scope(name: &str) -> Option<&'static str> {
    match name {
        "riskType" | "actionType" | "content" | "contentFile" | "key" | "protected" | "draft" => {
            Some("is this a policy? Then give its file another name; `_scope.yaml` says what its folder stands for")
        }
        "scope" | "spec" | "metadata" => Some("write `id` and `name` without it, from the first column on"),
        _ => of_an_unknown(name).map(|_| "take it away; a scope's file holds `id` and `name`, and comments"),
    }
}

/// About a field that other tools have.
pub(super) fn of_an_unknown(name: &str) -> Option<&'static str> {
    Some(match name {
        "apiVersion" | "kind" => "take it away: what a policy is, its place and its fields say",
        "_scope" => "that is a file of its own, `_scope.yaml`, in the policy's folder",
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
