//! What the tree asks for and no live policy stands for yet: created, unless one that nobody manages is taken over.
//!
//! Law: which one that is depends on the tree and on what is live, not on which of the plan's other changes are done already;
//! and no live policy is taken over twice.

use crate::api::LivePolicy;
use crate::domain::{Address, ChangeKind, Direction, Field, ScopedPolicy};

use super::join::Joined;
use super::sighting::{Look, Namesakes, Seen, Sighting};
use super::{Change, NoticeCode};

impl Joined {
    /// Plans a create; where something else is there already, what that makes of it. Returns whether it is a create.
    pub(super) fn arrives(&mut self, create: Change, wanted: &ScopedPolicy, look: &Look<'_>, by_name: bool) -> bool {
        if let Some(twin) = look.unmanaged().twin(wanted) {
            let (direction, before) = (Direction::Neutral, wanted.clone());
            self.changes.push(Change { direction, fields: Vec::new(), ..adopted(create, twin, before) });
            return false;
        }
        let namesakes = look.namesakes(wanted);
        if let (Some(one), true) = (namesakes.only(), by_name)
            && let Some(before) = one.scoped()
        {
            self.soften(&create.address, &before, wanted);
            let direction = Direction::between(Some(&before), Some(wanted));
            let fields = Field::differing(&before.policy, &wanted.policy);
            self.changes.push(Change { direction, fields, ..adopted(create, one, before) });
            return false;
        }
        if let Some(message) = beside(&namesakes, by_name) {
            self.notice(&create.address, NoticeCode::NameTaken, message);
        }
        if let Some(why) = look.closed(&wanted.scope) {
            let message =
                format!("its scope can't be listed, so whether the service has one already can't be seen: {why}");
            self.notice(&create.address, NoticeCode::Unseen, message);
        }
        self.changes.push(create);
        true
    }

    /// Says what a move finds where it goes.
    pub(super) fn met_by(&mut self, address: &Address, wanted: &ScopedPolicy, look: &Look<'_>) {
        if let Some(twin) = look.unmanaged().twin(wanted) {
            let id = &twin.id;
            let message = format!(
                "the service has one there that is equal in all fields and that nobody manages, {id}: the move takes that one, \
                 and only deletes the old one"
            );
            self.notice(address, NoticeCode::TwinTaken, message);
        }
    }

    /// Says that a recorded policy is like this one, and can't be shown to be it.
    pub(super) fn in_doubt(&mut self, address: &Address, code: NoticeCode) {
        let (place, keep) = match code {
            NoticeCode::AmbiguousMove => (" in another scope", String::new()),
            _ => ("", format!("; to go on with a recorded one, `policysync state mv ITS-ADDRESS {address}`")),
        };
        let message = format!(
            "a recorded policy{place} that no file asks for any more has the same text or name, but more than one fits; so this \
             one is created anew{keep}"
        );
        self.notice(address, code, message);
    }
}

fn adopted(create: Change, live: &LivePolicy, before: ScopedPolicy) -> Change {
    let sighting = Some(Sighting::Unmanaged(Seen::of(live)));
    Change { kind: ChangeKind::Adopt, id: Some(live.id.clone()), before: Some(before), sighting, ..create }
}

/// What is said of policies of the same name that are not taken over.
fn beside(namesakes: &Namesakes<'_>, by_name: bool) -> Option<String> {
    let Namesakes { live, files } = namesakes;
    let ids: Vec<&str> = live.iter().map(|live| live.id.as_str()).collect();
    let (named, says) = match ids.as_slice() {
        [] => return None,
        [one] => (format!("a policy of the same name, {one},"), "says"),
        several => (format!("{} policies of the same name ({})", several.len(), several.join(", ")), "say"),
    };
    let what_to_do = match (ids.len(), *files, by_name) {
        (1, 0 | 1, false) => "--adopt-by-name takes it over".to_owned(),
        (1, 0 | 1, true) => {
            "it can't be taken over, because it has a risk or an action that policysync does not know".to_owned()
        }
        (1, files, _) => format!("{files} files ask for that name, and which of them it continues can't be told"),
        _ => "which one it continues can't be told, so none is taken over".to_owned(),
    };
    Some(format!(
        "the service has {named} that nobody manages and that {says} something else: this one is created beside it; {what_to_do}"
    ))
}
