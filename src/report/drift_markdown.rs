//! Drift as Markdown: what was changed behind policysync's back, what is weaker by it first; then what nobody manages.

use super::markdown::{Frame, List, Page, cut, in_one_line, sentence};
use super::view::{View, action};
use super::{counted, escape};
use crate::plan::{Drift, Unmanaged};

/// Drift for an issue, a job summary or a page, as long as the frame allows.
#[must_use]
pub fn drift_markdown(drift: &Drift<'_>, frame: Frame<'_>) -> String {
    let Drift { drifted, unmanaged, unseen, closed, pending, as_recorded } = drift;
    let views = worst_first(drift);
    let weaker: Vec<String> = views.iter().filter(|view| view.is_weaker()).map(in_one_line).collect();
    let changed = counted(drifted.len(), "policy was changed", "policies were changed");
    let headline = match (drifted.is_empty(), weaker.len()) {
        (true, _) => "No drift".to_owned(),
        (false, 0) => format!("Drift: {changed} in the service"),
        (false, number) => format!("Drift: {changed} in the service — {number} weaker"),
    };
    let mut page = Page::begin(frame, &headline);
    let verb = if weaker.len() == 1 { "is" } else { "are" };
    let count = counted(weaker.len(), "policy", "policies");
    let heading = format!("> [!CAUTION]\n> **{count} {verb} weaker than the tree asks for:**\n>\n");
    page.list(&List { heading, prefix: "> ", lines: weaker }, 4);
    let seen = unseen.iter().map(|(address, why)| (address.to_string(), why));
    let closed = closed.iter().map(|(scope, why)| (scope.to_string(), why));
    let line = |(what, why): (String, &String)| format!("{}: {}", escape::markdown_code(&what), sentence(why));
    let heading = "> [!WARNING]\n> **What can't be seen:**\n>\n".to_owned();
    page.list(&List { heading, prefix: "> ", lines: seen.chain(closed).map(line).collect() }, 4);
    page.changes(&views);
    let count = counted(unmanaged.len(), "policy that nobody manages", "policies that nobody manages");
    let lines = unmanaged.iter().map(unmanaged_line).collect();
    page.list(&List { heading: format!("{count}:\n\n"), prefix: "", lines }, 1);
    let pending = if *pending > 0 { format!(", {pending} with a change pending") } else { String::new() };
    page.end(&format!("{} drifted, {as_recorded} as recorded{pending}", drifted.len()))
}

fn unmanaged_line(Unmanaged { live, equals }: &Unmanaged<'_>) -> String {
    let code = |text: &str| escape::markdown_code(&cut(text, 200));
    let made = live.created_by.as_ref().map_or_else(String::new, |person| format!(", made by {}", code(&person.name)));
    let equals = equals.map_or_else(String::new, |address| {
        format!(" (equal to {}: apply adopts it)", escape::markdown_code(address.as_str()))
    });
    let (scope, id) = (code(&live.scope.to_string()), code(live.id.as_str()));
    format!("in {scope}, {id}: {}, {}, {}{made}{equals}", code(&action(live)), code(&live.risk_type), code(&live.name))
}

/// What drifted: what is weaker by it first, else in its order.
pub(super) fn worst_first<'a>(drift: &Drift<'a>) -> Vec<View<'a>> {
    let (mut weaker, rest): (Vec<_>, Vec<_>) = drift.drifted.iter().map(View::of_drifted).partition(View::is_weaker);
    weaker.extend(rest);
    weaker
}
