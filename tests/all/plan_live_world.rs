//! A service as a plan sees it, and what an apply does to it: for laws over live states made by chance.

use std::collections::BTreeMap;

use policysync::api::{LivePolicy, Snapshot};
use policysync::domain::{ChangeKind, Direction, Field, PolicyId, ScopedPolicy};
use policysync::plan::{Change, Options, Plan, Sighting, plan};
use policysync::state::{Entry, Record, Stored};
use policysync::tree::Tree;

use crate::plan_world::{Records, endpoint, org};

/// What the records have, and what the service holds.
#[derive(Debug, Clone)]
pub struct Service {
    pub records: Records,
    pub live: BTreeMap<PolicyId, LivePolicy>,
    made: u32,
}

/// What someone does to a policy behind policysync's back.
#[derive(Debug, Clone)]
pub enum Deed {
    Leave,
    Remove,
    Edit(Field),
    /// To a word that nobody documents.
    Odd,
    /// To what the tree asks for.
    Agree,
    /// The service keeps the text with white space more, and the record knows.
    Keep,
}

pub fn id(text: &str) -> PolicyId {
    PolicyId::new(text).expect("an id")
}

/// A policy as the service holds it.
pub fn live(id: PolicyId, scoped: &ScopedPolicy) -> LivePolicy {
    let ScopedPolicy { scope, policy } = scoped;
    LivePolicy {
        id,
        scope: scope.clone(),
        name: policy.name().to_owned(),
        content: policy.content().to_owned(),
        risk_type: policy.risk_type().as_str().to_owned(),
        action_type: i64::from(policy.action_type().number()),
        created_by: None,
        created_at: None,
        updated_by: None,
        updated_at: None,
    }
}

fn edit(live: &mut LivePolicy, field: Field, to: &LivePolicy) {
    match field {
        Field::Name => live.name.clone_from(&to.name),
        Field::RiskType => live.risk_type.clone_from(&to.risk_type),
        Field::ActionType => live.action_type = to.action_type,
        Field::Content => live.content.clone_from(&to.content),
    }
}

impl Service {
    /// One that holds what is recorded.
    pub fn as_recorded(records: &Records) -> Self {
        let entries = records.values().flat_map(|record| record.policies.values());
        let live = entries.map(|entry| (entry.id.clone(), live(entry.id.clone(), &entry.sent))).collect();
        Self { records: records.clone(), live, made: 0 }
    }

    /// Lets someone do one deed to each recorded policy.
    pub fn suffer(&mut self, deeds: &[Deed], tree: &Tree) {
        let policies = self.records.values_mut().flat_map(|record| &mut record.policies);
        for ((address, entry), deed) in policies.zip(deeds) {
            let Some(live) = self.live.get_mut(&entry.id) else { continue };
            let wanted = tree.policies.get(address).map(|desired| &desired.scoped);
            match (deed, wanted) {
                (Deed::Leave, _) | (Deed::Agree, None) => {}
                (Deed::Remove, _) => drop(self.live.remove(&entry.id)),
                (Deed::Edit(Field::Name), _) => live.name.push('!'),
                (Deed::Edit(Field::RiskType), _) => live.risk_type = "MEDIUM".to_owned(),
                (Deed::Edit(Field::ActionType), _) => live.action_type = 1,
                (Deed::Edit(Field::Content), _) => live.content.push_str(", or else"),
                (Deed::Odd, _) => live.risk_type = "SEVERE".to_owned(),
                (Deed::Agree, Some(wanted)) => *live = self::live(live.id.clone(), wanted),
                (Deed::Keep, _) => {
                    live.content.push('\n');
                    entry.stored = Some(Stored { name: live.name.clone(), content: live.content.clone() });
                }
            }
        }
    }

    /// Lets someone make a policy; nobody manages it.
    pub fn make(&mut self, id: &str, scoped: &ScopedPolicy) {
        self.live.insert(self::id(id), live(self::id(id), scoped));
    }

    pub fn plan(&self, tree: &Tree, options: &Options) -> Plan {
        plan(tree, &self.records, Some(&self.snapshot()), options)
    }

    fn snapshot(&self) -> Snapshot {
        let recorded = self.records.values().flat_map(|record| record.policies.values()).map(|entry| &entry.id);
        let gone = recorded.filter(|id| !self.live.contains_key(*id)).cloned().collect();
        Snapshot { policies: self.live.clone(), gone, ..Snapshot::default() }
    }

