//! The one open issue that tells of drift: found by its marker and its author, changed in place, closed when it is over.

use serde_json::{Value, json};

use super::calls::MAX_PAGES;
use super::sticky::ours;
use super::wire::{WireIssues, WireMade, WireViewed};
use super::{GitHub, GitHubError, Kept, Label, Told};

/// What is to be told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracked<'a> {
    /// There is drift: the issue's title, and its text with its marker's line.
    Open {
        /// For a new one.
        title: &'a str,
        /// The whole text.
        body: &'a str,
    },
    /// There is none any more: what is said at the end.
    Over {
        /// The whole text.
        body: &'a str,
    },
}

/// Newest change first: ours is told anew at each run, so it is never far.
const ISSUES: &str = "query($owner: String!, $name: String!, $after: String) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    issues(first: 100, after: $after, states: OPEN, orderBy: {field: UPDATED_AT, direction: DESC}) {
      nodes { id url body author { __typename login } editor { __typename login } lastEditedAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}";

const UPDATE: &str = "mutation($id: ID!, $body: String!) {
  updateIssue(input: {id: $id, body: $body}) { issue { url } }
}";

const CLOSE: &str = "mutation($id: ID!) {
  closeIssue(input: {issueId: $id}) { issue { url } }
}";

impl GitHub {
    /// Makes the open issue with this label say what is so; nothing where there is none and none is needed.
    ///
    /// # Errors
    /// [`GitHubError`].
    pub async fn track(&self, label: &Label, tracked: Tracked<'_>) -> Result<Option<Kept>, GitHubError> {
        let found = self.open_issue(label).await?;
        let what = "write the issue about drift";
        match (found, tracked) {
            (None, Tracked::Over { .. }) => Ok(None),
            (None, Tracked::Open { title, body }) => {
                let made: Result<WireMade, _> = self.post(&["issues"], &json!({"title": title, "body": body})).await;
                made.map(|made| Some(Kept { url: made.html_url })).map_err(|error| GitHubError::of(what, &error))
            }
            (Some(told), Tracked::Open { body, .. } | Tracked::Over { body }) => {
                let _: Value = self.query(what, UPDATE, json!({"id": told.id, "body": body})).await?;
                if matches!(tracked, Tracked::Over { .. }) {
                    let _: Value = self.query(what, CLOSE, json!({"id": told.id})).await?;
                }
                Ok(Some(Kept { url: told.url }))
            }
        }
    }

    async fn open_issue(&self, label: &Label) -> Result<Option<Told>, GitHubError> {
        let what = "read the open issues";
        let mut after = Value::Null;
        for _ in 0..MAX_PAGES {
            let seen: WireViewed<WireIssues> = self.ask(what, ISSUES, &[("after", after)]).await?;
            let Some(repository) = seen.repository else { return Ok(None) };
            let page = repository.issues;
            let mut ours = page.nodes.into_iter().flatten().filter_map(|remark| ours(remark, &seen.viewer));
            if let Some(told) = ours.find(|told| told.marker.label == *label) {
                return Ok(Some(told));
            }
            match (page.page_info.has_next_page, page.page_info.end_cursor) {
                (true, Some(cursor)) => after = cursor.into(),
                _ => break,
            }
        }
        Ok(None)
    }
}
