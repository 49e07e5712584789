//! The tree is made of folders and regular files. A link is refused by name, whatever it points to: what was reviewed is
//! the link, what would be read is something else.

use crate::domain::{Code, Finding, Place};
use crate::tree::disk::Kind;

/// A symbolic link.
pub(in crate::tree) const LINK: Code = Code("symbolic-link");
/// A FIFO, a socket, a device.
pub(in crate::tree) const NOT_REGULAR: Code = Code("not-a-regular-file");

/// What is wrong with an entry of that kind.
pub(in crate::tree) fn check(path: &str, kind: Kind) -> Option<Finding> {
    match kind {
        Kind::Folder | Kind::File => None,
        Kind::Link => Some(
            Finding::error(LINK, Place::file(path), "this is a symbolic link and is not followed")
                .hint("put the file or folder itself here"),
        ),
        Kind::Other(what) => Some(
            Finding::error(NOT_REGULAR, Place::file(path), format!("this is {what} and is not read"))
                .hint("take it out of the tree"),
        ),
    }
}
