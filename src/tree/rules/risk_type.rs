//! `riskType` is LOW, MEDIUM or HIGH, exactly.

use crate::domain::{Code, Finding, RiskType};
use crate::tree::yaml::{Spanned, Text, choose};

/// Another word stands there.
pub(in crate::tree) const CODE: Code = Code("bad-risk-type");

pub(in crate::tree) fn prove(written: &Spanned<String>, text: &Text<'_>) -> Result<RiskType, Finding> {
    let options = RiskType::ALL.map(|risk| (risk.as_str(), risk));
    choose(written, "riskType", CODE, "LOW, MEDIUM or HIGH", &options, text).map(|spanned| spanned.value)
}
