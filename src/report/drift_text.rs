//! Drift for people: what was changed behind policysync's back, by whom and when; then what nobody manages.

use std::fmt::Write as _;

use super::plan_text::details;
use super::style::{Role, Styles};
use super::view::{View, action};
use super::{counted, escape};
use crate::domain::Direction;
use crate::plan::{Drift, Drifted, Fate, Unmanaged};

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
    let view = View::of_drifted(drifted);
    let (sign, address) = (format!("{} {}", view.sign, view.word), escape::line(view.address));
    let _ = write!(out, "  {} {}", styles.paint(view.role, sign), styles.paint(Role::Bold, address));
    match view.direction {
        Direction::Weaker => {
            let _ = write!(out, "  {}", styles.paint(Role::Weaker, "WEAKER"));
        }
        Direction::Stronger => out.push_str("  stronger"),
        Direction::Unclear | Direction::Neutral => {}
    }
    out.push('\n');
    details(out, &view, styles);
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
