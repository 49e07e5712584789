//! Policies lie in the folder of an organization, a workspace or a repository: neither above nor below.

use super::entry_name::{self, Role};
use crate::domain::{Code, Finding, Place};

/// A policy's or scope's file beside the organizations' folders.
pub(in crate::tree) const FILE_ABOVE: Code = Code("misplaced-file");
/// A folder within a repository's.
pub(in crate::tree) const FOLDER_BELOW: Code = Code("misplaced-folder");

pub(in crate::tree) fn file_above(path: &str) -> Finding {
    let message = "this file lies above the organizations and belongs to no scope";
    // A scope's file there is most often a wrong path on the command line.
    let hint = match entry_name::role(path) {
        Role::Scope => "is this an organization's folder? Then give the one above it; a scope's file lies in its scope",
        _ => "move it into an organization's folder, or out of the tree",
    };
    Finding::error(FILE_ABOVE, Place::file(path), message).hint(hint)
}

/// For a folder that holds something; an empty one is what git leaves behind, and is passed over.
pub(in crate::tree) fn folder_below(path: &str) -> Finding {
    let message = "this folder lies below a repository; nothing in it is read";
    Finding::error(FOLDER_BELOW, Place::file(path), message)
        .hint("folders are organization/workspace/repository; move its files one level up, or begin its name with `.`")
}
