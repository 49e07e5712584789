//! What can happen to a policy, and whether it then lets more through.

use serde::{Deserialize, Serialize};

use super::{Policy, ScopedPolicy};

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// New in the tree: POST.
    Create,
    /// Other fields than recorded: PUT of those that differ.
    Update,
    /// The same policy under another key: the record follows; PUT only if the service's fields change.
    Rename,
    /// The same policy in another scope: created there, then deleted here.
    Move,
    /// Not in the tree any more, and pruning is on: DELETE.
    Delete,
    /// Live and not recorded so: recorded as it is, without a call; PUT only if one of the same name is taken over.
    Adopt,
    /// Dropped from the record, without a call: it is gone in the service.
    Forget,
}

impl ChangeKind {
    /// Whether it begins with a POST, whose lost answer leaves in doubt whether there is a new policy.
    #[must_use]
    pub fn creates(self) -> bool {
        matches!(self, Self::Create | Self::Move)
    }

    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Rename => "rename",
            Self::Move => "move",
            Self::Delete => "delete",
            Self::Adopt => "adopt",
            Self::Forget => "forget",
        }
    }
}

impl std::fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field of a policy that the service lets one change, by its name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// `name`
    Name,
    /// `riskType`
    RiskType,
    /// `actionType`
    ActionType,
    /// `content`
    Content,
}

impl Field {
    /// The field's name on the wire and in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::RiskType => "riskType",
            Self::ActionType => "actionType",
            Self::Content => "content",
        }
    }

    /// The fields in which two policies differ, in the order of this type.
    #[must_use]
    pub fn differing(before: &Policy, after: &Policy) -> Vec<Self> {
        let mut fields = Vec::new();
        let mut note = |differs: bool, field: Self| {
            if differs {
                fields.push(field);
            }
        };
        note(before.name() != after.name(), Self::Name);
        note(before.risk_type() != after.risk_type(), Self::RiskType);
        note(before.action_type() != after.action_type(), Self::ActionType);
        note(before.content() != after.content(), Self::Content);
        fields
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a change lets more through.
///
/// Block is stronger than alert, that stronger than log; HIGH than MEDIUM than LOW; a wider scope than a narrower one.
/// A policy that is gone is the weakest of all. A change of the text can't be judged, so it is unclear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Lets less through.
    Stronger,
    /// Lets the same through.
    Neutral,
    /// Can't be told.
    Unclear,
    /// Lets more through.
    Weaker,
}

impl Direction {
    /// The direction of a change from `before` to `after`; `None` is a policy that isn't there.
    ///
    /// One weaker part makes the whole weaker, whatever else got stronger; after that one unclear part makes it unclear.
    #[must_use]
    pub fn between(before: Option<&ScopedPolicy>, after: Option<&ScopedPolicy>) -> Self {
        match (before, after) {
            (None, None) => Self::Neutral,
            (None, Some(_)) => Self::Stronger,
            (Some(_), None) => Self::Weaker,
            (Some(before), Some(after)) => Self::of_parts(before, after),
        }
    }

    fn of_parts(before: &ScopedPolicy, after: &ScopedPolicy) -> Self {
        let ScopedPolicy { scope: old_scope, policy: old } = before;
        let ScopedPolicy { scope: new_scope, policy: new } = after;
        let parts = [
            Self::of_order(&old.action_type(), &new.action_type()),
            Self::of_order(&old.risk_type(), &new.risk_type()),
            if old_scope == new_scope { Self::Neutral } else { Self::of_scope(old_scope.level(), new_scope.level()) },
            if old.content() == new.content() { Self::Neutral } else { Self::Unclear },
        ];
        let any = |direction| parts.contains(&direction);
        if any(Self::Weaker) {
            Self::Weaker
        } else if any(Self::Unclear) {
            Self::Unclear
        } else if any(Self::Stronger) {
            Self::Stronger
        } else {
            Self::Neutral
        }
    }

    fn of_order<T: Ord>(before: &T, after: &T) -> Self {
        match after.cmp(before) {
            std::cmp::Ordering::Greater => Self::Stronger,
            std::cmp::Ordering::Equal => Self::Neutral,
            std::cmp::Ordering::Less => Self::Weaker,
        }
    }

    /// Another scope of the same level guards other traffic: what it guarded before is open, what it guards now is new.
    fn of_scope(before: super::ScopeLevel, after: super::ScopeLevel) -> Self {
        match Self::of_order(&before, &after) {
            Self::Neutral => Self::Unclear,
            clear => clear,
        }
    }

    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stronger => "stronger",
            Self::Neutral => "neutral",
            Self::Unclear => "unclear",
            Self::Weaker => "weaker",
        }
    }
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ActionType, OrgId, RiskType, Scope};

    fn policy(risk: RiskType, action: ActionType, content: &str) -> ScopedPolicy {
        let policy = Policy::new("n".into(), content.into(), risk, action).unwrap();
        ScopedPolicy { scope: Scope::Organization { org: OrgId::new("o").unwrap() }, policy }
    }

    #[test]
    fn one_weaker_part_makes_the_whole_weaker() {
        let before = policy(RiskType::Medium, ActionType::Alert, "x");
        for (risk, action, text, want) in [
            (RiskType::Medium, ActionType::Alert, "x", Direction::Neutral),
            (RiskType::High, ActionType::Alert, "x", Direction::Stronger),
            (RiskType::Medium, ActionType::Block, "x", Direction::Stronger),
            (RiskType::Medium, ActionType::Log, "x", Direction::Weaker),
            (RiskType::Low, ActionType::Block, "x", Direction::Weaker),
            (RiskType::High, ActionType::Log, "y", Direction::Weaker),
            (RiskType::High, ActionType::Block, "y", Direction::Unclear),
            (RiskType::Medium, ActionType::Alert, "y", Direction::Unclear),
        ] {
            let after = policy(risk, action, text);
            assert_eq!(Direction::between(Some(&before), Some(&after)), want, "{risk} {action} {text}");
        }
    }

    #[test]
    fn there_and_back_is_never_twice_stronger() {
        for (r1, a1) in RiskType::ALL.into_iter().flat_map(|r| ActionType::ALL.map(|a| (r, a))) {
            for (r2, a2) in RiskType::ALL.into_iter().flat_map(|r| ActionType::ALL.map(|a| (r, a))) {
                let (one, two) = (policy(r1, a1, "x"), policy(r2, a2, "x"));
                let (there, back) =
                    (Direction::between(Some(&one), Some(&two)), Direction::between(Some(&two), Some(&one)));
                assert!(!(there == Direction::Stronger && back != Direction::Weaker));
                assert_eq!(there == Direction::Neutral, one == two);
            }
        }
    }
}
