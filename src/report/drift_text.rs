//! Drift for people: what was changed behind policysync's back, by whom and when; then what nobody manages.

use std::fmt::Write as _;

use super::style::{Role, Styles};
use super::words_text::differences_text;
use super::{counted, escape};
use crate::api::LivePolicy;
use crate::domain::{ActionType, Direction};
use crate::plan::{Drift, Drifted, Fate, Unmanaged};
use crate::state::Entry;

/// Where the parts of one policy's drift begin.
const INDENT: &str = "      ";

/// Each drifted policy with its difference, the policies that nobody manages, and the counts on the last lines.
#[must_use]
pub fn drift_text(drift: &Drift<'_>, styles: &Styles) -> String {
    let mut out = String::new();
    for drifted in &drift.drifted {
        one(&mut out, drifted, styles);
        out.push('\n');
    }
    if !drift.unmanaged.is_empty() {
        let count = counted(drift.unmanaged.len(), "policy that nobody manages", "policies that nobody manages");
        let _ = writeln!(out, "{}", styles.paint(Role::Bold, format!("{count}:")));
        for unmanaged in &drift.unmanaged {
            unmanaged_line(&mut out, unmanaged, styles);
        }
        out.push('\n');
    }
    let unseen = drift.unseen.iter().map(|(address, why)| (address.to_string(), why));
    for (what, why) in unseen.chain(drift.closed.iter().map(|(scope, why)| (scope.to_string(), why))) {
        let heading = styles.paint(Role::Warning, "can't be seen:");
        let _ = writeln!(out, "{heading} {}: {}", escape::line(&what), escape::line(why));
    }
    summary(&mut out, drift, styles);
    out
}

fn one(out: &mut String, drifted: &Drifted<'_>, styles: &Styles) {
    let Drifted { address, entry, wanted, fate, direction } = drifted;
    let (sign, role) = match fate {
        Fate::Edited(_) => ("~ edited", Role::Change),
        Fate::Gone => ("- gone", Role::Remove),
    };
    let _ = write!(out, "  {} {}", styles.paint(role, sign), styles.paint(Role::Bold, escape::line(address.as_str())));
    match direction {
        Direction::Weaker => {
            let _ = write!(out, "  {}", styles.paint(Role::Weaker, "WEAKER"));
        }
        Direction::Stronger => out.push_str("  stronger"),
        Direction::Unclear | Direction::Neutral => {}
    }
    out.push('\n');
    match fate {
        Fate::Gone => {
            let _ = writeln!(out, "{INDENT}the service has no policy {} any more", escape::line(entry.id.as_str()));
        }
        Fate::Edited(live) => {
            let _ = writeln!(out, "{INDENT}by {}", who_and_when(live));
            differences(out, live, entry, styles);
            if live.equals(wanted) {
                let _ = writeln!(out, "{INDENT}what is live is what the tree asks for");
            }
        }
    }
}

/// `Ada Example at 2026-11-20T09:12:00Z`.
fn who_and_when(live: &LivePolicy) -> String {
    let who = live.updated_by.as_ref().map_or("someone", |person| &person.name);
    let when = live.updated_at.map_or_else(String::new, |at| format!(" at {at}"));
    format!("{}{when}", escape::line(who))
}

/// From what is recorded to what is live.
fn differences(out: &mut String, live: &LivePolicy, entry: &Entry, styles: &Styles) {
    let policy = &entry.sent.policy;
    let mut arrow = |field: &str, old: &str, new: &str| {
        if old != new {
            let change = styles.paint(Role::Change, format!("{} → {}", escape::line(old), escape::line(new)));
            let _ = writeln!(out, "{INDENT}{field:<12}{change}");
        }
    };
    arrow("scope", &entry.sent.scope.to_string(), &live.scope.to_string());
    arrow("name", entry.live_name(), &live.name);
    arrow("riskType", policy.risk_type().as_str(), &live.risk_type);
    arrow("actionType", policy.action_type().as_str(), &action(live));
    if live.content != entry.live_content() {
        let _ = writeln!(out, "{INDENT}content");
        out.push_str(&differences_text(entry.live_content(), &live.content, &format!("{INDENT}  "), styles));
    }
}

/// The action's word, or the number where there is none for it.
fn action(live: &LivePolicy) -> String {
    let known = ActionType::ALL.into_iter().find(|action| i64::from(action.number()) == live.action_type);
    known.map_or_else(|| live.action_type.to_string(), |action| action.to_string())
}

fn unmanaged_line(out: &mut String, Unmanaged { live, equals }: &Unmanaged<'_>, styles: &Styles) {
    let facts = format!("{}, {}, \"{}\"", action(live), live.risk_type, live.name);
    let made = live.created_by.as_ref().map_or_else(String::new, |person| format!(", made by {}", person.name));
    let line = format!("{}  {}  {facts}{made}", live.scope, live.id);
    let _ = write!(out, "  {} {}", styles.paint(Role::Warning, "?"), escape::line(&line));
    if let Some(address) = equals {
        let _ = write!(out, "  (equal to {}: apply adopts it)", escape::line(address.as_str()));
    }
    out.push('\n');
}

fn summary(out: &mut String, drift: &Drift<'_>, styles: &Styles) {
    let Drift { drifted, unmanaged, unseen, closed: _, pending, as_recorded } = drift;
    let weaker = drifted.iter().filter(|drifted| drifted.direction == Direction::Weaker).count();
    if weaker > 0 {
        let verb = if weaker == 1 { "is" } else { "are" };
        let count = format!("{} {verb} weaker than the tree asks for.", counted(weaker, "policy", "policies"));
        let _ = writeln!(out, "{}", styles.paint(Role::Weaker, count));
    }
    let heading = match drifted.is_empty() {
        true => styles.paint(Role::Good, "No drift."),
        false => styles.paint(Role::Bold, "Drift:"),
    };
    let mut counts = Vec::new();
    if !drifted.is_empty() {
        let edited = drifted.iter().filter(|drifted| matches!(drifted.fate, Fate::Edited(_))).count();
        counts.push(format!("{edited} edited, {} gone", drifted.len() - edited));
    }
    counts.push(format!("{as_recorded} as recorded"));
    if *pending > 0 {
        counts.push(format!("{pending} with a change pending"));
    }
    if !unseen.is_empty() {
        counts.push(format!("{} not seen", unseen.len()));
    }
    if !unmanaged.is_empty() {
        counts.push(format!("{} unmanaged", unmanaged.len()));
    }
    let _ = writeln!(out, "{heading} {}.", counts.join(", "));
}
