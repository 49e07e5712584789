//! Trees and records as a plan sees them, in a few words: `model(&[("acme/pii", "HIGH block text name")])`.

use std::collections::BTreeMap;

use policysync::domain::{
    Address, ChangeKind, OrgId, Place, Policy, PolicyId, RepoId, Scope, ScopeName, ScopePath, ScopedPolicy, WorkspaceId,
};
use policysync::plan::{Change, Options, Plan, plan};
use policysync::state::{Entry, Record};
use policysync::tree::{DesiredPolicy, DesiredScope, Tree};

/// Policies by address: what a tree asks for, or what a record holds.
pub type Model = BTreeMap<Address, ScopedPolicy>;
/// Records by organization.
pub type Records = BTreeMap<ScopeName, Record>;

pub fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

pub fn org(name: &str) -> ScopeName {
    ScopeName::new(name).expect("a name")
}

/// The scope of an address, each folder's name being its id.
pub fn scope(at: &Address) -> Scope {
    let path = at.scope();
    let mut ids = path.as_str().split('/');
    let org = OrgId::new(ids.next().expect("an organization")).expect("an id");
    let workspace = ids.next().map(|id| WorkspaceId::new(id).expect("an id"));
    let repo = ids.next().map(|id| RepoId::new(id).expect("an id"));
    Scope::from_ids(org, workspace, repo).expect("a scope")
}

/// `"HIGH block TEXT NAME"` at an address.
pub fn policy(at: &str, said: &str) -> (Address, ScopedPolicy) {
    let at = address(at);
    let words: Vec<&str> = said.split(' ').collect();
    let [risk, action, content, name] = words[..] else { panic!("four words, not {said:?}") };
    let policy =
        Policy::new(name.into(), content.into(), risk.parse().expect("a risk"), action.parse().expect("an action"));
    let scoped = ScopedPolicy { scope: scope(&at), policy: policy.expect("a policy") };
    (at, scoped)
}

pub fn model(policies: &[(&str, &str)]) -> Model {
    policies.iter().map(|(at, said)| policy(at, said)).collect()
}

/// The tree that asks for a model. An organization's folder is there even where it holds nothing.
pub fn tree(model: &Model, folders: &[&str]) -> Tree {
    let mut tree = Tree { files: model.len(), ..Tree::default() };
    for folder in folders {
        let path = ScopePath::try_from((*folder).to_owned()).expect("a path");
        let id = OrgId::new(*folder).expect("an id");
        let place = Place::file(*folder);
        tree.scopes.insert(path, DesiredScope { scope: Scope::Organization { org: id }, name: None, place });
    }
    for (at, scoped) in model {
        let path = ScopePath::organization(&at.org());
        let of_org = Scope::Organization { org: scoped.scope.org().clone() };
        let folder = |path: &ScopePath| Place::file(path.as_str());
        let place = folder(&path);
        tree.scopes.entry(path).or_insert(DesiredScope { scope: of_org, name: None, place });
        let place = folder(&at.scope());
        tree.scopes.insert(at.scope(), DesiredScope { scope: scoped.scope.clone(), name: None, place });
        let place = Place { line: 3, ..Place::file(format!("{at}.yaml")) };
        let desired = DesiredPolicy {
            scoped: scoped.clone(),
            protected: false,
            metadata: BTreeMap::new(),
            draft: false,
            text: place.clone(),
            place,
        };
        tree.policies.insert(at.clone(), desired);
    }
    tree
}

/// The records after a model was applied, one for each of its organizations.
pub fn records(model: &Model) -> Records {
    let mut records = Records::new();
    for (at, scoped) in model {
        enter(&mut records, at, scoped, &format!("id-of-{}", at.as_str().replace('/', "-")));
    }
    records
}

fn enter(records: &mut Records, at: &Address, scoped: &ScopedPolicy, id: &str) {
    let begin = || Record::new(uuid::Uuid::from_u128(7), at.org(), endpoint().endpoint);
    let entry = Entry {
        id: PolicyId::new(id).expect("an id"),
        sent: scoped.clone(),
        stored: None,
        applied_at: jiff::Timestamp::UNIX_EPOCH,
        file: format!("{at}.yaml"),
        commit: None,
        protected: false,
        moved_to: None,
    };
    records.entry(at.org()).or_insert_with(begin).policies.insert(at.clone(), entry);
}

/// What a change does to the records when it has succeeded: the model of an apply.
pub fn apply(records: &mut Records, change: &Change) {
    let Change { address, kind, from, id, after, .. } = change;
    let recorded = from.as_ref().unwrap_or(address);
    let taken = records.get_mut(&address.org()).and_then(|record| record.policies.remove(recorded));
    match kind {
        ChangeKind::Create => assert!(taken.is_none(), "created over {recorded}"),
        _ => assert_eq!(taken.as_ref().map(|entry| &entry.id), id.as_ref(), "{recorded}"),
    }
    if let Some(after) = after {
        let id = id.as_ref().map_or("a-new-id", PolicyId::as_str);
        enter(records, address, after, id);
    }
}

pub fn endpoint() -> Options {
    Options::of("https://policy.example".parse().expect("an endpoint"))
}

pub fn pruning() -> Options {
    Options { prune: true, ..endpoint() }
}

/// The plan from one model to another, pruning.
pub fn between(recorded: &Model, wanted: &Model) -> Plan {
    plan(&tree(wanted, &[]), &records(recorded), None, &pruning())
}

/// The changes in one line each: `create acme/pii`, `rename acme/a → acme/b [content]`.
pub fn lines(plan: &Plan) -> Vec<String> {
    let line = |change: &Change| {
        let from = change.from.as_ref().map_or_else(String::new, |from| format!("{from} → "));
        let fields: Vec<&str> = change.fields.iter().map(|field| field.as_str()).collect();
        let fields = match change.kind {
            ChangeKind::Update | ChangeKind::Rename => format!(" [{}]", fields.join(" ")),
            _ => String::new(),
        };
        format!("{} {from}{}{fields}", change.kind, change.address)
    };
    plan.changes.iter().map(line).collect()
}
