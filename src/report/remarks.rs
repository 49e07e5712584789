//! What a report has to say of single places, worst first: what annotations and SARIF are written from.

use std::collections::BTreeSet;

use super::counted;
use super::proposal::Proposal;
use super::view::View;
use super::{apply_text::stop_sentence, drift_markdown};
use crate::apply::{ChangeOutcome, ChangeResult, Outcome};
use crate::domain::{Finding, Level, Place, Related};
use crate::plan::{Change, Drift, NoticeCode, Verdict};

/// How loud a remark is. Ordered: the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loudness {
    /// Something must be put right.
    Error,
    /// Someone should look at it.
    Warning,
    /// Someone may want to know.
    Note,
}

/// Something to say of a place.
#[derive(Debug, Clone)]
pub(super) struct Remark<'a> {
    /// How loud.
    pub(super) loudness: Loudness,
    /// Which kind: a stable name.
    pub(super) code: &'static str,
    /// What it is about, in a few words.
    pub(super) title: String,
    /// The sentence.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: Option<String>,
    /// The file of the tree, below its root.
    pub(super) file: Option<&'a str>,
    /// Where in it; the file as a whole where that isn't known.
    pub(super) place: Option<&'a Place>,
    /// Other places that have to do with it.
    pub(super) related: &'a [Related],
}

impl<'a> Remark<'a> {
    fn new(loudness: Loudness, code: &'static str, title: impl Into<String>, message: impl Into<String>) -> Self {
        let (title, message) = (title.into(), message.into());
        Self { loudness, code, title, message, hint: None, file: None, place: None, related: &[] }
    }

    fn hint(self, hint: Option<&str>) -> Self {
        Self { hint: hint.map(str::to_owned), ..self }
    }

    fn at(self, place: Option<&'a Place>) -> Self {
        Self { file: place.map(|place| place.file.as_str()), place, ..self }
    }
}

/// Findings.
pub(super) fn of_findings<'a>(findings: &'a [Finding]) -> Vec<Remark<'a>> {
    let remark = |finding: &'a Finding| {
        let Finding { place, code, level, message, hint, related } = finding;
        let loudness = match level {
            Level::Error => Loudness::Error,
            Level::Warning => Loudness::Warning,
        };
        let remark = Remark::new(loudness, code.0, code.0, message).hint(hint.as_deref()).at(Some(place));
        Remark { related, ..remark }
    };
    worst_first(findings.iter().map(remark).collect())
}

/// What a reviewer of a plan should look at: refusals, what gets weaker, notices.
pub(super) fn of_plan(proposal: Proposal<'_>) -> Vec<Remark<'_>> {
    let plan = proposal.plan;
    let refused = plan.refusals().map(refused);
    let weaker = weaker(proposal, |_| "makes");
    let notices = plan.notices.iter().map(|notice| {
        let loudness = match notice.code {
            NoticeCode::Undecided
            | NoticeCode::Pending
            | NoticeCode::SofterWording
            | NoticeCode::NameTaken
            | NoticeCode::Unseen => Loudness::Warning,
            NoticeCode::AmbiguousRename
            | NoticeCode::AmbiguousMove
            | NoticeCode::TwinTaken
            | NoticeCode::NoLongerManaged => Loudness::Note,
        };
        let place = plan.changes.iter().find(|change| change.address == notice.address);
        let place = place.and_then(|change| change.place.as_ref());
        Remark::new(loudness, notice.code.as_str(), notice.address.as_str(), &notice.message).at(place)
    });
    worst_first(refused.chain(weaker).chain(notices).collect())
}

/// The changes that let more through, with what their policies did lately, where someone looked.
fn weaker<'a>(proposal: Proposal<'a>, verb: impl Fn(&Change) -> &'static str) -> impl Iterator<Item = Remark<'a>> {
    proposal.plan.weaker().map(move |change| {
        let view = proposal.view(change);
        let impact = view.impact.as_ref().map_or_else(String::new, |impact| format!("; {impact}"));
        let message = format!("this {} {} enforcement weaker{}{impact}", view.word, verb(change), what(&view));
        Remark::new(Loudness::Warning, "weaker", format!("weaker: {}", view.address), message).at(view.place)
    })
}

fn refused(verdict: &Verdict) -> Remark<'_> {
    let title = format!("refused by {}", verdict.guard.as_str());
    Remark::new(Loudness::Error, "guard", title, &verdict.message).hint(Some(&verdict.hint))
}

