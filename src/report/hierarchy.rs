//! The scopes of a tree as a hierarchy, counted in one pass: what both forms of the `tree` report are written from.

use std::collections::BTreeMap;

use crate::domain::{ActionType, ScopePath};
use crate::tree::{DesiredScope, Tree};

/// A scope, what lies in it, and the scopes below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node<'a> {
    /// The folder's name.
    pub(crate) name: &'a str,
    /// The service's id.
    pub(crate) id: &'a str,
    /// What people call it.
    pub(crate) display_name: Option<&'a str>,
    /// How many policies lie in just this scope.
    pub(crate) policies: usize,
    /// How many policies lie in it and below it.
    pub(crate) total: usize,
    /// The strongest action among the policies of just this scope.
    pub(crate) strongest: Option<ActionType>,
    /// One level down, by name.
    pub(crate) children: Vec<Node<'a>>,
}

/// The organizations of a tree, by name.
pub(crate) fn hierarchy(tree: &Tree) -> Vec<Node<'_>> {
    let mut counts: BTreeMap<ScopePath, (usize, Option<ActionType>)> = BTreeMap::new();
    for (address, policy) in &tree.policies {
        let (policies, strongest) = counts.entry(address.scope()).or_default();
        *policies += 1;
        *strongest = (*strongest).max(Some(policy.scoped.policy.action_type()));
    }
    let mut below: BTreeMap<Option<ScopePath>, Vec<(&ScopePath, &DesiredScope)>> = BTreeMap::new();
    for (path, scope) in &tree.scopes {
        below.entry(path.parent()).or_default().push((path, scope));
    }
    for scopes in below.values_mut() {
        scopes.sort_by_key(|(path, _)| path.name());
    }
    nodes(None, &below, &counts)
}

fn nodes<'a>(
    above: Option<&ScopePath>,
    below: &BTreeMap<Option<ScopePath>, Vec<(&'a ScopePath, &'a DesiredScope)>>,
    counts: &BTreeMap<ScopePath, (usize, Option<ActionType>)>,
) -> Vec<Node<'a>> {
    let scopes = below.get(&above.cloned()).map(Vec::as_slice).unwrap_or_default();
    let node = |(path, desired): &(&'a ScopePath, &'a DesiredScope)| {
        let (path, DesiredScope { scope, name, place: _ }) = (*path, *desired);
        let children = nodes(Some(path), below, counts);
        let (policies, strongest) = counts.get(path).copied().unwrap_or_default();
        Node {
            name: path.name(),
            id: match (scope.repo(), scope.workspace()) {
                (Some(repo), _) => repo.as_str(),
                (None, Some(workspace)) => workspace.as_str(),
                (None, None) => scope.org().as_str(),
            },
            display_name: name.as_deref(),
            policies,
            total: policies + children.iter().map(|child| child.total).sum::<usize>(),
            strongest,
            children,
        }
    };
    scopes.iter().map(node).collect()
}
