//! A change as every format shows it: what is done to which policy, what differs, what there is to say besides.
//!
//! Values only, nothing escaped: each format escapes for its own place. What a kind of change shows is decided here, once.

use super::counted;
use super::style::Role;
use crate::api::LivePolicy;
use crate::domain::{ActionType, ChangeKind, Direction, Field, Place, Policy, RiskType, ScopedPolicy};
use crate::plan::{Change, Drifted, Fate, Plan, Protection, Reach, Seen, Sighting};
use crate::state::Entry;

/// A change, ready to be shown.
#[derive(Debug, Clone)]
pub(super) struct View<'a> {
    /// What stands for the kind where there is room for one character.
    pub(super) sign: &'static str,
    /// The kind's colour.
    pub(super) role: Role,
    /// The kind: `create`, `edited`.
    pub(super) word: &'static str,
    /// The policy.
    pub(super) address: &'a str,
    /// The address it had, for a rename or a move.
    pub(super) from: Option<&'a str>,
    /// Whether it lets more through.
    pub(super) direction: Direction,
    /// Sentences about it, in order.
    pub(super) notes: Vec<String>,
    /// How far it reaches: `2 workspaces, 5 repositories`.
    pub(super) reach: Option<String>,
    /// What the policy did lately, where someone looked: `blocked 312 calls in 30 days`.
    pub(super) impact: Option<String>,
    /// The policy in one line, where it is there on one side only: `"Cardholder data", HIGH, block`.
    pub(super) facts: Option<String>,
    /// The fields that differ, each in one line.
    pub(super) fields: Vec<FieldLine>,
    /// The policy's text.
    pub(super) text: Option<Text<'a>>,
    /// The file of the tree, below its root.
    pub(super) file: Option<&'a str>,
    /// Whether the file asks for it; what is deleted was only recorded from there.
    pub(super) is_asked_for: bool,
    /// Where the tree asks for it.
    pub(super) place: Option<&'a Place>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldLine {
    /// Its name in files, or `scope`.
    pub(super) label: &'static str,
    /// What it was.
    pub(super) old: String,
    /// What it becomes.
    pub(super) new: String,
    /// Whether this lets more through.
    pub(super) weaker: bool,
}

/// What becomes of a policy's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text<'a> {
    /// It is new.
    New(&'a str),
    /// It goes.
    Gone(&'a str),
    /// It becomes another.
    Changed {
        /// What it was.
        old: &'a str,
        /// What it becomes.
        new: &'a str,
    },
}

impl Text<'_> {
    /// Whether old and new are the same words, broken and spaced otherwise.
    pub(super) fn has_the_same_words(&self) -> bool {
        matches!(self, Self::Changed { old, new } if old.split_whitespace().eq(new.split_whitespace()))
    }
}

impl<'a> View<'a> {
    /// A change of a plan.
    pub(super) fn of(change: &'a Change, reach: Option<&Reach>) -> Self {
        let Change { address, kind, direction, from, before, after, place, .. } = change;
        let (sign, role) = sign(*kind);
        let (facts, text) = match (before, after) {
            (None, Some(new)) => {
                let protected = if change.protection.wanted { ", protected" } else { "" };
                (Some(format!("{}{protected}", facts(&new.policy))), Some(Text::New(new.policy.content())))
            }
            (Some(old), None) => (Some(facts(&old.policy)), Some(Text::Gone(old.policy.content()))),
            (Some(old), Some(new)) => {
                let old = odd(change).map_or(old.policy.content(), |odd| &odd.content);
                (None, changed(old, new.policy.content()))
            }
            (None, None) => (None, None),
        };
        Self {
            sign,
            role,
            word: kind.as_str(),
            address: address.as_str(),
            from: from.as_ref().map(crate::domain::Address::as_str),
            direction: *direction,
            notes: notes(change),
            reach: reach.map(|reach| reach_in_words(*reach)),
            impact: None,
            facts,
            fields: field_lines(change),
            text,
            file: place.as_ref().map(|place| place.file.as_str()),
            is_asked_for: after.is_some(),
            place: place.as_ref(),
        }
    }

