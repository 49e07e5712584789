//! The how-tos tell the truth: what they have a reader type is typed, in order, in one shell.

use std::path::{Path, PathBuf};

use crate::store_git::git;
use crate::transcript::{Shown, is_what_one_sees, page};

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
    is_what_one_sees((&page("docs/how-to/recover.md"), Shown::Once), 70, folder().path(), &[], &[]);
}

#[test]
fn an_organization_is_adopted_as_the_page_says() {
    let folder = folder();
    let someone = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
    let someone = someone.map(|name| (name, "reader@example.com"));
    is_what_one_sees(
        (&page("docs/how-to/adopt-an-organization.md"), Shown::Once),
        20,
        &clone(folder.path()),
        &someone,
        &[],
    );
}

#[test]
fn a_tree_is_split_as_the_page_says() {
    is_what_one_sees((&page("docs/how-to/split-by-teams.md"), Shown::Once), 10, folder().path(), &[], &[]);
}
