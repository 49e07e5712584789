//! Where a policy holds: twice, once as the service names it ([`Scope`]) and once as the tree does ([`ScopePath`]).

use serde::{Deserialize, Serialize};

use super::{Address, InvalidName, Key, OrgId, RepoId, ScopeName, WorkspaceId};

/// How far down a scope lies. Ordered: an organization reaches further than a workspace, that further than a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeLevel {
    /// One repository.
    Repository,
    /// All repositories of a workspace.
    Workspace,
    /// Everything.
    Organization,
}

impl std::fmt::Display for ScopeLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Repository => "repository",
            Self::Workspace => "workspace",
            Self::Organization => "organization",
        })
    }
}

/// A scope by the service's identifiers. A repository holds its workspace, as the service demands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The whole organization; `workspaceId` and `repoId` are null.
    Organization {
        /// Its id.
        org: OrgId,
    },
    /// One workspace; `repoId` is null.
    Workspace {
        /// The organization it belongs to.
        org: OrgId,
        /// Its id.
        workspace: WorkspaceId,
    },
    /// One repository.
    Repository {
        /// The organization it belongs to.
        org: OrgId,
        /// The workspace it belongs to.
        workspace: WorkspaceId,
        /// Its id.
        repo: RepoId,
    },
}

impl Scope {
    /// The scope of three ids as the wire has them; nothing where a repository comes without its workspace.
    #[must_use]
    pub fn from_ids(org: OrgId, workspace: Option<WorkspaceId>, repo: Option<RepoId>) -> Option<Self> {
        match (workspace, repo) {
            (None, None) => Some(Self::Organization { org }),
            (Some(workspace), None) => Some(Self::Workspace { org, workspace }),
            (Some(workspace), Some(repo)) => Some(Self::Repository { org, workspace, repo }),
            (None, Some(_)) => None,
        }
    }

    /// The organization's id.
    #[must_use]
    pub fn org(&self) -> &OrgId {
        match self {
            Self::Organization { org } | Self::Workspace { org, .. } | Self::Repository { org, .. } => org,
        }
    }

    /// The workspace's id, below the organization level.
    #[must_use]
    pub fn workspace(&self) -> Option<&WorkspaceId> {
        match self {
            Self::Organization { .. } => None,
            Self::Workspace { workspace, .. } | Self::Repository { workspace, .. } => Some(workspace),
        }
    }

    /// The repository's id, at the repository level.
    #[must_use]
    pub fn repo(&self) -> Option<&RepoId> {
        match self {
            Self::Organization { .. } | Self::Workspace { .. } => None,
            Self::Repository { repo, .. } => Some(repo),
        }
    }

    /// Whether `other` is it or lies below it.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        self.org() == other.org()
            && self.workspace().is_none_or(|workspace| other.workspace() == Some(workspace))
            && self.repo().is_none_or(|repo| other.repo() == Some(repo))
    }

    /// The scope one level up; nothing above an organization.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self.clone() {
            Self::Organization { .. } => None,
            Self::Workspace { org, workspace: _ } => Some(Self::Organization { org }),
            Self::Repository { org, workspace, repo: _ } => Some(Self::Workspace { org, workspace }),
        }
    }

    /// Its own id, without those of the scopes above.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Organization { org } => org.as_str(),
            Self::Workspace { workspace, .. } => workspace.as_str(),
            Self::Repository { repo, .. } => repo.as_str(),
        }
    }

    /// How far down it lies.
    #[must_use]
    pub fn level(&self) -> ScopeLevel {
        match self {
            Self::Organization { .. } => ScopeLevel::Organization,
            Self::Workspace { .. } => ScopeLevel::Workspace,
            Self::Repository { .. } => ScopeLevel::Repository,
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.level(), self.org())?;
        if let Some(workspace) = self.workspace() {
            write!(f, "/{workspace}")?;
        }
        if let Some(repo) = self.repo() {
            write!(f, "/{repo}")?;
        }
        Ok(())
    }
}

/// A scope by its folders' names: one to three segments, `acme/production/billing-api`.
///
/// Ordered by that text, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopePath(String);

impl ScopePath {
    /// The path of an organization.
    #[must_use]
    pub fn organization(org: &ScopeName) -> Self {
        Self(org.as_str().to_owned())
    }

    /// The path one level down; nothing below a repository.
    #[must_use]
    pub fn child(&self, name: &ScopeName) -> Option<Self> {
        match self.level() {
            ScopeLevel::Repository => None,
            ScopeLevel::Workspace | ScopeLevel::Organization => Some(Self(format!("{}/{name}", self.0))),
        }
    }

    /// Whether a text could be one.
    pub(super) fn check(text: &str) -> Result<(), InvalidName> {
        for (above, segment) in text.split('/').enumerate() {
            ScopeName::check(segment)?;
            if above > 2 {
                return Err(InvalidName::too_deep());
            }
        }
        Ok(())
    }

    /// The address of the policy `key` in this scope.
    #[must_use]
    pub fn policy(&self, key: &Key) -> Address {
        Address::new(self, key)
    }

    /// The path one level up; nothing above an organization.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(above, _)| Self(above.to_owned()))
    }

    /// The organization's name: the first segment.
    #[must_use]
    pub fn org(&self) -> ScopeName {
        let first = self.0.split('/').next().unwrap_or_default();
        ScopeName::new(first).expect("a path's segments were checked when it was made")
    }

    /// The last segment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// How far down it lies: by the number of its segments.
    #[must_use]
    pub fn level(&self) -> ScopeLevel {
        match self.0.matches('/').count() {
            0 => ScopeLevel::Organization,
            1 => ScopeLevel::Workspace,
            _ => ScopeLevel::Repository,
        }
    }

    /// The text, `acme/production`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ScopePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ScopePath {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::check(&text).map(|()| Self(text))
    }
}

impl From<ScopePath> for String {
    fn from(path: ScopePath) -> Self {
        path.0
    }
}
