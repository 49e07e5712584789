//! A plan for people: short, in the order in which it is done, what lets more through named loudly.

use std::fmt::Write as _;

use super::style::{Role, Styles};
use super::words_text::{cut, differences_text};
use super::{counted, escape};
use crate::domain::{ActionType, ChangeKind, Direction, Field, Policy, RiskType, ScopedPolicy};
use crate::plan::{Change, Notice, NoticeCode, Plan, Reach, Seen, Sighting, Verdict};

/// How many lines of a new policy's text are shown.
const FIRST_LINES: usize = 4;

/// How many of the changes that let more through are named in the summary.
const NAMED: usize = 10;

/// Where the parts of a change begin.
const INDENT: &str = "      ";

/// The changes, what the guards found, the notices, and the summary with the digest on the last lines.
#[must_use]
pub fn plan_text(plan: &Plan, styles: &Styles) -> String {
    let mut out = String::new();
    for change in &plan.changes {
        one(&mut out, change, plan.reach.changes.get(&change.address), styles);
        out.push('\n');
    }
    summary(&mut out, plan, styles);
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

pub(super) fn sign(kind: ChangeKind) -> (&'static str, Role) {
    match kind {
        ChangeKind::Create => ("+", Role::Add),
        ChangeKind::Update => ("~", Role::Change),
        ChangeKind::Rename | ChangeKind::Move => (">", Role::Change),
        ChangeKind::Delete => ("-", Role::Remove),
        ChangeKind::Adopt => ("=", Role::Add),
        ChangeKind::Forget => ("x", Role::Muted),
    }
}

fn one(out: &mut String, change: &Change, reach: Option<&Reach>, styles: &Styles) {
    let Change { address, kind, direction, from, before, after, fields, .. } = change;
    let Change { id: _, place: _, sighting: _, protection, moved_to, .. } = change;
    let (sign, role) = sign(*kind);
    let _ = write!(out, "  {} ", styles.paint(role, format!("{sign} {kind}")));
    if let Some(from) = from {
        let _ = write!(out, "{} → ", escape::line(from.as_str()));
    }
    let _ = write!(out, "{}", styles.paint(Role::Bold, escape::line(address.as_str())));
    if *direction == Direction::Weaker {
        let _ = write!(out, "  {}", styles.paint(Role::Weaker, "WEAKER"));
    }
    out.push('\n');
    if let Some(reach) = reach {
        let _ = writeln!(out, "{INDENT}reach       {}", reach_in_words(*reach));
    }
    seen(out, change, styles);
    if let Some(there) = moved_to {
        let _ = writeln!(out, "{INDENT}move        what is left of its move to {}", escape::line(there.as_str()));
    }
    if protection.wanted && before.is_none() {
        let _ = writeln!(out, "{INDENT}protected   yes");
    } else if protection.changes() {
        let word = |is: bool| if is { "yes" } else { "no" };
        let role = if protection.is_lifted() { Role::Remove } else { Role::Change };
        let said = format!("{} → {}", word(protection.recorded), word(protection.wanted));
        let _ = writeln!(out, "{INDENT}protected   {}", styles.paint(role, said));
    }
    match (before, after) {
        (Some(before), Some(after)) => {
            scope_change(out, before, after);
            let odd = seen_of(change).filter(|seen| !seen.is_plain());
            for field in fields {
                field_change(out, *field, (&before.policy, odd), &after.policy, styles);
            }
        }
        (None, Some(only)) => {
            facts(out, &only.policy);
            first_lines(out, only.policy.content(), styles);
        }
        (Some(only), None) => facts(out, &only.policy),
        (None, None) => {}
    }
}

fn seen_of(change: &Change) -> Option<&Seen> {
    change.sighting.as_ref().and_then(Sighting::seen)
}

/// Whether what someone did in the service lets more through than what the tree asks for, in a word.
fn made(change: &Change) -> &'static str {
    let is_clear = seen_of(change).is_some_and(Seen::is_plain);
    match (&change.before, &change.after) {
        (Some(before), Some(after)) if is_clear && before.scope == after.scope => {
            match Direction::between(Some(after), Some(before)) {
                Direction::Weaker => "made weaker",
                Direction::Stronger => "made stronger",
                Direction::Neutral | Direction::Unclear => "changed",
            }
        }
        _ => "changed",
    }
}

/// What the service was seen to hold, where that is not what is recorded, and who left it so.
fn seen(out: &mut String, change: &Change, styles: &Styles) {
    let Some(sighting) = &change.sighting else { return };
    let who = |seen: &Seen| {
        let by = seen.by.as_ref().map_or_else(|| "someone".to_owned(), |by| escape::line(by).into_owned());
        let at = seen.at.map_or_else(String::new, |at| format!(" at {at}"));
        format!("{by}{at}")
    };
    let id = change.id.as_ref().map_or_else(String::new, |id| escape::line(id.as_str()).into_owned());
    let (label, said) = match (sighting, change.kind) {
        (Sighting::Edited(seen), ChangeKind::Adopt) => {
            ("drift", format!("{} made it what the tree asks for: recorded, no call", who(seen)))
        }
        (Sighting::Edited(seen), _) => ("drift", format!("{} in the service by {}", made(change), who(seen))),
        (Sighting::Gone(id), ChangeKind::Forget) => {
            let id = escape::line(id.as_str()).into_owned();
            ("drift", format!("{id} is gone in the service, and no file asks for it: forgotten, no call"))
        }
        (Sighting::Gone(id), _) => {
            ("drift", format!("deleted in the service ({}): created again", escape::line(id.as_str())))
        }
        (Sighting::Unmanaged(_), _) if change.fields.is_empty() => {
            ("live", format!("{id}, which nobody manages, is equal in all fields: recorded, no call"))
        }
        (Sighting::Unmanaged(seen), _) => {
            ("live", format!("{id}, which nobody manages, has that name; last changed by {}", who(seen)))
        }
    };
    let _ = writeln!(out, "{INDENT}{label:<12}{}", styles.paint(Role::Warning, said));
}

