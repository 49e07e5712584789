//! Which folder each scope of an organization has, or gets: the tree's own, the one that the record knows it by, else one
//! named after what people call it in the service. The same scopes get the same names, in whatever order they are listed.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::Directory;
use crate::domain::{OrgId, Scope, ScopeName, ScopePath};
use crate::state::Record;
use crate::tree::Tree;
use crate::tree::writing::{Unwritable, names, scope_text};

/// The folders of one organization's scopes.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    paths: BTreeMap<Scope, ScopePath>,
    taken: BTreeMap<ScopePath, names::Taken>,
    in_tree: BTreeSet<ScopePath>,
}

impl Folders {
    /// The folders of what the tree, the record and the service's directory know, below the organization's folder `top`.
    #[must_use]
    pub fn of(tree: &Tree, record: Option<&Record>, directory: &Directory, top: &ScopeName, org: &OrgId) -> Self {
        let mut folders = Self::default();
        for (path, desired) in tree.scopes.iter().filter(|(path, _)| path.org() == *top) {
            folders.in_tree.insert(path.clone());
            folders.put(desired.scope.clone(), path.clone());
        }
        let root = Scope::Organization { org: org.clone() };
        folders.put(root, ScopePath::organization(top));
        for (address, entry) in record.into_iter().flat_map(|record| &record.policies) {
            let above = |path: &ScopePath, scope: &Scope| Some((path.parent()?, scope.parent()?));
            let own = (address.scope(), entry.sent.scope.clone());
            let mut line: Vec<_> = std::iter::successors(Some(own), |(path, scope)| above(path, scope)).collect();
            line.reverse();
            for (path, scope) in line {
                folders.put(scope, path);
            }
        }
        // Those that have a name first: a name is what people know a scope by.
        for with_name in [true, false] {
            for level in [1, 2] {
                let of_level = |scope: &&Scope| usize::from(scope.repo().is_some()) + 1 == level;
                let scopes =
                    directory.names.iter().filter(|(scope, name)| name.is_empty() != with_name && of_level(scope));
                for (scope, name) in scopes.filter(|(scope, _)| scope.workspace().is_some() && scope.org() == org) {
                    folders.name(scope, name);
                }
            }
        }
        folders
    }

    /// Gives a scope that nobody has a name for a folder by its id, where it has none yet, and those above it.
    pub fn add(&mut self, scope: &Scope) {
        if let Some(above) = scope.parent() {
            self.add(&above);
            self.name(scope, "");
        }
    }

    /// A scope's folder.
    #[must_use]
    pub fn path(&self, scope: &Scope) -> Option<&ScopePath> {
        self.paths.get(scope)
    }

    /// The scope that a path names: by its folder, or by its id below a folder.
    #[must_use]
    pub fn scope(&self, path: &ScopePath) -> Option<&Scope> {
        let by_id = |scope: &Scope| {
            let above = scope.parent().and_then(|above| self.paths.get(&above).cloned());
            above == path.parent() && scope.id() == path.name()
        };
        let by_path = self.paths.iter().find(|(_, folder)| *folder == path);
        by_path.or_else(|| self.paths.iter().find(|(scope, _)| by_id(scope))).map(|(scope, _)| scope)
    }

    /// All folders.
    pub fn paths(&self) -> impl Iterator<Item = &ScopePath> {
        self.paths.values()
    }

    /// All scopes.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.paths.keys()
    }

    /// Whether the tree has a folder already.
    #[must_use]
    pub fn is_in_tree(&self, path: &ScopePath) -> bool {
        self.in_tree.contains(path)
    }

    /// The `_scope.yaml` for a folder; nothing where it needs none.
    ///
    /// # Errors
    /// [`Unwritable`] where no file can say the id.
    pub fn scope_file(&self, scope: &Scope, directory: &Directory) -> Result<Option<String>, Unwritable> {
        let folder = self.paths.get(scope).map_or("", ScopePath::name);
        scope_text(folder, scope.id(), directory.names.get(scope).map_or("", String::as_str))
    }

    /// Whether a scope's folder, and those above it, are there or can be made.
    pub(super) fn can_be_made(&self, scope: &Scope, directory: &Directory) -> bool {
        let line = std::iter::successors(Some(scope.clone()), Scope::parent);
        let mut new = line.filter(|scope| self.paths.get(scope).is_none_or(|path| !self.is_in_tree(path)));
        new.all(|scope| self.scope_file(&scope, directory).is_ok())
    }

    fn put(&mut self, scope: Scope, path: ScopePath) {
        let used = self.paths.contains_key(&scope) || self.paths.values().any(|other| *other == path);
        let misplaced = scope.parent().and_then(|above| self.paths.get(&above)) != path.parent().as_ref();
        if used || misplaced {
            return;
        }
        if let Some(above) = path.parent() {
            self.taken.entry(above).or_default().take(path.name());
        }
        self.paths.insert(scope, path);
    }

    fn name(&mut self, scope: &Scope, name: &str) {
        if self.paths.contains_key(scope) {
            return;
        }
        let Some(above) = scope.parent().and_then(|above| self.paths.get(&above).cloned()) else { return };
        let taken = self.taken.entry(above.clone()).or_default();
        let path = names::folder(name, scope.id(), taken).and_then(|folder| above.child(&folder));
        if let Some(path) = path {
            self.paths.insert(scope.clone(), path);
        }
    }
}
