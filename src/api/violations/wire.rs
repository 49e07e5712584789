//! A page of violations, read: lenient, because one odd violation must not hide a thousand others.

use serde_json::{Map, Value};

use super::{Details, Violation};
use crate::api::wire::{Read, kind, open, person_of, time};
use crate::domain::{PolicyId, RepoId};

/// A page as it came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) violations: Vec<Violation>,
    /// How many in it have no id or are none at all.
    pub(super) unreadable: usize,
    /// How many the service says there are on all pages.
    pub(super) total: Option<u64>,
}

impl Page {
    /// How many things it holds.
    pub(super) fn items(&self) -> usize {
        self.violations.len() + self.unreadable
    }
}

/// Reads `{success, violations: […], total}`.
pub(super) fn page(body: &[u8], details: Details) -> Read<Page> {
    let mut answer = match open(body) {
        Read::Good(answer) => answer,
        Read::SaidNo => return Read::SaidNo,
        Read::Bad(why) => return Read::Bad(why),
    };
    let items = match answer.remove("violations") {
        Some(Value::Array(items)) => items,
        Some(other) => return Read::Bad(format!("violations is {}, no list", kind(&other))),
        None => return Read::Bad("violations is missing".to_owned()),
    };
    let mut page = Page { total: answer.get("total").and_then(Value::as_u64), ..Page::default() };
    for item in items {
        match item {
            Value::Object(fields) => match violation(&fields, details) {
                Some(violation) => page.violations.push(violation),
                None => page.unreadable += 1,
            },
            _ => page.unreadable += 1,
        }
    }
    Read::Good(page)
}

fn violation(fields: &Map<String, Value>, details: Details) -> Option<Violation> {
    let text = |field: &str| fields.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let own = |field: &str| text(field).map(str::to_owned).unwrap_or_default();
    Some(Violation {
        id: text("id")?.to_owned(),
        at: time(fields.get("timestamp")),
        policy: text("policyId").and_then(|id| PolicyId::new(id).ok()),
        policy_name: own("policyName"),
        repo: text("repoId").and_then(|id| RepoId::new(id).ok()),
        repo_name: own("repoName"),
        severity: own("severity"),
        blocked: fields.get("block").and_then(Value::as_bool),
        user: details.users.then(|| person_of(text("userId"), text("userName"))).flatten(),
        explanation: details.explanations.then(|| text("explanation").map(str::to_owned)).flatten(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALL: Details = Details { users: true, explanations: true };

    fn item() -> Value {
        json!({
            "id": "v1", "policyId": "p1", "policyName": "PII", "timestamp": "2026-11-22T10:00:00.123Z",
            "explanation": "canary-why", "repoId": "r", "repoName": "billing", "userId": "u", "userName": "canary-who",
            "severity": "HIGH", "block": true, "llmType": "x", "conversationId": "canary-talk"
        })
    }

    fn read(items: &Value, details: Details) -> Page {
        match page(json!({"success": true, "violations": items, "total": 7}).to_string().as_bytes(), details) {
            Read::Good(page) => page,
            other => panic!("a page: {other:?}"),
        }
    }

    #[test]
    fn what_is_told_of_people_is_not_even_read_unless_it_is_asked_for() {
        let bare = read(&json!([item()]), Details::default());
        assert!(!format!("{bare:?}").contains("canary"), "{bare:?}");
        let whole = format!("{:?}", read(&json!([item()]), ALL));
        assert!(
            whole.contains("canary-who") && whole.contains("canary-why") && !whole.contains("canary-talk"),
            "{whole}"
        );
        let why = read(&json!([item()]), Details { explanations: true, users: false });
        assert!(why.violations[0].user.is_none() && why.violations[0].explanation.is_some());
    }

    #[test]
    fn an_odd_violation_is_counted_and_hides_no_other() {
        let odd = json!([7, null, {}, {"id": ""}, {"id": 5}, {"id": "v"}, item(), {"id": "w", "timestamp": "yesterday",
            "policyId": "a b", "severity": 9, "block": "yes", "userId": "u"}]);
        let page = read(&odd, ALL);
        assert_eq!((page.violations.len(), page.unreadable, page.items(), page.total), (3, 5, 8, Some(7)));
        let last = &page.violations[2];
        assert_eq!((last.at, &last.policy, last.severity.as_str(), last.blocked), (None, &None, "", None));
    }

    #[test]
    fn a_total_that_is_no_number_is_none_and_a_page_without_a_list_is_no_page() {
        for total in [json!(-1), json!("7"), json!(null), json!(1.5)] {
            let body = json!({"violations": [], "total": total}).to_string();
            assert!(matches!(page(body.as_bytes(), ALL), Read::Good(Page { total: None, .. })), "{body}");
        }
        for (body, why) in [
            (r#"{"success":true}"#, "violations is missing"),
            (r#"{"violations":{}}"#, "violations is an object, no list"),
            ("[]", "it is a list, no object"),
        ] {
            assert_eq!(page(body.as_bytes(), ALL), Read::Bad(why.to_owned()), "{body}");
        }
        assert_eq!(page(br#"{"success":false,"violations":[]}"#, ALL), Read::SaidNo);
    }
}
