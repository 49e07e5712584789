//! Folders that stand for nothing: scopes of the tree that the service doesn't have, or that the token may not see.

use std::collections::BTreeSet;

use crate::api::Directory;
use crate::domain::{Code, Finding, Level, OrgId, Place, Scope, ScopePath};
use crate::tree::yaml::{nearest, quote, tick};
use crate::tree::{DesiredScope, Tree};

/// A folder whose scope the service doesn't have.
pub const NO_COUNTERPART: Code = Code("no-counterpart");

/// What only a look at the service can find in a tree: the code, the level, and what it is in a few words.
pub const CODES: &[(Code, Level, &str)] =
    &[(NO_COUNTERPART, Level::Warning, "A folder whose scope the service doesn't have")];

/// The scopes of the tree in the organization `org` that its `directory` doesn't have, as warnings: the token may see only a
/// part. One that is told of is told with all that lies in it. What the service refused to tell of proves nothing.
#[must_use]
pub fn without_counterpart(tree: &Tree, org: &OrgId, directory: &Directory) -> Vec<Finding> {
    let names = directory.names.keys().cloned();
    let seen: BTreeSet<Scope> = names.flat_map(|scope| [scope.parent(), Some(scope)]).flatten().collect();
    let mut findings = Vec::new();
    let mut passed_over: BTreeSet<ScopePath> = BTreeSet::new();
    // An upper folder stands before those in it.
    for (path, desired) in tree.scopes.iter().filter(|(_, desired)| desired.scope.org() == org) {
        let told = path.parent().is_some_and(|above| passed_over.contains(&above));
        if !told && seen.contains(&desired.scope) {
            continue;
        }
        if !told && !is_hidden(&desired.scope, directory) {
            findings.push(finding(tree, path, desired, directory));
        }
        passed_over.insert(path.clone());
    }
    findings
}

/// Whether the service refused to tell of it, or of the list that it would be in.
fn is_hidden(scope: &Scope, directory: &Directory) -> bool {
    match scope.parent() {
        None => directory.closed.contains_key(scope),
        // A list of which something was seen was not refused.
        Some(above) => directory.closed.contains_key(&above) && siblings(scope, directory).next().is_none(),
    }
}

fn siblings<'d>(scope: &Scope, directory: &'d Directory) -> impl Iterator<Item = (&'d Scope, &'d str)> {
    let above = scope.parent();
    directory.names.iter().filter(move |(other, _)| other.parent() == above).map(|(other, name)| (other, name.as_str()))
}

fn finding(tree: &Tree, path: &ScopePath, desired: &DesiredScope, directory: &Directory) -> Finding {
    let scope = &desired.scope;
    let (level, id) = (scope.level(), quote(scope.id()));
    let within = match path.parent() {
        None => String::new(),
        Some(above) => format!(" in {above}"),
    };
    let message = format!("the service has no {level} {id}{within}, or this token may not see it");
    Finding::warning(NO_COUNTERPART, place(tree, path, desired), message).hint(hint(tree, path, scope, directory))
}

/// Where it can be mended; a folder that has no file of its own is shown by its first policy.
fn place(tree: &Tree, path: &ScopePath, desired: &DesiredScope) -> Place {
    let folder = Place::file(path.as_str());
    if desired.place != folder {
        return desired.place.clone();
    }
    let own = tree.policies.iter().filter(|(address, _)| address.scope() == *path);
    own.map(|(_, policy)| policy.place.file.as_str()).min().map_or(folder, Place::file)
}

fn hint(tree: &Tree, path: &ScopePath, scope: &Scope, directory: &Directory) -> String {
    let taken: BTreeSet<&Scope> = tree.scopes.values().map(|desired| &desired.scope).collect();
    let free: Vec<(&Scope, &str)> = siblings(scope, directory).filter(|(other, _)| !taken.contains(other)).collect();
    let written = |id: &str| format!("write {} into {path}/_scope.yaml", tick(&format!("id: {id}")));
    let named: Vec<&Scope> = free
        .iter()
        .filter(|(_, name)| alike(name, path.name()) || alike(name, scope.id()))
        .map(|(other, _)| *other)
        .collect();
    if let [one] = named.as_slice() {
        return format!("the service has one of that name: {}", written(one.id()));
    }
    match nearest(scope.id(), free.iter().map(|(other, _)| other.id())) {
        Some(id) => format!("is it {}? Then {}", quote(id), written(id)),
        None => format!("copy the {}'s id from the console into {path}/_scope.yaml, or make it there", scope.level()),
    }
}

