//! What went against policies, as the service tells it: a page at a time, newest first.
//!
//! Who it was and why it was one are texts about people: they are read only where someone asks for them, and else never get
//! further than the answer's bytes.

mod lately;
mod paging;
mod wire;

use jiff::Timestamp;
use reqwest::Method;
use url::Url;

use super::transport::Request;
use super::{ApiError, Person, Reader};
use crate::domain::{PolicyId, RepoId, WorkspaceId};

pub use lately::Lately;
pub use paging::End;
use paging::{Paging, TAKE};
use wire::Page;

/// Something that went against a policy. The service says it, so that the texts are only texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The service's id: each is counted once, however often a page gives it.
    pub id: String,
    /// When; nothing where that can't be read.
    pub at: Option<Timestamp>,
    /// The policy; nothing where that can't be read.
    pub policy: Option<PolicyId>,
    /// What the policy was called.
    pub policy_name: String,
    /// The repository in which it was; nothing where that isn't said.
    pub repo: Option<RepoId>,
    /// What the repository is called.
    pub repo_name: String,
    /// How severe: LOW, MEDIUM or HIGH today.
    pub severity: String,
    /// Whether the call was blocked; nothing where that isn't said.
    pub blocked: Option<bool>,
    /// Whose call it was: only where that was asked for.
    pub user: Option<Person>,
    /// Why it goes against the policy: only where that was asked for.
    pub explanation: Option<String>,
}

/// Which violations are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Of which policy, or in which scope.
    pub of: Of,
    /// Since when.
    pub since: Timestamp,
    /// Until when; nothing: whatever is there.
    pub until: Option<Timestamp>,
    /// What is told of people.
    pub details: Details,
}

/// Of which policy, or in which scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// All that the token may see.
    Everything,
    /// One policy.
    Policy(PolicyId),
    /// One workspace: what happened in it, whichever policy it went against.
    Workspace(WorkspaceId),
    /// One repository, likewise.
    Repository(WorkspaceId, RepoId),
}

/// What is told of people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Details {
    /// Whose calls they were.
    pub users: bool,
    /// Why each is one.
    pub explanations: bool,
}

/// What was read.
#[derive(Debug)]
pub struct Violations {
    /// Each once, as far as they were asked for, in the order in which they came.
    pub found: Vec<Violation>,
    /// How many the service gave that have no id or are none at all.
    pub unreadable: usize,
    /// How many the service says there are.
    pub total: Option<u64>,
    /// Why it ended there.
    pub end: End,
}

impl Reader {
    /// Reads what is asked for, newest first, at most so many; tells `so_far` after each page how many were given, and of
    /// how many, where the service says that.
    ///
    /// # Errors
    /// Any [`ApiError`] on the first page: nothing is known then. A later one ends the reading, see [`End::Failed`].
    pub async fn violations(
        &self,
        asked: &Asked,
        at_most: usize,
        so_far: &(dyn Fn(u64, Option<u64>) + Sync),
    ) -> Result<Violations, ApiError> {
        let mut paging = Paging::new(asked, at_most);
        loop {
            let mut url = self.violations_url(&asked.of, asked.since, asked.until);
            let skip = paging.skip().to_string();
            url.query_pairs_mut().append_pair("skip", &skip).append_pair("take", &TAKE.to_string());
            let end = match self.violations_page(url, &asked.of, asked.details).await {
                Ok(page) => paging.take(page),
                Err(error) if paging.has_begun() => Some(End::Failed(error)),
                Err(error) => return Err(error),
            };
            so_far(paging.skip() as u64, paging.total());
            if let Some(end) = end {
                return Ok(paging.end(end));
            }
        }
    }

    fn violations_url(&self, of: &Of, since: Timestamp, until: Option<Timestamp>) -> Url {
        let endpoint = self.session.endpoint();
        let mut url = match of {
            // An id in the path can't be passed over as an unknown filter could be.
            Of::Policy(id) => endpoint.join(&["policy", id.as_str(), "violations"]),
            Of::Everything | Of::Workspace(_) | Of::Repository(..) => endpoint.join(&["policy", "violations"]),
        };
        {
            let mut query = url.query_pairs_mut();
            match of {
                Of::Everything | Of::Policy(_) => {}
                Of::Workspace(workspace) => drop(query.append_pair("workspaceId", workspace.as_str())),
                Of::Repository(workspace, repo) => {
                    query.append_pair("workspaceId", workspace.as_str()).append_pair("repoId", repo.as_str());
                }
            }
            query.append_pair("from", &format!("{since:.3}"));
            if let Some(until) = until {
                query.append_pair("to", &format!("{until:.3}"));
            }
        }
        url
    }

    async fn violations_page(&self, url: Url, of: &Of, details: Details) -> Result<Page, ApiError> {
        let answer = self.session.read_call(&Request::new(Method::GET, url)).await?;
        if matches!(of, Of::Policy(_)) && answer.status == 404 && answer.is_own_failure() {
            return Err(ApiError::NotFound);
        }
        if !answer.is_success() {
            return Err(self.session.refused(&answer));
        }
        self.session.read(&answer, wire::page(&answer.body, details))
    }
}
