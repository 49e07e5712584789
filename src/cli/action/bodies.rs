//! The texts: for the comment, the job's summary, the report's file and the log.

use crate::apply::Outcome;
use crate::cli::environment;
use crate::cli::exit::Exit;
use crate::plan::Drift;
use crate::report::{self, COMMENT_BYTES, Frame, Links, Proposal, SUMMARY_BYTES};
use crate::tree::{self as tree_room, Tree};

use super::post::Posted;
use super::seen::{Doing, Seen};

/// The title of the issue about drift.
pub(super) const DRIFT_TITLE: &str = "Policies were changed in the service, and not here";

/// What is kept free of a comment: for its marker, and for what stands in the way.
const AROUND: usize = 14_000;

/// Where the summary's reader finds what was cut off.
const IN_THE_FILE: &str = "the file that the output report-path names";

/// What a run came to, in the forms in which it is told.
pub(super) struct Body {
    pub(super) comment: String,
    pub(super) summary: String,
    /// A page.
    pub(super) report: String,
    /// Lines for the log.
    pub(super) annotations: String,
}

impl Body {
    fn of(links: &Links, markdown: impl Fn(Frame<'_>) -> String, report: String, annotations: String) -> Self {
        let run = environment::run_url();
        let of_size = |budget, whole| markdown(Frame { budget: Some(budget), whole, ..Frame::whole(links) });
        Self {
            comment: of_size(COMMENT_BYTES - AROUND, run.as_deref()),
            summary: of_size(SUMMARY_BYTES - AROUND, Some(IN_THE_FILE)),
            report,
            annotations,
        }
    }

    pub(super) fn findings(tree: &Tree, root: &std::path::Path, links: &Links) -> Self {
        let source = |file: &str| tree_room::source(root, file);
        let page = report::findings_html(tree, links, &source);
        let annotations = report::findings_annotations(tree, links);
        Self::of(links, |frame| report::findings_markdown(tree, frame), page, annotations)
    }

    pub(super) fn plan(plan: Proposal<'_>, tree: &Tree, links: &Links) -> Self {
        let page = report::plan_html(plan, tree, links);
        Self::of(links, |frame| report::plan_markdown(plan, frame), page, report::plan_annotations(plan, links))
    }

    pub(super) fn outcome(plan: Proposal<'_>, outcome: &Outcome, tree: &Tree, links: &Links) -> Self {
        let page = report::apply_html(plan, outcome, tree, links);
        let annotations = report::apply_annotations(plan, outcome, links);
        Self::of(links, |frame| report::apply_markdown(plan, outcome, frame), page, annotations)
    }

    pub(super) fn drift(drift: &Drift<'_>, tree: &Tree, links: &Links) -> Self {
        let page = report::drift_html(drift, tree, links);
        let annotations = report::drift_annotations(drift, links);
        Self::of(links, |frame| report::drift_markdown(drift, frame), page, annotations)
    }
}

/// The comment below its marker: what stands in the way if anything does, and what was seen.
pub(super) fn comment(seen: &Seen) -> String {
    let body = seen.body.as_ref().map_or("", |body| body.comment.as_str());
    format!("{}{body}", failure(seen))
}

/// The job's summary.
pub(super) fn summary(seen: &Seen, posted: &Posted) -> String {
    let why_not = posted.why_not.as_deref();
    let note = why_not.map_or_else(String::new, |why| report::note_markdown("Not posted on GitHub", why));
    let body = seen.body.as_ref().map_or("", |body| body.summary.as_str());
    format!("{note}{}{body}", failure(seen))
}

/// What the log's reader is shown beside the files.
pub(super) fn annotations(seen: &Seen, posted: &Posted) -> String {
    let error = seen.fault.as_ref().and_then(|fault| fault.layers.first());
    let error = error.map_or_else(String::new, |error| report::error_annotation(error));
    let warning = posted.why_not.as_deref();
    let warning =
        warning.map_or_else(String::new, |why| report::warning_annotation(&format!("not posted on GitHub: {why}")));
    let body = seen.body.as_ref().map_or("", |body| body.annotations.as_str());
    format!("{error}{warning}{body}")
}

fn failure(seen: &Seen) -> String {
    let headline = match seen.doing {
        Doing::Plan => "No plan",
        Doing::Apply if seen.is_another_plan() => "Not applied: this is not the plan that was reviewed",
        Doing::Apply if seen.exit == Exit::Partial => "Not all of it was applied",
        Doing::Apply => "Not applied",
        Doing::Other => "Failed",
    };
    let text = |fault: &super::seen::Failed| report::failure_markdown(headline, &fault.layers, fault.hint.as_deref());
    seen.fault.as_ref().map_or_else(String::new, text)
}
