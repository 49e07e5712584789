//! The tree, read and proven: what `plan` compares with the record.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{Address, Finding, Level, Place, Scope, ScopeName, ScopePath, ScopedPolicy};

/// A policy that a file asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredPolicy {
    /// Where it holds, by the service's ids, and what.
    pub scoped: ScopedPolicy,
    /// Whether it may not be deleted or weakened.
    pub protected: bool,
    /// Text to text, shown in reports, never sent.
    pub metadata: BTreeMap<String, String>,
    /// Whether it is marked as a draft: then there is a finding of error level too, and nothing is planned.
    pub draft: bool,
    /// The file and the place of the document in it (of its `name` field).
    pub place: Place,
    /// Where its text begins: in that file, or in the one that `contentFile` names.
    pub text: Place,
}

/// A scope that a folder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredScope {
    /// By the service's ids.
    pub scope: Scope,
    /// The display name, where `_scope.yaml` gives one.
    pub name: Option<Arc<str>>,
    /// Where it says which scope it is: the `id` of its `_scope.yaml`, else that file, else the folder.
    pub place: Place,
}

/// A whole tree, read in one pass: what is right in it, and what is not.
///
/// Where findings of error level stand, `policies` holds those that could be proven all the same, and must not be planned.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// The scopes, by path; an organization's folder without any policy is one too.
    pub scopes: BTreeMap<ScopePath, DesiredScope>,
    /// The policies, by address.
    pub policies: BTreeMap<Address, DesiredPolicy>,
    /// What is wrong or odd, sorted by place.
    pub findings: Vec<Finding>,
    /// How many policy and scope files were read.
    pub files: usize,
}

impl Tree {
    /// The names of the organizations that have a folder.
    pub fn organizations(&self) -> impl Iterator<Item = ScopeName> {
        self.scopes.keys().filter(|path| path.parent().is_none()).map(ScopePath::org)
    }

    /// How many findings are of error level.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.level == Level::Error).count()
    }
}

/// The tree could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// There is no such folder.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// It is something else than a folder.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// The system refused to read a part of it.
    #[error("can't read {}", path.display())]
    Io {
        /// What was read.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
