//! A policy as the service holds it: whatever it may contain.

use jiff::Timestamp;

use crate::domain::{ActionType, Policy, PolicyId, RiskType, Scope, ScopedPolicy, UserId};

/// Who did something, as far as the service says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// First and last name, or the address where there is none; for people to read, as the service gave it.
    pub name: String,
}

/// A policy as the service holds it. It may have been made by anybody with anything, so the texts are only texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePolicy {
    /// The service's id.
    pub id: PolicyId,
    /// Where it holds.
    pub scope: Scope,
    /// What people see.
    pub name: String,
    /// The rule's text.
    pub content: String,
    /// The severity's word on the wire; LOW, MEDIUM or HIGH today.
    pub risk_type: String,
    /// The action's number on the wire; 0, 1 or 2 today.
    pub action_type: i64,
    /// Who made it.
    pub created_by: Option<Person>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Who changed it last.
    pub updated_by: Option<Person>,
    /// When it was changed last.
    pub updated_at: Option<Timestamp>,
}

impl LivePolicy {
    /// Whether it is `wanted` in all fields that make two policies equal.
    #[must_use]
    pub fn equals(&self, wanted: &ScopedPolicy) -> bool {
        let ScopedPolicy { scope, policy } = wanted;
        self.scope == *scope
            && self.name == policy.name()
            && self.content == policy.content()
            && self.risk_type == policy.risk_type().as_str()
            && self.action_type == i64::from(policy.action_type().number())
    }

    /// Whether it is `wanted`, line endings aside: a tree has LF alone, so no file could say anything nearer to it.
    #[must_use]
    pub fn reads_as(&self, wanted: &ScopedPolicy) -> bool {
        self.equals(wanted)
            || (self.content.contains("\r\n")
                && Self { content: self.content.replace("\r\n", "\n"), ..self.clone() }.equals(wanted))
    }

    /// The same as a proven policy, if it is one.
    #[must_use]
    pub fn scoped(&self) -> Option<ScopedPolicy> {
        let risk: RiskType = self.risk_type.parse().ok()?;
        let action = ActionType::try_from(u8::try_from(self.action_type).ok()?).ok()?;
        let policy = Policy::new(self.name.clone(), self.content.clone(), risk, action).ok()?;
        Some(ScopedPolicy { scope: self.scope.clone(), policy })
    }

    /// Whether `user` made it; nothing where the service doesn't say who did.
    #[must_use]
    pub fn made_by(&self, user: &UserId) -> Option<bool> {
        self.created_by.as_ref().map(|person| person.id == *user)
    }
}
