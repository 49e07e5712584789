//! The record for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::domain::{Address, ScopeName};
use crate::state::{Entry, Record};

use super::style::Role;
use super::{Styles, counted, escape};

/// All records: one line a policy.
#[must_use]
pub fn state_text(records: &BTreeMap<ScopeName, Record>, styles: &Styles) -> String {
    if records.is_empty() {
        return "Nothing is recorded yet.\n".to_owned();
    }
    let mut text = String::new();
    let widest =
        records.values().flat_map(|record| record.policies.keys()).map(|address| address.as_str().chars().count());
    let width = widest.max().unwrap_or_default();
    for (org, record) in records {
        let policies = counted(record.policies.len(), "policy", "policies");
        let heading = format!("{org}: {policies}, applied to {} (save {})", record.endpoint, record.serial);
        let _ = writeln!(text, "{}", styles.paint(Role::Bold, escape::line(&heading)));
        if let Some(lease) = &record.lease {
            let held = format!("locked by {} since {}, lease {}", lease.holder, lease.acquired_at, lease.id);
            let _ = writeln!(text, "  {}", styles.paint(Role::Warning, escape::line(&held)));
        }
        for (address, entry) in &record.policies {
            let _ = writeln!(text, "  {:<width$}  {}", escape::line(address.as_str()), escape::line(entry.id.as_str()));
        }
        for (address, intent) in &record.pending {
            let pending =
                format!("{address}: a {} was begun at {} and its end isn't known", intent.change, intent.intended_at);
            let _ = writeln!(text, "  {}", styles.paint(Role::Warning, escape::line(&pending)));
        }
    }
    text
}

/// One entry, with its text.
#[must_use]
pub fn entry_text(address: &Address, entry: &Entry, styles: &Styles) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", styles.paint(Role::Bold, escape::line(address.as_str())));
    let policy = &entry.sent.policy;
    let applied = entry.applied_at.to_string();
    let scope = entry.sent.scope.to_string();
    let rows = [
        ("id", entry.id.as_str()),
        ("scope", &scope),
        ("name", policy.name()),
        ("riskType", policy.risk_type().as_str()),
        ("actionType", policy.action_type().as_str()),
        ("applied", &applied),
        ("file", &entry.file),
        ("commit", entry.commit.as_deref().unwrap_or("not known")),
    ];
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<10}  {}", escape::line(value));
    }
    if entry.stored.is_some() {
        let _ = writeln!(text, "  the service keeps another text than it was sent:");
        let _ = writeln!(text, "  name        {}", escape::line(entry.live_name()));
        indented(&mut text, "kept", entry.live_content());
    }
    indented(&mut text, "content", policy.content());
    text
}

fn indented(text: &mut String, name: &str, content: &str) {
    let _ = writeln!(text, "  {name}");
    for line in content.lines() {
        let _ = writeln!(text, "    | {}", escape::line(line));
    }
}
