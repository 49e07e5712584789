//! `riskType` is LOW, MEDIUM or HIGH, exactly.

use crate::domain::{Code, Finding, RiskType};
use crate::tree::yaml::{Spanned, Text, choose};

/// Another word stands there.
pub(in crate::tree) const CODE: Code = Code("bad-risk-type");

pub(in crate::tree) fn prove(written: &Spanned<String>, text: &Text<'_>) -> Result<RiskType, Finding> {
    let options = RiskType::ALL.map(|risk| (risk.as_str(), risk));
    let chosen = choose(written, "riskType", CODE, "LOW, MEDIUM or HIGH", &options, text);
    chosen.map(|spanned| spanned.value).map_err(|finding| hinted(finding, &written.value, SYNONYMS))
}

/// Words of other tools for ours.
const SYNONYMS: &[(&str, &str)] = &[
    ("critical", "HIGH"),
    ("severe", "HIGH"),
    ("major", "HIGH"),
    ("moderate", "MEDIUM"),
    ("normal", "MEDIUM"),
    ("minor", "LOW"),
    ("info", "LOW"),
    ("informational", "LOW"),
];

/// With the word of ours that another tool's stands for, where none was near.
pub(in crate::tree) fn hinted(finding: Finding, written: &str, synonyms: &[(&str, &str)]) -> Finding {
    let ours = synonyms.iter().find(|(word, _)| word.eq_ignore_ascii_case(written)).map(|(_, ours)| *ours);
    match ours.filter(|_| finding.hint.is_none()) {
        Some(ours) => finding.hint(format!("did you mean {ours}?")),
        None => finding,
    }
}
