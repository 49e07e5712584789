//! A plan, or what came of it, as a page: what is refused, what gets weaker, then the tree of scopes with its changes.

use std::collections::BTreeMap;

use super::apply_json::ApplySummary;
use super::apply_text::stop_sentence;
use super::counted;
use super::links::Links;
use super::page::{AlarmLine, Frame};
use super::page_changes::{Ended, Rest, Shown, anchor, page};
use super::plan_markdown::worst_first;
use super::proposal::Proposal;
use super::view::{View, counts, reach_in_words, recorded};
use crate::apply::{ChangeOutcome, ChangeResult, Outcome};
use crate::domain::Address;
use crate::plan::Plan;
use crate::tree::Tree;

/// A plan as one HTML file; `tree` is what it was made from.
#[must_use]
pub fn plan_html<'a>(plan: impl Into<Proposal<'a>>, tree: &Tree, links: &Links) -> String {
    let proposal = plan.into();
    let plan = proposal.plan;
    let lead = if plan.is_empty() { recorded(plan) } else { format!("{}.", counts(plan, false)) };
    let title = if plan.is_empty() { "No changes" } else { "Plan" };
    let views = worst_first(proposal);
    let mut frame = Frame::new(title.to_owned(), lead, "changes", !views.is_empty());
    plan_alarms(&mut frame, plan, &views);
    render(frame, plan, views, &BTreeMap::new(), tree, links)
}

/// What came of a plan as one HTML file.
#[must_use]
pub fn apply_html<'a>(plan: impl Into<Proposal<'a>>, outcome: &Outcome, tree: &Tree, links: &Links) -> String {
    let proposal = plan.into();
    let plan = proposal.plan;
    let ApplySummary { applied, failed, undecided, untried } = ApplySummary::of(outcome);
    let lead = format!("{applied} done, {failed} failed, {undecided} undecided, {untried} not tried.");
    let views = worst_first(proposal);
    let mut frame = Frame::new("Apply".to_owned(), lead, "changes", !views.is_empty());
    let mut bad: Vec<AlarmLine> = Vec::new();
    for lost in &outcome.unsaved {
        bad.push(AlarmLine::of(lost.record.org.as_str(), format!("the record could not be saved: {}", lost.why), None));
    }
    for (org, stop) in &outcome.stops {
        let (_, failure) = stop_sentence(stop);
        bad.push(AlarmLine::of(format!("stopped: {org}"), failure.message, Some(&failure.hint)));
    }
    bad.extend(outcome.changes.iter().filter_map(not_done));
    frame.alarm("bad", "What was not done", bad);
    let warnings = outcome.warnings.iter().map(|warning| AlarmLine::of("warning:", warning, None)).collect();
    frame.alarm("warn", "Warnings", warnings);
    plan_alarms(&mut frame, plan, &views);
    let ended = outcome.changes.iter().map(|change| (&change.address, ended(&change.result))).collect();
    render(frame, plan, views, &ended, tree, links)
}

fn not_done(change: &ChangeOutcome) -> Option<AlarmLine> {
    let what = |word: &str| format!("{word}: {} {}", change.kind, change.address);
    match &change.result {
        ChangeResult::Failed(failure) => Some(AlarmLine::of(what("failed"), &failure.message, Some(&failure.hint))),
        ChangeResult::Undecided { failure, candidates: _ } => {
            Some(AlarmLine::of(what("undecided"), &failure.message, Some(&failure.hint)))
        }
        ChangeResult::Applied { .. } | ChangeResult::Untried => None,
    }
}

fn ended(result: &ChangeResult) -> Ended {
    match result {
        ChangeResult::Applied { .. } => ("good", "done"),
        ChangeResult::Failed(_) => ("error", "failed"),
        ChangeResult::Undecided { .. } => ("error", "undecided"),
        ChangeResult::Untried => ("warning", "not tried"),
    }
}

fn plan_alarms(frame: &mut Frame, plan: &Plan, views: &[View<'_>]) {
    let refused = plan.refusals();
    let refused = refused.map(|verdict| AlarmLine::of(verdict.guard.as_str(), &verdict.message, Some(&verdict.hint)));
    let flag = plan.flag_to_allow();
    let flag = flag.iter().map(|flag| AlarmLine::of("all", "to let this plan pass and no other", Some(flag)));
    frame.alarm("bad", "A guard refuses this plan: nothing of it is applied", refused.chain(flag).collect());
    let weaker = views.iter().enumerate().filter(|(_, view)| view.is_weaker());
    let weaker: Vec<_> = weaker.map(|(index, view)| AlarmLine::weaker(view, anchor(index))).collect();
    let verb = if weaker.len() == 1 { "makes" } else { "make" };
    frame.alarm("bad", format!("{} {verb} enforcement weaker", counted(weaker.len(), "change", "changes")), weaker);
    let notices = plan.notices.iter();
    let notices = notices.map(|notice| AlarmLine::of(notice.address.as_str(), &notice.message, None)).collect();
    frame.alarm("warn", "What one should know", notices);
    if !plan.reach.all.is_nothing() {
        let reach = format!("{} below the changed policies' own scopes", reach_in_words(plan.reach.all));
        frame.facts.push(("reach", reach));
    }
    frame.facts.push(("unchanged", plan.unchanged.to_string()));
    frame.facts.push(("service", plan.endpoint.to_string()));
    frame.facts.push(("digest", plan.digest.to_string()));
}

fn render(
    frame: Frame,
    plan: &Plan,
    views: Vec<View<'_>>,
    ended: &BTreeMap<&Address, Ended>,
    tree: &Tree,
    links: &Links,
) -> String {
    let by_address: BTreeMap<&str, &Address> =
        plan.changes.iter().map(|change| (change.address.as_str(), &change.address)).collect();
    let shown = views.into_iter().filter_map(|view| {
        let address = by_address.get(view.address)?;
        Some(Shown { scope: address.scope(), ended: ended.get(address).copied(), view })
    });
    let rest = Rest { tree, lists_unchanged: true, others: (String::new(), Vec::new()) };
    page(frame, shown.collect(), links, rest)
}
