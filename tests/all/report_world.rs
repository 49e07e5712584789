//! Values to report on: small ones that read well, and ones with any text in every field that takes one.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use policysync::apply::{ChangeOutcome, ChangeResult, Failure, Outcome, Stop};
use policysync::domain::{
    ActionType, Address, ChangeKind, Code, Digest, Direction, Field, Finding, OrgId, Place, Policy, PolicyId, RepoId,
    RiskType, Scope, ScopeName, ScopePath, ScopedPolicy, WorkspaceId,
};
use policysync::plan::{Change, Guard, Notice, NoticeCode, Plan, Protection, Reaches, Verdict};
use policysync::report::{MendFormat, MendReport, Mended, MendedPolicy};
use policysync::state::{Claim, Ended, Entry, Intent, Lease, Record, Stored, Undecided};
use policysync::tree::{DesiredPolicy, DesiredScope, Tree};
use uuid::Uuid;

pub(super) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

pub(super) fn scope(path: &str) -> Scope {
    let mut ids = path.split('/');
    let org = OrgId::new(ids.next().expect("an organization")).expect("an id");
    let workspace = ids.next().map(|id| WorkspaceId::new(id).expect("an id"));
    let repo = ids.next().map(|id| RepoId::new(id).expect("an id"));
    Scope::from_ids(org, workspace, repo).expect("a scope")
}

pub(super) fn policy(at: &str, name: &str, risk: RiskType, action: ActionType, content: &str) -> ScopedPolicy {
    let scope = scope(at.rsplit_once('/').expect("an address").0);
    ScopedPolicy { scope, policy: Policy::new(name.into(), content.into(), risk, action).expect("a policy") }
}

pub(super) fn place(file: &str, line: usize) -> Place {
    Place { file: file.into(), line, column: 1, start: 0, end: 1 }
}

/// Where `what` stands in `text` for the `nth` time (from 0).
pub(super) fn place_of(file: &str, text: &str, what: &str, nth: usize) -> Place {
    let (start, _) = text.match_indices(what).nth(nth).expect("it is there");
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    Place {
        file: file.into(),
        line: text[..start].matches('\n').count() + 1,
        column: text[line_start..start].chars().count() + 1,
        start,
        end: start + what.len(),
    }
}

pub(super) fn desired(scoped: ScopedPolicy, file: &str) -> DesiredPolicy {
    let metadata = BTreeMap::new();
    DesiredPolicy { scoped, protected: false, metadata, draft: false, place: place(file, 1), text: place(file, 4) }
}

pub(super) fn tree_with(findings: Vec<Finding>) -> Tree {
    Tree { findings, files: 2, ..Tree::default() }
}

pub(super) fn tree(scopes: &[(&str, &str, Option<&str>)], policies: &[(&str, ActionType)]) -> Tree {
    let mut tree = Tree { files: policies.len(), ..Tree::default() };
    for (path, ids, name) in scopes {
        let path = ScopePath::try_from((*path).to_owned()).expect("a path");
        let place = Place::file(path.as_str());
        tree.scopes.insert(path, DesiredScope { scope: scope(ids), name: name.map(Arc::from), place });
    }
    for (at, action) in policies {
        let policy = policy(at, "n", RiskType::Low, *action, "c");
        tree.policies.insert(address(at), desired(policy, "f.yaml"));
    }
    tree
}

pub(super) fn change(at: &str, before: Option<ScopedPolicy>, after: Option<ScopedPolicy>) -> Change {
    let (kind, fields) = match (&before, &after) {
        (None, _) => (ChangeKind::Create, vec![Field::Name, Field::RiskType, Field::ActionType, Field::Content]),
        (Some(_), None) => (ChangeKind::Delete, vec![]),
        (Some(old), Some(new)) => (ChangeKind::Update, Field::differing(&old.policy, &new.policy)),
    };
    Change {
        address: address(at),
        kind,
        direction: Direction::between(before.as_ref(), after.as_ref()),
        from: None,
        id: None,
        before,
        after,
        fields,
        place: Some(place(&format!("{at}.yaml"), 1)),
        sighting: None,
        protection: Protection::default(),
        moved_to: None,
    }
}

pub(super) fn plan(changes: Vec<Change>, unchanged: usize) -> Plan {
    Plan {
        endpoint: "https://policy.example".parse().expect("an endpoint"),
        digest: Digest::of(format!("{changes:?}").as_bytes()),
        changes,
        reach: Reaches::default(),
        notices: vec![],
        guards: vec![],
        unchanged,
        base: BTreeMap::new(),
    }
}

pub(super) fn ended(at: &str, kind: ChangeKind, direction: Direction, result: ChangeResult) -> ChangeOutcome {
    ChangeOutcome { address: address(at), kind, direction, place: Some(place(&format!("{at}.yaml"), 1)), result }
}

pub(super) fn applied(id: &str, note: Option<&str>) -> ChangeResult {
    ChangeResult::Applied { id: PolicyId::new(id).expect("an id"), note: note.map(str::to_owned) }
}

pub(super) fn failure(message: &str, hint: Option<&str>) -> Failure {
    Failure { message: message.to_owned(), hint: hint.unwrap_or("apply again").to_owned() }
}

