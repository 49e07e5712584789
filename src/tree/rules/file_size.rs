//! A file of the tree has at most 256 KiB.

use crate::domain::{Code, Finding, Place};

/// The file has more.
pub(in crate::tree) const CODE: Code = Code("file-too-large");

/// The largest file that is read, in bytes.
pub(in crate::tree) const LIMIT: usize = 256 * 1024;

pub(in crate::tree) fn finding(file: &str) -> Finding {
    let message = format!("the file has more than {LIMIT} bytes (256 KiB) and is not read");
    Finding::error(CODE, Place::file(file), message).hint("split it")
}
