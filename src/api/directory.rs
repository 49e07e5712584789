//! The scopes that the service has, and what people call them. A token sees only its own part of them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::transport::Request;
use super::wire::{self, Read};
use super::{ApiError, Reader};
use crate::domain::{OrgId, RepoId, Scope, WorkspaceId};

/// The scopes of one organization, as far as the token sees them.
#[derive(Debug, Default)]
pub struct Directory {
    /// Each scope and its name as the service gave it: for people to read, any text, perhaps an empty one.
    pub names: BTreeMap<Scope, String>,
    /// Scopes whose own name, or what lies in them, the service refuses to tell, and what it said.
    pub closed: BTreeMap<Scope, ApiError>,
}

impl Directory {
    /// Asks for an organization, its workspaces and their repositories; `concurrency` calls at a time.
    ///
    /// # Errors
    /// What says nothing about one scope, but of the service as a whole: no answer, a bad token.
    pub async fn read(reader: &Reader, org: &OrgId, concurrency: usize) -> Result<Self, ApiError> {
        let mut found = Self::default();
        let top = Scope::Organization { org: org.clone() };
        if let Some(Some(name)) = found.unless_closed(&top, reader.organization(org).await)? {
            found.names.insert(top.clone(), name);
        }
        let all = found.unless_closed(&top, reader.workspaces().await)?.unwrap_or_default();
        let workspaces: Vec<_> = all.into_iter().filter(|(of, ..)| of == org).collect();
        reader.tally.ahead(workspaces.len(), "workspaces");
        let asked: Vec<_> = stream::iter(&workspaces)
            .map(async |(_, workspace, _)| {
                let repos = reader.repos(workspace).await;
                reader.tally.done();
                (workspace.clone(), repos)
            })
            .buffer_unordered(concurrency.max(1))
            .collect()
            .await;
        for (org, workspace, name) in workspaces {
            found.names.insert(Scope::Workspace { org, workspace }, name);
        }
        for (workspace, repos) in asked {
            let scope = Scope::Workspace { org: org.clone(), workspace: workspace.clone() };
            for (of, repo, name) in found.unless_closed(&scope, repos)?.unwrap_or_default() {
                // An answer that was asked for one workspace may be of all.
                if of == workspace {
                    found.names.insert(Scope::Repository { org: org.clone(), workspace: of, repo }, name);
                }
            }
        }
        Ok(found)
    }

