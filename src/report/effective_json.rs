//! What holds in a scope, as JSON, `policysync.effective/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;
use super::plan_json::PolicyReport;
use crate::domain::{ChangeKind, Direction, ScopePath};
use crate::plan::{Holding, Standing};

/// The policies that hold in a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "What holds in a scope, as `policysync effective --format json` tells it")]
pub struct EffectiveReport {
    /// The form of this document.
    pub format: EffectiveFormat,
    /// The scope, as in addresses.
    pub scope: String,
    /// The policies that hold there, from the organization's down to the scope's own.
    pub policies: Vec<HoldingReport>,
}

/// The form of a document of what holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum EffectiveFormat {
    /// The first one.
    #[serde(rename = "policysync.effective/1")]
    V1,
}

/// A policy that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldingReport {
    /// Which policy.
    pub address: String,
    /// The scope it comes from, as in addresses.
    pub from: String,
    /// As the tree wants it; where no file asks for it, as recorded.
    pub policy: PolicyReport,
    /// Whether a file asks for it.
    pub managed: bool,
    /// What the plan does with it, where one was asked for and it does something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "HoldingChange")]
    pub change: Option<HoldingChange>,
}

/// What a plan does with a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldingChange {
    /// What is done.
    pub kind: ChangeKind,
    /// Whether it lets more through.
    pub direction: Direction,
}

impl EffectiveReport {
    /// What holds in a scope.
    #[must_use]
    pub fn of(scope: &ScopePath, levels: &[(ScopePath, Vec<Holding<'_>>)]) -> Self {
        let policies = levels.iter().flat_map(|(_, holding)| holding).map(HoldingReport::of).collect();
        Self { format: EffectiveFormat::V1, scope: scope.to_string(), policies }
    }
}

impl HoldingReport {
    fn of(holding: &Holding<'_>) -> Self {
        let Holding { address, policy, standing } = holding;
        Self {
            address: address.to_string(),
            from: address.scope().to_string(),
            policy: PolicyReport::of(policy),
            managed: *standing != Standing::Unmanaged,
            change: match standing {
                Standing::Changes(change) => Some(HoldingChange { kind: change.kind, direction: change.direction }),
                Standing::Stays | Standing::Unmanaged => None,
            },
        }
    }
}

/// What holds in a scope, as a document.
#[must_use]
pub fn effective_json(scope: &ScopePath, levels: &[(ScopePath, Vec<Holding<'_>>)]) -> String {
    escape::json(&EffectiveReport::of(scope, levels))
}
