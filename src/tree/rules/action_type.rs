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
    chosen.map(|spanned| spanned.value).map_err(|finding| {
        let finding = risk_type::hinted(finding, &written.value, SYNONYMS, &options.map(|(word, _)| word));
        finding.or_hint(of_several(&written.value).unwrap_or("write log, alert or block"))
    })
}

/// What to do where a number that there isn't is written, or several words are.
fn of_several(written: &str) -> Option<&'static str> {
    let is_ours = |word: &str| ActionType::ALL.iter().any(|action| word.eq_ignore_ascii_case(action.as_str()));
    if written.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("0 is log, 1 is alert, 2 is block");
    }
    let mut words = written.split(|c: char| !c.is_alphanumeric());
    words.any(is_ours).then_some("write the strongest alone: block alerts too, and alert logs")
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
