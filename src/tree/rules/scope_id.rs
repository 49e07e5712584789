//! A scope's id is one that the service can have given.

use crate::domain::{Code, Finding, OrgId, Place, RepoId, Scope, WorkspaceId};

/// It is none.
pub(in crate::tree) const CODE: Code = Code("invalid-id");

const HINT: &str = "copy it from the console";

/// The scope of that id in the one above; `place` is where the id comes from.
pub(in crate::tree) fn prove(above: Option<&Scope>, id: &str, place: &Place) -> Result<Scope, Option<Finding>> {
    let invalid = |why: crate::domain::InvalidId| Some(Finding::error(CODE, place.clone(), why.to_string()).hint(HINT));
    match above {
        None => OrgId::new(id).map(|org| Scope::Organization { org }).map_err(invalid),
        Some(Scope::Organization { org }) => {
            WorkspaceId::new(id).map(|workspace| Scope::Workspace { org: org.clone(), workspace }).map_err(invalid)
        }
        Some(Scope::Workspace { org, workspace }) => RepoId::new(id)
            .map(|repo| Scope::Repository { org: org.clone(), workspace: workspace.clone(), repo })
            .map_err(invalid),
        // Nothing lies below a repository; such a folder was reported.
        Some(Scope::Repository { .. }) => Err(None),
    }
}