    /// What a move does that is stopped between its create and its delete.
    pub fn half(&mut self, change: &Change) {
        let (from, id) =
            (change.from.as_ref().expect("a move comes from somewhere"), change.id.as_ref().expect("an id"));
        let was = self.live[id].clone();
        let entry = self.records[&from.org()].policies[from].clone();
        self.apply(change);
        self.live.insert(id.clone(), was);
        let record = self.records.get_mut(&from.org()).expect("it has a record");
        record.policies.insert(from.clone(), Entry { moved_to: Some(change.address.clone()), ..entry });
    }

    /// What a change that succeeds does. Each is carried out by the fields that the plan says it sends.
    pub fn apply(&mut self, change: &Change) {
        let Change { address, kind, from, id, after, fields, protection, sighting, .. } = change;
        let old = from.as_ref().unwrap_or(address);
        let begin = || Record::new(uuid::Uuid::from_u128(7), address.org(), endpoint().endpoint);
        let record = self.records.entry(address.org()).or_insert_with(begin);
        let former = record.policies.remove(old);
        let is_recorded = matches!(sighting, Some(Sighting::Edited(_)) | None);
        if is_recorded && *kind != ChangeKind::Create {
            assert_eq!(former.as_ref().map(|entry| &entry.id), id.as_ref(), "{change:?}");
        }
        let Some(after) = after else {
            let was = id.as_ref().and_then(|id| self.live.remove(id));
            assert_eq!(was.is_some(), *kind == ChangeKind::Delete, "only what is there is deleted: {change:?}");
            return;
        };
        let now = match kind {
            ChangeKind::Create | ChangeKind::Move => {
                if *kind == ChangeKind::Move {
                    self.live.remove(id.as_ref().expect("a move has an id")).expect("what is moved is there");
                }
                let twin = self.live.values().find(|live| live.equals(after) && *kind == ChangeKind::Move).cloned();
                let twin = twin.filter(|twin| !is_managed(&self.records, &twin.id));
                twin.unwrap_or_else(|| {
                    self.made += 1;
                    live(self::id(&format!("made-{}", self.made)), after)
                })
            }
            _ => {
                let id = id.as_ref().expect("it is about a policy");
                let mut now = self.live.get(id).expect("it is about a live policy").clone();
                fields.iter().for_each(|field| edit(&mut now, *field, &live(id.clone(), after)));
                now
            }
        };
        let is_kept = |entry: &Entry| {
            entry.live_content() == now.content && entry.sent.policy.content() == after.policy.content()
        };
        let kept = former.as_ref().is_some_and(is_kept) || now.content == after.policy.content();
        let sent = LivePolicy { content: after.policy.content().to_owned(), ..now.clone() };
        assert!(kept && sent.equals(after), "the fields that are sent make it what is wanted: {change:?} {now:?}");
        let stored = (now.content != after.policy.content())
            .then(|| Stored { name: now.name.clone(), content: now.content.clone() });
        let entry = Entry {
            id: now.id.clone(),
            sent: after.clone(),
            stored,
            applied_at: jiff::Timestamp::UNIX_EPOCH,
            file: format!("{address}.yaml"),
            commit: None,
            protected: protection.wanted,
            moved_to: None,
        };
        self.live.insert(now.id.clone(), now);
        let record = self.records.get_mut(&org(address.org().as_str())).expect("it has a record");
        record.policies.insert(address.clone(), entry);
    }
}

pub fn is_managed(records: &Records, id: &PolicyId) -> bool {
    records.values().any(|record| record.policies.values().any(|entry| entry.id == *id))
}

/// The direction that a change must have: from what is live, and weaker in any case if it is weaker than what was applied.
pub fn direction(change: &Change, records: &Records) -> Option<Direction> {
    let recorded = records.get(&change.address.org()).map(|record| &record.policies);
    let entry = recorded.and_then(|recorded| recorded.get(change.from.as_ref().unwrap_or(&change.address)));
    if let (Some(entry), Some(after)) = (entry, &change.after)
        && change.kind != ChangeKind::Create
        && Direction::between(Some(&entry.sent), Some(after)) == Direction::Weaker
    {
        return Some(Direction::Weaker);
    }
    match (change.kind, change.sighting.as_ref().and_then(Sighting::seen)) {
        (ChangeKind::Forget, _) => Some(Direction::Neutral),
        // What it was can't be compared.
        (_, Some(seen)) if !seen.is_plain() => None,
        _ => Some(Direction::between(change.before.as_ref(), change.after.as_ref())),
    }
}
