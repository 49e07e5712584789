//! The how-tos tell the truth: what they have a reader type is typed, in order, in one shell.

use std::path::{Path, PathBuf};

use crate::store_git::git;
use crate::transcript::is_what_one_sees;

/// A how-to, by its file's name.
#[expect(clippy::disallowed_methods, reason = "reads this project's own pages")]
pub fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/how-to").join(name)).expect(name)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// A clone of a repository that is empty, as one finds it after `git clone`.
fn clone(folder: &Path) -> PathBuf {
    git(folder, &["init", "--quiet", "--template=", "--bare", "--initial-branch=main", "remote.git"]);
    git(folder, &["init", "--quiet", "--template=", "--initial-branch=main", "clone"]);
    let clone = folder.join("clone");
    git(&clone, &["remote", "add", "origin", folder.join("remote.git").to_str().expect("UTF-8")]);
    clone
}

#[test]
fn each_exit_code_is_recovered_from_as_the_page_says() {
    is_what_one_sees(&page("recover.md"), 70, folder().path(), &[], &[]);
}

#[test]
fn an_organization_is_adopted_as_the_page_says() {
    let folder = folder();
    let someone = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
    let someone = someone.map(|name| (name, "reader@example.com"));
    is_what_one_sees(&page("adopt-an-organization.md"), 20, &clone(folder.path()), &someone, &[]);
}

#[test]
fn a_tree_is_split_as_the_page_says() {
    is_what_one_sees(&page("split-by-teams.md"), 10, folder().path(), &[], &[]);
}
