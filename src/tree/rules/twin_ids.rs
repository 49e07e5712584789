//! No two folders stand for the same scope. Ids that are written down are compared across the whole tree, because the
//! service's are unique; a folder's name that stands for an id is compared with the folders beside it.

use std::collections::BTreeMap;

use crate::domain::{Code, Finding, Place, RepoId, Scope, ScopePath, WorkspaceId};
use crate::tree::yaml::quote;

/// They do.
pub(in crate::tree) const CODE: Code = Code("duplicate-id");

/// A scope of the tree and where its id comes from.
#[derive(Debug, Clone)]
pub(in crate::tree) struct Element {
    pub(in crate::tree) path: ScopePath,
    pub(in crate::tree) scope: Scope,
    /// The place of `id` in `_scope.yaml`, or of the folder.
    pub(in crate::tree) place: Place,
    /// Whether `_scope.yaml` gives it.
    pub(in crate::tree) written: bool,
}

impl Element {
    fn id(&self) -> &str {
        let (org, workspace, repo) = (self.scope.org(), self.scope.workspace(), self.scope.repo());
        repo.map(RepoId::as_str).or(workspace.map(WorkspaceId::as_str)).unwrap_or(org.as_str())
    }
}

pub(in crate::tree) fn check(elements: &[Element]) -> Vec<Finding> {
    let mut seen: BTreeMap<_, Vec<&Element>> = BTreeMap::new();
    let mut findings = Vec::new();
    for element in elements {
        let before = seen.entry((element.scope.level(), element.id())).or_default();
        let same =
            |other: &&&Element| other.path.parent() == element.path.parent() || (other.written && element.written);
        if let Some(first) = before.iter().find(same) {
            let level = element.scope.level();
            let message =
                format!("this {level} has the id {}, and so has {}", quote(element.id()), quote(first.path.as_str()));
            let finding =
                Finding::error(CODE, element.place.clone(), message).hint("give each its own id in `_scope.yaml`");
            findings.push(
                finding.related(first.place.clone(), format!("the id of {} is given here", quote(first.path.as_str()))),
            );
        }
        before.push(element);
    }
    findings
}
