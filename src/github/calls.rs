//! Calls to GitHub: REST for what is made and for commits, GraphQL for what is there, since it alone says who edited what.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::{WireAnswer, WirePull};
use super::{GitHubError, Repository, Surroundings};
use crate::api::{ApiError, JsonCalls, Limits, Observe, ProxySettings, Token};

/// Pages of a hundred that are looked through, at most.
pub(super) const MAX_PAGES: usize = 50;

/// GitHub, for one repository.
#[derive(Debug)]
pub struct GitHub {
    rest: JsonCalls,
    graphql: JsonCalls,
    repository: Repository,
}

impl GitHub {
    /// Begins; nothing is sent yet.
    ///
    /// # Errors
    /// [`GitHubError`] if TLS or the proxy can't be set up.
    pub fn open(
        place: &Surroundings,
        token: &Token,
        limits: &Limits,
        observer: &Arc<dyn Observe>,
        proxies: &ProxySettings,
    ) -> Result<Self, GitHubError> {
        let open = |endpoint: &crate::domain::Endpoint| {
            JsonCalls::open(endpoint.clone(), token.clone(), limits.clone(), Arc::clone(observer), proxies)
                .map_err(|error| GitHubError::of("call GitHub", &error))
        };
        let (rest, graphql) = (open(&place.api)?, open(&place.graphql)?);
        Ok(Self { rest, graphql, repository: place.repository.clone() })
    }

    /// The pull request that a commit of a branch came from: by a merge, a squash or a rebase.
    ///
    /// # Errors
    /// [`GitHubError`].
    pub async fn merged_pull(&self, commit: &str) -> Result<Option<u64>, GitHubError> {
        let Repository { owner, name } = &self.repository;
        let path = ["repos", owner, name, "commits", commit, "pulls"];
        let pulls: Vec<WirePull> = self
            .rest
            .get(&path, &[("per_page", "100")])
            .await
            .map_err(|error| GitHubError::of(format!("ask for the pull request of commit {commit}"), &error))?;
        let merged: Vec<&WirePull> = pulls.iter().filter(|pull| pull.merged_at.is_some()).collect();
        let by_this = merged.iter().find(|pull| pull.merge_commit_sha.as_deref() == Some(commit));
        Ok(match (by_this, merged.as_slice()) {
            (Some(pull), _) => Some(pull.number),
            // The last commits of a rebase are the branch's own under another hash; GitHub names the pull request still.
            (None, [only]) => Some(only.number),
            (None, _) => None,
        })
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, tail: &[&str], body: &Value) -> Result<T, ApiError> {
        let Repository { owner, name } = &self.repository;
        self.rest.create(&[&["repos", owner.as_str(), name.as_str()], tail].concat(), body).await
    }

    /// A GraphQL question about the repository; `variables` besides its owner and name.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        what: &str,
        query: &str,
        variables: &[(&str, Value)],
    ) -> Result<T, GitHubError> {
        let Repository { owner, name } = &self.repository;
        let mut all = serde_json::Map::new();
        all.insert("owner".to_owned(), owner.clone().into());
        all.insert("name".to_owned(), name.clone().into());
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self.query(what, query, all.into()).await
    }

    /// Any GraphQL call that may be sent again.
    pub(super) async fn query<T: DeserializeOwned>(
        &self,
        what: &str,
        query: &str,
        variables: Value,
    ) -> Result<T, GitHubError> {
        let body = serde_json::json!({"query": query, "variables": variables});
        let answer: WireAnswer<T> =
            self.graphql.ask(&[], &body).await.map_err(|error| GitHubError::of(what, &error))?;
        match (answer.data, answer.errors.first()) {
            (_, Some(error)) if error.kind == "FORBIDDEN" => {
                Err(GitHubError::Forbidden { what: what.to_owned(), said: error.message.clone() })
            }
            (_, Some(error)) => Err(failed(what, format!("GitHub said: {}", error.message))),
            (Some(data), None) => Ok(data),
            (None, None) => Err(failed(what, "GitHub's answer is empty".to_owned())),
        }
    }
}

pub(super) fn failed(what: &str, why: String) -> GitHubError {
    GitHubError::Failed { what: what.to_owned(), why }
}
