//! Which scope of the service a pull is of, and which folder of the tree it goes to.

use crate::api::Directory;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::life_args::PullArgs;
use crate::cli::records;
use crate::domain::{OrgId, Scope, ScopeName, ScopePath};
use crate::plan::Folders;
use crate::state::Record;
use crate::tree::Tree;
use crate::tree::writing::names;

/// The organization's id, as far as it is known before the service is asked: as said, as the tree or the record has it, else
/// the folder's name stands for it.
pub(super) fn organization(args: &PullArgs, tree: &Tree, record: Option<&Record>) -> Result<OrgId, Fault> {
    let said = args.id.clone();
    let Some(top) = args.scope.as_ref().map(ScopePath::org) else {
        return said.ok_or_else(|| {
            let wrong = Fault::new(Exit::Usage, "there is neither a scope nor an --id");
            wrong.hint("name the organization's folder, or its id at the service: `policysync pull acme --id org-123`")
        });
    };
    let in_tree = tree.scopes.get(&ScopePath::organization(&top)).map(|desired| desired.scope.org());
    let recorded = record.and_then(|record| record.policies.values().next()).map(|entry| entry.sent.scope.org());
    if let (Some(folder), Some(recorded)) = (in_tree, recorded)
        && folder != recorded
    {
        let message = format!("the folder {top} has the id {folder}, and what is recorded of it is of {recorded}");
        return Err(Fault::new(Exit::Usage, message).hint("`policysync plan` says more"));
    }
    match (said, in_tree.or(recorded)) {
        (Some(said), Some(known)) if said != *known => {
            let message = format!("--id {said}: {top} is {known} already");
            Err(Fault::new(Exit::Usage, message).hint("leave --id out, or give another folder's name"))
        }
        (Some(said), _) => Ok(said),
        (None, Some(known)) => Ok(known.clone()),
        (None, None) => OrgId::new(top.as_str())
            .map_err(|error| Fault::new(Exit::Usage, error).hint(format!("say it: policysync pull {top} --id ID"))),
    }
}

/// The organization's folder: as said, else the one that stands for it, else one after what the service calls it.
pub(super) fn folder(args: &PullArgs, tree: &Tree, directory: &Directory, org: &OrgId) -> Result<ScopeName, Fault> {
    let scope = Scope::Organization { org: org.clone() };
    let there = tree.scopes.iter().find(|(_, desired)| desired.scope == scope).map(|(path, _)| path.org());
    match (args.scope.as_ref().map(ScopePath::org), there) {
        (Some(said), Some(there)) if said != there => {
            let message = format!("{there} is the folder of {org} already, so {said} can't be");
            Err(Fault::new(Exit::Usage, message).hint(format!("did you mean `policysync pull {there}`?")))
        }
        (Some(name), _) | (None, Some(name)) => Ok(name),
        (None, None) => {
            let mut taken = names::Taken::default();
            tree.organizations().for_each(|org| taken.take(org.as_str()));
            let name = directory.names.get(&scope).map_or("", String::as_str);
            names::folder(name, org.as_str(), &mut taken).ok_or_else(|| {
                let message = format!("neither the name nor the id of {org} can be a folder's name");
                Fault::new(Exit::Usage, message).hint(format!("say one: policysync pull NAME --id {org}"))
            })
        }
    }
}

/// The scope that the user means.
pub(super) fn meant(args: &PullArgs, folders: &Folders, org: &OrgId) -> Result<Scope, Fault> {
    let Some(path) = &args.scope else { return Ok(Scope::Organization { org: org.clone() }) };
    if let Some(scope) = folders.scope(path) {
        return Ok(scope.clone());
    }
    let message = format!("the service has no scope {path}, or this token may not see it");
    let fault = Fault::new(Exit::Usage, message);
    Err(match records::nearest(path.as_str(), folders.paths().map(ScopePath::as_str)) {
        Some(near) => fault.hint(format!("did you mean {near}?")),
        None => {
            let above = path.parent().unwrap_or_else(|| path.clone());
            let below = folders.paths().filter(|other| other.parent().as_ref() == Some(&above));
            let names: Vec<&str> = below.map(ScopePath::as_str).take(20).collect();
            match names.is_empty() {
                true => fault.hint(format!("nothing is seen in {above}; pull {} to see what there is", path.org())),
                false => fault.hint(format!("there are: {}", names.join(", "))),
            }
        }
    })
}
