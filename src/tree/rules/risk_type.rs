//! `riskType` is LOW, MEDIUM or HIGH, exactly.

use crate::domain::{Code, Finding, RiskType};
use crate::tree::yaml::{Spanned, Text, choose};

/// Another word stands there.
pub(in crate::tree) const CODE: Code = Code("bad-risk-type");

pub(in crate::tree) fn prove(written: &Spanned<String>, text: &Text<'_>) -> Result<RiskType, Finding> {
    let options = RiskType::ALL.map(|risk| (risk.as_str(), risk));
    let chosen = choose(written, "riskType", CODE, "LOW, MEDIUM or HIGH", &options, text);
    chosen.map(|spanned| spanned.value).map_err(|finding| {
        hinted(finding, &written.value, SYNONYMS, &options.map(|(word, _)| word)).or_hint("write LOW, MEDIUM or HIGH")
    })
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

/// With what to do where no word of ours was near: another tool's word for one, something behind ours, a placeholder.
pub(in crate::tree) fn hinted(
    finding: Finding,
    written: &str,
    synonyms: &[(&str, &str)],
    options: &[&'static str],
) -> Finding {
    let synonym = synonyms.iter().find(|(word, _)| word.eq_ignore_ascii_case(written)).map(|(_, ours)| *ours);
    if let Some(ours) = synonym {
        return finding.or_hint(format!("did you mean {ours}?"));
    }
    let first = written.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_placeholder = ["$", "%", "{{", "<%", "[["].iter().any(|mark| written.starts_with(mark));
    match options.iter().find(|option| option.eq_ignore_ascii_case(first)) {
        _ if is_placeholder => {
            let words = options.join(", ");
            finding.or_hint(format!("nothing is filled in here: write the word itself, one of {words}"))
        }
        Some(ours) if ["#", "//", "--", ";"].iter().any(|mark| written.contains(mark)) => {
            finding.or_hint(format!("did you mean {ours}? A comment begins with a space and `#`"))
        }
        Some(ours) if written.trim_end().len() == first.len() => finding.or_hint(format!("did you mean {ours}?")),
        _ => finding,
    }
}
