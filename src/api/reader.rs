//! The side of the service that is only looked at.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use reqwest::Method;

use super::transport::Request;
use super::{ApiError, LivePolicy, Session, wire};
use crate::domain::{PolicyId, Scope, Tally, Unwatched};

/// Reads; can't write.
#[derive(Clone)]
pub struct Reader {
    pub(super) session: Session,
    pub(super) tally: Arc<dyn Tally>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) fn new(session: Session) -> Self {
        Self { session, tally: Arc::new(Unwatched) }
    }

    /// The same, that tells how far it is with what takes many calls.
    #[must_use]
    pub fn told_to(self, tally: Arc<dyn Tally>) -> Self {
        Self { tally, ..self }
    }

    /// The policies of a scope, exactly as the service returns them: it may include those of the scopes below, and leaves
    /// out what the token may not see.
    ///
    /// # Errors
    /// Any [`ApiError`] but `NotFound`; one policy that can't be placed makes the whole list unreadable.
    pub async fn list(&self, scope: &Scope) -> Result<Vec<LivePolicy>, ApiError> {
        let mut url = self.session.endpoint().join(&["policy"]);
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("orgId", scope.org().as_str());
            if let Some(workspace) = scope.workspace() {
                query.append_pair("workspaceId", workspace.as_str());
            }
            if let Some(repo) = scope.repo() {
                query.append_pair("repoId", repo.as_str());
            }
        }
        let answer = self.session.read_call(&Request::new(Method::GET, url)).await?;
        if !answer.is_success() {
            return Err(self.session.refused(&answer));
        }
        self.session.read(&answer, wire::policies(&answer.body))
    }

    /// The lists of several scopes, `concurrency` at a time, in any order. A policy may come with several of them: the list
    /// call reads either way, at the level or also below it.
    pub async fn list_each(
        &self,
        scopes: &BTreeSet<Scope>,
        concurrency: usize,
    ) -> Vec<(Scope, Result<Vec<LivePolicy>, ApiError>)> {
        self.tally.ahead(scopes.len(), "scopes");
        stream::iter(scopes)
            .map(async |scope| {
                let listed = self.list(scope).await;
                self.tally.done();
                (scope.clone(), listed)
            })
            .buffer_unordered(concurrency.max(1))
            .collect()
            .await
    }

    /// One policy.
    ///
    /// # Errors
    /// [`ApiError::NotFound`] if the service itself says 404: it never was, is deleted, or is out of the token's sight.
    /// A 404 of whatever stands in front of the service is [`ApiError::Refused`]: it proves nothing.
    pub async fn get(&self, id: &PolicyId) -> Result<LivePolicy, ApiError> {
        let url = self.session.endpoint().join(&["policy", id.as_str()]);
        let answer = self.session.read_call(&Request::new(Method::GET, url)).await?;
        self.session.read_one(&answer, id)
    }
}
