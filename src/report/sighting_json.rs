//! What a plan saw in the service instead of what is recorded, in its document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::PolicyId;
use crate::plan::{Seen, Sighting};

/// What the service was seen to hold instead of what is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SightingReport {
    /// What happened there.
    pub found: Found,
    /// The policy's id.
    pub id: String,
    /// Who changed it last, as far as the service says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub by: Option<String>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub at: Option<String>,
    /// What it has, where no tree could ask for that; `before` then is what is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "HeldReport")]
    pub holds: Option<HeldReport>,
}

/// A live policy's fields as the service has them, whatever they may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeldReport {
    /// What people see.
    pub name: String,
    /// The severity's word.
    pub risk_type: String,
    /// The action's number.
    pub action_type: i64,
    /// The rule's text.
    pub content: String,
}

/// What a look at the service shows of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Found {
    /// Someone changed it.
    Edited,
    /// Someone deleted it.
    Gone,
    /// It is there, and nobody manages it.
    Unmanaged,
}

impl SightingReport {
    pub(super) fn of(sighting: &Sighting, id: Option<&PolicyId>) -> Self {
        let found = match sighting {
            Sighting::Edited(_) => Found::Edited,
            Sighting::Gone(_) => Found::Gone,
            Sighting::Unmanaged(_) => Found::Unmanaged,
        };
        let id = match sighting {
            Sighting::Gone(id) => id.to_string(),
            Sighting::Edited(_) | Sighting::Unmanaged(_) => id.map(ToString::to_string).unwrap_or_default(),
        };
        let seen = sighting.seen();
        let by = seen.and_then(|seen| seen.by.clone());
        let at = seen.and_then(|seen| seen.at).map(|at| at.to_string());
        let holds = seen.filter(|seen| !seen.is_plain()).map(HeldReport::of);
        Self { found, id, by, at, holds }
    }
}

impl HeldReport {
    fn of(seen: &Seen) -> Self {
        let Seen { name, risk_type, action_type, content, by: _, at: _ } = seen.clone();
        Self { name, risk_type, action_type, content }
    }
}
