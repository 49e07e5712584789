//! Values for the tests of this room: one organization `acme`, policies named `n`, HIGH and block.

use jiff::Timestamp;
use uuid::Uuid;

use crate::api::LivePolicy;
use crate::domain::{
    ActionType, Address, ChangeKind, Direction, OrgId, Place, Policy, PolicyId, RiskType, Scope, ScopeName,
    ScopedPolicy,
};
use crate::plan::{Change, Protection};
use crate::state::{Entry, Intent, Record};

pub(super) fn when() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub(super) fn address(text: &str) -> Address {
    text.to_owned().try_into().unwrap()
}

pub(super) fn sent(content: &str) -> ScopedPolicy {
    let scope = Scope::Organization { org: OrgId::new("acme").unwrap() };
    let policy = Policy::new("n".into(), content.into(), RiskType::High, ActionType::Block).unwrap();
    ScopedPolicy { scope, policy }
}

/// The same as the service shows it.
pub(super) fn live(id: &str, content: &str) -> LivePolicy {
    LivePolicy {
        id: PolicyId::new(id).unwrap(),
        scope: sent(content).scope,
        name: "n".into(),
        content: content.into(),
        risk_type: "HIGH".into(),
        action_type: 2,
        created_by: None,
        created_at: None,
        updated_by: None,
        updated_at: None,
    }
}

/// A record of these policies: (address, id, content).
pub(super) fn record(policies: &[(&str, &str, &str)]) -> Record {
    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let mut record = Record::new(Uuid::nil(), ScopeName::new("acme").unwrap(), endpoint);
    record.policies = policies
        .iter()
        .map(|(at, id, content)| {
            let entry = Entry {
                id: PolicyId::new(*id).unwrap(),
                sent: sent(content),
                stored: None,
                applied_at: when(),
                file: format!("{at}.yaml"),
                commit: None,
                protected: false,
                moved_to: None,
            };
            (address(at), entry)
        })
        .collect();
    record
}

/// A change of the policy with the id 1, to a content where there is one.
pub(super) fn change(kind: ChangeKind, at: &str, from: Option<&str>, content: Option<&str>) -> Change {
    let is_create = kind == ChangeKind::Create;
    Change {
        address: address(at),
        kind,
        direction: Direction::Neutral,
        from: from.map(address),
        id: (!is_create).then(|| PolicyId::new("1").unwrap()),
        before: (!is_create).then(|| sent("text")),
        after: content.map(sent),
        fields: Vec::new(),
        place: Some(Place::file(format!("{at}.yaml"))),
        sighting: None,
        protection: Protection::default(),
        moved_to: None,
    }
}

pub(super) fn intent_of(change: &Change) -> Intent {
    super::bookkeeping::intent(change, when(), None)
}
