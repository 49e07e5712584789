//! The record for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::domain::{Address, ChangeKind, PolicyId, ScopeName};
use crate::state::{Claim, Ended, Entry, Intent, Lease, Record};

use super::style::Role;
use super::{Styles, counted, escape};

/// All records: one line a policy. `claim` says what a run that began now would do about a lease.
#[must_use]
pub fn state_text(records: &BTreeMap<ScopeName, Record>, claim: &dyn Fn(&Lease) -> Claim, styles: &Styles) -> String {
    if records.is_empty() {
        return "Nothing is recorded yet.\n".to_owned();
    }
    let mut text = String::new();
    let widest =
        records.values().flat_map(|record| record.policies.keys()).map(|address| address.as_str().chars().count());
    let width = widest.max().unwrap_or_default();
    for (org, record) in records {
        let policies = counted(record.policies.len(), "policy", "policies");
        let last = record.policies.values().map(|entry| entry.applied_at).max();
        let last = last.map_or_else(String::new, |at| format!(", last applied at {at}"));
        let heading = format!("{org}: {policies}, applied to {} (save {}{last})", record.endpoint, record.serial);
        let _ = writeln!(text, "{}", styles.paint(Role::Bold, escape::line(&heading)));
        if let Some(lease) = &record.lease {
            let standing = standing(lease, &claim(lease));
            let _ = writeln!(text, "  {}", styles.paint(Role::Warning, escape::line(&standing)));
        }
        for (address, entry) in &record.policies {
            let _ = writeln!(text, "  {:<width$}  {}", escape::line(address.as_str()), escape::line(entry.id.as_str()));
        }
        unfinished(&mut text, record, styles);
    }
    text
}

/// Who has a lease, and whether it keeps others off.
fn standing(lease: &Lease, claim: &Claim) -> String {
    let Lease { id, holder, acquired_at, expires_at, run, process: _, revoked: _, contested: _ } = lease;
    let run = run.as_ref().map_or_else(String::new, |run| format!(" ({run})"));
    let over = match claim {
        Claim::Held { .. } | Claim::Free | Claim::Mine => {
            return format!(
                "locked by {holder}{run} since {acquired_at}, until {expires_at} unless renewed; lease {id}"
            );
        }
        Claim::TakeOver { why: Ended::Expired, .. } => "its time is over",
        Claim::TakeOver { why: Ended::HolderGone, .. } => "its process is dead",
        Claim::TakeOver { why: Ended::Revoked, .. } => "someone else ended it",
    };
    format!(
        "{holder}{run} worked with it since {acquired_at} and did not give it back; {over}, so the next run takes over"
    )
}

/// What is pending, and what comes of it next.
fn unfinished(text: &mut String, record: &Record, styles: &Styles) {
    let mut tell = |line: &str| {
        let _ = writeln!(text, "  {}", styles.paint(Role::Warning, escape::line(line)));
    };
    for (address, intent) in &record.pending {
        let Intent { change, intended_at, undecided, .. } = intent;
        let a = if matches!(change, ChangeKind::Update | ChangeKind::Adopt) { "an" } else { "a" };
        let begun = format!("{address}: {a} {change} was begun at {intended_at} and its end isn't known");
        let candidates: Vec<&str> =
            undecided.iter().flat_map(|several| &several.candidates).map(PolicyId::as_str).collect();
        match (undecided, candidates.as_slice()) {
            (None, _) => tell(&begun),
            (Some(_), []) => tell(&format!(
                "{begun}; it can't be seen: apply again, or `policysync state resolve {address} --forget`"
            )),
            (Some(_), several) => tell(&format!(
                "{begun}; it could be any of {}: `policysync state resolve {address} --adopt ID`, or --forget",
                several.join(", ")
            )),
        }
    }
    if record.pending.values().any(|intent| intent.undecided.is_none()) {
        tell(
            "the next apply finds out what came of that before anything else, for as long as a request can still land (--settle)",
        );
    }
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