    /// What became of a policy behind policysync's back: from what is recorded to what is live.
    pub(super) fn of_drifted(drifted: &Drifted<'a>) -> Self {
        let Drifted { address, entry, wanted, fate, direction } = drifted;
        let mut view = Self {
            sign: "-",
            role: Role::Remove,
            word: "gone",
            address: address.as_str(),
            from: None,
            direction: *direction,
            notes: Vec::new(),
            reach: None,
            impact: None,
            facts: None,
            fields: Vec::new(),
            text: None,
            file: Some(&entry.file),
            is_asked_for: true,
            place: None,
        };
        match fate {
            Fate::Gone => view.notes.push(format!("the service has no policy {} any more", entry.id)),
            Fate::Edited(live) => {
                (view.sign, view.role, view.word) = ("~", Role::Change, "edited");
                view.notes.push(format!("by {}", who_and_when(live)));
                if live.equals(wanted) {
                    view.notes.push("what is live is what the tree asks for".to_owned());
                }
                view.fields = edited_fields(live, entry);
                view.text = changed(entry.live_content(), &live.content);
            }
        }
        view
    }

    /// Whether it lets more through.
    pub(super) fn is_weaker(&self) -> bool {
        self.direction == Direction::Weaker
    }
}

/// What stands for a kind, and its colour.
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

/// `2 workspaces, 5 repositories`.
pub(super) fn reach_in_words(Reach { workspaces, repositories }: Reach) -> String {
    let counts = [(workspaces, "workspace", "workspaces"), (repositories, "repository", "repositories")];
    let some = counts.into_iter().filter(|(number, ..)| *number > 0);
    some.map(|(number, one, many)| counted(number, one, many)).collect::<Vec<_>>().join(", ")
}

/// The action's word, or the number where there is none for it.
pub(super) fn action(live: &LivePolicy) -> String {
    action_word(live.action_type)
}

fn action_word(number: i64) -> String {
    let known = ActionType::ALL.into_iter().find(|action| i64::from(action.number()) == number);
    known.map_or_else(|| number.to_string(), |action| action.to_string())
}

fn facts(policy: &Policy) -> String {
    format!("\"{}\", {}, {}", policy.name(), policy.risk_type(), policy.action_type())
}

fn changed<'a>(old: &'a str, new: &'a str) -> Option<Text<'a>> {
    (old != new).then_some(Text::Changed { old, new })
}

/// What the service was seen to hold, where that is not what is recorded, and who left it so; what is left of a move.
fn notes(change: &Change) -> Vec<String> {
    let who = |seen: &Seen| {
        let by = seen.by.as_deref().unwrap_or("someone");
        seen.at.map_or_else(|| by.to_owned(), |at| format!("{by} at {at}"))
    };
    let id = change.id.as_ref().map_or("", |id| id.as_str());
    let sighting = change.sighting.as_ref().map(|sighting| match (sighting, change.kind) {
        (Sighting::Edited(seen), ChangeKind::Adopt) => {
            format!("{} made it what the tree asks for: recorded, no call", who(seen))
        }
        (Sighting::Edited(seen), _) => format!("{} in the service by {}", made(change), who(seen)),
        (Sighting::Gone(id), ChangeKind::Forget) => {
            format!("{id} is gone in the service, and no file asks for it: forgotten, no call")
        }
        (Sighting::Gone(id), _) => format!("{id} was deleted in the service: created again"),
        (Sighting::Unmanaged(_), _) if change.fields.is_empty() => {
            format!("{id}, which nobody manages, is equal in all fields: recorded, no call")
        }
        (Sighting::Unmanaged(seen), _) => {
            format!("{id}, which nobody manages, has that name: taken over; last changed by {}", who(seen))
        }
    });
    let rest = change.moved_to.as_ref().map(|there| format!("what is left of its move to {there}"));
    sighting.into_iter().chain(rest).collect()
}

/// What is live instead of `before`, where no tree could ask for that.
fn odd(change: &Change) -> Option<&Seen> {
    change.sighting.as_ref().and_then(Sighting::seen).filter(|seen| !seen.is_plain())
}

/// Whether what someone did in the service lets more through than what the tree asks for, in a word.
fn made(change: &Change) -> &'static str {
    let seen = change.sighting.as_ref().and_then(Sighting::seen);
    let is_clear = seen.is_some_and(Seen::is_plain);
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