/// `: actionType block → log`.
fn what(view: &View<'_>) -> String {
    let weaker = view.fields.iter().filter(|field| field.weaker);
    let fields: Vec<_> = weaker.map(|field| format!("{} {} → {}", field.label, field.old, field.new)).collect();
    if fields.is_empty() { String::new() } else { format!(": {}", fields.join(", ")) }
}

/// What of a run was not done, and why; what lets more through.
pub(super) fn of_outcome<'a>(proposal: Proposal<'a>, outcome: &'a Outcome) -> Vec<Remark<'a>> {
    let plan = proposal.plan;
    let Outcome { changes, stops, warnings, unsaved } = outcome;
    let mut remarks: Vec<Remark<'_>> = plan.refusals().map(refused).collect();
    for lost in unsaved {
        let title = format!("the record of {} could not be saved", lost.record.org);
        remarks.push(Remark::new(Loudness::Error, "unsaved", title, &lost.why));
    }
    for (org, stop) in stops {
        let (reason, failure) = stop_sentence(stop);
        let title = format!("stopped: {org}");
        remarks.push(Remark::new(Loudness::Error, reason, title, failure.message).hint(Some(&failure.hint)));
    }
    remarks.extend(changes.iter().filter_map(of_change));
    remarks.extend(warnings.iter().map(|warning| Remark::new(Loudness::Warning, "warning", "apply", warning)));
    let untried = outcome.count(|result| *result == ChangeResult::Untried);
    if untried > 0 {
        let message = format!("{} not tried", counted(untried, "change was", "changes were"));
        remarks.push(Remark::new(Loudness::Warning, "untried", "not tried", message));
    }
    // What was refused, failed or was not tried made nothing weaker.
    let applied: BTreeSet<_> =
        changes.iter().filter(|change| change.is_applied()).map(|change| &change.address).collect();
    let verb = |change: &Change| if applied.contains(&change.address) { "makes" } else { "would make" };
    remarks.extend(weaker(proposal, verb));
    worst_first(remarks)
}

fn of_change(change: &ChangeOutcome) -> Option<Remark<'_>> {
    let ChangeOutcome { address, kind, direction: _, place, result } = change;
    let (loudness, code, title, message, hint) = match result {
        ChangeResult::Failed(failure) => {
            (Loudness::Error, "failed", "failed", &failure.message, Some(failure.hint.as_str()))
        }
        ChangeResult::Undecided { failure, candidates: _ } => {
            (Loudness::Error, "undecided", "undecided", &failure.message, Some(failure.hint.as_str()))
        }
        ChangeResult::Applied { note: Some(note), id: _ } => (Loudness::Note, "note", "done", note, None),
        ChangeResult::Applied { note: None, id: _ } | ChangeResult::Untried => return None,
    };
    Some(Remark::new(loudness, code, format!("{title}: {kind} {address}"), message).hint(hint).at(place.as_ref()))
}

/// What was changed behind policysync's back, and what could not be seen.
pub(super) fn of_drift<'a>(drift: &Drift<'a>) -> Vec<Remark<'a>> {
    let views = drift_markdown::worst_first(drift);
    let drifted = views.into_iter().map(|view| {
        let loudness = if view.is_weaker() { Loudness::Warning } else { Loudness::Note };
        let weaker = if view.is_weaker() { ", weaker than the tree asks for" } else { "" };
        let message = format!("{}{weaker}: {}{}", view.word, view.notes.join("; "), what(&view));
        let remark = Remark::new(loudness, "drift", format!("drift: {}", view.address), message);
        Remark { file: view.file, ..remark }
    });
    let unseen = drift
        .unseen
        .iter()
        .map(|(address, why)| Remark::new(Loudness::Warning, "unseen", format!("can't be seen: {address}"), why));
    let closed = drift
        .closed
        .iter()
        .map(|(scope, why)| Remark::new(Loudness::Warning, "unseen", format!("can't be listed: {scope}"), why));
    worst_first(drifted.chain(unseen).chain(closed).collect())
}

/// In the order of their loudness; of one loudness in the order given.
fn worst_first(mut remarks: Vec<Remark<'_>>) -> Vec<Remark<'_>> {
    remarks.sort_by_key(|remark| remark.loudness);
    remarks
}
