//! A policy has a key: the one it names, or its file's name without the ending. With several policies in a file each names
//! its own.

use super::entry_name;
use crate::domain::{Code, Finding, Key, Place};
use crate::tree::raw::RawPolicy;
use crate::tree::writing::names::word;
use crate::tree::yaml::{Field, Spanned, Text, nearest, quote};

/// One of several documents in a file names no key.
pub(in crate::tree) const MISSING: Code = Code("missing-key");

/// The key and where it is given; nothing where what is wrong was reported before.
pub(in crate::tree) fn prove(raw: &RawPolicy, text: &Text<'_>, several: bool) -> Result<(Key, Place), Option<Finding>> {
    match &raw.key {
        Field::Refused => Err(None),
        Field::Given(Spanned { value, range }) => {
            let place = text.place(range.clone());
            Key::new(value.as_str()).map(|key| (key, place.clone())).map_err(|why| {
                let message = format!("`key` {} can't be used: {why}", quote(value));
                let hint = match word(value) {
                    Some(word) => format!("write it as one word, say `key: {word}`"),
                    None => "write it as one word, as in `key: personal-data`".to_owned(),
                };
                Some(Finding::error(entry_name::INVALID, place, message).hint(hint))
            })
        }
        Field::Absent if several => {
            let place = text.place(raw.name_range.clone());
            let finding = Finding::error(MISSING, place, "`key` is missing; the file has several documents");
            Err(Some(finding.hint("add `key: …` to each of them, or put each into its own file")))
        }
        Field::Absent => of_file(text.file()).map(|key| (key, text.place(raw.name_range.clone()))),
    }
}

/// How people call what is `_scope.yaml`.
const SCOPES: [&str; 5] = ["scope", "org", "organization", "workspace", "repository"];

fn of_file(file: &str) -> Result<Key, Option<Finding>> {
    let name = file.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if !entry_name::is_printable(name) {
        return Err(None);
    }
    Key::new(stem).map_err(|why| {
        let message = format!("the file's name {} can't be the policy's key: {why}", quote(stem));
        let finding = Finding::error(entry_name::INVALID, Place::file(file), message);
        let is_scope = stem.strip_prefix('_').is_some_and(|word| nearest(word, SCOPES).is_some());
        let hint = match (is_scope, word(stem)) {
            (true, _) => "did you mean `_scope.yaml`?".to_owned(),
            (false, Some(word)) => format!("rename it, say to `{word}.yaml`, or give the policy a `key`"),
            (false, None) => "rename it, or give the policy a `key`".to_owned(),
        };
        Some(finding.hint(hint))
    })
}
