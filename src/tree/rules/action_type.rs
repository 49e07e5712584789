//! `actionType` is log, alert or block, or their numbers 0, 1 and 2.

use super::risk_type;
use crate::domain::{ActionType, Code, Finding};
use crate::tree::yaml::{Spanned, Text, choose};

/// Another word or number stands there.
pub(in crate::tree) const CODE: Code = Code("bad-action-type");

pub(in crate::tree) fn prove(written: &Spanned<String>, text: &Text<'_>) -> Result<ActionType, Finding> {
    if let Ok(action) = written.value.parse() {
        return Ok(action);
    }
    let options = ActionType::ALL.map(|action| (action.as_str(), action));
    let chosen = choose(written, "actionType", CODE, "0, 1, 2 or log, alert, block", &options, text);
    chosen.map(|spanned| spanned.value).map_err(|finding| risk_type::hinted(finding, &written.value, SYNONYMS))
}

/// Words of other tools for ours.
const SYNONYMS: &[(&str, &str)] = &[
    ("deny", "block"),
    ("prevent", "block"),
    ("reject", "block"),
    ("forbid", "block"),
    ("enforce", "block"),
    ("stop", "block"),
    ("warn", "alert"),
    ("warning", "alert"),
    ("notify", "alert"),
    ("flag", "alert"),
    ("audit", "log"),
    ("monitor", "log"),
    ("record", "log"),
];
