//! A policy: what people see, what is enforced, how severe, and what happens.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{OrgId, RepoId, Scope, WorkspaceId};

/// How severe a breach is. Ordered: `Low < Medium < High`. On the wire and in files: `LOW`, `MEDIUM`, `HIGH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RiskType {
    /// `LOW`
    Low,
    /// `MEDIUM`
    Medium,
    /// `HIGH`
    High,
}

/// A text that names no risk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not LOW, MEDIUM or HIGH")]
pub struct UnknownRisk;

impl RiskType {
    /// All, the least severe first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The wire's and the file's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
        }
    }
}

impl std::fmt::Display for RiskType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for RiskType {
    type Err = UnknownRisk;
    fn from_str(text: &str) -> Result<Self, UnknownRisk> {
        Self::ALL.into_iter().find(|risk| risk.as_str() == text).ok_or(UnknownRisk)
    }
}

/// What the service does on a breach. Ordered: `Log < Alert < Block`. On the wire a number, in files a number or a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum ActionType {
    /// 0: log.
    Log,
    /// 1: log and notify.
    Alert,
    /// 2: prevent and alert.
    Block,
}

/// A number or word that names no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not 0, 1, 2 or log, alert, block")]
pub struct UnknownAction;

impl ActionType {
    /// All, the most lenient first.
    pub const ALL: [Self; 3] = [Self::Log, Self::Alert, Self::Block];

    /// The wire's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Log => 0,
            Self::Alert => 1,
            Self::Block => 2,
        }
    }

    /// The file's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Alert => "alert",
            Self::Block => "block",
        }
    }
}

impl std::fmt::Display for ActionType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ActionType {
    type Err = UnknownAction;
    /// Reads the word or the number's one digit, as a file has them.
    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        let named = |action: &Self| action.as_str() == text || action.number().to_string() == text;
        Self::ALL.into_iter().find(named).ok_or(UnknownAction)
    }
}

impl TryFrom<u8> for ActionType {
    type Error = UnknownAction;
    fn try_from(number: u8) -> Result<Self, UnknownAction> {
        Self::ALL.into_iter().find(|action| action.number() == number).ok_or(UnknownAction)
    }
}

impl From<ActionType> for u8 {
    fn from(action: ActionType) -> Self {
        action.number()
    }
}

/// A field without which there is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} is empty")]
pub struct InvalidPolicy {
    /// `name` or `content`.
    pub field: &'static str,
}

/// What is enforced: the four fields that the service lets one change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "RawPolicy")]
pub struct Policy {
    // Shared: the tree's policy is the plan's, the intent's and the record's, and a record is copied for each checkpoint.
    name: Arc<str>,
    risk_type: RiskType,
    action_type: ActionType,
    content: Arc<str>,
}

/// A policy as a record or an answer has it, before the check that nothing is empty.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPolicy {
    name: String,
    risk_type: RiskType,
    action_type: ActionType,
    content: String,
}

impl TryFrom<RawPolicy> for Policy {
    type Error = InvalidPolicy;
    fn try_from(raw: RawPolicy) -> Result<Self, InvalidPolicy> {
        Self::new(raw.name, raw.content, raw.risk_type, raw.action_type)
    }
}

impl Policy {
    /// A policy whose name and content aren't empty, as the service demands.
    ///
    /// # Errors
    /// [`InvalidPolicy`] names the field that is.
    pub fn new(
        name: String,
        content: String,
        risk_type: RiskType,
        action_type: ActionType,
    ) -> Result<Self, InvalidPolicy> {
        if name.is_empty() {
            return Err(InvalidPolicy { field: "name" });
        }
        if content.is_empty() {
            return Err(InvalidPolicy { field: "content" });
        }
        Ok(Self { name: name.into(), risk_type, action_type, content: content.into() })
    }

    /// What people see in the console.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rule's text, byte for byte as it was reviewed (line endings are LF).
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }

    /// How severe a breach is.
    #[must_use]
    pub fn risk_type(&self) -> RiskType {
        self.risk_type
    }

    /// What happens on a breach.
    #[must_use]
    pub fn action_type(&self) -> ActionType {
        self.action_type
    }
}

/// A policy and where it holds: all that makes two of them equal. Written as the JSON reports have it, flat, with the
/// three ids (null where the level has none), the action as its number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WireScopedPolicy", into = "WireScopedPolicy")]
pub struct ScopedPolicy {
    /// Where it holds.
    pub scope: Scope,
    /// What is enforced there.
    pub policy: Policy,
}

/// The flat form of a [`ScopedPolicy`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireScopedPolicy {
    org_id: OrgId,
    workspace_id: Option<WorkspaceId>,
    repo_id: Option<RepoId>,
    #[serde(flatten)]
    policy: Policy,
}

impl TryFrom<WireScopedPolicy> for ScopedPolicy {
    type Error = &'static str;
    fn try_from(wire: WireScopedPolicy) -> Result<Self, Self::Error> {
        let WireScopedPolicy { org_id, workspace_id, repo_id, policy } = wire;
        let scope = Scope::from_ids(org_id, workspace_id, repo_id).ok_or("repoId is set and workspaceId is not")?;
        Ok(Self { scope, policy })
    }
}

impl From<ScopedPolicy> for WireScopedPolicy {
    fn from(scoped: ScopedPolicy) -> Self {
        let ScopedPolicy { scope, policy } = scoped;
        Self {
            org_id: scope.org().clone(),
            workspace_id: scope.workspace().cloned(),
            repo_id: scope.repo().cloned(),
            policy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_of_an_action_agree() {
        for action in ActionType::ALL {
            assert_eq!(action.as_str().parse(), Ok(action));
            assert_eq!(action.number().to_string().parse(), Ok(action));
            assert_eq!(ActionType::try_from(action.number()), Ok(action));
        }
        assert!("Block".parse::<ActionType>().is_err());
        assert!("3".parse::<ActionType>().is_err());
        assert!("02".parse::<ActionType>().is_err());
    }

    #[test]
    fn a_scoped_policy_is_written_flat_and_reads_back() {
        let scope = Scope::Workspace { org: OrgId::new("o").unwrap(), workspace: WorkspaceId::new("w").unwrap() };
        let policy = Policy::new("n".into(), "c".into(), RiskType::High, ActionType::Block).unwrap();
        let scoped = ScopedPolicy { scope, policy };
        let json = serde_json::to_value(&scoped).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"orgId": "o", "workspaceId": "w", "repoId": null, "name": "n", "riskType": "HIGH", "actionType": 2, "content": "c"})
        );
        assert_eq!(serde_json::from_value::<ScopedPolicy>(json).unwrap(), scoped);
    }
}
