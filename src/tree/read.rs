//! Disk → tree: lists, reads and proves each file in parallel, then joins what files have to do with each other. The same
//! tree gives the same result in the same order, whatever the order in which files were made or read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::desired::{DesiredPolicy, DesiredScope, Tree, TreeError};
use super::disk::{self, Kind, Read, Reading};
use super::layout::{FileAt, Layout};
use super::prove::{self, Around, ProvenDocument, ProvenFile, ProvenPolicy, ProvenScope};
use super::rules::entry_name::{self, Role};
use super::rules::{echoes, entry_kind, file_size, look_alikes, scope_id, twin_ids, twin_keys, twin_policies};
use super::texts::Texts;
use super::yaml::{Field, Spanned};
use crate::domain::{Finding, Key, Place, ScopePath, ScopedPolicy, Tally, Unwatched};

/// Reads a tree and finds all that is wrong in it.
///
/// # Errors
/// [`TreeError`] where the tree can't be read at all; what is wrong *in* it are [`Tree::findings`].
pub fn read(root: &Path) -> Result<Tree, TreeError> {
    read_told(root, &Unwatched)
}

/// The same, told file by file.
///
/// # Errors
/// As for [`read`].
pub fn read_told(root: &Path, tally: &dyn Tally) -> Result<Tree, TreeError> {
    let entries = disk::list(root)?;
    let layout = Layout::of(&entries);
    let texts = Texts::of(entries.iter().filter(|entry| may_be_a_text(entry)).map(|entry| entry.path.as_str()));
    let mut tree = Tree {
        files: layout.scope_files.len() + layout.policy_files.len(),
        findings: layout.findings.clone(),
        ..Tree::default()
    };
    tally.ahead(tree.files, "files");
    let read_scope = |reading: &mut Reading<'_>, file| {
        let proven = read_scope(reading, file);
        tally.done();
        proven
    };
    let scope_files: Vec<_> = layout.scope_files.par_iter().map_init(|| Reading::of(root), read_scope).collect();
    let scope_files = scope_files.into_iter().collect::<Result<Vec<_>, _>>()?;
    resolve_scopes(&layout, scope_files, &mut tree);
    tree.findings.extend(folders_that_look_alike(&layout));

    let scopes = &tree.scopes;
    let files = layout.policy_files.par_iter();
    let read_policies = |reading: &mut Reading<'_>, file| {
        let proven = read_policies(reading, file, scopes, &texts);
        tally.done();
        proven
    };
    let policies: Vec<_> = files.map_init(|| Reading::of(root), read_policies).collect();
    let policies = policies.into_iter().collect::<Result<Vec<_>, _>>()?;
    join(&layout.policy_files, policies, &mut tree);

    tree.findings.sort();
    // Two policies may share one text, and what is wrong in it.
    tree.findings.dedup();
    Ok(tree)
}

/// The text of one of the tree's files, to show lines of it; nothing where it can't be read safely. What is not UTF-8 is
/// replaced. At most 256 KiB, through no link, from nowhere outside.
#[must_use]
pub fn source(root: &Path, file: &str) -> Option<String> {
    // Where a backslash or a drive's letter is a step of a path, it could lead anywhere.
    let odd = |part: &str| cfg!(windows) && part.contains(['\\', ':']);
    let leads_away = |part: &str| matches!(part, "" | "." | "..") || odd(part);
    if file.split('/').any(leads_away) {
        return None;
    }
    match Reading::of(root).read(file, file_size::LIMIT) {
        Ok(Read::Bytes(bytes)) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(Read::Missing | Read::Link | Read::NotAFile(_) | Read::TooLarge) | Err(_) => None,
    }
}

/// Whether `contentFile` may name it.
fn may_be_a_text(entry: &disk::Entry) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    entry.utf8 && entry.kind == Kind::File && entry_name::role(name) == Role::Other
}

fn read_file(reading: &Reading<'_>, file: &str) -> Result<Read, TreeError> {
    reading.read(file, file_size::LIMIT).map_err(|source| TreeError::Io { path: reading.path(file), source })
}

/// The bytes of a listed file, or the finding where it turns out to be something else.
fn read_listed(reading: &Reading<'_>, file: &str) -> Result<Result<Vec<u8>, Option<Finding>>, TreeError> {
    Ok(match read_file(reading, file)? {
        Read::Bytes(bytes) => Ok(bytes),
        Read::TooLarge => Err(Some(file_size::finding(file))),
        Read::Link => Err(entry_kind::check(file, Kind::Link)),
        Read::NotAFile(what) => Err(entry_kind::check(file, Kind::Other(what))),
        // It was there a moment ago. Going on without it could delete a policy.
        Read::Missing => {
            let source = std::io::ErrorKind::NotFound.into();
            return Err(TreeError::Io { path: reading.path(file), source });
        }
    })
}

fn read_scope(reading: &mut Reading<'_>, file: &FileAt) -> Result<ProvenScope, TreeError> {
    Ok(match read_listed(reading, &file.path)? {
        Ok(bytes) => prove::scope_file(&file.path, bytes),
        Err(finding) => ProvenScope { findings: finding.into_iter().collect(), ..ProvenScope::default() },
    })
}

