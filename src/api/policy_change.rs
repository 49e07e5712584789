//! The fields of a policy that are to be other than they are: the body of a PUT.

use serde::Serialize;

use super::LivePolicy;
use crate::domain::{ActionType, Field, Policy, RiskType};

/// What a PUT changes: at least one field, and only those that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk_type: Option<RiskType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_type: Option<ActionType>,
}

impl PolicyChange {
    /// What makes `before` into `after`; nothing where they are equal.
    #[must_use]
    pub fn between(before: &Policy, after: &Policy) -> Option<Self> {
        Self::of(after, &Field::differing(before, after))
    }

    /// What makes the policy that is live into `after`; nothing where it is that already.
    #[must_use]
    pub fn to_reach(live: &LivePolicy, after: &Policy) -> Option<Self> {
        let differing = [
            (live.name != after.name(), Field::Name),
            (live.risk_type != after.risk_type().as_str(), Field::RiskType),
            (live.action_type != i64::from(after.action_type().number()), Field::ActionType),
            (live.content != after.content(), Field::Content),
        ];
        let fields: Vec<Field> =
            differing.into_iter().filter_map(|(differs, field)| differs.then_some(field)).collect();
        Self::of(after, &fields)
    }

    /// The named fields as `after` has them; nothing where none is named.
    #[must_use]
    pub fn of(after: &Policy, fields: &[Field]) -> Option<Self> {
        let has = |field| fields.contains(&field);
        (!fields.is_empty()).then(|| Self {
            name: has(Field::Name).then(|| after.name().to_owned()),
            content: has(Field::Content).then(|| after.content().to_owned()),
            risk_type: has(Field::RiskType).then(|| after.risk_type()),
            action_type: has(Field::ActionType).then(|| after.action_type()),
        })
    }

    /// The fields it changes, in the order of [`Field`].
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let Self { name, content, risk_type, action_type } = self;
        let changed = [
            (name.is_some(), Field::Name),
            (risk_type.is_some(), Field::RiskType),
            (action_type.is_some(), Field::ActionType),
            (content.is_some(), Field::Content),
        ];
        changed.into_iter().filter_map(|(is, field)| is.then_some(field)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrgId, PolicyId, Scope};

    fn policy(name: &str, content: &str, risk: RiskType, action: ActionType) -> Policy {
        Policy::new(name.into(), content.into(), risk, action).unwrap()
    }

    fn live(policy: &Policy) -> LivePolicy {
        LivePolicy {
            id: PolicyId::new("p").unwrap(),
            scope: Scope::Organization { org: OrgId::new("o").unwrap() },
            name: policy.name().into(),
            content: policy.content().into(),
            risk_type: policy.risk_type().as_str().into(),
            action_type: policy.action_type().number().into(),
            created_by: None,
            created_at: None,
            updated_by: None,
            updated_at: None,
        }
    }

    #[test]
    fn a_change_holds_the_fields_that_differ_and_no_others() {
        let before = policy("n", "c", RiskType::Low, ActionType::Log);
        for (after, fields, body) in [
            (policy("m", "c", RiskType::Low, ActionType::Log), vec![Field::Name], r#"{"name":"m"}"#),
            (policy("n", "d", RiskType::Low, ActionType::Log), vec![Field::Content], r#"{"content":"d"}"#),
            (policy("n", "c", RiskType::High, ActionType::Log), vec![Field::RiskType], r#"{"riskType":"HIGH"}"#),
            (policy("n", "c", RiskType::Low, ActionType::Block), vec![Field::ActionType], r#"{"actionType":2}"#),
            (
                policy("m", "c", RiskType::Low, ActionType::Block),
                vec![Field::Name, Field::ActionType],
                r#"{"name":"m","actionType":2}"#,
            ),
        ] {
            let change = PolicyChange::between(&before, &after).unwrap();
            assert_eq!(change.fields(), fields);
            assert_eq!(serde_json::to_string(&change).unwrap(), body);
            assert_eq!(PolicyChange::to_reach(&live(&before), &after), Some(change));
        }
    }

    #[test]
    fn nothing_to_change_is_no_change() {
        let policy = policy("n", "c", RiskType::Low, ActionType::Log);
        assert_eq!(PolicyChange::between(&policy, &policy), None);
        assert_eq!(PolicyChange::to_reach(&live(&policy), &policy), None);
        assert_eq!(PolicyChange::of(&policy, &[]), None);
    }
}
