//! A plan for people: short, in the order in which it is done, what lets more through named loudly.

use std::fmt::Write as _;

use super::proposal::Proposal;
use super::style::{Role, Styles};
use super::view::{FieldLine, Text, View, counts, reach_in_words, recorded};
use super::words_text::{cut, differences_text};
use super::{counted, escape};
use crate::plan::{Change, Notice, NoticeCode, Plan, Verdict};

/// How many lines of a new policy's text are shown.
const FIRST_LINES: usize = 4;

/// How many of the changes that let more through are named in the summary.
const NAMED: usize = 10;

/// Where the parts of a change begin.
const INDENT: &str = "      ";

/// The changes, what the guards found, the notices, and the summary with the digest on the last lines.
#[must_use]
pub fn plan_text<'a>(plan: impl Into<Proposal<'a>>, styles: &Styles) -> String {
    let proposal = plan.into();
    let plan = proposal.plan;
    let mut out = String::new();
    for change in &plan.changes {
        one(&mut out, &proposal.view(change), styles);
        out.push('\n');
    }
    summary(&mut out, proposal, styles);
    notices(&mut out, plan, styles);
    for verdict in &plan.guards {
        let Verdict { guard, found: _, allowed, message, hint } = verdict;
        let (role, word) = if *allowed { (Role::Warning, "allowed") } else { (Role::Error, "refused") };
        let heading = styles.paint(role, format!("{word}[{}]:", guard.as_str()));
        let _ = writeln!(out, "{heading} {}", escape::line(message));
        if !allowed {
            let (mark, help) = (styles.paint(Role::Frame, "="), styles.paint(Role::Hint, "help"));
            let _ = writeln!(out, "  {mark} {help}: {}", escape::line(hint));
        }
    }
    if let Some(flag) = plan.flag_to_allow() {
        let help = styles.paint(Role::Hint, "help:");
        let _ = writeln!(out, "{help} to let this plan pass and no other: {flag}");
    }
    out
}

/// What a reader should know; of what an earlier run left, which may be as much as a whole tree, the first ones.
fn notices(out: &mut String, plan: &Plan, styles: &Styles) {
    let heading = |code: NoticeCode| styles.paint(Role::Warning, format!("notice[{}]:", code.as_str()));
    let mut pending = 0;
    for notice in &plan.notices {
        let Notice { address, code, message } = notice;
        pending += usize::from(*code == NoticeCode::Pending);
        if *code != NoticeCode::Pending || pending <= NAMED {
            let _ = writeln!(out, "{} {}: {}", heading(*code), escape::line(address.as_str()), escape::line(message));
        }
    }
    if pending > NAMED {
        let _ = writeln!(out, "{} and so it is with {} more", heading(NoticeCode::Pending), pending - NAMED);
    }
    if pending > 0 {
        let (mark, help) = (styles.paint(Role::Frame, "="), styles.paint(Role::Hint, "help"));
        let left = counted(pending, "change whose end", "changes whose end");
        let _ = writeln!(
            out,
            "  {mark} {help}: {left} isn't known; before anything else, apply finds out what came of that, for as long as a \
             request can still land (--settle)"
        );
    }
}

fn one(out: &mut String, view: &View<'_>, styles: &Styles) {
    let _ = write!(out, "  {} ", styles.paint(view.role, format!("{} {}", view.sign, view.word)));
    if let Some(from) = view.from {
        let _ = write!(out, "{} → ", escape::line(from));
    }
    let _ = write!(out, "{}", styles.paint(Role::Bold, escape::line(view.address)));
    if view.is_weaker() {
        let _ = write!(out, "  {}", styles.paint(Role::Weaker, "WEAKER"));
    }
    out.push('\n');
    details(out, view, styles);
}

/// What is said of a change below its heading.
pub(super) fn details(out: &mut String, view: &View<'_>, styles: &Styles) {
    for note in &view.notes {
        let _ = writeln!(out, "{INDENT}{}", escape::line(note));
    }
    if let Some(reach) = &view.reach {
        let _ = writeln!(out, "{INDENT}reach       {reach}");
    }
    if let Some(impact) = &view.impact {
        let _ = writeln!(out, "{INDENT}impact      {}", escape::line(impact));
    }
    if let Some(facts) = &view.facts {
        let _ = writeln!(out, "{INDENT}{}", escape::line(facts));
    }
    for FieldLine { label, old, new, weaker } in &view.fields {
        let role = if *weaker { Role::Remove } else { Role::Change };
        let values = format!("{} → {}", escape::line(old), escape::line(new));
        let _ = writeln!(out, "{INDENT}{label:<12}{}", styles.paint(role, values));
    }
    match view.text {
        Some(Text::New(content)) => first_lines(out, content, styles),
        Some(text @ Text::Changed { old, new }) => {
            let same = text.has_the_same_words();
            let words = if same { "     the same words; only spaces and line breaks changed" } else { "" };
            let _ = writeln!(out, "{INDENT}content{words}");
            out.push_str(&differences_text(old, new, &format!("{INDENT}  "), styles));
        }
        Some(Text::Gone(_)) | None => {}
    }
}

fn first_lines(out: &mut String, content: &str, styles: &Styles) {
    let lines: Vec<&str> = content.lines().collect();
    // A fold takes a line itself.
    let shown = if lines.len() <= FIRST_LINES + 1 { lines.len() } else { FIRST_LINES };
    let bar = styles.paint(Role::Muted, "|").to_string();
    for line in &lines[..shown] {
        let text = cut(line);
        let space = if text.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{INDENT}{bar}{space}{text}");
    }
    if shown < lines.len() {
        let more = format!("… {} more lines", lines.len() - shown);
        let _ = writeln!(out, "{INDENT}{}", styles.paint(Role::Muted, more));
    }
}

fn summary(out: &mut String, proposal: Proposal<'_>, styles: &Styles) {
    let plan = proposal.plan;
    if plan.is_empty() {
        let (none, recorded) = (styles.paint(Role::Good, "No changes."), recorded(plan));
        let space = if recorded.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{none}{space}{recorded}");
        return;
    }
    let named = |change: &Change| {
        let impact = proposal.impact_in_words(&change.address).map(|impact| format!(" ({impact})"));
        escape::line(&format!("{}{}", change.address, impact.unwrap_or_default())).into_owned()
    };
    let weaker: Vec<String> = plan.weaker().map(named).collect();
    if !weaker.is_empty() {
        let verb = if weaker.len() == 1 { "makes" } else { "make" };
        let count = format!("{} {verb} enforcement weaker:", counted(weaker.len(), "change", "changes"));
        let more = match weaker.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more, marked above"),
        };
        let named = weaker[..weaker.len().min(NAMED)].join(", ");
        let _ = writeln!(out, "{} {named}{more}", styles.paint(Role::Weaker, count));
    }
    let reach = plan.reach.all;
    if !reach.is_nothing() {
        let _ = writeln!(out, "Reach: {} below the changed policies' own scopes.", reach_in_words(reach));
    }
    let heading = styles.paint(Role::Bold, "Plan:");
    let _ = writeln!(out, "{heading} {}; {} unchanged.", counts(plan, true), plan.unchanged);
    let _ = writeln!(out, "{}", styles.paint(Role::Muted, format!("Digest: {}", plan.digest)));
}
