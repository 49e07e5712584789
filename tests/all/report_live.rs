//! What drift and the effective view say of any text in any field.

use std::collections::BTreeMap;

use policysync::api::{LivePolicy, Person, Snapshot};
use policysync::domain::{ActionType, PolicyId, RiskType, ScopeName, ScopePath, UserId};
use policysync::plan::{Doing, Drift, Left, NewFolder, Outlook, Pull, Pulled, Reason, drift, effective};
use policysync::report::{Styles, drift_json, drift_text, effective_json, effective_text, pull_json, pull_text};
use policysync::state::{Entry, Record};
use policysync::tree::Tree;

use super::world::{address, desired, id_with, plan_saying, policy, scope, tree_saying};

/// A tree, a record and a service in which everything says `text`, and the last of them `other`.
fn saying(text: &str, other: &str) -> (Tree, BTreeMap<ScopeName, Record>, Snapshot) {
    let (text, other) = (format!("{text}."), format!("{other}."));
    let mut tree = tree_saying(&text);
    let wanted = policy("acme/ws/pii", &text, RiskType::High, ActionType::Block, &text);
    tree.policies.insert(address("acme/ws/pii"), desired(wanted.clone(), "acme/ws/pii.yaml"));
    let org = ScopeName::new("acme").expect("a name");
    let mut record =
        Record::new(uuid::Uuid::nil(), org.clone(), "https://policy.example".parse().expect("an endpoint"));
    for (at, id) in [("acme/ws/pii", "edited"), ("acme/ws/gone", "gone"), ("acme/ws/unseen", "unseen")] {
        let entry = Entry {
            id: PolicyId::new(id).expect("an id"),
            sent: wanted.clone(),
            stored: None,
            applied_at: jiff::Timestamp::UNIX_EPOCH,
            file: text.clone(),
            commit: None,
            protected: false,
            moved_to: None,
        };
        record.policies.insert(address(at), entry);
    }
    let mut seen = Snapshot::default();
    for id in ["edited".to_owned(), id_with(&other)] {
        let person = Person { id: UserId::new("someone").expect("an id"), name: other.clone() };
        let live = LivePolicy {
            id: PolicyId::new(id).expect("an id"),
            scope: scope("acme/ws"),
            name: other.clone(),
            content: other.clone(),
            risk_type: other.clone(),
            action_type: 7,
            created_by: Some(person.clone()),
            created_at: None,
            updated_by: Some(person),
            updated_at: None,
        };
        seen.policies.insert(live.id.clone(), live);
    }
    seen.gone.insert(PolicyId::new("gone").expect("an id"));
    (tree, BTreeMap::from([(org, record)]), seen)
}

/// With a reason that the service gave in its own words.
fn with_reasons<'a>(mut drift: Drift<'a>, text: &str, closed: &'a policysync::domain::Scope) -> Drift<'a> {
    for (_, why) in &mut drift.unseen {
        text.clone_into(why);
    }
    drift.closed = vec![(closed, text.to_owned())];
    drift
}

/// A pull in which everything says `text`, as far as it can.
pub(super) fn pulled(text: &str) -> Pull {
    let path = ScopePath::try_from("acme/ws".to_owned()).expect("a path");
    let one = |at: &str, doing| Pulled {
        address: address(at),
        id: id_with(text).try_into().expect("an id"),
        file: text.to_owned(),
        sent: policy(at, "name", RiskType::High, ActionType::Block, "text"),
        stored: None,
        protected: false,
        doing,
    };
    let left = |at: &str| Left {
        id: id_with(text).try_into().expect("an id"),
        scope: scope(at),
        name: text.to_owned(),
        file: (at != "acme").then(|| text.to_owned()),
        reason: Reason::Equal,
        why: text.to_owned(),
        hint: text.to_owned(),
    };
    Pull {
        folders: vec![NewFolder { path, scope_file: Some("id: x\n".to_owned()) }],
        pulled: vec![
            one("acme/ws/a", Doing::Right),
            one("acme/ws/b", Doing::Write(text.to_owned())),
            one("acme/ws/c", Doing::Replace(text.to_owned())),
        ],
        left: vec![left("acme"), left("acme/ws"), left("acme/ws/api")],
        gone: vec![(address("acme/ws/gone"), id_with(text).try_into().expect("an id"))],
        unseen: vec![(text.to_owned(), text.to_owned())],
    }
}

/// What a report makes of drift in which everything says `text`, and what is live `other`.
pub(super) fn of_drift<R>(text: &str, other: &str, report: impl FnOnce(&Drift<'_>, &Tree) -> R) -> R {
    let (tree, records, seen) = saying(text, other);
    let closed = scope("acme");
    report(&with_reasons(drift(&tree, &records, &seen, None), text, &closed), &tree)
}

/// Every text form.
pub(super) fn texts(text: &str, other: &str, styles: &Styles) -> Vec<String> {
    let (tree, records, seen) = saying(text, other);
    let plan = plan_saying(text, other);
    let path = ScopePath::try_from("acme/ws".to_owned()).expect("a path");
    let levels = effective(&tree, &path, Some(Outlook { plan: &plan, records: &records }));
    let closed = scope("acme");
    let drift = with_reasons(drift(&tree, &records, &seen, None), text, &closed);
    vec![
        effective_text(&path, &levels, styles),
        drift_text(&drift, styles),
        pull_text(&pulled(text), "policies", false, styles),
    ]
}

/// Every JSON form.
pub(super) fn documents(text: &str, other: &str) -> Vec<String> {
    let (tree, records, seen) = saying(text, other);
    let path = ScopePath::try_from("acme/ws".to_owned()).expect("a path");
    let closed = scope("acme");
    let drift = with_reasons(drift(&tree, &records, &seen, None), text, &closed);
    vec![
        effective_json(&path, &effective(&tree, &path, None)),
        drift_json(&drift),
        pull_json(&pulled(text), text, false),
    ]
}
