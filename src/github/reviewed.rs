//! The plan that reviewers saw, found from the commit that is to be applied.
//!
//! Who can forge it: whoever can make a workflow of this repository run with a token that may comment, which is whoever may
//! push a branch here. So this holds what was reviewed and what is applied together against accident and delay, a moved base
//! and an edited comment; against people who may push, branch protection and the environment's reviewers stand.

use super::{GitHub, GitHubError, Label};
use crate::domain::Digest;

/// A reviewed plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// The pull request.
    pub number: u64,
    /// Where the comment is.
    pub url: String,
    /// The digest of the plan in it.
    pub digest: Digest,
    /// Its changes, by address and the first digits of each one's digest; none where they were too many to keep.
    pub changes: Vec<(String, String)>,
}

/// Why there is no reviewed plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReviewed {
    /// Pushed without one, say.
    #[error("commit {commit} came through no pull request")]
    NoPullRequest {
        /// The commit.
        commit: String,
    },
    /// The plan never ran there, or could not comment.
    #[error("pull request #{number} has no comment of ours with the label {label}")]
    NoComment {
        /// The pull request.
        number: u64,
        /// The label that was looked for.
        label: String,
    },
    /// It shows what went wrong, for instance.
    #[error("the comment on pull request #{number} shows no plan")]
    NoPlan {
        /// The pull request.
        number: u64,
    },
    /// What it says is not what we wrote.
    #[error("the comment on pull request #{number} was edited by {by}")]
    Edited {
        /// The pull request.
        number: u64,
        /// By whom.
        by: String,
    },
}

impl GitHub {
    /// The plan that was reviewed in the pull request that `commit` came from.
    ///
    /// # Errors
    /// [`GitHubError`] where that can't be found out.
    pub async fn reviewed(&self, commit: &str, label: &Label) -> Result<Result<Reviewed, NotReviewed>, GitHubError> {
        let Some(number) = self.merged_pull(commit).await? else {
            return Ok(Err(NotReviewed::NoPullRequest { commit: commit.to_owned() }));
        };
        let Some(told) = self.told(number, label).await? else {
            return Ok(Err(NotReviewed::NoComment { number, label: label.as_str().to_owned() }));
        };
        if let Some(by) = told.edited_by {
            return Ok(Err(NotReviewed::Edited { number, by }));
        }
        let Some(digest) = told.marker.digest else { return Ok(Err(NotReviewed::NoPlan { number })) };
        Ok(Ok(Reviewed { number, url: told.url, digest, changes: told.marker.changes }))
    }
}
