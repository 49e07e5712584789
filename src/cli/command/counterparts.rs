//! Which folders stand for nothing in the service: one look at each organization's scopes. Reads only.

use crate::api::{ApiError, Directory, Reader};
use crate::domain::{OrgId, ScopeName};
use crate::plan;
use crate::tree::Tree;

/// Asks the service for the scopes of each organization of the tree, or of one, and adds what it doesn't have to the findings.
pub(in crate::cli) async fn look(
    tree: &mut Tree,
    only: Option<&ScopeName>,
    reader: &Reader,
    concurrency: usize,
) -> Result<(), ApiError> {
    let wanted = tree.scopes.iter().filter(|(path, _)| path.parent().is_none());
    let wanted = wanted.filter(|(path, _)| only.is_none_or(|only| *only == path.org()));
    let orgs: Vec<OrgId> = wanted.map(|(_, desired)| desired.scope.org().clone()).collect();
    let mut found = Vec::new();
    for org in orgs {
        let directory = Directory::read(reader, &org, concurrency).await?;
        found.extend(plan::without_counterpart(tree, &org, &directory));
    }
    tree.findings.extend(found);
    tree.findings.sort();
    Ok(())
}
