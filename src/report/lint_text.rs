//! What is said of texts, for people: a text each, with its score, its place, and what could be better.

use std::fmt::Write as _;

use super::lint_json::LintSummary;
use super::style::{Role, Styles};
use super::{escape, path_below};
use crate::api::{Issue, Judgement};
use crate::plan::{Lint, Linted, Newness, Opinion, PolicyText};

/// All texts in the order of their addresses, and a summary on the last line; `root` is the tree's folder as the user wrote it.
#[must_use]
pub fn lint_text(lint: &Lint<'_>, root: &str, styles: &Styles) -> String {
    let mut out = String::new();
    for linted in &lint.texts {
        one(&mut out, lint, linted, root, styles);
    }
    for odd in &lint.odd {
        let _ = writeln!(out, "{}: {}", styles.paint(Role::Warning, "odd"), escape::line(odd));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}.", LintSummary::of(lint));
    out
}

fn one(out: &mut String, lint: &Lint<'_>, linted: &Linted<'_>, root: &str, styles: &Styles) {
    let Linted { text: PolicyText { address, desired, newness, softened, id: _ }, opinion } = linted;
    let _ = write!(out, "{}", styles.paint(Role::Bold, escape::line(address.as_str())));
    if let Some((role, score)) = scored(lint, linted) {
        let _ = write!(out, "  {}", styles.paint(role, score));
    }
    let state = newness_word(*newness);
    let _ = writeln!(out, "  {state}{}", if desired.draft { ", a draft" } else { "" });
    let (place, file) = (&desired.text, path_below(root, &desired.text.file));
    let _ =
        writeln!(out, " {} {}:{}:{}", styles.paint(Role::Frame, "-->"), escape::line(&file), place.line, place.column);
    let mut say = |role: Role, what: &str, said: &str, help: &str| {
        let _ = writeln!(out, "  {}: {}", styles.paint(role, escape::line(what)), escape::line(said));
        if !help.is_empty() {
            let _ = writeln!(out, "    {}: {}", styles.paint(Role::Hint, "help"), escape::line(help));
        }
    };
    if let Some(softened) = softened {
        say(Role::Warning, "softer wording", softened, "");
    }
    match opinion {
        Opinion::NotAsked => {}
        Opinion::None(why) => say(Role::Error, "not judged", why, ""),
        Opinion::Of(Judgement { score: _, severity: _, advice, issues, odd }) => {
            for Issue { kind, description, suggestion } in issues {
                match is_word(kind) {
                    true => say(Role::Warning, kind, description, suggestion),
                    false if kind.is_empty() => say(Role::Warning, "issue", description, suggestion),
                    false => say(Role::Warning, "issue", &format!("{kind}: {description}"), suggestion),
                }
            }
            if !advice.is_empty() && (!issues.is_empty() || lint.is_too_low(linted)) {
                say(Role::Hint, "advice", advice, "");
            }
            for odd in odd {
                say(Role::Warning, "odd", odd, "");
            }
        }
    }
}

/// Whether a kind of issue can stand first on a line: with our colon behind it, anything else could be a runner's command.
fn is_word(kind: &str) -> bool {
    kind.starts_with(char::is_alphabetic) && kind.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '))
}

pub(super) fn newness_word(newness: Newness) -> &'static str {
    match newness {
        Newness::New => "new",
        Newness::Changed => "changed",
        Newness::Applied => "as applied",
    }
}

/// `75 of 100, severity low`.
fn scored(lint: &Lint<'_>, linted: &Linted<'_>) -> Option<(Role, String)> {
    let judgement = linted.judgement()?;
    let mut said = match &judgement.score {
        Some(score) => format!("{score} of 100"),
        None => "no score".to_owned(),
    };
    if !matches!(judgement.severity.as_str(), "" | "none") {
        let _ = write!(said, ", severity {}", escape::line(&judgement.severity));
    }
    let least = lint.min_score.filter(|_| lint.is_too_low(linted));
    if let Some(least) = least {
        let _ = write!(said, ", below {least}");
    }
    let role = match (least, judgement.issues.is_empty() && judgement.score.is_some()) {
        (Some(_), _) => Role::Error,
        (None, true) => Role::Good,
        (None, false) => Role::Warning,
    };
    Some((role, said))
}
