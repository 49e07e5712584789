//! Annotations: commands to GitHub's runner that show a sentence beside a line of a changed file.
//!
//! The runner shows ten of each kind for a step: the nine worst stand on their lines, and a tenth says how many more there
//! are. The line after them is for the log.

use std::fmt::Write as _;

use super::apply_json::ApplySummary;
use super::links::Links;
use super::lint_json::LintSummary;
use super::proposal::Proposal;
use super::remarks::{self, Loudness, Remark};
use super::view::counts;
use super::{counted, escape};
use crate::apply::Outcome;
use crate::plan::{Drift, Lint};
use crate::tree::Tree;

/// How many are shown on their lines.
const SHOWN: usize = 9;

/// The findings of a tree as annotations.
#[must_use]
pub fn findings_annotations(tree: &Tree, links: &Links) -> String {
    let files = counted(tree.files, "file", "files");
    let all = counted(tree.findings.len(), "finding", "findings");
    commands(&remarks::of_findings(&tree.findings), links, &format!("{all} in {files}"))
}

/// What is said of texts, as annotations.
#[must_use]
pub fn lint_annotations(lint: &Lint<'_>, links: &Links) -> String {
    let findings = lint.findings();
    commands(&remarks::of_findings(&findings), links, &LintSummary::of(lint).to_string())
}

/// What a reviewer of a plan should look at, as annotations.
#[must_use]
pub fn plan_annotations<'a>(plan: impl Into<Proposal<'a>>, links: &Links) -> String {
    let proposal = plan.into();
    let plan = proposal.plan;
    let last = if plan.is_empty() { "No changes".to_owned() } else { format!("Plan: {}", counts(plan, false)) };
    commands(&remarks::of_plan(proposal), links, &format!("{last}; {} unchanged", plan.unchanged))
}

/// What of a run was not done and what lets more through, as annotations.
#[must_use]
pub fn apply_annotations<'a>(plan: impl Into<Proposal<'a>>, outcome: &Outcome, links: &Links) -> String {
    let ApplySummary { applied, failed, undecided, untried } = ApplySummary::of(outcome);
    let last = format!("Apply: {applied} done, {failed} failed, {undecided} undecided, {untried} not tried");
    commands(&remarks::of_outcome(plan.into(), outcome), links, &last)
}

/// Drift as annotations.
#[must_use]
pub fn drift_annotations(drift: &Drift<'_>, links: &Links) -> String {
    let last = format!("Drift: {} drifted, {} as recorded", drift.drifted.len(), drift.as_recorded);
    commands(&remarks::of_drift(drift), links, &last)
}

fn commands(remarks: &[Remark<'_>], links: &Links, last: &str) -> String {
    let mut out = String::new();
    for remark in &remarks[..remarks.len().min(SHOWN)] {
        command(&mut out, remark, links);
    }
    if let Some(next) = remarks.get(SHOWN) {
        let _ = writeln!(out, "::{} title=policysync::and {} more", word(next.loudness), remarks.len() - SHOWN);
    }
    let _ = writeln!(out, "{last}.");
    out
}

fn command(out: &mut String, remark: &Remark<'_>, links: &Links) {
    let Remark { loudness, code: _, title, message, hint, file, place, related: _ } = remark;
    let _ = write!(out, "::{} ", word(*loudness));
    if let Some(file) = file {
        let _ = write!(out, "file={},", escape::workflow_property(&links.in_repository(file)));
    }
    if let Some(place) = place {
        let _ = write!(out, "line={},col={},", place.line, place.column);
    }
    let _ = write!(out, "title={}::{}", escape::workflow_property(title), escape::workflow_message(message));
    if let Some(hint) = hint {
        let _ = write!(out, "%0A{}", escape::workflow_message(hint));
    }
    out.push('\n');
}

/// The runner's word.
fn word(loudness: Loudness) -> &'static str {
    match loudness {
        Loudness::Error => "error",
        Loudness::Warning => "warning",
        Loudness::Note => "notice",
    }
}
