//! Violations for people: how many, when, of which policies, where.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::chart::chart;
use super::style::{Role, Styles};
use super::violations_names::{in_counts, of_policy, of_site, of_user, outcome, severity};
use super::{counted, escape};
use crate::api::Violation;
use crate::plan::{Account, Counts, day};

/// How many lines of a table are shown.
const FIRST: usize = 10;

/// The sum, a chart of the days, a table for each way of counting, and what could not be read on the last lines.
#[must_use]
pub fn violations_text(account: &Account, styles: &Styles) -> String {
    let Account { endpoint: _, of, since, until, details, tally, gaps } = account;
    let mut out = String::new();
    let heading = in_counts(tally.all, of.as_deref());
    let _ = writeln!(out, "{}", styles.paint(Role::Bold, escape::line(&heading)));
    let _ = writeln!(out, "since {since} until {until}");
    if tally.all.total() > 0 {
        days(&mut out, account, styles);
        let rows = tally.policies.iter().map(|(policy, counts)| (of_policy(policy), *counts));
        table(&mut out, ("policy", "policies"), &rows.collect::<Vec<_>>(), styles);
        let rows = tally.severities.iter().map(|(word, counts)| (severity(word), *counts));
        table(&mut out, ("severity", "severities"), &rows.collect::<Vec<_>>(), styles);
        let rows = tally.repositories.iter().map(|(site, counts)| (of_site(site), *counts));
        table(&mut out, ("repository", "repositories"), &rows.collect::<Vec<_>>(), styles);
        let rows = tally.users.iter().map(|(user, counts)| (of_user(user.as_ref()), *counts));
        table(&mut out, ("user", "users"), &rows.collect::<Vec<_>>(), styles);
    }
    if details.explanations {
        newest(&mut out, &tally.newest, styles);
    }
    if !gaps.is_empty() {
        out.push('\n');
    }
    for gap in gaps {
        let mark = styles.paint(Role::Warning, format!("not all[{}]:", gap.code()));
        let _ = writeln!(out, "{mark} {}", escape::line(&gap.message()));
    }
    out
}

fn days(out: &mut String, account: &Account, styles: &Styles) {
    let tally = &account.tally;
    // An end at midnight is the end of the day before; a service's clock may be ahead of ours.
    let last = account.until.checked_sub(jiff::Span::new().nanoseconds(1)).unwrap_or(account.until);
    let last = tally.days.keys().next_back().copied().into_iter().chain([day(last)]).max().unwrap_or_else(|| day(last));
    let numbers = tally.days.iter().map(|(day, counts)| (*day, counts.total()));
    let lines = chart(day(account.since), last, numbers);
    if !lines.is_empty() {
        out.push('\n');
        for line in lines {
            let _ = writeln!(out, "{}", styles.paint(Role::Frame, line));
        }
    }
    if tally.undated.total() > 0 {
        let _ = writeln!(out, "  {} without a time that can be read, in no column", tally.undated.total());
    }
}

fn table(out: &mut String, (one, many): (&str, &str), rows: &[(String, Counts)], styles: &Styles) {
    if rows.is_empty() {
        return;
    }
    let heading = styles.paint(Role::Muted, format!("    total  blocked  {one}"));
    let _ = writeln!(out, "\n{heading}");
    // A fold takes a line itself.
    let shown = if rows.len() <= FIRST + 1 { rows.len() } else { FIRST };
    for (name, counts) in &rows[..shown] {
        let _ = writeln!(out, "{:>9}  {:>7}  {}", counts.total(), counts.blocked, escape::line(name));
    }
    if shown < rows.len() {
        let more = format!("… {} more", counted(rows.len() - shown, one, many));
        let _ = writeln!(out, "{:20}{}", "", styles.paint(Role::Muted, more));
    }
}

fn newest(out: &mut String, violations: &[Violation], styles: &Styles) {
    if violations.is_empty() {
        return;
    }
    let heading = styles.paint(Role::Muted, format!("  the newest {}", violations.len()));
    let _ = writeln!(out, "\n{heading}");
    for violation in violations {
        let at = violation.at.as_ref().map_or_else(|| "at no time that can be read".to_owned(), Timestamp::to_string);
        let user = violation.user.as_ref().map(|user| format!("  by {}", of_user(Some(user))));
        let line =
            format!("{at}  {}  {}{}", outcome(violation.blocked), violation.policy_name, user.unwrap_or_default());
        let _ = writeln!(out, "  {}", escape::line(&line));
        if let Some(why) = &violation.explanation {
            let _ = writeln!(out, "      {}", escape::line(why));
        }
    }
}