fn field_lines(change: &Change) -> Vec<FieldLine> {
    let mut lines = Vec::new();
    let Protection { recorded, wanted } = change.protection;
    if recorded != wanted && change.kind != ChangeKind::Create {
        let word = |is: bool| if is { "yes" } else { "no" }.to_owned();
        lines.push(FieldLine { label: "protected", old: word(recorded), new: word(wanted), weaker: recorded });
    }
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return lines };
    let (ScopedPolicy { scope: old_scope, policy: old }, ScopedPolicy { scope: new_scope, policy: new }) =
        (before, after);
    if old_scope != new_scope {
        let weaker = new_scope.level() < old_scope.level();
        lines.push(FieldLine { label: "scope", old: old_scope.to_string(), new: new_scope.to_string(), weaker });
    }
    let odd = odd(change);
    for field in &change.fields {
        let (old, new, weaker) = match field {
            Field::Name => {
                let old = odd.map_or(old.name(), |odd| &odd.name);
                (format!("\"{old}\""), format!("\"{}\"", new.name()), false)
            }
            Field::RiskType => {
                let (old, new): (RiskType, RiskType) = (old.risk_type(), new.risk_type());
                match odd {
                    Some(odd) => (odd.risk_type.clone(), new.to_string(), false),
                    None => (old.to_string(), new.to_string(), new < old),
                }
            }
            Field::ActionType => {
                let (old, new): (ActionType, ActionType) = (old.action_type(), new.action_type());
                match odd {
                    Some(odd) => (action_word(odd.action_type), new.to_string(), false),
                    None => (old.to_string(), new.to_string(), new < old),
                }
            }
            Field::Content => continue,
        };
        lines.push(FieldLine { label: field.as_str(), old, new, weaker });
    }
    lines
}

/// `Ada Example at 2026-11-20T09:12:00Z`.
fn who_and_when(live: &LivePolicy) -> String {
    let who = live.updated_by.as_ref().map_or("someone", |person| &person.name);
    live.updated_at.map_or_else(|| who.to_owned(), |at| format!("{who} at {at}"))
}

fn edited_fields(live: &LivePolicy, entry: &Entry) -> Vec<FieldLine> {
    let ScopedPolicy { scope, policy } = &entry.sent;
    let weaker = |field: Field| match (field, live.scoped()) {
        (Field::RiskType, Some(live)) => live.policy.risk_type() < policy.risk_type(),
        (Field::ActionType, Some(live)) => live.policy.action_type() < policy.action_type(),
        _ => false,
    };
    let lines = [
        ("scope", scope.to_string(), live.scope.to_string(), live.scope.level() < scope.level()),
        ("name", entry.live_name().to_owned(), live.name.clone(), false),
        ("riskType", policy.risk_type().to_string(), live.risk_type.clone(), weaker(Field::RiskType)),
        ("actionType", policy.action_type().to_string(), action(live), weaker(Field::ActionType)),
    ];
    let differing = lines.into_iter().filter(|(_, old, new, _)| old != new);
    differing.map(|(label, old, new, weaker)| FieldLine { label, old, new, weaker }).collect()
}

/// `1 to create, 2 to update`; `all`: with the kinds of which there is nothing.
pub(super) fn counts(plan: &Plan, all: bool) -> String {
    let kinds = [
        (ChangeKind::Create, all),
        (ChangeKind::Update, all),
        (ChangeKind::Rename, all),
        (ChangeKind::Move, false),
        (ChangeKind::Delete, all),
        (ChangeKind::Adopt, false),
        (ChangeKind::Forget, false),
    ];
    let counted = kinds.into_iter().map(|(kind, always)| (kind, plan.count(kind), always));
    let shown = counted.filter(|(_, number, always)| *always || *number > 0);
    shown.map(|(kind, number, _)| format!("{number} to {kind}")).collect::<Vec<_>>().join(", ")
}

/// What is said of a plan without changes; nothing where its notices or guards say all.
pub(super) fn recorded(plan: &Plan) -> String {
    match (plan.unchanged, plan.orphans()) {
        (0, 0) if plan.notices.is_empty() && plan.guards.is_empty() => "There are no policies.".to_owned(),
        (0, 0) => String::new(),
        (0, 1) => "1 policy is recorded and in no file.".to_owned(),
        (0, orphans) => format!("{orphans} policies are recorded and in no file."),
        (1, _) => "1 policy is as recorded.".to_owned(),
        (number, _) => format!("{number} policies are as recorded."),
    }
}
