//! The hierarchy of scopes as JSON, `policysync.tree/1`: fit to make a CI matrix of organizations from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::escape;
use super::hierarchy::{Node, hierarchy};
use crate::domain::ActionType;
use crate::tree::Tree;

/// The organizations of a tree, by name, and what they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "The hierarchy of `policysync tree --format json`")]
pub struct TreeReport {
    /// The form of this document.
    pub format: TreeFormat,
    /// The organizations, by name.
    pub organizations: Vec<OrganizationReport>,
}

/// The form of a document of a hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum TreeFormat {
    /// The first one.
    #[serde(rename = "policysync.tree/1")]
    V1,
}

macro_rules! scope_report {
    ($(#[$doc:meta])* $name:ident $(, $(#[$below_doc:meta])* $below:ident: $child:ident)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            /// The folder's name, as in addresses and in `--org`.
            pub name: String,
            /// The service's id.
            pub id: String,
            /// What people call it, where `_scope.yaml` says so.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(with = "String")]
            pub display_name: Option<String>,
            /// How many policies lie in just this scope.
            pub policies: usize,
            /// How many policies lie in it and below it.
            pub total: usize,
            /// The strongest action among the policies of just this scope; null where there are none.
            pub strongest_action: Option<ActionWord>,
            $($(#[$below_doc])* pub $below: Vec<$child>,)?
        }

        impl $name {
            fn of(node: &Node<'_>) -> Self {
                let Node { name, id, display_name, policies, total, strongest, children: _ } = node;
                Self {
                    name: (*name).to_owned(),
                    id: (*id).to_owned(),
                    display_name: display_name.map(str::to_owned),
                    policies: *policies,
                    total: *total,
                    strongest_action: strongest.map(ActionWord::of),
                    $($below: node.children.iter().map($child::of).collect(),)?
                }
            }
        }
    };
}

scope_report!(
    /// An organization.
    OrganizationReport,
    /// Its workspaces, by name.
    workspaces: WorkspaceReport
);
scope_report!(
    /// A workspace.
    WorkspaceReport,
    /// Its repositories, by name.
    repositories: RepositoryReport
);
scope_report!(
    /// A repository.
    RepositoryReport
);

/// What happens on a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ActionWord {
    /// Logged.
    Log,
    /// Logged and notified.
    Alert,
    /// Prevented and alerted.
    Block,
}

impl ActionWord {
    fn of(action: ActionType) -> Self {
        match action {
            ActionType::Log => Self::Log,
            ActionType::Alert => Self::Alert,
            ActionType::Block => Self::Block,
        }
    }
}

impl TreeReport {
    /// The hierarchy of a tree.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let organizations = hierarchy(tree).iter().map(OrganizationReport::of).collect();
        Self { format: TreeFormat::V1, organizations }
    }
}

/// The hierarchy of a tree as a document.
#[must_use]
pub fn tree_json(tree: &Tree) -> String {
    escape::json(&TreeReport::of(tree))
}
