//! A draft is not for the service yet: whoever signs it off takes its mark away.

use crate::domain::{Code, Finding};
use crate::tree::yaml::{Field, Text};

/// It is still marked as one.
pub const CODE: Code = Code("draft");

pub(in crate::tree) fn check(written: &Field<bool>, text: &Text<'_>) -> Option<Finding> {
    let marked = written.given().filter(|written| written.value)?;
    let message = "this policy is a draft that nobody has signed off";
    let finding = Finding::error(CODE, text.place(marked.range.clone()), message);
    Some(finding.hint("read it, mend it, then take the line `draft: true` out"))
}
