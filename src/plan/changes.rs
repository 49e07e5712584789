//! What each row of the join comes to: a change, a notice, or nothing.

use crate::api::LivePolicy;
use crate::domain::{Address, ChangeKind, Direction, Field, Place, ScopedPolicy};
use crate::state::Entry;
use crate::tree::DesiredPolicy;

use super::join::Joined;
use super::sighting::{Look, Now, Seen, Sighting, as_sent};
use super::{Change, Notice, NoticeCode, Protection, wording};

/// All fields, as a create sets them.
const ALL_FIELDS: [Field; 4] = [Field::Name, Field::RiskType, Field::ActionType, Field::Content];

impl Joined {
    /// In the tree and recorded; `old` is the recorded address where the key is another one now.
    pub(super) fn recorded(
        &mut self,
        address: &Address,
        old: Option<&Address>,
        desired: &DesiredPolicy,
        entry: &Entry,
        seen: (&Look<'_>, bool),
    ) {
        let protection = Protection { recorded: entry.protected, wanted: desired.protected };
        let kind = if old.is_some() { ChangeKind::Rename } else { ChangeKind::Update };
        let change =
            Change { kind, from: old.cloned(), id: Some(entry.id.clone()), protection, ..of(address, desired) };
        let Some((change, edited)) = self.still_there(change, desired, entry, seen) else { return };
        let (before, sighting) = match edited {
            None => (entry.sent.clone(), None),
            Some(live) => {
                let sighting = Some(Sighting::Edited(Seen::of(live)));
                let Some(before) = as_sent(live, entry) else {
                    let (direction, before) = (Direction::Unclear, Some(entry.sent.clone()));
                    let fields = differing(live, entry, &desired.scoped);
                    self.changes.push(Change { direction, before, fields, sighting, ..change });
                    return;
                };
                if before == desired.scoped || live.reads_as(&desired.scoped) {
                    // It is what the tree asks for by now: the record alone is behind.
                    let (kind, direction) = (ChangeKind::Adopt, Direction::Neutral);
                    let (before, fields) = (Some(desired.scoped.clone()), Vec::new());
                    self.changes.push(Change { kind, direction, before, fields, sighting, ..change });
                    return;
                }
                (before, sighting)
            }
        };
        let fields = Field::differing(&before.policy, &desired.scoped.policy);
        if old.is_none() && fields.is_empty() && !protection.changes() {
            self.unchanged += 1;
            return;
        }
        self.soften(address, &before, &desired.scoped);
        let direction = Direction::between(Some(&before), Some(&desired.scoped));
        self.changes.push(Change { direction, before: Some(before), fields, sighting, ..change });
    }

    /// In the tree in another scope than where it is recorded.
    pub(super) fn moved(
        &mut self,
        address: &Address,
        old: Option<&Address>,
        desired: &DesiredPolicy,
        entry: &Entry,
        seen: (&Look<'_>, bool),
    ) {
        let protection = Protection { recorded: entry.protected, wanted: desired.protected };
        let (kind, id) = (ChangeKind::Move, Some(entry.id.clone()));
        let change = Change { kind, from: old.cloned(), id, protection, ..of(address, desired) };
        let Some((change, edited)) = self.still_there(change, desired, entry, seen) else { return };
        let before = edited.and_then(|live| as_sent(live, entry)).unwrap_or_else(|| entry.sent.clone());
        let sighting = edited.map(|live| Sighting::Edited(Seen::of(live)));
        self.met_by(address, &desired.scoped, seen.0);
        self.soften(address, &before, &desired.scoped);
        let direction = Direction::between(Some(&before), Some(&desired.scoped));
        let fields = Field::differing(&before.policy, &desired.scoped.policy);
        self.changes.push(Change { direction, before: Some(before), fields, sighting, ..change });
    }

    /// A recorded policy that a file asks for, if it is live: how it was edited, if it was. One that can't be seen is taken as
    /// recorded, and told; one that is gone arrives anew.
    fn still_there<'l>(
        &mut self,
        change: Change,
        desired: &DesiredPolicy,
        entry: &Entry,
        (look, by_name): (&Look<'l>, bool),
    ) -> Option<(Change, Option<&'l LivePolicy>)> {
        match look.now(entry) {
            Now::AsRecorded => Some((change, None)),
            Now::Unseen(why) => {
                self.unseen(&change.address, &why);
                Some((change, None))
            }
            Now::Gone => {
                self.arrives(created_again(change, entry), &desired.scoped, look, by_name);
                None
            }
            Now::Edited(live) => Some((change, Some(live))),
        }
    }

    /// Recorded, and in no file.
    pub(super) fn gone(&mut self, address: &Address, entry: &Entry, prune: bool, look: &Look<'_>) {
        let now = look.now(entry);
        if matches!(now, Now::Gone) {
            self.changes.push(forgotten(address, entry));
            return;
        }
        if !prune {
            let message = format!(
                "no file asks for it any more; it stays live as {}. --prune deletes it; its file put back keeps it; \
                 `policysync state rm {address}` leaves it to others",
                entry.id
            );
            self.notice(address, NoticeCode::NoLongerManaged, message);
            return;
        }
        let deleted = self.deleted(address, entry, now);
        let direction = Direction::between(deleted.before.as_ref(), None);
        self.changes.push(Change { direction, ..deleted });
    }

    /// Recorded, in no file, and created elsewhere by a move that was interrupted: pruning or not, its delete is left.
    pub(super) fn rest_of_move(
        &mut self,
        address: &Address,
        entry: &Entry,
        target: &Address,
        recorded: &std::collections::BTreeMap<Address, Entry>,
        look: &Look<'_>,
    ) {
        let now = look.now(entry);
        if matches!(now, Now::Gone) {
            self.changes.push(forgotten(address, entry));
            return;
        }
        let deleted = self.deleted(address, entry, now);
        // As the move's: it lets more through only where less holds there.
        let there = recorded.get(target).map(|entry| &entry.sent);
        let direction = Direction::between(deleted.before.as_ref(), there);
        self.changes.push(Change { direction, moved_to: Some(target.clone()), ..deleted });
    }

    fn deleted(&mut self, address: &Address, entry: &Entry, now: Now<'_>) -> Change {
        let (before, sighting) = match now {
            Now::Edited(live) => {
                let before = as_sent(live, entry).unwrap_or_else(|| entry.sent.clone());
                (before, Some(Sighting::Edited(Seen::of(live))))
            }
            Now::Unseen(why) => {
                self.unseen(address, &why);
                (entry.sent.clone(), None)
            }
            Now::AsRecorded | Now::Gone => (entry.sent.clone(), None),
        };
        Change { kind: ChangeKind::Delete, before: Some(before), after: None, sighting, ..of_entry(address, entry) }
    }

    fn unseen(&mut self, address: &Address, why: &str) {
        let message = format!("it can't be seen in the service, so it is planned as recorded: {why}");
        self.notice(address, NoticeCode::Unseen, message);
    }

    pub(super) fn notice(&mut self, address: &Address, code: NoticeCode, message: String) {
        self.notices.push(Notice { address: address.clone(), code, message });
    }

    pub(super) fn soften(&mut self, address: &Address, before: &ScopedPolicy, after: &ScopedPolicy) {
        if let Some(message) = wording::softened(before.policy.content(), after.policy.content()) {
            self.notice(address, NoticeCode::SofterWording, message);
        }
    }
}

/// The fields in which a live policy with words that the service does not document is not what is wanted.
fn differing(live: &LivePolicy, entry: &Entry, wanted: &ScopedPolicy) -> Vec<Field> {
    let policy = &wanted.policy;
    let name = if live.name == entry.live_name() { entry.sent.policy.name() } else { &live.name };
    let content = if live.content == entry.live_content() { entry.sent.policy.content() } else { &live.content };
    let differs = [
        (name != policy.name(), Field::Name),
        (live.risk_type != policy.risk_type().as_str(), Field::RiskType),
        (live.action_type != i64::from(policy.action_type().number()), Field::ActionType),
        (content != policy.content(), Field::Content),
    ];
    differs.into_iter().filter(|(differs, _)| *differs).map(|(_, field)| field).collect()
}

/// A change that creates what the tree asks for.
pub(super) fn of(address: &Address, desired: &DesiredPolicy) -> Change {
    Change {
        address: address.clone(),
        kind: ChangeKind::Create,
        direction: Direction::between(None, Some(&desired.scoped)),
        from: None,
        id: None,
        before: None,
        after: Some(desired.scoped.clone()),
        fields: ALL_FIELDS.to_vec(),
        place: Some(desired.place.clone()),
        sighting: None,
        protection: Protection { recorded: false, wanted: desired.protected },
        moved_to: None,
    }
}

/// A change of what no file asks for.
fn of_entry(address: &Address, entry: &Entry) -> Change {
    Change {
        address: address.clone(),
        kind: ChangeKind::Forget,
        direction: Direction::Neutral,
        from: None,
        id: Some(entry.id.clone()),
        before: Some(entry.sent.clone()),
        after: None,
        fields: Vec::new(),
        place: Some(Place::file(entry.file.clone())),
        sighting: None,
        protection: Protection { recorded: entry.protected, wanted: entry.protected },
        moved_to: None,
    }
}

/// Someone has deleted what the tree asks for.
fn created_again(change: Change, entry: &Entry) -> Change {
    Change {
        kind: ChangeKind::Create,
        direction: Direction::between(None, change.after.as_ref()),
        id: None,
        before: None,
        fields: ALL_FIELDS.to_vec(),
        sighting: Some(Sighting::Gone(entry.id.clone())),
        ..change
    }
}

/// Someone has deleted what no file asks for.
fn forgotten(address: &Address, entry: &Entry) -> Change {
    Change { sighting: Some(Sighting::Gone(entry.id.clone())), ..of_entry(address, entry) }
}
