//! What came of a run as Markdown: what failed and why stands first, then what is done.

use super::apply_json::ApplySummary;
use super::apply_text::stop_sentence;
use super::markdown::{Frame, List, Page, file, sentence};
use super::plan_markdown::verdicts;
use super::proposal::Proposal;
use super::{counted, escape};
use crate::apply::{ChangeOutcome, ChangeResult, Failure, Outcome, Summary};
use crate::domain::{ChangeKind, Direction};
use crate::plan::Plan;

/// An outcome for a comment, a job summary or a page, as long as the frame allows.
#[must_use]
pub fn apply_markdown<'a>(plan: impl Into<Proposal<'a>>, outcome: &Outcome, frame: Frame<'_>) -> String {
    let proposal = plan.into();
    let plan = proposal.plan;
    let Outcome { changes, stops, warnings, unsaved } = outcome;
    let mut page = Page::begin(frame, &headline(plan, outcome));
    verdicts(&mut page, plan);
    let mut not_done: Vec<String> = Vec::new();
    for (org, stop) in stops {
        let (reason, failure) = stop_sentence(stop);
        not_done.push(format!("stopped {} ({reason}){}", escape::markdown_code(org.as_str()), because(&failure)));
    }
    for lost in unsaved {
        let org = escape::markdown_code(lost.record.org.as_str());
        not_done.push(format!("the record of {org} could not be saved: {}", sentence(&lost.why)));
    }
    not_done.extend(
        changes.iter().filter(|change| !change.is_applied()).map(|change| not_applied(change, proposal, &page)),
    );
    let heading = "> [!CAUTION]\n> **What was not done:**\n>\n".to_owned();
    page.list(&List { heading, prefix: "> ", lines: not_done }, 2);
    let lines = warnings.iter().map(|warning| format!("warning: {}", sentence(warning))).collect();
    page.list(&List { heading: String::new(), prefix: "", lines }, 4);
    let (mut weaker, rest): (Vec<_>, Vec<_>) =
        changes.iter().filter(|change| change.is_applied()).partition(|change| change.direction == Direction::Weaker);
    weaker.extend(rest);
    let lines = weaker.into_iter().filter_map(|change| applied(change, proposal)).collect();
    page.list(&List { heading: "Done:\n\n".to_owned(), prefix: "", lines }, 1);
    let ApplySummary { applied, failed, undecided, untried } = ApplySummary::of(outcome);
    page.end(&format!("{applied} done, {failed} failed, {undecided} undecided, {untried} not tried"))
}

fn headline(plan: &Plan, outcome: &Outcome) -> String {
    let applied = ApplySummary::of(outcome).applied;
    let of = counted(outcome.changes.len(), "change", "changes");
    if plan.refusals().next().is_some() && applied == 0 {
        return format!("Refused: none of {of} applied");
    }
    match outcome.summary() {
        Summary::Applied => format!("Applied: {of}"),
        Summary::Partial if applied == 0 => format!("Not applied: none of {of}"),
        Summary::Partial => format!("Applied in part: {applied} of {of}"),
        Summary::Interrupted => format!("Interrupted: {applied} of {of} applied"),
        Summary::Nothing => "Nothing to apply".to_owned(),
    }
}

fn applied(change: &ChangeOutcome, proposal: Proposal<'_>) -> Option<String> {
    let ChangeOutcome { address, kind, direction, place: _, result } = change;
    let ChangeResult::Applied { id, note } = result else { return None };
    let weaker = if *direction == Direction::Weaker { " — **weaker**" } else { "" };
    let note = note.as_ref().map_or_else(String::new, |note| format!("; note: {}", sentence(note)));
    let (address, id) = (escape::markdown_code(address.as_str()), escape::markdown_code(id.as_str()));
    Some(format!("{kind} {address} ({id}){weaker}{}{note}", impact(change, proposal)))
}

fn not_applied(change: &ChangeOutcome, proposal: Proposal<'_>, page: &Page<'_>) -> String {
    let ChangeOutcome { address, kind, direction: _, place, result } = change;
    let (word, why) = match result {
        ChangeResult::Applied { .. } => ("done", String::new()),
        ChangeResult::Failed(failure) => ("failed", because(failure)),
        ChangeResult::Undecided { candidates, failure } => {
            let ids: Vec<_> = candidates.iter().map(|id| escape::markdown_code(id.as_str())).collect();
            let ids = if ids.is_empty() { String::new() } else { format!("; it could be {}", ids.join(" or ")) };
            ("undecided", format!("{}{ids}", because(failure)))
        }
        ChangeResult::Untried => ("not tried", String::new()),
    };
    let at = place.as_ref().filter(|_| *kind != ChangeKind::Delete);
    let at = at.map_or_else(String::new, |place| format!(" at {}", file(page.links(), &place.file, Some(place))));
    format!("{word}: {kind} {}{at}{why}{}", escape::markdown_code(address.as_str()), impact(change, proposal))
}

/// `; impact: blocked 312 calls in 30 days`, of a change that lets more through, where someone looked.
fn impact(change: &ChangeOutcome, proposal: Proposal<'_>) -> String {
    let words = proposal.impact_in_words(&change.address);
    words.map_or_else(String::new, |words| format!("; impact: {}", sentence(&words)))
}

/// `: no rights; help: ask for them`.
fn because(Failure { message, hint }: &Failure) -> String {
    format!(": {}; help: {}", sentence(message), sentence(hint))
}
