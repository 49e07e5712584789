//! What the service recommends and what became of it, for people.

use std::fmt::Write as _;

use super::recommend_json::{DraftDid, DraftReport, RecommendReport};
use super::style::{Role, Styles};
use super::{counted, escape};

/// Each draft with its text, then the counts and what to do next.
#[must_use]
pub fn recommend_text(report: &RecommendReport, styles: &Styles) -> String {
    let mut out = String::new();
    for draft in &report.drafts {
        one(&mut out, draft, styles);
    }
    for odd in &report.odd {
        let _ = writeln!(out, "  {}: {}", styles.paint(Role::Warning, "odd"), escape::line(odd));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let count = |did| report.drafts.iter().filter(|draft| draft.did == did).count();
    let made = if report.dry_run { count(DraftDid::Drafted) } else { count(DraftDid::Written) };
    let what = if report.dry_run { " would be written" } else { "" };
    let _ = write!(out, "{}{what} for {}", counted(made, "draft", "drafts"), escape::line(&report.scope));
    for (did, word) in [(DraftDid::Kept, "there already"), (DraftDid::Refused, "not written")] {
        if count(did) > 0 {
            let _ = write!(out, ", {} {word}", count(did));
        }
    }
    let tokens = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
    let (asked, answered) = (tokens(report.tokens_in), tokens(report.tokens_out));
    let _ = writeln!(out, ". Tokens: {asked} asked, {answered} answered.");
    if count(DraftDid::Written) > 0 {
        out.push_str(
            "Nothing is planned or applied while they are drafts: read each, mend it, and take its line `draft: true` out.\n",
        );
    }
    out
}

fn one(out: &mut String, draft: &DraftReport, styles: &Styles) {
    let DraftReport { file, address: _, did, why, name, risk_type, action_type, content, chosen } = draft;
    let (role, mark) = match did {
        DraftDid::Written => (Role::Good, "+ written"),
        DraftDid::Drafted => (Role::Good, "+ would be written"),
        DraftDid::Kept => (Role::Frame, "= there already"),
        DraftDid::Refused => (Role::Error, "! not written"),
    };
    let _ = write!(out, "  {} {}", styles.paint(role, mark), escape::line(file));
    match why {
        Some(why) => drop(writeln!(out, ": {}", escape::line(why))),
        None => out.push('\n'),
    }
    if *did == DraftDid::Kept {
        return;
    }
    let _ = writeln!(out, "      \"{}\", {risk_type}, {action_type}", escape::line(name));
    for said in chosen {
        let _ = writeln!(out, "      {}", styles.paint(Role::Warning, escape::line(said)));
    }
    for line in content.lines() {
        let _ = writeln!(out, "      {} {}", styles.paint(Role::Frame, "|"), escape::line(line));
    }
}
