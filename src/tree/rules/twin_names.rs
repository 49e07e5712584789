//! No two names of a folder are alike, letter case and composition aside, and a scope has one `_scope` file: some systems
//! can't hold both, others show one for the other.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::domain::{Code, Finding, Place, fold};
use crate::tree::yaml::quote;

/// They are.
pub(in crate::tree) const CODE: Code = Code("duplicate-name");
/// `_scope.yaml` and `_scope.yml` in one folder.
pub(in crate::tree) const SCOPE_FILES: Code = Code("two-scope-files");

/// The paths that lie in one folder.
pub(in crate::tree) fn check(paths: &[&str]) -> Vec<Finding> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for path in paths {
        let this = name(path);
        match seen.entry(fold(this)) {
            Entry::Vacant(free) => {
                free.insert(path);
            }
            Entry::Occupied(first) => {
                let first = *first.get();
                let message =
                    format!("the name {} differs from {} only in case or composition", quote(this), quote(name(first)));
                let finding = Finding::error(CODE, Place::file(*path), message).hint("rename one of them");
                findings.push(finding.related(Place::file(first), "the other one"));
            }
        }
    }
    let scope_files: Vec<&&str> =
        paths.iter().filter(|path| matches!(name(path), "_scope.yaml" | "_scope.yml")).collect();
    if let [first, second] = scope_files[..] {
        let finding = Finding::error(SCOPE_FILES, Place::file(*second), "the folder has two scope files");
        findings.push(finding.hint("keep one of them").related(Place::file(*first), "the other one"));
    }
    findings
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
