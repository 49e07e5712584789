//! A listing → scopes and files: which folder is which scope, which file is a policy's. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::disk::{Entry, Kind};
use super::rules::entry_name::{self, Role};
use super::rules::{entry_kind, entry_level, twin_names};
use crate::domain::{Finding, ScopePath};

/// A file that is to be read, and the scope of its folder; none where a folder's name can't be part of an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileAt {
    pub(super) path: String,
    pub(super) scope: Option<ScopePath>,
}

/// What a listing comes to.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The folders that are scopes, an upper one before those in it.
    pub(super) scopes: Vec<ScopePath>,
    /// Scopes whose file is there and can't be read: their ids are not known.
    pub(super) unknown: BTreeSet<ScopePath>,
    pub(super) scope_files: Vec<FileAt>,
    pub(super) policy_files: Vec<FileAt>,
    pub(super) findings: Vec<Finding>,
}

/// The deepest level at which a folder is a scope: organization, workspace, repository.
const LEVELS: usize = 3;

impl Layout {
    /// Lays out the entries of a tree, each folder before what is in it.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut layout = Self::default();
        let mut scopes: BTreeMap<&str, Option<ScopePath>> = BTreeMap::new();
        let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let filled: BTreeSet<&str> = entries.iter().map(|entry| split(&entry.path).0).collect();
        for Entry { path, kind, utf8 } in entries {
            let (folder, name) = split(path);
            let depth = path.split('/').count();
            if depth > LEVELS + 1 {
                continue;
            }
            if let Some(finding) = entry_kind::check(path, *kind) {
                layout.findings.push(finding);
                let of_scope = scopes.get(folder).cloned().flatten().filter(|_| entry_name::role(name) == Role::Scope);
                layout.unknown.extend(of_scope);
                continue;
            }
            let role = if *kind == Kind::Folder { Role::Other } else { entry_name::role(name) };
            if *kind == Kind::File && role == Role::Other {
                continue;
            }
            if !utf8 {
                layout.findings.push(entry_name::not_utf8(path));
                continue;
            }
            names.entry(folder).or_default().push(path);
            let above = scopes.get(folder).cloned().flatten();
            if *kind == Kind::Folder {
                if depth > LEVELS {
                    layout.findings.extend(filled.contains(path.as_str()).then(|| entry_level::folder_below(path)));
                    continue;
                }
                let scope = match entry_name::folder(path, name) {
                    Ok(name) if depth == 1 => Some(ScopePath::organization(&name)),
                    Ok(name) => above.and_then(|above| above.child(&name)),
                    Err(finding) => {
                        layout.findings.push(finding);
                        None
                    }
                };
                layout.scopes.extend(scope.clone());
                scopes.insert(path, scope);
            } else {
                layout.file(path, name, role, depth, above);
            }
        }
        for paths in names.values() {
            layout.findings.extend(twin_names::check(paths));
        }
        layout
    }

    fn file(&mut self, path: &str, name: &str, role: Role, depth: usize, scope: Option<ScopePath>) {
        self.findings.extend(entry_name::file(path, name));
        if role == Role::Nearly {
            self.findings.push(entry_name::ending(path, name));
        } else if depth == 1 {
            self.findings.push(entry_level::file_above(path));
        } else {
            let file = FileAt { path: path.to_owned(), scope };
            let files = if role == Role::Scope { &mut self.scope_files } else { &mut self.policy_files };
            files.push(file);
        }
    }
}

/// The folder and the name of a path.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(entries: &[(&str, Kind)]) -> Layout {
        let entry = |(path, kind): &(&str, Kind)| Entry { path: (*path).to_owned(), kind: *kind, utf8: true };
        Layout::of(&entries.iter().map(entry).collect::<Vec<_>>())
    }

    #[test]
    fn folders_are_scopes_and_yaml_files_are_policies() {
        let layout = layout(&[
            ("README.md", Kind::File),
            ("acme", Kind::Folder),
            ("acme/_scope.yml", Kind::File),
            ("acme/notes.txt", Kind::File),
            ("acme/prod", Kind::Folder),
            ("acme/prod/api", Kind::Folder),
            ("acme/prod/api/a.yml", Kind::File),
            ("acme/prod/api/empty", Kind::Folder),
            ("acme/prod/b.yaml", Kind::File),
        ]);
        assert!(layout.findings.is_empty(), "{:?}", layout.findings);
        assert_eq!(
            layout.scopes.iter().map(ScopePath::as_str).collect::<Vec<_>>(),
            ["acme", "acme/prod", "acme/prod/api"]
        );
        let paths = |files: &[FileAt]| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&layout.scope_files), ["acme/_scope.yml"]);
        assert_eq!(paths(&layout.policy_files), ["acme/prod/api/a.yml", "acme/prod/b.yaml"]);
    }

    #[test]
    fn what_lies_in_a_folder_that_is_no_scope_is_read_without_one() {
        let layout = layout(&[("a b", Kind::Folder), ("a b/c", Kind::Folder), ("a b/c/p.yaml", Kind::File)]);
        assert_eq!(layout.findings.len(), 1);
        assert_eq!(layout.policy_files, [FileAt { path: "a b/c/p.yaml".to_owned(), scope: None }]);
    }
}