/// `2 workspaces, 5 repositories`.
fn reach_in_words(Reach { workspaces, repositories }: Reach) -> String {
    let counts = [(workspaces, "workspace", "workspaces"), (repositories, "repository", "repositories")];
    let some = counts.into_iter().filter(|(number, ..)| *number > 0);
    some.map(|(number, one, many)| counted(number, one, many)).collect::<Vec<_>>().join(", ")
}

/// `"Cardholder data", HIGH, block`.
fn facts(out: &mut String, policy: &Policy) {
    let (risk, action) = (policy.risk_type(), policy.action_type());
    let _ = writeln!(out, "{INDENT}\"{}\", {risk}, {action}", escape::line(policy.name()));
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

fn scope_change(out: &mut String, before: &ScopedPolicy, after: &ScopedPolicy) {
    if before.scope != after.scope {
        let (old, new) = (before.scope.to_string(), after.scope.to_string());
        let _ = writeln!(out, "{INDENT}scope       {} → {}", escape::line(&old), escape::line(&new));
    }
}

/// `odd` is what stands there instead of `before`, where no tree could ask for that.
fn field_change(
    out: &mut String,
    field: Field,
    (before, odd): (&Policy, Option<&Seen>),
    after: &Policy,
    styles: &Styles,
) {
    let arrow = |out: &mut String, old: &str, new: &str, weaker: bool| {
        let role = if weaker { Role::Remove } else { Role::Change };
        let _ = writeln!(out, "{INDENT}{:<12}{}", field.as_str(), styles.paint(role, format!("{old} → {new}")));
    };
    match field {
        Field::Name => {
            let quoted = |name: &str| format!("\"{}\"", escape::line(name));
            let old = odd.map_or(before.name(), |odd| &odd.name);
            arrow(out, &quoted(old), &quoted(after.name()), false);
        }
        Field::RiskType => {
            let (old, new): (RiskType, RiskType) = (before.risk_type(), after.risk_type());
            match odd {
                Some(odd) => arrow(out, &escape::line(&odd.risk_type), new.as_str(), false),
                None => arrow(out, old.as_str(), new.as_str(), new < old),
            }
        }
        Field::ActionType => {
            let (old, new): (ActionType, ActionType) = (before.action_type(), after.action_type());
            match odd.map(|odd| action(odd.action_type)) {
                Some(odd) => arrow(out, &odd, new.as_str(), false),
                None => arrow(out, old.as_str(), new.as_str(), new < old),
            }
        }
        Field::Content => {
            let old = odd.map_or(before.content(), |odd| &odd.content);
            let same = old.split_whitespace().eq(after.content().split_whitespace());
            let words = if same { "     the same words; only spaces and line breaks changed" } else { "" };
            let _ = writeln!(out, "{INDENT}content{words}");
            out.push_str(&differences_text(old, after.content(), &format!("{INDENT}  "), styles));
        }
    }
}

/// An action by its word, or its number where it has none.
fn action(number: i64) -> String {
    let known = ActionType::ALL.into_iter().find(|action| i64::from(action.number()) == number);
    known.map_or_else(|| number.to_string(), |action| action.to_string())
}

fn summary(out: &mut String, plan: &Plan, styles: &Styles) {
    if plan.is_empty() {
        let recorded = match (plan.unchanged, plan.orphans()) {
            (0, 0) if plan.notices.is_empty() && plan.guards.is_empty() => " There are no policies.".to_owned(),
            (0, 0) => String::new(),
            (0, 1) => " 1 policy is recorded and in no file.".to_owned(),
            (0, orphans) => format!(" {orphans} policies are recorded and in no file."),
            (1, _) => " 1 policy is as recorded.".to_owned(),
            (number, _) => format!(" {number} policies are as recorded."),
        };
        let _ = writeln!(out, "{}{recorded}", styles.paint(Role::Good, "No changes."));
        return;
    }
    let weaker: Vec<_> = plan.weaker().map(|change| escape::line(change.address.as_str())).collect();
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
    let mut counts = Vec::new();
    for (kind, always) in [
        (ChangeKind::Create, true),
        (ChangeKind::Update, true),
        (ChangeKind::Rename, true),
        (ChangeKind::Move, false),
        (ChangeKind::Delete, true),
        (ChangeKind::Adopt, false),
        (ChangeKind::Forget, false),
    ] {
        let number = plan.count(kind);
        if always || number > 0 {
            counts.push(format!("{number} to {kind}"));
        }
    }
    let reach = plan.reach.all;
    if !reach.is_nothing() {
        let _ = writeln!(out, "Reach: {} below the changed policies' own scopes.", reach_in_words(reach));
    }
    let heading = styles.paint(Role::Bold, "Plan:");
    let _ = writeln!(out, "{heading} {}; {} unchanged.", counts.join(", "), plan.unchanged);
    let _ = writeln!(out, "{}", styles.paint(Role::Muted, format!("Digest: {}", plan.digest)));
}
