//! The step's outputs.

use crate::cli::exit::Exit;

use super::post::Posted;
use super::seen::Seen;

/// Where the files lie that outputs name.
#[derive(Default)]
pub(super) struct Files {
    pub(super) plan: Option<String>,
    pub(super) report: Option<String>,
}

/// Names and values, in the order of `action.yml`; what a run has no word about is left out.
pub(super) fn of(seen: &Seen, files: &Files, posted: &Posted) -> Vec<(&'static str, String)> {
    let plan = |of: fn(&super::seen::Planned) -> usize| seen.plan.as_ref().map(|plan| of(plan).to_string());
    let changes = plan(|plan| plan.changes.len()).or_else(|| seen.drifted.map(|number| number.to_string()));
    [
        ("changes", changes),
        ("create", plan(|plan| plan.create)),
        ("update", plan(|plan| plan.update)),
        ("rename", plan(|plan| plan.rename)),
        ("move", plan(|plan| plan.moved)),
        ("delete", plan(|plan| plan.delete)),
        ("weaker", plan(|plan| plan.weaker)),
        ("errors", seen.errors.map(|number| number.to_string())),
        ("organizations", seen.organizations.clone()),
        ("plan-path", files.plan.clone()),
        ("plan-digest", seen.plan.as_ref().map(|plan| plan.digest.to_string())),
        ("report-path", files.report.clone()),
        ("comment-url", posted.url.clone()),
        ("exit-code", Some((seen.exit as u8).to_string())),
        ("failure-reason", Some(reason(seen).to_owned())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// Why it is no success, in one word.
pub(super) fn reason(seen: &Seen) -> &'static str {
    match seen.exit {
        Exit::Done => "",
        Exit::Failure => "failure",
        Exit::Changes => "changes",
        Exit::Findings => "findings",
        Exit::Refused => "refused",
        Exit::Partial => "partial",
        Exit::Locked if seen.is_another_plan() => "plan-changed",
        Exit::Locked => "locked",
        Exit::Usage => "usage",
        Exit::Interrupted => "interrupted",
    }
}
