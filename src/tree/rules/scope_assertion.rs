//! `orgId`, `workspaceId` and `repoId` in a policy say where it is meant to hold: they agree with the folder it lies in.

use crate::domain::{Code, Finding, OrgId, RepoId, Scope, WorkspaceId};
use crate::tree::raw::RawPolicy;
use crate::tree::yaml::{Field, Text, quote};

/// They don't.
pub(in crate::tree) const CODE: Code = Code("wrong-scope");

pub(in crate::tree) fn check(raw: &RawPolicy, scope: &Scope, text: &Text<'_>) -> Vec<Finding> {
    let level = scope.level();
    [
        (&raw.org_id, "orgId", Some(OrgId::as_str(scope.org()))),
        (&raw.workspace_id, "workspaceId", scope.workspace().map(WorkspaceId::as_str)),
        (&raw.repo_id, "repoId", scope.repo().map(RepoId::as_str)),
    ]
    .into_iter()
    .filter_map(|(written, field, due)| one(written, field, due, &level.to_string(), text))
    .collect()
}

fn one(
    written: &Field<Option<String>>,
    field: &str,
    due: Option<&str>,
    level: &str,
    text: &Text<'_>,
) -> Option<Finding> {
    let given = written.given()?;
    let said = given.value.as_deref();
    if said == due {
        return None;
    }
    let shown = said.map_or("null".to_owned(), quote);
    let message = match due {
        Some(due) => format!("`{field}` is {shown}, and the {level} this folder stands for has {}", quote(due)),
        None => format!("`{field}` is {shown}, and this folder stands for the whole {level}"),
    };
    let finding = Finding::error(CODE, text.place(given.range.clone()), message);
    Some(finding.hint("move the file, correct the field, or give the folder its `id` in `_scope.yaml`"))
}
