//! A text ends where a comment begins: `see ticket #123` says `see ticket`, unless it is quoted.

use crate::domain::{Code, Finding};
use crate::tree::raw::RawPolicy;
use crate::tree::yaml::{Spanned, Text};

/// What follows a text looks like a part of it and is a comment.
pub(in crate::tree) const CODE: Code = Code("cut-short");

/// The name, the content and the metadata's texts. A comment that begins with a space, as most do, is one.
pub(in crate::tree) fn check(raw: &RawPolicy, text: &Text<'_>) -> Vec<Finding> {
    let metadata = raw.metadata.given().into_iter().flat_map(|written| &written.value);
    let texts = raw.name.given().into_iter().chain(raw.content.given()).chain(metadata.map(|(_, value)| value));
    texts.filter_map(|written| one(written, text)).collect()
}

fn one(Spanned { value: _, range }: &Spanned<String>, text: &Text<'_>) -> Option<Finding> {
    let is_quoted = text.as_str().get(range.clone())?.starts_with(['"', '\'']);
    let line = text.as_str().get(range.end..)?.lines().next()?;
    let begin = line.find('#')?;
    let (space, comment) = line.split_at(begin);
    let said = comment.trim_start_matches('#').trim_end();
    let is_meant = said.is_empty() || said.starts_with([' ', '\t']);
    if is_quoted || is_meant || space.is_empty() || !space.trim().is_empty() {
        return None;
    }
    let place = text.place(range.end + begin..range.end + line.trim_end().len());
    let finding = Finding::warning(CODE, place, "the text ends before the `#`, which begins a comment here");
    Some(finding.hint("if it belongs to the text, put all of it in quotes; if not, write a space after the `#`"))
}
