//! The one comment of a pull request and a label: found by its marker and its author, changed in place.

use serde_json::json;

use super::calls::{MAX_PAGES, failed};
use super::wire::{WireActor, WireMade, WirePullComments, WireRemark, WireViewed, WireViewer};
use super::{GitHub, GitHubError, Label, Marker};

/// A comment of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// GitHub's own id of it.
    pub(super) id: String,
    /// Where people find it.
    pub url: String,
    /// Its first line.
    pub marker: Marker,
    /// Its whole text.
    pub body: String,
    /// Who changed its text last, where that was somebody else.
    pub edited_by: Option<String>,
}

/// What became of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it is.
    pub url: String,
}

/// `editor` and `lastEditedAt` are why this is no REST call: that has no word of who edited a comment.
const COMMENTS: &str = "query($owner: String!, $name: String!, $number: Int!, $after: String) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      comments(first: 100, after: $after) {
        nodes { id url body author { __typename login } editor { __typename login } lastEditedAt }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}";

const UPDATE: &str = "mutation($id: ID!, $body: String!) {
  updateIssueComment(input: {id: $id, body: $body}) { issueComment { url } }
}";

impl GitHub {
    /// The comment of a pull request that has this label and is ours.
    ///
    /// # Errors
    /// [`GitHubError`] where the comments can't be read.
    pub async fn told(&self, number: u64, label: &Label) -> Result<Option<Told>, GitHubError> {
        let what = format!("read the comments of pull request #{number}");
        let mut after = serde_json::Value::Null;
        for _ in 0..MAX_PAGES {
            let variables = [("number", json!(number)), ("after", after)];
            let seen: WireViewed<WirePullComments> = self.ask(&what, COMMENTS, &variables).await?;
            let pull = seen.repository.and_then(|repository| repository.pull_request);
            let page = pull.ok_or_else(|| failed(&what, "there is no such pull request".to_owned()))?.comments;
            let mut ours = page.nodes.into_iter().flatten().filter_map(|remark| ours(remark, &seen.viewer));
            if let Some(told) = ours.find(|told| told.marker.label == *label) {
                return Ok(Some(told));
            }
            match (page.page_info.has_next_page, page.page_info.end_cursor) {
                (true, Some(cursor)) => after = cursor.into(),
                _ => return Ok(None),
            }
        }
        Err(failed(&what, format!("it has more than {} of them", MAX_PAGES * 100)))
    }

    /// Makes the comment say `body`, which begins with its marker's line: in place where it is there, else a new one.
    ///
    /// # Errors
    /// [`GitHubError::Forbidden`] where the token only reads; others.
    pub async fn tell(&self, number: u64, told: Option<&Told>, body: &str) -> Result<Kept, GitHubError> {
        let what = format!("comment on pull request #{number}");
        let Some(told) = told else {
            let tail = ["issues", &number.to_string(), "comments"];
            let made: Result<WireMade, _> = self.post(&tail, &json!({ "body": body })).await;
            let made = made.map_err(|error| GitHubError::of(what, &error))?;
            return Ok(Kept { url: made.html_url });
        };
        if told.body != body || told.edited_by.is_some() {
            let _: serde_json::Value = self.query(&what, UPDATE, json!({"id": told.id, "body": body})).await?;
        }
        Ok(Kept { url: told.url.clone() })
    }
}

/// A remark with a marker, written by who we are.
pub(super) fn ours(remark: WireRemark, viewer: &WireViewer) -> Option<Told> {
    let WireRemark { id, url, body, author, editor, last_edited_at } = remark;
    let marker = Marker::read(&body)?;
    if !author.as_ref().is_some_and(|author| is_same(author, viewer)) {
        return None;
    }
    let edited_by = match (editor, last_edited_at) {
        (Some(editor), _) if is_same(&editor, viewer) => None,
        (Some(editor), _) => Some(editor.login),
        // Its editor's account is gone.
        (None, Some(_)) => Some("someone".to_owned()),
        (None, None) => None,
    };
    Some(Told { id, url, marker, body, edited_by })
}

/// A bot calls itself `github-actions[bot]`, and its comments are by the bot `github-actions`: a person of that name is
/// someone else.
fn is_same(actor: &WireActor, viewer: &WireViewer) -> bool {
    match viewer.login.strip_suffix("[bot]") {
        Some(bot) => actor.kind == "Bot" && actor.login.strip_suffix("[bot]").unwrap_or(&actor.login) == bot,
        None => actor.kind != "Bot" && actor.login == viewer.login,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(kind: &str, login: &str) -> WireActor {
        WireActor { kind: kind.to_owned(), login: login.to_owned() }
    }

    #[test]
    fn a_person_named_like_the_bot_is_not_the_bot() {
        let bot = WireViewer { login: "github-actions[bot]".to_owned() };
        assert!(is_same(&actor("Bot", "github-actions"), &bot));
        assert!(is_same(&actor("Bot", "github-actions[bot]"), &bot));
        assert!(!is_same(&actor("User", "github-actions"), &bot));
        assert!(!is_same(&actor("Bot", "other"), &bot));
        let person = WireViewer { login: "ada".to_owned() };
        assert!(is_same(&actor("User", "ada"), &person));
        assert!(!is_same(&actor("Bot", "ada"), &person));
    }

    #[test]
    fn ours_is_what_has_a_marker_and_is_by_us_and_an_edit_is_seen() {
        let bot = WireViewer { login: "github-actions[bot]".to_owned() };
        let line = Marker { label: Label::default(), digest: None, changes: Vec::new() }.line();
        let remark = |body: &str, author, editor, edited: bool| WireRemark {
            id: "IC_1".to_owned(),
            url: "https://github.com/o/r/pull/1#issuecomment-1".to_owned(),
            body: body.to_owned(),
            author,
            editor,
            last_edited_at: edited.then(|| "2026-11-27T00:00:00Z".to_owned()),
        };
        let us = || Some(actor("Bot", "github-actions"));
        let edited = |editor, edited| ours(remark(&line, us(), editor, edited), &bot).map(|told| told.edited_by);
        assert_eq!(edited(None, false), Some(None));
        assert_eq!(edited(us(), true), Some(None));
        assert_eq!(edited(Some(actor("User", "mallory")), true), Some(Some("mallory".to_owned())));
        assert_eq!(edited(None, true), Some(Some("someone".to_owned())));
        assert_eq!(ours(remark(&line, Some(actor("User", "github-actions")), None, false), &bot), None);
        assert_eq!(ours(remark(&line, None, None, false), &bot), None);
        assert_eq!(ours(remark("## Plan", us(), None, false), &bot), None);
    }
}
