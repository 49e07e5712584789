//! What came of a run, for people: what failed and why stands last, where one looks first.

use std::fmt::Write as _;

use super::apply_json::ApplySummary;
use super::style::{Role, Styles};
use super::{counted, escape, path_below};
use crate::apply::{ChangeOutcome, ChangeResult, Failure, Outcome, Stop, Summary, Unsaved};
use crate::domain::{Direction, Place};

/// Every change with how it ended, then what stopped the run, then a summary on the last line.
///
/// `root` is the tree's folder as the user wrote it, shown before the files of changes that were not applied.
#[must_use]
pub fn apply_text(outcome: &Outcome, root: &str, styles: &Styles) -> String {
    let Outcome { changes, stops, warnings, unsaved } = outcome;
    let mut out = String::new();
    for change in changes.iter().filter(|change| change.is_applied()) {
        applied(&mut out, change, styles);
    }
    let rest: Vec<_> = changes.iter().filter(|change| !change.is_applied()).collect();
    if rest.len() < changes.len() && !rest.is_empty() {
        out.push('\n');
    }
    for change in rest {
        not_applied(&mut out, change, root, styles);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    for warning in warnings {
        let _ = writeln!(out, "{} {}", styles.paint(Role::Warning, "warning:"), escape::line(warning));
    }
    for (org, stop) in stops {
        let (reason, failure) = stop_sentence(stop);
        let heading = styles.paint(Role::Error, format!("stopped[{reason}]:"));
        let _ = writeln!(out, "{heading} {}: {}", escape::line(org.as_str()), escape::line(&failure.message));
        hint(&mut out, &failure.hint, styles);
    }
    for Unsaved { record, why } in unsaved {
        let heading = styles.paint(Role::Error, "error:");
        let _ = writeln!(
            out,
            "{heading} the record of {} could not be saved: {}",
            escape::line(record.org.as_str()),
            escape::line(why)
        );
    }
    let _ = writeln!(out, "{}", summary(outcome, styles));
    out
}

fn applied(out: &mut String, change: &ChangeOutcome, styles: &Styles) {
    let ChangeOutcome { address, kind, direction, place: _, result } = change;
    let ChangeResult::Applied { id, note } = result else { return };
    let done = styles.paint(Role::Good, "done");
    let id = styles.paint(Role::Muted, format!("({})", escape::line(id.as_str())));
    let address = escape::line(address.as_str());
    let _ = writeln!(out, "{done}  {kind} {address} {id}{}", weaker(*direction, styles));
    if let Some(note) = note {
        let _ = writeln!(out, "      {} {}", styles.paint(Role::Frame, "= note:"), escape::line(note));
    }
}

/// ` [weaker]`, for a change that lets more through.
fn weaker(direction: Direction, styles: &Styles) -> String {
    match direction {
        Direction::Weaker => format!("  {}", styles.paint(Role::Weaker, "WEAKER")),
        Direction::Stronger | Direction::Neutral | Direction::Unclear => String::new(),
    }
}

fn not_applied(out: &mut String, change: &ChangeOutcome, root: &str, styles: &Styles) {
    let ChangeOutcome { address, kind, direction: _, place, result } = change;
    let (role, word, failure) = match result {
        ChangeResult::Applied { .. } => return,
        ChangeResult::Failed(failure) => (Role::Error, "failed", Some(failure)),
        ChangeResult::Undecided { failure, .. } => (Role::Error, "undecided", Some(failure)),
        ChangeResult::Untried => (Role::Warning, "not tried", None),
    };
    let _ = write!(out, "{}  {kind} {}", styles.paint(role, word), escape::line(address.as_str()));
    let Some(Failure { message, hint: what_to_do }) = failure else {
        out.push('\n');
        return;
    };
    let _ = writeln!(out, ": {}", escape::line(message));
    if let Some(Place { file, line, column, start: _, end: _ }) = place {
        let path = path_below(root, file);
        let _ = writeln!(out, "  {} {}:{line}:{column}", styles.paint(Role::Frame, "-->"), escape::line(&path));
    }
    if let ChangeResult::Undecided { candidates, .. } = result {
        for id in candidates {
            let _ = writeln!(out, "  {} it could be {}", styles.paint(Role::Frame, "="), escape::line(id.as_str()));
        }
    }
    hint(out, what_to_do, styles);
}

fn hint(out: &mut String, hint: &str, styles: &Styles) {
    let (mark, help) = (styles.paint(Role::Frame, "="), styles.paint(Role::Hint, "help"));
    let _ = writeln!(out, "  {mark} {help}: {}", escape::line(hint));
}

/// `Applied: 12 changes.`, `Applied in part: 12 done, 1 failed, 2 not tried.`
fn summary(outcome: &Outcome, styles: &Styles) -> String {
    let ApplySummary { applied, failed, undecided, untried } = ApplySummary::of(outcome);
    let mut counts = vec![format!("{applied} done")];
    let mut add = |number: usize, word: &str| {
        if number > 0 {
            counts.push(format!("{number} {word}"));
        }
    };
    add(failed, "failed");
    add(undecided, "undecided");
    add(untried, "not tried");
    let counts = counts.join(", ");
    match outcome.summary() {
        Summary::Applied => {
            format!("{} {}.", styles.paint(Role::Good, "Applied:"), counted(applied, "change", "changes"))
        }
        Summary::Partial => {
            let word = if applied == 0 { "Not applied:" } else { "Applied in part:" };
            format!("{} {counts}.", styles.paint(Role::Error, word))
        }
        Summary::Interrupted => {
            let lost = |stop: &Stop| matches!(stop, Stop::Unsaved(_) | Stop::LeaseLost(_));
            let saved = outcome.unsaved.is_empty() && !outcome.stops.iter().any(|(_, stop)| lost(stop));
            let record = if saved { " The record is saved." } else { "" };
            format!("{} {counts}.{record}", styles.paint(Role::Error, "Interrupted:"))
        }
        Summary::Nothing => "Nothing to apply.".to_owned(),
    }
}

/// The stable name of a stop's reason, and its sentence.
pub(super) fn stop_sentence(stop: &Stop) -> (&'static str, Failure) {
    match stop {
        Stop::Interrupted => {
            let message = "the run was interrupted; no further call was started";
            ("interrupted", Failure::new(message, "apply again: it goes on where this run stopped"))
        }
        Stop::Unauthorized(failure) => ("unauthorized", failure.clone()),
        Stop::Unreachable(failure) => ("unreachable", failure.clone()),
        Stop::OutOfTime => {
            let message = "the run's time limit is over; no further call was started";
            (
                "out-of-time",
                Failure::new(message, "apply again: it goes on where this run stopped; --run-timeout gives it longer"),
            )
        }
        Stop::LeaseLost(failure) => ("lease-lost", failure.clone()),
        Stop::Unsaved(failure) => ("unsaved", failure.clone()),
    }
}
