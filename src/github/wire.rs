//! What GitHub answers, as far as it is read. Fields that aren't named here are passed over.

use serde::Deserialize;

/// `GET /repos/{owner}/{repo}/commits/{sha}/pulls`
#[derive(Deserialize)]
pub(super) struct WirePull {
    pub(super) number: u64,
    pub(super) merged_at: Option<String>,
    pub(super) merge_commit_sha: Option<String>,
}

/// An answer to `POST …/comments` and `POST …/issues`.
#[derive(Deserialize)]
pub(super) struct WireMade {
    pub(super) html_url: String,
}

/// A GraphQL answer: what was asked for, or why not.
#[derive(Deserialize)]
pub(super) struct WireAnswer<T> {
    pub(super) data: Option<T>,
    #[serde(default)]
    pub(super) errors: Vec<WireError>,
}

#[derive(Deserialize)]
pub(super) struct WireError {
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    pub(super) message: String,
}

#[derive(Deserialize)]
pub(super) struct WireViewed<T> {
    pub(super) viewer: WireViewer,
    pub(super) repository: Option<T>,
}

#[derive(Deserialize)]
pub(super) struct WireViewer {
    pub(super) login: String,
}

#[derive(Deserialize)]
pub(super) struct WireActor {
    #[serde(rename = "__typename")]
    pub(super) kind: String,
    pub(super) login: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WirePullComments {
    pub(super) pull_request: Option<WireComments>,
}

#[derive(Deserialize)]
pub(super) struct WireComments {
    pub(super) comments: WirePage<WireRemark>,
}

#[derive(Deserialize)]
pub(super) struct WireIssues {
    pub(super) issues: WirePage<WireRemark>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WirePage<T> {
    pub(super) nodes: Vec<Option<T>>,
    pub(super) page_info: WirePageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WirePageInfo {
    pub(super) has_next_page: bool,
    pub(super) end_cursor: Option<String>,
}

/// A comment or an issue: what both have.
#[derive(Deserialize)]
pub(super) struct WireRemark {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) body: String,
    /// None where the account is gone.
    pub(super) author: Option<WireActor>,
    /// Who edited it last; none where nobody did.
    pub(super) editor: Option<WireActor>,
    /// Set where it was edited, also where the editor's account is gone.
    #[serde(rename = "lastEditedAt")]
    pub(super) last_edited_at: Option<String>,
}
