//! `actionType` is log, alert or block, or their numbers 0, 1 and 2.

use crate::domain::{ActionType, Code, Finding};
use crate::tree::yaml::{Spanned, Text, choose};

/// Another word or number stands there.
pub(in crate::tree) const CODE: Code = Code("bad-action-type");

pub(in crate::tree) fn prove(written: &Spanned<String>, text: &Text<'_>) -> Result<ActionType, Finding> {
    if let Ok(action) = written.value.parse() {
        return Ok(action);
    }
    let options = ActionType::ALL.map(|action| (action.as_str(), action));
    choose(written, "actionType", CODE, "0, 1, 2 or log, alert, block", &options, text).map(|spanned| spanned.value)
}
