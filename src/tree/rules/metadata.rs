//! `metadata` has at most 64 entries.

use std::collections::BTreeMap;

use crate::domain::{Code, Finding};
use crate::tree::yaml::{Spanned, Text};

/// It has more.
pub(in crate::tree) const CODE: Code = Code("too-much-metadata");

/// The most entries of one policy.
pub(in crate::tree) const LIMIT: usize = 64;

pub(in crate::tree) fn prove(
    written: &Spanned<Vec<(Spanned<String>, Spanned<String>)>>,
    text: &Text<'_>,
) -> Result<BTreeMap<String, String>, Finding> {
    let Spanned { value: entries, range } = written;
    if let Some((first, _)) = entries.get(LIMIT) {
        let message = format!("`metadata` has {} entries; at most {LIMIT} are kept", entries.len());
        let finding = Finding::error(CODE, text.place(first.range.clone()), message)
            .hint("take some away, or join several into one: `owners: Ada, Grace`");
        return Err(finding.related(text.place(range.start..range.start), "`metadata` begins here"));
    }
    Ok(entries.iter().map(|(key, value)| (key.value.clone(), value.value.clone())).collect())
}
