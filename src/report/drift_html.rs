//! Drift as a page: what is weaker than the tree asks for, then the tree of scopes with what was changed in each.

use super::counted;
use super::drift_markdown::worst_first;
use super::links::Links;
use super::page::{AlarmLine, Frame};
use super::page_changes::{Rest, Shown, anchor, page};
use super::view::action;
use crate::domain::{Address, ScopePath};
use crate::plan::{Drift, Unmanaged};
use crate::tree::Tree;

/// Drift as one HTML file; `tree` is what it was compared with.
#[must_use]
pub fn drift_html(drift: &Drift<'_>, tree: &Tree, links: &Links) -> String {
    let Drift { drifted, unmanaged, unseen, closed, pending, as_recorded } = drift;
    let title = if drifted.is_empty() { "No drift" } else { "Drift" };
    let lead = match drifted.len() {
        0 => counted(*as_recorded, "policy is as recorded.", "policies are as recorded."),
        number => format!("{} in the service.", counted(number, "policy was changed", "policies were changed")),
    };
    let views = worst_first(drift);
    let mut frame = Frame::new(title.to_owned(), lead, "changes", !views.is_empty());
    let weaker = views.iter().enumerate().filter(|(_, view)| view.is_weaker());
    let weaker: Vec<_> = weaker.map(|(index, view)| AlarmLine::weaker(view, anchor(index))).collect();
    let verb = if weaker.len() == 1 { "is" } else { "are" };
    let count = counted(weaker.len(), "policy", "policies");
    frame.alarm("bad", format!("{count} {verb} weaker than the tree asks for"), weaker);
    let seen = unseen.iter().map(|(address, why)| AlarmLine::of(address.as_str(), why, None));
    let closed = closed.iter().map(|(scope, why)| AlarmLine::of(scope.to_string(), why, None));
    frame.alarm("warn", "What can't be seen", seen.chain(closed).collect());
    frame.facts.push(("as recorded", as_recorded.to_string()));
    if *pending > 0 {
        frame.facts.push(("pending", pending.to_string()));
    }
    let shown = views.into_iter().filter_map(|view| {
        let scope = scope_of(view.address)?;
        Some(Shown { scope, view, ended: None })
    });
    let title = counted(unmanaged.len(), "policy that nobody manages", "policies that nobody manages");
    let others = unmanaged.iter().map(unmanaged_line).collect();
    page(frame, shown.collect(), links, Rest { tree, lists_unchanged: false, others: (title, others) })
}

fn scope_of(address: &str) -> Option<ScopePath> {
    address.parse::<Address>().ok().map(|address| address.scope())
}

fn unmanaged_line(Unmanaged { live, equals }: &Unmanaged<'_>) -> (String, String) {
    let made = live.created_by.as_ref().map_or_else(String::new, |person| format!(", made by {}", person.name));
    let equals = equals.map_or_else(String::new, |address| format!(" (equal to {address}: apply adopts it)"));
    let facts = format!("{}, {}, \"{}\"{made}{equals}", action(live), live.risk_type, live.name);
    (format!("{} {}", live.scope, live.id), facts)
}