    fn unless_closed<T>(&mut self, scope: &Scope, asked: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
        match asked {
            Ok(answer) => Ok(Some(answer)),
            Err(error @ (ApiError::Refused(_) | ApiError::NotFound)) => {
                self.closed.insert(scope.clone(), error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Reader {
    /// The workspaces of an organization that the token may see.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn workspaces_of(&self, org: &OrgId) -> Result<BTreeSet<WorkspaceId>, ApiError> {
        let all = self.workspaces().await?;
        Ok(all.into_iter().filter(|(of, ..)| of == org).map(|(_, workspace, _)| workspace).collect())
    }

    /// An organization's name; nothing where the service has none of that id, or the token may not see it.
    async fn organization(&self, org: &OrgId) -> Result<Option<String>, ApiError> {
        let answer = self.ask(&["organization", org.as_str()], &[]).await?;
        if answer.status == 404 && answer.is_own_failure() {
            return Ok(None);
        }
        self.answered(&answer, organization)
    }

    /// The workspaces that the token may see, of every organization.
    async fn workspaces(&self) -> Result<Vec<(OrgId, WorkspaceId, String)>, ApiError> {
        let answer = self.ask(&["workspace"], &[]).await?;
        // The reference has a 404 here: there is none.
        if answer.status == 404 && answer.is_own_failure() {
            return Ok(Vec::new());
        }
        self.answered(&answer, |body| items(body, "workspaces", workspace))
    }

    /// The repositories of a workspace.
    async fn repos(&self, workspace: &WorkspaceId) -> Result<Vec<(WorkspaceId, RepoId, String)>, ApiError> {
        let answer = self.ask(&["repo"], &[("workspaceId", workspace.as_str())]).await?;
        if answer.status == 404 && answer.is_own_failure() {
            return Ok(Vec::new());
        }
        self.answered(&answer, |body| items(body, "repos", repo))
    }

    async fn ask(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, ApiError> {
        let mut url = self.session.endpoint().join(path);
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        self.session.read_call(&Request::new(Method::GET, url)).await
    }

    fn answered<T>(&self, answer: &Answer, read: impl FnOnce(&[u8]) -> Read<T>) -> Result<T, ApiError> {
        match answer.is_success() {
            true => self.session.read(answer, read(&answer.body)),
            false => Err(self.session.refused(answer)),
        }
    }
}

/// Reads `{success, data: {id, name, …} | null}`.
fn organization(body: &[u8]) -> Read<Option<String>> {
    match wire::open(body) {
        Read::Good(mut answer) => match answer.remove("data") {
            None | Some(Value::Null) => Read::Good(None),
            Some(Value::Object(mut data)) => name(&mut data, "data").map(Some).into(),
            Some(other) => Read::Bad(format!("data is {}, no object", wire::kind(&other))),
        },
        Read::SaidNo => Read::SaidNo,
        Read::Bad(why) => Read::Bad(why),
    }
}

/// Reads `{success, FIELD: […]}`.
fn items<T>(body: &[u8], field: &str, item: impl Fn(&str, Map<String, Value>) -> Result<T, String>) -> Read<Vec<T>> {
    let mut answer = match wire::open(body) {
        Read::Good(answer) => answer,
        Read::SaidNo => return Read::SaidNo,
        Read::Bad(why) => return Read::Bad(why),
    };
    match answer.remove(field) {
        Some(Value::Array(found)) => {
            let read = |(at, value)| match value {
                Value::Object(fields) => item(&format!("{field}[{at}]"), fields),
                other => Err(format!("{field}[{at}] is {}, no object", wire::kind(&other))),
            };
            found.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>().into()
        }
        Some(other) => Read::Bad(format!("{field} is {}, no list", wire::kind(&other))),
        None => Read::Bad(format!("{field} is missing")),
    }
}

fn workspace(place: &str, mut fields: Map<String, Value>) -> Result<(OrgId, WorkspaceId, String), String> {
    let org = OrgId::new(id(&mut fields, place, "orgId")?).map_err(|error| format!("{place}.orgId: {error}"))?;
    let own = WorkspaceId::new(id(&mut fields, place, "id")?).map_err(|error| format!("{place}.id: {error}"))?;
    Ok((org, own, name(&mut fields, place)?))
}

fn repo(place: &str, mut fields: Map<String, Value>) -> Result<(WorkspaceId, RepoId, String), String> {
    let above = WorkspaceId::new(id(&mut fields, place, "workspaceId")?);
    let above = above.map_err(|error| format!("{place}.workspaceId: {error}"))?;
    let own = RepoId::new(id(&mut fields, place, "id")?).map_err(|error| format!("{place}.id: {error}"))?;
    Ok((above, own, name(&mut fields, place)?))
}

fn id(fields: &mut Map<String, Value>, place: &str, field: &str) -> Result<String, String> {
    wire::optional_text(place, field, fields.remove(field))?.ok_or_else(|| format!("{place}.{field} is missing"))
}

/// A name is only shown, so that one left out is no reason to fail.
fn name(fields: &mut Map<String, Value>, place: &str) -> Result<String, String> {
    Ok(wire::optional_text(place, "name", fields.remove("name"))?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_with_what_matters_and_a_bad_one_is_named_by_its_place() {
        let body = br#"{"success":true,"workspaces":[{"id":"w","name":"Prod","orgId":"o","users":[1]},{"id":"x","orgId":"o"}]}"#;
        let Read::Good(found) = items(body, "workspaces", workspace) else { panic!("readable") };
        assert_eq!(
            found.iter().map(|(_, id, name)| (id.as_str(), name.as_str())).collect::<Vec<_>>(),
            [("w", "Prod"), ("x", "")]
        );
        for (body, why) in [
            (r#"{"repos":[{"id":"r","workspaceId":"w"},{"id":"s"}]}"#, "repos[1].workspaceId is missing"),
            (r#"{"repos":[{"id":7,"workspaceId":"w"}]}"#, "repos[0].id is a number, no text"),
            (r#"{"repos":[7]}"#, "repos[0] is a number, no object"),
            (r#"{"repos":{}}"#, "repos is an object, no list"),
            ("{}", "repos is missing"),
        ] {
            assert!(matches!(items(body.as_bytes(), "repos", repo), Read::Bad(said) if said == why), "{body}");
        }
    }

    #[test]
    fn an_organization_that_there_is_not_is_none() {
        assert_eq!(organization(br#"{"success":true,"data":null,"message":"x"}"#), Read::Good(None));
        assert_eq!(organization(br#"{"success":true,"data":{"name":"Acme"}}"#), Read::Good(Some("Acme".into())));
        assert_eq!(organization(br#"{"success":false}"#), Read::SaidNo);
    }
}
