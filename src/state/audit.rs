//! What a save did, in words, for a log that people read: pure.
//!
//! A first line of at most 72 characters, then a line for each policy, by address, then what the run was. Texts of policies
//! don't belong in it. What someone else has named (who holds the lease, a run's address, an id) comes in one line, cut,
//! without what a terminal would obey; so it can't begin a line of its own and pass for ours.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Intent, Lease, Record};
use crate::domain::{Address, ChangeKind, Field, PolicyId};

/// As wide as git's own tools show a first line.
const WIDTH: usize = 72;
/// Lines for policies; the record itself has them all.
const MOST_LINES: usize = 200;
/// As much of a name as is shown.
const LONGEST_NAME: usize = 200;
/// As much of an organization's name as leaves room for what was done.
const LONGEST_ORG: usize = 32;

/// What came to be of a policy. Ordered as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Created,
    Updated,
    Renamed,
    Moved,
    Adopted,
    Deleted,
    Forgotten,
    NotDone,
    Undecided,
    Begun,
}

impl Deed {
    fn of(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Create => Self::Created,
            ChangeKind::Update => Self::Updated,
            ChangeKind::Rename => Self::Renamed,
            ChangeKind::Move => Self::Moved,
            ChangeKind::Delete => Self::Deleted,
            ChangeKind::Adopt => Self::Adopted,
            ChangeKind::Forget => Self::Forgotten,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Renamed => "renamed",
            Self::Moved => "moved",
            Self::Adopted => "adopted",
            Self::Deleted => "deleted",
            Self::Forgotten => "forgotten",
            Self::NotDone => "not done",
            Self::Undecided => "undecided",
            Self::Begun => "begun",
        }
    }
}

/// The message of the save that replaces `before` by `after`; `word` is what else there is to say.
pub(super) fn message(before: Option<&Record>, after: &Record, word: Option<&str>) -> String {
    let deeds = deeds(before, after);
    let lease = lease(before.and_then(|record| record.lease.as_ref()), after.lease.as_ref());
    let mut text = subject(before, after, &deeds, lease.as_deref());
    text.push('\n');
    let paragraph = |text: &mut String, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push('\n');
            lines.iter().for_each(|line| text.extend([line, "\n"]));
        }
    };
    let told: Vec<&(Deed, String)> = deeds.iter().collect();
    let mut lines: Vec<String> =
        told.iter().take(MOST_LINES).map(|(deed, what)| format!("{}: {what}", deed.as_str())).collect();
    if told.len() > MOST_LINES {
        lines.push(format!("and {} more, all in the record", told.len() - MOST_LINES));
    }
    paragraph(&mut text, lines);
    paragraph(&mut text, lease.into_iter().collect());
    paragraph(&mut text, word.map(str::to_owned).into_iter().collect());
    paragraph(&mut text, facts(before, after));
    text
}

/// What holds of the run and the record, as `git interpret-trailers` reads it.
fn facts(before: Option<&Record>, after: &Record) -> Vec<String> {
    let lease = after.lease.as_ref().or(before.and_then(|record| record.lease.as_ref()));
    let mut facts = Vec::new();
    if let Some(Lease { id, holder, acquired_at: _, expires_at: _, run, process: _, revoked: _, contested: _ }) = lease
    {
        facts.push(format!("Holder: {}", plain(holder)));
        facts.extend(run.as_ref().map(|run| format!("Run: {}", plain(run))));
        facts.push(format!("Lease: {id}"));
    }
    facts.extend(tree_commits(before, after).into_iter().map(|commit| format!("Tree-Commit: {}", plain(commit))));
    facts.push(format!("Record: {} save {} of {}", after.org, after.serial, after.lineage));
    facts
}

/// The commits of the tree that what is new in the record comes from.
fn tree_commits<'r>(before: Option<&Record>, after: &'r Record) -> BTreeSet<&'r str> {
    let entries = after
        .policies
        .iter()
        .filter(|(address, entry)| before.and_then(|record| record.policies.get(address)) != Some(entry));
    let intents =
        after.pending.iter().filter(|(address, _)| before.is_none_or(|record| !record.pending.contains_key(address)));
    let commits = entries.filter_map(|(_, entry)| entry.commit.as_deref());
    commits.chain(intents.filter_map(|(_, intent)| intent.commit.as_deref())).collect()
}

fn subject(before: Option<&Record>, after: &Record, deeds: &[(Deed, String)], lease: Option<&str>) -> String {
    let mut counts: BTreeMap<Deed, usize> = BTreeMap::new();
    deeds.iter().for_each(|(deed, _)| *counts.entry(*deed).or_default() += 1);
    let mut parts: Vec<String> = counts.iter().map(|(deed, count)| format!("{count} {}", deed.as_str())).collect();
    let open = after.pending.len();
    let was_open = before.map_or(0, |record| record.pending.len());
    if open > 0 && open < was_open {
        parts.push(format!("{open} left"));
    }
    if parts.is_empty() {
        parts.push(match lease {
            // Until when is in the lines below.
            Some(lease) => lease.split(" until ").next().unwrap_or(lease).to_owned(),
            None => format!("save {}", after.serial),
        });
    }
    let mut org = after.org.to_string();
    if let Some((at, _)) = org.char_indices().nth(LONGEST_ORG) {
        org = format!("{}…", &org[..at]);
    }
    cut(&format!("{org}: {}", parts.join(", ")), WIDTH)
}

