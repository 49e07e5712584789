//! A plan as Markdown: the headline with the counts, what gets weaker, what is refused, the reach, then each change with its
//! difference.

use super::markdown::{Frame, List, Page, in_one_line, sentence};
use super::proposal::Proposal;
use super::view::{View, counts, reach_in_words, recorded};
use super::{counted, escape};
use crate::plan::{Notice, Plan, Verdict};

/// A plan for a comment, a job summary or a page, as long as the frame allows.
#[must_use]
pub fn plan_markdown<'a>(plan: impl Into<Proposal<'a>>, frame: Frame<'_>) -> String {
    let proposal = plan.into();
    let (plan, views) = (proposal.plan, worst_first(proposal));
    let weaker: Vec<String> = views.iter().filter(|view| view.is_weaker()).map(in_one_line).collect();
    let headline = match (plan.is_empty(), weaker.len()) {
        (true, _) => "No changes".to_owned(),
        (false, 0) => format!("Plan: {}", counts(plan, false)),
        (false, number) => format!("Plan: {} — {number} weaker", counts(plan, false)),
    };
    let mut page = Page::begin(frame, &headline);
    let verb = if weaker.len() == 1 { "makes" } else { "make" };
    let count = counted(weaker.len(), "change", "changes");
    let heading = format!("> [!CAUTION]\n> **{count} {verb} enforcement weaker:**\n>\n");
    page.list(&List { heading, prefix: "> ", lines: weaker }, 4);
    verdicts(&mut page, plan);
    if !plan.reach.all.is_nothing() {
        let reach = reach_in_words(plan.reach.all);
        page.words(&format!("**Reach:** {reach} below the changed policies' own scopes."));
    }
    let notice = |Notice { address, code, message }: &Notice| {
        format!("notice {} {}: {}", code.as_str(), escape::markdown_code(address.as_str()), sentence(message))
    };
    let lines = plan.notices.iter().map(notice).collect();
    page.list(&List { heading: String::new(), prefix: "", lines }, 6);
    page.changes(&views);
    if plan.is_empty() {
        page.words(&recorded(plan));
    }
    let endpoint = escape::markdown_code(&super::markdown::cut(&plan.endpoint.to_string(), 300));
    page.end(&format!("{} unchanged · {endpoint} · digest `{}`", plan.unchanged, plan.digest))
}

/// What the guards found: refusals in a box of their own.
pub(super) fn verdicts(page: &mut Page<'_>, plan: &Plan) {
    let (refused, allowed): (Vec<&Verdict>, Vec<&Verdict>) = plan.guards.iter().partition(|verdict| !verdict.allowed);
    let line = |verdict: &&Verdict| {
        let Verdict { guard, found: _, allowed, message, hint } = verdict;
        let word = if *allowed { "allowed" } else { "refused" };
        let hint = if *allowed { String::new() } else { format!("; help: {}", sentence(hint)) };
        format!("{word} by {}: {}{hint}", escape::markdown_code(guard.as_str()), sentence(message))
    };
    let heading = "> [!IMPORTANT]\n> **A guard refuses this plan: nothing of it is applied.**\n>\n".to_owned();
    let mut lines: Vec<String> = refused.iter().map(line).collect();
    if let Some(flag) = plan.flag_to_allow() {
        lines.push(format!("to let this plan pass and no other: {}", escape::markdown_code(&flag)));
    }
    page.list(&List { heading, prefix: "> ", lines }, 5);
    page.list(&List { heading: String::new(), prefix: "", lines: allowed.iter().map(line).collect() }, 4);
}

/// The changes: those that let more through first, else in their order.
pub(super) fn worst_first(proposal: Proposal<'_>) -> Vec<View<'_>> {
    let views = proposal.plan.changes.iter().map(|change| proposal.view(change));
    let (mut weaker, rest): (Vec<_>, Vec<_>) = views.partition(View::is_weaker);
    weaker.extend(rest);
    weaker
}
