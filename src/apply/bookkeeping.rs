//! What a change's end means for the record. Pure.

use jiff::Timestamp;

use crate::api::LivePolicy;
use crate::domain::{ActionType, Address, ChangeKind, Policy, PolicyId, RiskType, ScopedPolicy};
use crate::plan::Change;
use crate::state::{Entry, Intent, Record, Stored, Undecided};

use super::{ChangeResult, Failure};

/// How a change's call ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The policy is live, like this.
    Live(Box<LivePolicy>),
    /// The policy is gone.
    Gone,
    /// Surely nothing happened.
    NotDone,
    /// Not known; these could be it.
    Open(Vec<PolicyId>),
    /// A move is done: the policy is live there, like this, and gone here.
    Moved(Box<LivePolicy>),
    /// A move is half done: the policy is live there, like this, and here too.
    Half(Box<LivePolicy>),
}

/// What is odd about what the service keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remark {
    /// To be told, and no more.
    Note(String),
    /// Not what was wanted: the change did not succeed.
    Wrong(String),
}

impl Remark {
    pub(super) fn text(self) -> String {
        match self {
            Self::Note(text) | Self::Wrong(text) => text,
        }
    }

    /// How a change ended that left the policy `id` with this remark.
    pub(super) fn result(remark: Option<Self>, id: PolicyId) -> ChangeResult {
        match remark {
            None => ChangeResult::Applied { id, note: None },
            Some(Self::Note(note)) => ChangeResult::Applied { id, note: Some(note) },
            Some(Self::Wrong(why)) => ChangeResult::Failed(Failure::new(why, "the next plan shows the difference")),
        }
    }
}

/// The intent of a change: what is needed to finish or undo it.
pub(super) fn intent(change: &Change, now: Timestamp, commit: Option<&String>) -> Intent {
    Intent {
        change: change.kind,
        intended_at: now,
        // Of a move it is the new policy that may be in doubt.
        id: change.id.clone().filter(|_| !change.kind.creates()),
        from: change.from.clone(),
        replaces: change.id.clone().filter(|_| change.kind == ChangeKind::Move),
        before: change.before.clone(),
        after: change.after.clone(),
        file: change.place.as_ref().map(|place| place.file.clone()),
        commit: commit.cloned(),
        protected: change.protection.wanted,
        undecided: None,
    }
}

/// Writes into the record how the change with this intent ended; returns what a reader should know.
pub(super) fn enter(
    record: &mut Record,
    address: &Address,
    intent: &Intent,
    ended: &Ended,
    now: Timestamp,
) -> Option<Remark> {
    match ended {
        Ended::Live(live) => {
            record.pending.remove(address);
            let former = record.policies.remove(intent.from.as_ref().unwrap_or(address));
            let wanted = intent.after.as_ref().or(intent.before.as_ref())?;
            let (entry, remark) = entry(live, wanted, intent, now);
            let is_told = |former: &Entry| is_kept_so(former, &entry);
            let remark =
                remark.filter(|remark| matches!(remark, Remark::Wrong(_)) || !former.is_some_and(|it| is_told(&it)));
            record.policies.insert(address.clone(), entry);
            remark
        }
        Ended::Moved(live) | Ended::Half(live) => {
            record.pending.remove(address);
            let (from, wanted) = (intent.from.as_ref()?, intent.after.as_ref()?);
            match (ended, record.policies.get_mut(from)) {
                (Ended::Half(_), Some(old)) => old.moved_to = Some(address.clone()),
                _ => drop(record.policies.remove(from)),
            }
            let (entry, remark) = entry(live, wanted, intent, now);
            record.policies.insert(address.clone(), entry);
            remark
        }
        Ended::Gone => {
            record.pending.remove(address);
            record.policies.remove(intent.from.as_ref().unwrap_or(address));
            None
        }
        Ended::NotDone => {
            record.pending.remove(address);
            None
        }
        Ended::Open(candidates) => {
            let intent = record.pending.entry(address.clone()).or_insert_with(|| intent.clone());
            // Only a create without an answer has candidates that someone must decide between.
            if intent.change.creates() && !candidates.is_empty() {
                intent.undecided = Some(Undecided { candidates: candidates.iter().cloned().collect() });
            }
            None
        }
    }
}

