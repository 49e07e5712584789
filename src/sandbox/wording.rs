//! Stand-ins for the service's language model: plain rules about a policy's wording, the same answer each time.

use serde::Serialize;

/// Words that leave open what is meant.
const VAGUE: [&str; 8] = ["appropriate", "etc", "generally", "maybe", "probably", "reasonable", "should", "sometimes"];
/// Words without which a rule asks for nothing.
const BINDING: [&str; 8] = ["always", "block", "don't", "must", "never", "no", "not", "only"];
const LONG: usize = 2000;
const SHORT: usize = 20;

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Issue {
    #[serde(rename = "type")]
    kind: &'static str,
    description: String,
    suggestion: &'static str,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Judgement {
    policy_uuid: String,
    score: usize,
    advice: &'static str,
    issues: Vec<Issue>,
    severity: &'static str,
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Judges a policy's wording.
pub(super) fn judge(policy_uuid: String, content: &str) -> Judgement {
    let words = words(content);
    let mut issues = Vec::new();
    if let Some(vague) = VAGUE.iter().find(|vague| words.iter().any(|word| word == **vague)) {
        issues.push(Issue {
            kind: "ambiguity",
            description: format!("\"{vague}\" leaves open what is meant"),
            suggestion: "Say what exactly is allowed and what is not.",
        });
    }
    if content.chars().count() > LONG {
        issues.push(Issue {
            kind: "verbosity",
            description: format!("The text is longer than {LONG} characters"),
            suggestion: "Split it into several policies.",
        });
    }
    if content.chars().count() < SHORT {
        issues.push(Issue {
            kind: "clarity",
            description: format!("The text is shorter than {SHORT} characters"),
            suggestion: "Say what the policy is about in a whole sentence.",
        });
    }
    if !BINDING.iter().any(|binding| words.iter().any(|word| word == binding)) {
        issues.push(Issue {
            kind: "actionability",
            description: "The text forbids and demands nothing".to_owned(),
            suggestion: "Say what must or must not be done.",
        });
    }
    let (severity, advice) = match issues.len() {
        0 => ("none", "The wording is clear."),
        1 => ("low", "One thing could be clearer."),
        2 => ("medium", "Some things could be clearer."),
        _ => ("high", "Write it anew, starting from what must not happen."),
    };
    Judgement { policy_uuid, score: 100 - 25 * issues.len(), advice, issues, severity }
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Recommended {
    content: String,
    #[serde(rename = "riskType")]
    risk_type: &'static str,
    #[serde(rename = "alertType")]
    alert_type: &'static str,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Recommendation {
    level: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
    tokens_in: usize,
    tokens_out: usize,
    recommended_policies: Vec<Recommended>,
}

/// Drafts a policy from a description; `level` and `uuid` are handed back.
pub(super) fn recommend(level: i64, uuid: Option<String>, prompt: &str) -> Recommendation {
    let asked = words(prompt);
    let subject = if asked.is_empty() { "confidential information" } else { prompt.trim() };
    let content = format!("Prompts and answers must not contain or ask for the following: {subject}");
    Recommendation {
        level,
        uuid,
        tokens_in: asked.len(),
        tokens_out: words(&content).len(),
        recommended_policies: vec![Recommended { content, risk_type: "medium", alert_type: "alert" }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_rule_has_nothing_to_mend() {
        let clear = judge("p".into(), "Prompts must never contain card numbers.");
        assert_eq!((clear.score, clear.severity, clear.issues.len()), (100, "none", 0));
    }

    #[test]
    fn each_fault_of_wording_costs_its_share() {
        let vague = judge("p".into(), "Be reasonable");
        let kinds: Vec<_> = vague.issues.iter().map(|issue| issue.kind).collect();
        assert_eq!(kinds, ["ambiguity", "clarity", "actionability"]);
        assert_eq!((vague.score, vague.severity), (25, "high"));
        // "nothing" holds "not", and is another word.
        assert_eq!(judge("p".into(), "Nothing is forbidden in this place").issues[0].kind, "actionability");
        assert_eq!(judge("p".into(), &"must ".repeat(500)).issues[0].kind, "verbosity");
    }

    #[test]
    fn a_draft_is_about_what_was_asked() {
        let draft = recommend(1, Some("u".into()), " card numbers ");
        assert_eq!(draft.tokens_in, 2);
        assert!(draft.recommended_policies[0].content.ends_with(": card numbers"));
        assert_eq!(draft, recommend(1, Some("u".into()), " card numbers "));
    }
}
