//! Which folders stand for nothing in the service: one look at each organization's scopes. Reads only.

use crate::api::{ApiError, Directory, Reader};
use crate::cli::console::Console;
use crate::cli::live;
use crate::cli::settings::{Pace, Settings};
use crate::cli::stretch::BEFORE_A_LINE;
use crate::domain::{Finding, OrgId, ScopeName};
use crate::plan;
use crate::report;
use crate::tree::Tree;

/// Asks the service for the scopes of each organization of the tree, or of one; what it doesn't have is a finding.
pub(in crate::cli) async fn find(
    tree: &Tree,
    only: Option<&ScopeName>,
    reader: &Reader,
    concurrency: usize,
) -> Result<Vec<Finding>, ApiError> {
    let wanted = tree.scopes.iter().filter(|(path, _)| path.parent().is_none());
    let wanted = wanted.filter(|(path, _)| only.is_none_or(|only| *only == path.org()));
    let orgs: Vec<OrgId> = wanted.map(|(_, desired)| desired.scope.org().clone()).collect();
    let mut found = Vec::new();
    for org in orgs {
        let directory = Directory::read(reader, &org, concurrency).await?;
        found.extend(plan::without_counterpart(tree, &org, &directory));
    }
    found.sort();
    Ok(found)
}

/// The same beside a plan, where it is told and stops nothing.
pub(in crate::cli) async fn warn(
    tree: &Tree,
    only: Option<&ScopeName>,
    reader: &Reader,
    (settings, pace): (&Settings, &Pace),
    console: &Console,
) {
    let reader = live::told(reader.clone(), console, BEFORE_A_LINE);
    let found = find(tree, only, &reader, pace.concurrency).await;
    drop(reader);
    match found {
        Ok(found) => {
            for Finding { place, message, hint, .. } in found {
                let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
                console.warn(&format!("{}: {message}{hint}", report::path_below(&settings.shown_tree(), &place.file)));
            }
        }
        Err(error) => console
            .warn(&format!("the folders could not be compared with the service's scopes: {error}; {}", error.hint())),
    }
}