/// What happened to the lease, if anything did.
fn lease(before: Option<&Lease>, after: Option<&Lease>) -> Option<String> {
    let who = |lease: &Lease| plain(&lease.holder);
    match (before, after) {
        (None, None) => None,
        (None, Some(new)) => Some(format!("lease taken by {} until {}", who(new), new.expires_at)),
        (Some(old), None) => Some(format!("lease of {} ended", who(old))),
        (Some(old), Some(new)) if old.id != new.id => {
            Some(format!("lease taken over by {} until {}; it was of {}", who(new), new.expires_at, who(old)))
        }
        (Some(old), Some(new)) if new.revoked && !old.revoked => {
            Some(format!("lease of {} ended by someone else", who(new)))
        }
        (Some(old), Some(new)) if old.expires_at != new.expires_at => {
            Some(format!("lease renewed by {} until {}", who(new), new.expires_at))
        }
        (Some(_), Some(_)) => None,
    }
}

/// What happened to policies, in the order it is told: by deed, then by address.
fn deeds(before: Option<&Record>, after: &Record) -> Vec<(Deed, String)> {
    let none = BTreeMap::new();
    let known = before.map_or(&none, |record| &record.policies);
    let nothing = BTreeMap::new();
    let intended = before.map_or(&nothing, |record| &record.pending);
    let homes: BTreeMap<&PolicyId, &Address> = known
        .iter()
        .filter(|(address, entry)| after.policies.get(address).is_none_or(|now| now.id != entry.id))
        .map(|(address, entry)| (&entry.id, address))
        .collect();
    let mut deeds = Vec::new();
    let mut readdressed: BTreeSet<&Address> = BTreeSet::new();
    for (address, entry) in &after.policies {
        let intent = intended.get(address);
        let former = homes.get(&entry.id).filter(|former| **former != address);
        readdressed.extend(former.copied());
        deeds.extend(arrived(address, entry, known.get(address), former.copied(), intent));
    }
    for (address, entry) in known {
        if !after.policies.contains_key(address) && !readdressed.contains(address) {
            let deed = intended.get(address).map_or(Deed::Forgotten, |intent| match intent.change {
                ChangeKind::Delete => Deed::Deleted,
                _ => Deed::Forgotten,
            });
            deeds.push((deed, format!("{address} ({})", entry.id)));
        }
    }
    for (address, intent) in intended {
        let changed = after.policies.get(address) != known.get(address);
        if !changed && !after.pending.contains_key(address) {
            deeds.push((Deed::NotDone, format!("{} {address}", intent.change)));
        }
    }
    deeds.extend(after.pending.iter().filter_map(|(address, intent)| open(address, intent, intended.get(address))));
    deeds.sort();
    deeds
}

/// What happened to a policy that is recorded now.
fn arrived(
    address: &Address,
    entry: &Entry,
    known: Option<&Entry>,
    former: Option<&Address>,
    intent: Option<&Intent>,
) -> Option<(Deed, String)> {
    let id = &entry.id;
    let intended = intent.map(|intent| Deed::of(intent.change));
    match (known, former) {
        (Some(known), _) if known == entry => None,
        (_, Some(former)) => Some((Deed::Renamed, format!("{address} ({id}), it was {former}"))),
        (Some(known), None) if known.id != *id => {
            Some((intended.unwrap_or(Deed::Adopted), format!("{address} ({id}), in place of {}", known.id)))
        }
        (Some(known), None) => {
            let fields = Field::differing(&known.sent.policy, &entry.sent.policy);
            let fields: Vec<&str> = fields.into_iter().map(Field::as_str).collect();
            let what = if fields.is_empty() { String::new() } else { format!(": {}", fields.join(", ")) };
            // Without an intent and a field that differs, it only comes from another file or commit now.
            let is_noted = intent.is_none() && fields.is_empty();
            (!is_noted).then(|| (intended.unwrap_or(Deed::Updated), format!("{address} ({id}){what}")))
        }
        (None, None) => Some((intended.unwrap_or(Deed::Adopted), format!("{address} ({id})"))),
    }
}

/// What there is to tell of a pending change.
fn open(address: &Address, intent: &Intent, known: Option<&Intent>) -> Option<(Deed, String)> {
    match (&intent.undecided, known) {
        (Some(several), known) if known.is_none_or(|known| known.undecided.is_none()) => {
            let ids: Vec<&str> = several.candidates.iter().map(PolicyId::as_str).collect();
            Some((Deed::Undecided, format!("{} {address}, it could be: {}", intent.change, plain(&ids.join(" ")))))
        }
        (_, None) => Some((Deed::Begun, format!("{} {address}", intent.change))),
        (_, Some(_)) => None,
    }
}

/// A text of someone else's in one short line.
fn plain(text: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    let plain: String = text.chars().map(|c| if is_plain(c) { c } else { '?' }).collect();
    cut(plain.trim(), LONGEST_NAME)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