/// An id that holds as much of a text as an id can.
pub(super) fn id_with(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control() && !c.is_whitespace()).take(40).collect();
    format!("id{kept}")
}

/// A tree with a text in every field that takes one.
pub(super) fn tree_saying(text: &str) -> Tree {
    let at = |line: usize| Place { file: format!("acme/{text}.yaml"), line, column: 2, start: 1, end: 1 + text.len() };
    let id = id_with(text);
    let mut tree = tree_with(vec![
        Finding::error(Code("odd"), at(1), text).hint(text).related(at(2), text).related(at(900), text),
        Finding::warning(Code("whole"), Place::file(text), format!("before {text} after")),
    ]);
    for path in ["acme", "acme/ws"] {
        let path = ScopePath::try_from(path.to_owned()).expect("a path");
        let place = Place::file(path.as_str());
        tree.scopes
            .insert(path, DesiredScope { scope: scope(&id.replace('/', "")), name: Some(Arc::from(text)), place });
    }
    tree
}

/// A plan with a text in every field that takes one.
pub(super) fn plan_saying(text: &str, other: &str) -> Plan {
    let (text, other) = (format!("{text}."), format!("{other}."));
    let old = policy("acme/ws/pii", &text, RiskType::High, ActionType::Block, &text);
    let new = policy("acme/ws/pii", &other, RiskType::Low, ActionType::Log, &other);
    let mut moved = change("acme/pii", Some(old.clone()), Some(new.clone()));
    moved.from = Some(address("acme/ws/pii"));
    moved.kind = ChangeKind::Move;
    let mut plan = plan(
        vec![
            change("acme/ws/new", None, Some(new.clone())),
            change("acme/ws/pii", Some(old.clone()), Some(new)),
            change("acme/ws/old", Some(old), None),
            moved,
        ],
        1,
    );
    let notice = |message: &str| Notice {
        address: address("acme/x"),
        code: NoticeCode::NoLongerManaged,
        message: message.to_owned(),
    };
    plan.notices = vec![notice(&text), notice(&other)];
    plan.guards =
        vec![Verdict { guard: Guard::EmptyTree, found: 3, allowed: false, message: text.clone(), hint: other.clone() }];
    plan
}

/// An outcome with a text in every field that takes one.
pub(super) fn outcome_saying(text: &str) -> Outcome {
    let id = id_with(text);
    let failed = || failure(text, Some(text));
    let undecided =
        ChangeResult::Undecided { candidates: vec![PolicyId::new(id.clone()).expect("an id")], failure: failed() };
    Outcome {
        changes: vec![
            ended("acme/a", ChangeKind::Create, Direction::Stronger, applied(&id, Some(text))),
            ended("acme/b", ChangeKind::Update, Direction::Weaker, ChangeResult::Failed(failed())),
            ended("acme/c", ChangeKind::Create, Direction::Stronger, undecided),
            ended("acme/d", ChangeKind::Delete, Direction::Weaker, ChangeResult::Untried),
        ],
        stops: vec![(ScopeName::new("acme").expect("a name"), Stop::Unreachable(failed()))],
        warnings: vec![text.to_owned()],
        unsaved: vec![],
    }
}

/// Records with a text in every field that takes one.
pub(super) fn records_saying(text: &str) -> BTreeMap<ScopeName, Record> {
    let org = ScopeName::new("acme").expect("a name");
    let at: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let id = || PolicyId::new(id_with(text)).expect("an id");
    let mut record = Record::new(Uuid::nil(), org.clone(), "https://example.com".parse().expect("an endpoint"));
    let words = format!("{text}.");
    let entry = Entry {
        id: id(),
        sent: policy("acme/ws/pii", &words, RiskType::High, ActionType::Block, &words),
        stored: Some(Stored { name: text.to_owned(), content: text.to_owned() }),
        applied_at: at,
        file: text.to_owned(),
        commit: Some(text.to_owned()),
        protected: false,
        moved_to: None,
    };
    record.policies.insert(address("acme/ws/pii"), entry);
    for (key, undecided) in [("a", None), ("b", Some([].into())), ("c", Some([id()].into()))] {
        let intent = Intent {
            change: ChangeKind::Create,
            intended_at: at,
            id: None,
            from: None,
            replaces: None,
            before: None,
            after: None,
            file: None,
            commit: None,
            protected: false,
            undecided: undecided.map(|candidates| Undecided { candidates }),
        };
        record.pending.insert(address(&format!("acme/ws/{key}")), intent);
    }
    record.lease = Some(Lease::begin(Uuid::nil(), text.to_owned(), Some(text.to_owned()), None, at));
    BTreeMap::from([(org, record)])
}

pub(super) fn held(lease: &Lease) -> Claim {
    Claim::Held { by: lease.clone() }
}

pub(super) fn left(lease: &Lease) -> Claim {
    Claim::TakeOver { whose: lease.clone(), why: Ended::Expired }
}

/// What was mended, with a text in every field that takes one.
pub(super) fn mended_saying(text: &str) -> MendReport {
    let text = || text.to_owned();
    let policy = MendedPolicy { address: text(), from: Some(text()), id: Some(text()) };
    MendReport {
        format: MendFormat::V1,
        did: Mended::Moved,
        organization: text(),
        serial: 7,
        policies: vec![policy],
        lease: Some(text()),
    }
}