/// Records another address, or whether it is protected; nothing about the policy changes in the service.
pub(super) fn readdress(record: &mut Record, change: &Change) -> Option<PolicyId> {
    let mut entry = record.policies.remove(change.from.as_ref().unwrap_or(&change.address))?;
    if let Some(place) = &change.place {
        entry.file.clone_from(&place.file);
    }
    entry.protected = change.protection.wanted;
    let id = entry.id.clone();
    record.policies.insert(change.address.clone(), entry);
    Some(id)
}

/// Whether it is recorded already that the service keeps these texts otherwise.
fn is_kept_so(former: &Entry, now: &Entry) -> bool {
    let texts = |entry: &Entry| (entry.sent.policy.name().to_owned(), entry.sent.policy.content().to_owned());
    former.id == now.id && texts(former) == texts(now) && former.stored == now.stored
}

/// The entry of a policy that is live, and what is odd about it.
///
/// Texts that the service keeps otherwise are kept beside what was sent, so that they are told once and are no drift for
/// ever. An action or a risk that it keeps otherwise is recorded as it is: the next plan shows the difference.
fn entry(live: &LivePolicy, wanted: &ScopedPolicy, intent: &Intent, now: Timestamp) -> (Entry, Option<Remark>) {
    let sent = &wanted.policy;
    let mut note = None;
    let mut wrong = Vec::new();
    let mut stored = None;
    if live.name != sent.name() || live.content != sent.content() {
        let which = match (live.name != sent.name(), live.content != sent.content()) {
            (true, false) => "name",
            (false, _) => "content",
            (true, true) => "name and content",
        };
        let text = format!("the service keeps another {which} than it was sent (it trims, perhaps); both are recorded");
        note = Some(Remark::Note(text));
        stored = Some(Stored { name: live.name.clone(), content: live.content.clone() });
    }
    let risk = live.risk_type.parse::<RiskType>().unwrap_or(sent.risk_type());
    let action = u8::try_from(live.action_type).ok().and_then(|number| ActionType::try_from(number).ok());
    let action = action.unwrap_or(sent.action_type());
    if risk != sent.risk_type() {
        wrong.push(format!("the service keeps riskType {risk}, and was sent {}", sent.risk_type()));
    }
    if action != sent.action_type() {
        wrong.push(format!("the service keeps actionType {action}, and was sent {}", sent.action_type()));
    }
    let policy = Policy::new(sent.name().to_owned(), sent.content().to_owned(), risk, action);
    let entry = Entry {
        id: live.id.clone(),
        sent: ScopedPolicy { scope: wanted.scope.clone(), policy: policy.unwrap_or_else(|_| sent.clone()) },
        stored,
        applied_at: now,
        file: intent.file.clone().unwrap_or_default(),
        commit: intent.commit.clone(),
        protected: intent.protected,
        moved_to: None,
    };
    (entry, if wrong.is_empty() { note } else { Some(Remark::Wrong(wrong.join("; "))) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::test_record::{address, change, live, record, sent, when};

    fn entered(record: &mut Record, change: &Change, ended: &Ended) -> Option<Remark> {
        let intent = intent(change, when(), Some(&"c0ffee".to_owned()));
        record.pending.insert(change.address.clone(), intent.clone());
        enter(record, &change.address, &intent, ended, when())
    }

    #[test]
    fn what_is_live_is_recorded_and_no_longer_pending() {
        let mut record = record(&[]);
        let create = change(ChangeKind::Create, "acme/one", None, Some("text"));
        assert_eq!(entered(&mut record, &create, &Ended::Live(Box::new(live("1", "text")))), None);
        assert!(record.pending.is_empty());
        let Entry { id, sent: recorded, stored, applied_at, file, commit, protected: _, moved_to: _ } =
            &record.policies[&address("acme/one")];
        assert_eq!((id.as_str(), recorded, stored), ("1", &sent("text"), &None));
        assert_eq!((*applied_at, file.as_str(), commit.as_deref()), (when(), "acme/one.yaml", Some("c0ffee")));
    }

    #[test]
    fn a_text_that_the_service_keeps_otherwise_stands_beside_what_was_sent_and_is_told() {
        let mut record = record(&[]);
        let create = change(ChangeKind::Create, "acme/one", None, Some("text\n"));
        let note = entered(&mut record, &create, &Ended::Live(Box::new(live("1", "text"))));
        assert!(matches!(note, Some(Remark::Note(note)) if note.contains("another content")));
        let entry = &record.policies[&address("acme/one")];
        assert_eq!((entry.sent.policy.content(), entry.live_content()), ("text\n", "text"));
    }

    #[test]
    fn an_action_that_the_service_keeps_otherwise_is_recorded_as_it_is() {
        let mut record = record(&[]);
        let create = change(ChangeKind::Create, "acme/one", None, Some("text"));
        let softer = LivePolicy { action_type: 1, risk_type: "LOW".to_owned(), ..live("1", "text") };
        let told = entered(&mut record, &create, &Ended::Live(Box::new(softer)));
        let Some(Remark::Wrong(wrong)) = told else { panic!("no success: {told:?}") };
        assert!(wrong.contains("actionType alert") && wrong.contains("riskType LOW"), "{wrong}");
        let policy = &record.policies[&address("acme/one")].sent.policy;
        assert_eq!((policy.action_type(), policy.risk_type()), (ActionType::Alert, RiskType::Low));
    }

    #[test]
    fn a_rename_moves_the_entry_and_a_delete_drops_it() {
        let mut record = record(&[("acme/old", "1", "text")]);
        let rename = change(ChangeKind::Rename, "acme/new", Some("acme/old"), Some("text"));
        entered(&mut record, &rename, &Ended::Live(Box::new(live("1", "text"))));
        assert_eq!(record.policies.keys().map(Address::as_str).collect::<Vec<_>>(), ["acme/new"]);
        let delete = change(ChangeKind::Delete, "acme/new", None, None);
        entered(&mut record, &delete, &Ended::Gone);
        assert!(record.policies.is_empty() && record.pending.is_empty());
    }

    #[test]
    fn what_did_not_happen_leaves_the_entry_and_no_intent() {
        let mut record = record(&[("acme/one", "1", "text")]);
        let before = record.policies.clone();
        let update = change(ChangeKind::Update, "acme/one", None, Some("other"));
        entered(&mut record, &update, &Ended::NotDone);
        assert_eq!((record.policies, record.pending.len()), (before, 0));
    }

    #[test]
    fn what_is_not_known_stays_pending_and_only_a_create_can_be_undecided() {
        let ids = || ["1", "2"].map(|id| PolicyId::new(id).unwrap()).to_vec();
        for (kind, ended, undecided) in [
            (ChangeKind::Create, Ended::Open(ids()), true),
            (ChangeKind::Create, Ended::Open(Vec::new()), false),
            (ChangeKind::Update, Ended::Open(ids()), false),
        ] {
            let mut record = record(&[]);
            let change = change(kind, "acme/one", None, Some("text"));
            entered(&mut record, &change, &ended);
            assert_eq!(record.pending[&address("acme/one")].undecided.is_some(), undecided, "{kind} {ended:?}");
        }
    }

    #[test]
    fn a_new_address_is_all_that_a_readdressing_changes() {
        let mut record = record(&[("acme/old", "1", "text")]);
        let old = record.policies[&address("acme/old")].clone();
        let rename = change(ChangeKind::Rename, "acme/new", Some("acme/old"), Some("text"));
        assert_eq!(readdress(&mut record, &rename), Some(old.id.clone()));
        let moved = Entry { file: "acme/new.yaml".to_owned(), ..old };
        assert_eq!(record.policies, [(address("acme/new"), moved)].into());
        assert_eq!(readdress(&mut record, &rename), None, "nothing is at the old address any more");
    }
}
