//! A policy's text is a text: where it is the path of a file and nothing else, `contentFile` was most likely meant, and the
//! policy would enforce nothing.

use super::content_file;
use crate::domain::{Code, Finding};
use crate::tree::texts::Texts;
use crate::tree::yaml::{Spanned, Text, tick};

/// It is a path.
pub(in crate::tree) const CODE: Code = Code("path-as-text");

/// `files` are all that may be a text.
pub(in crate::tree) fn check(written: &Spanned<String>, text: &Text<'_>, files: &Texts<'_>) -> Option<Finding> {
    let Spanned { value, range } = written;
    let path = value.trim().trim_start_matches("file://").trim_start_matches('@');
    let is_a_word = !path.is_empty() && !path.contains(char::is_whitespace);
    if !is_a_word {
        return None;
    }
    let place = text.place(range.clone());
    let resolved = content_file::resolve(text.file(), path, &place);
    let is_there = || resolved.as_ref().is_ok_and(|path| files.contains(path));
    let is_named_so = [".md", ".txt"].iter().any(|ending| path.ends_with(ending));
    if !is_named_so && !is_there() {
        return None;
    }
    let message = "the text is a path and nothing else, so the policy says nothing";
    let hint = match resolved {
        Ok(_) => format!("write {}, if the text of that file is meant", tick(&format!("contentFile: {path}"))),
        Err(_) => "copy the text into the tree, and name that file by `contentFile`, if its text is meant".to_owned(),
    };
    Some(Finding::warning(CODE, place, message).hint(hint))
}
