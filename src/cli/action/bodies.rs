//! The texts: for the comment, the job's summary and the report's file.

use crate::apply::Outcome;
use crate::cli::settings::Settings;
use crate::github::Marker;
use crate::plan::{Drift, Plan};
use crate::report::{self, Styles};
use crate::tree::{self as tree_room, Tree};

use super::post::Posted;
use super::seen::Seen;
use super::wanted::Wanted;

pub(super) const DRIFT_TITLE: &str = "Policies were changed in the service, and not here";

/// What a run came to, as Markdown.
pub(super) struct Body {
    pub(super) comment: String,
    pub(super) summary: String,
    pub(super) report: String,
    pub(super) report_name: &'static str,
}

fn fenced(text: &str) -> Body {
    let text = format!("```\n{text}\n```\n");
    Body { comment: text.clone(), summary: text.clone(), report: text, report_name: "report.md" }
}

pub(super) fn findings(tree: &Tree, settings: &Settings) -> Body {
    let source = |file: &str| tree_room::source(&settings.tree, file);
    fenced(&report::findings_text(tree, &settings.shown_tree(), &source, &Styles::plain()))
}

pub(super) fn plan(plan: &Plan, _settings: &Settings) -> Body {
    fenced(&report::plan_text(plan, &Styles::plain()))
}

pub(super) fn outcome(outcome: &Outcome, settings: &Settings) -> Body {
    fenced(&report::apply_text(outcome, &settings.shown_tree(), &Styles::plain()))
}

pub(super) fn drift(drift: &Drift<'_>, _settings: &Settings) -> Body {
    fenced(&report::drift_text(drift, &Styles::plain()))
}

/// The comment: its marker's line, what stands in the way if anything does, and what was seen.
pub(super) fn comment(marker: &Marker, seen: &Seen, _head: Option<&str>) -> String {
    let fault = seen.fault.as_deref().map_or_else(String::new, |fault| format!("```\n{fault}\n```\n"));
    let body = seen.body.as_ref().map_or("", |body| body.comment.as_str());
    format!("{}\n{fault}{body}", marker.line())
}

/// The job's summary.
pub(super) fn summary(seen: &Seen, _wanted: &Wanted, posted: &Posted) -> String {
    let fault = seen.fault.as_deref().map_or_else(String::new, |fault| format!("```\n{fault}\n```\n"));
    let why_not = posted.why_not.as_deref().map_or_else(String::new, |why| format!("Not posted: {why}\n"));
    format!("{why_not}{fault}{}", seen.body.as_ref().map_or("", |body| body.summary.as_str()))
}
