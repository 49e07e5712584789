//! A file holds something, each of its documents does, and a scope's file holds only one.

use crate::domain::{Code, Finding, Place};
use crate::tree::yaml::{Document, Text};

/// A file with nothing in it.
pub(in crate::tree) const EMPTY_FILE: Code = Code("empty-file");
/// A document with nothing in it, beside others.
pub(in crate::tree) const EMPTY_DOCUMENT: Code = Code("empty-document");
/// A scope's file with several documents.
pub(in crate::tree) const SEVERAL: Code = Code("several-documents");

/// What is wrong with the documents of a file as such.
pub(in crate::tree) fn check(documents: &[Document], text: &Text<'_>) -> Vec<Finding> {
    let is_empty = |document: &&Document| document.root.is_none() && !document.broken;
    if documents.iter().all(|document| is_empty(&document)) {
        let finding = Finding::error(EMPTY_FILE, Place::file(text.file()), "the file holds nothing");
        return vec![finding.hint("write it, or delete it")];
    }
    let empty = documents.iter().filter(is_empty);
    empty
        .map(|document| {
            let place = text.place(document.range.start..document.range.start);
            Finding::error(EMPTY_DOCUMENT, place, "this document is empty").hint("take its `---` away")
        })
        .collect()
}

/// Every document of a scope's file after the first is too many.
pub(in crate::tree) fn check_single(documents: &[Document], text: &Text<'_>) -> Vec<Finding> {
    let further = documents.iter().skip(1).filter(|document| document.root.is_some() || document.broken);
    further
        .map(|document| {
            let place = text.place(document.range.start..document.range.start);
            Finding::error(SEVERAL, place, "a scope file has only one document").hint("keep the first one only")
        })
        .collect()
}
