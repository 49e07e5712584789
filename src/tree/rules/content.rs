//! A policy's text is given once, as `content` or by `contentFile`, and is no longer than the service is asked to take.

use std::borrow::Cow;
use std::ops::Range;

use super::required;
use crate::domain::{Code, Finding, Place};
use crate::tree::raw::RawPolicy;
use crate::tree::yaml::{Spanned, Text};

/// Both `content` and `contentFile` are there.
pub(in crate::tree) const TWICE: Code = Code("content-given-twice");
/// The text is too long.
pub(in crate::tree) const TOO_LARGE: Code = Code("content-too-large");

/// The longest text, in bytes, counted with LF line endings.
pub(in crate::tree) const LIMIT: usize = 32 * 1024;

/// Where a policy's text stands.
pub(in crate::tree) enum Source<'r> {
    /// In the document.
    Here(&'r Spanned<String>),
    /// In the file of this path, as written.
    File(&'r Spanned<String>),
}

/// The one place where the text stands; nothing where what is wrong was reported before.
pub(in crate::tree) fn source<'r>(raw: &'r RawPolicy, text: &Text<'_>) -> Result<Source<'r>, Option<Finding>> {
    match (raw.content.given(), raw.content_file.given()) {
        _ if raw.content.is_absent() && raw.content_file.is_absent() => {
            if raw.meant.iter().any(|field| matches!(*field, "content" | "contentFile")) {
                return Err(None);
            }
            let place = text.place(raw.range.clone());
            let finding = Finding::error(required::CODE, place, "`content` is missing");
            Err(Some(finding.hint("add `content: |` and the text below it, or `contentFile: …`")))
        }
        _ if !raw.content.is_absent() && !raw.content_file.is_absent() => {
            let (Some(here), Some(file)) = (raw.content.given(), raw.content_file.given()) else { return Err(None) };
            let message = "`content` and `contentFile` are both given";
            let finding = Finding::error(TWICE, text.place(file.range.clone()), message).hint("keep one of them");
            Err(Some(finding.related(text.place(here.range.clone()), "`content` is here")))
        }
        (Some(here), _) => Ok(Source::Here(here)),
        (_, Some(file)) => Ok(Source::File(file)),
        (None, None) => Err(None),
    }
}

/// Line endings as they are sent: CRLF becomes LF.
#[must_use]
pub fn line_endings(content: &str) -> Cow<'_, str> {
    if content.contains("\r\n") { Cow::Owned(content.replace("\r\n", "\n")) } else { Cow::Borrowed(content) }
}

/// The place of a text's first line with something in it.
pub(in crate::tree) fn begins(range: &Range<usize>, text: &Text<'_>) -> Place {
    let written = text.as_str().get(range.clone()).unwrap_or_default();
    let body = written.trim_start();
    let start = range.end - body.len();
    let line = body.lines().next().unwrap_or_default();
    text.place(start..start + line.trim_end().len())
}

/// Whether `content` (its line endings being LF) may be sent; `place` is where it is given.
pub(in crate::tree) fn check(content: &str, place: impl FnOnce() -> Place) -> Option<Finding> {
    if content.len() <= LIMIT {
        return None;
    }
    let message = format!("the content has {} bytes; at most {LIMIT} (32 KiB) are sent", content.len());
    Some(Finding::error(TOO_LARGE, place(), message).hint("split the policy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_met_exactly() {
        let place = || Place::file("f");
        assert!(check(&"x".repeat(LIMIT), place).is_none());
        assert_eq!(check(&"x".repeat(LIMIT + 1), place).map(|f| f.code), Some(TOO_LARGE));
    }

    #[test]
    fn only_pairs_of_cr_and_lf_are_changed() {
        assert_eq!(line_endings("a\r\nb\rc\n\r"), "a\nb\rc\n\r");
    }
}