fn read_policies(
    reading: &Reading<'_>,
    file: &FileAt,
    scopes: &BTreeMap<ScopePath, DesiredScope>,
    texts: &Texts<'_>,
) -> Result<ProvenFile, TreeError> {
    let scope = file.scope.as_ref().and_then(|path| scopes.get(path)).map(|desired| &desired.scope);
    match read_listed(reading, &file.path)? {
        Ok(bytes) => {
            let read = |path: &str| read_file(reading, path);
            prove::policy_file(&file.path, bytes, scope, Around { read: &read, files: texts })
        }
        Err(finding) => Ok(ProvenFile { documents: Vec::new(), findings: finding.into_iter().collect() }),
    }
}

/// Finds out which scope of the service each folder stands for. One whose id is not known is left out, and so are those
/// below it: what lies there can be checked, but not planned.
fn resolve_scopes(layout: &Layout, files: Vec<ProvenScope>, tree: &mut Tree) {
    let mut said: BTreeMap<&ScopePath, (ProvenScope, Place)> = BTreeMap::new();
    for (file, mut proven) in layout.scope_files.iter().zip(files) {
        tree.findings.append(&mut proven.findings);
        if let Some(path) = &file.scope {
            said.entry(path).or_insert((proven, Place::file(file.path.as_str())));
        }
    }
    let mut elements = Vec::new();
    for path in layout.scopes.iter().filter(|path| !layout.unknown.contains(path)) {
        let above = match path.parent().map(|parent| tree.scopes.get(&parent)) {
            None => None,
            Some(Some(above)) => Some(above.scope.clone()),
            Some(None) => continue,
        };
        let folder = Place::file(path.as_str());
        let (proven, file) = said.remove(path).unwrap_or_else(|| {
            let without = ProvenScope { id: Some(Field::Absent), ..ProvenScope::default() };
            (without, folder.clone())
        });
        let (id, place, said_at, written) = match proven.id {
            None | Some(Field::Refused) => continue,
            Some(Field::Absent) => (path.name().to_owned(), folder, file, false),
            Some(Field::Given(Spanned { value: (id, place), .. })) => (id, place.clone(), place, true),
        };
        match scope_id::prove(above.as_ref(), &id, &place) {
            Ok(scope) => {
                let name = proven.name.map(Arc::from);
                elements.push(twin_ids::Element { path: path.clone(), scope: scope.clone(), place, written });
                tree.scopes.insert(path.clone(), DesiredScope { scope, name, place: said_at });
            }
            Err(finding) => tree.findings.extend(finding),
        }
    }
    tree.findings.extend(twin_ids::check(&elements));
}

fn folders_that_look_alike(layout: &Layout) -> Vec<Finding> {
    let mut beside: BTreeMap<Option<ScopePath>, Vec<(&str, Place)>> = BTreeMap::new();
    for path in &layout.scopes {
        beside.entry(path.parent()).or_default().push((path.name(), Place::file(path.as_str())));
    }
    let check = |names: &Vec<(&str, Place)>| {
        look_alikes::check(&names.iter().map(|(name, place)| (*name, place)).collect::<Vec<_>>())
    };
    beside.values().flat_map(check).collect()
}

/// Puts the files' policies into the tree and compares those of one scope with each other.
fn join(files: &[FileAt], proven: Vec<ProvenFile>, tree: &mut Tree) {
    let mut keys: BTreeMap<&ScopePath, Vec<(Key, Place)>> = BTreeMap::new();
    let mut policies = Vec::new();
    for (file, ProvenFile { documents, mut findings }) in files.iter().zip(proven) {
        tree.findings.append(&mut findings);
        let Some(path) = &file.scope else { continue };
        for ProvenDocument { key, place, policy } in documents {
            let Some((key, key_place)) = key else { continue };
            let address = path.policy(&key);
            keys.entry(path).or_default().push((key, key_place));
            let (Some(policy), Some(scope)) = (policy, tree.scopes.get(path)) else { continue };
            let ProvenPolicy { policy, protected, metadata, draft, text } = policy;
            let scoped = ScopedPolicy { scope: scope.scope.clone(), policy };
            policies.push((address, DesiredPolicy { scoped, protected, metadata, draft, place, text }));
        }
    }
    for keys in keys.values() {
        let elements: Vec<_> = keys.iter().map(|(key, place)| (key, place)).collect();
        tree.findings.extend(twin_keys::check(&elements));
        let names: Vec<_> = keys.iter().map(|(key, place)| (key.as_str(), place)).collect();
        tree.findings.extend(look_alikes::check(&names));
    }
    let elements: Vec<_> =
        policies.iter().map(|(address, desired)| (address, &desired.scoped, &desired.place)).collect();
    tree.findings.extend(twin_policies::check(&elements));
    // Of two with one address, which is a finding, the first stands.
    policies.sort_by(|(a, _), (b, _)| a.cmp(b));
    policies.dedup_by(|(later, _), (first, _)| later == first);
    let elements: Vec<_> =
        policies.iter().map(|(address, desired)| (address, &desired.scoped, &desired.place)).collect();
    tree.findings.extend(echoes::check(&elements));
    tree.policies = policies.into_iter().collect();
}