fn alike(one: &str, other: &str) -> bool {
    let plain =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    !plain(one).is_empty() && plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ApiError;

    fn scope(ids: &str) -> Scope {
        let mut ids = ids.split('/').map(str::to_owned);
        let org = OrgId::new(ids.next().unwrap()).unwrap();
        let workspace = ids.next().map(|id| id.try_into().unwrap());
        Scope::from_ids(org, workspace, ids.next().map(|id| id.try_into().unwrap())).unwrap()
    }

    /// Folders, each `PATH=IDS`.
    fn tree(folders: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for folder in folders {
            let (path, ids) = folder.split_once('=').unwrap();
            let desired = DesiredScope { scope: scope(ids), name: None, place: Place::file(path) };
            tree.scopes.insert(ScopePath::try_from(path.to_owned()).unwrap(), desired);
        }
        tree
    }

    fn directory(names: &[(&str, &str)], closed: &[&str]) -> Directory {
        let names = names.iter().map(|(ids, name)| (scope(ids), (*name).to_owned())).collect();
        Directory { names, closed: closed.iter().map(|ids| (scope(ids), ApiError::NotFound)).collect() }
    }

    fn told(tree: &Tree, directory: &Directory) -> Vec<String> {
        let findings = without_counterpart(tree, &OrgId::new("o").unwrap(), directory);
        findings
            .into_iter()
            .map(|found| format!("{}: {} | {}", found.place.file, found.message, found.hint.unwrap()))
            .collect()
    }

    const TREE: &[&str] = &["acme=o", "acme/dev=o/w2", "acme/prod=o/w1", "acme/prod/api=o/w1/r1", "beta=other"];

    #[test]
    fn what_the_service_has_is_not_told() {
        let all = [("o", "Acme"), ("o/w1", "Prod"), ("o/w1/r1", "Api"), ("o/w2", "Dev")];
        assert!(told(&tree(TREE), &directory(&all, &[])).is_empty());
        // An organization of which a part is seen is there, though nobody tells its name.
        assert!(told(&tree(TREE), &directory(&all[1..], &[])).is_empty());
    }

    #[test]
    fn the_uppermost_missing_folder_is_told_and_other_organizations_are_not() {
        let found = told(&tree(TREE), &directory(&[], &[]));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("acme: the service has no organization \"o\", or this token may not see it | copy")
        );
        let found = told(&tree(TREE), &directory(&[("o", "Acme"), ("o/w1", "Prod")], &[]));
        let [dev, api] = found.as_slice() else { panic!("two: {found:?}") };
        assert!(dev.starts_with("acme/dev: the service has no workspace \"w2\" in acme, or"), "{dev}");
        assert!(api.starts_with("acme/prod/api: the service has no repository \"r1\" in acme/prod, or"), "{api}");
    }

    #[test]
    fn what_was_refused_proves_nothing() {
        assert!(told(&tree(TREE), &directory(&[], &["o"])).is_empty());
        assert!(told(&tree(TREE), &directory(&[("o", ""), ("o/w1", ""), ("o/w2", "")], &["o/w1"])).is_empty());
        // The name was refused, and the list was not.
        assert_eq!(told(&tree(TREE), &directory(&[("o/w1", ""), ("o/w1/r1", "")], &["o"])).len(), 1);
    }

    #[test]
    fn the_id_of_one_with_that_name_is_given_unless_it_has_a_folder() {
        let found = told(&tree(&["acme=o", "acme/prod=o/prod"]), &directory(&[("o", ""), ("o/ws-17", "Prod")], &[]));
        assert!(found[0].ends_with("the service has one of that name: write `id: ws-17` into acme/prod/_scope.yaml"));
        let found = told(&tree(&["acme=o", "acme/prod=o/ws-71"]), &directory(&[("o", ""), ("o/ws-17", "x")], &[]));
        assert!(found[0].ends_with("is it \"ws-17\"? Then write `id: ws-17` into acme/prod/_scope.yaml"), "{found:?}");
        let both = tree(&["acme=o", "acme/a=o/ws-17", "acme/prod=o/prod"]);
        let found = told(&both, &directory(&[("o", ""), ("o/ws-17", "Prod")], &[]));
        assert!(found[0].contains("copy the workspace's id"), "{found:?}");
    }
}
