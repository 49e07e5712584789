//! What `violations` is asked about: an address as it was said → a policy, a scope, or everything; and that → questions to the
//! service.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{ApiError, Of, Reader};
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::records;
use crate::domain::{Address, OrgId, PolicyId, Scope, ScopeName, ScopePath, WorkspaceId};
use crate::state::Record;
use crate::tree::Tree;

/// What it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// All that the token may see.
    Everything,
    /// One policy, by what is recorded of it.
    Policy(Address, PolicyId),
    /// What happened in a scope.
    Scope(ScopePath, Scope),
}

impl Subject {
    /// What was said, by the records and the tree.
    pub(super) fn of(said: Option<&str>, tree: &Tree, records: &BTreeMap<ScopeName, Record>) -> Result<Self, Fault> {
        let Some(said) = said else { return Ok(Self::Everything) };
        let entries = || records.values().flat_map(|record| &record.policies);
        let is_folder = said.ends_with('/');
        if !is_folder
            && let Ok(address) = Address::try_from(said.to_owned())
            && let Some((_, entry)) = entries().find(|(known, _)| **known == address)
        {
            return Ok(Self::Policy(address, entry.id.clone()));
        }
        let mut scopes: BTreeMap<ScopePath, Scope> = BTreeMap::new();
        for (address, entry) in entries() {
            let paths = std::iter::successors(Some(address.scope()), ScopePath::parent);
            scopes.extend(paths.zip(std::iter::successors(Some(entry.sent.scope.clone()), Scope::parent)));
        }
        scopes.extend(tree.scopes.iter().map(|(path, desired)| (path.clone(), desired.scope.clone())));
        if let Ok(path) = ScopePath::try_from(said.trim_end_matches('/').to_owned())
            && let Some(scope) = scopes.get(&path)
        {
            return Ok(Self::Scope(path, scope.clone()));
        }
        if tree.policies.keys().any(|address| address.as_str() == said) {
            return Err(Fault::new(Exit::Failure, format!("{said} is in the tree, and nothing is recorded of it"))
                .hint("it was never applied, so that nothing can have gone against it; `policysync plan` shows what is to do"));
        }
        let known: BTreeSet<&str> =
            entries().map(|(address, _)| address.as_str()).chain(scopes.keys().map(ScopePath::as_str)).collect();
        let fault = Fault::new(Exit::Failure, format!("no policy is recorded at {said}, and no scope is called that"));
        Err(match records::nearest(said.trim_end_matches('/'), known.into_iter()) {
            Some(near) => fault.hint(format!("did you mean {near}?")),
            None => fault.hint("`policysync state list` names the policies, `policysync tree` the scopes"),
        })
    }

    /// As it is shown; nothing for everything.
    pub(super) fn shown(&self) -> Option<String> {
        match self {
            Self::Everything => None,
            Self::Policy(address, _) => Some(address.to_string()),
            Self::Scope(path, _) => Some(path.to_string()),
        }
    }

    /// The questions that it takes; none where an organization has no workspace.
    ///
    /// The service knows no question about an organization: it is one about each of its workspaces, those that it names and
    /// those that the tree and the records have.
    pub(super) async fn questions(
        &self,
        reader: &Reader,
        tree: &Tree,
        records: &BTreeMap<ScopeName, Record>,
    ) -> Result<Vec<Of>, ApiError> {
        Ok(match self {
            Self::Everything => vec![Of::Everything],
            Self::Policy(_, id) => vec![Of::Policy(id.clone())],
            Self::Scope(_, Scope::Repository { workspace, repo, org: _ }) => {
                vec![Of::Repository(workspace.clone(), repo.clone())]
            }
            Self::Scope(_, Scope::Workspace { workspace, org: _ }) => vec![Of::Workspace(workspace.clone())],
            Self::Scope(_, Scope::Organization { org }) => {
                let mut workspaces = reader.workspaces_of(org).await?;
                workspaces.extend(known_workspaces(org, tree, records));
                workspaces.into_iter().map(Of::Workspace).collect()
            }
        })
    }
}

fn known_workspaces(org: &OrgId, tree: &Tree, records: &BTreeMap<ScopeName, Record>) -> BTreeSet<WorkspaceId> {
    let entries = records.values().flat_map(|record| record.policies.values()).map(|entry| &entry.sent.scope);
    let scopes = tree.scopes.values().map(|desired| &desired.scope).chain(entries);
    scopes.filter(|scope| scope.org() == org).filter_map(|scope| scope.workspace().cloned()).collect()
}
