//! What the service holds: policies, and the scopes that they made known.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{Timestamp, ToSpan as _};

use super::data_file::DataFile;
use super::person::Person;
use super::policy::{Change, Draft, Kept};
use super::{Ids, ListReading, TextHandling};

/// Why a write was refused; nothing of it happened.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("{0}")]
    Invalid(String),
    #[error("Policy not found")]
    NotFound,
    #[error("the data file can't be written: {0}")]
    NotKept(#[source] io::Error),
}

enum Keeping {
    InMemory,
    InFile(DataFile),
    Closed,
}

struct Held {
    keeping: Keeping,
    /// In the order of creation; deleted ones stay.
    policies: Vec<Kept>,
    places: HashMap<String, usize>,
    orgs: BTreeSet<String>,
    /// Each workspace and the organization it was first used in.
    workspaces: BTreeMap<String, String>,
    /// Each repository and the workspace it was first used in.
    repos: BTreeMap<String, String>,
    /// What people call a scope, by its id, where that is something else than the id.
    names: BTreeMap<String, String>,
    last_write: Option<Timestamp>,
}

/// All policies of one sandbox. A write is durable before it is seen.
pub(super) struct Policies {
    list: ListReading,
    ids: Ids,
    text: TextHandling,
    clock: Option<Timestamp>,
    held: Mutex<Held>,
}

/// Which policies are asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) org: String,
    pub(super) workspace: Option<String>,
    pub(super) repo: Option<String>,
}

impl Policies {
    pub(super) fn new(
        (list, ids, text): (ListReading, Ids, TextHandling),
        clock: Option<Timestamp>,
        file: Option<(DataFile, Vec<Kept>)>,
    ) -> Self {
        let (keeping, policies) = match file {
            Some((file, policies)) => (Keeping::InFile(file), policies),
            None => (Keeping::InMemory, Vec::new()),
        };
        let mut held = Held {
            keeping,
            policies: Vec::new(),
            places: HashMap::new(),
            orgs: BTreeSet::new(),
            workspaces: BTreeMap::new(),
            repos: BTreeMap::new(),
            names: BTreeMap::new(),
            last_write: policies.iter().map(|policy| policy.last_updated_at).max(),
        };
        for policy in policies {
            held.add(policy);
        }
        Self { list, ids, text, clock, held: Mutex::new(held) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of a write; with a fixed clock, a millisecond after the one before.
    fn next_time(&self, held: &Held) -> Timestamp {
        match (self.clock, held.last_write) {
            (Some(start), Some(last)) => last.checked_add(1.millisecond()).unwrap_or(last).max(start),
            (Some(start), None) => start,
            (None, _) => now(),
        }
    }

    fn tidy(&self, field: &str, text: String) -> Result<String, Refused> {
        match self.text {
            TextHandling::Keep => Ok(text),
            TextHandling::Trim if text.trim().is_empty() => Err(Refused::Invalid(format!("{field} must not be empty"))),
            TextHandling::Trim => Ok(text.trim().to_owned()),
        }
    }

    /// Makes a policy; never the same twice, whatever it says.
    pub(super) fn create(&self, draft: Draft, by: Person) -> Result<Kept, Refused> {
        let Draft { org_id, workspace_id, repo_id, name, content, risk_type, action_type } = draft;
        let mut held = self.held();
        held.check_scope(&org_id, workspace_id.as_deref(), repo_id.as_deref())?;
        let id = match self.ids {
            Ids::Random => uuid::Uuid::new_v4().to_string(),
            Ids::Counted => format!("policy-{}", held.policies.len() + 1),
        };
        let at = self.next_time(&held);
        let policy = Kept {
            id,
            org_id,
            workspace_id,
            repo_id,
            name: self.tidy("name", name)?,
            content: self.tidy("content", content)?,
            risk_type,
            action_type,
            created_by: by.clone(),
            created_at: at,
            last_updated_by: by,
            last_updated_at: at,
            deleted: false,
        };
        held.keep(&policy)?;
        held.add(policy.clone());
        Ok(policy)
    }

    /// Changes a policy.
    pub(super) fn update(&self, id: &str, change: Change, by: Person) -> Result<Kept, Refused> {
        let Change { name, content, risk_type, action_type } = change;
        let name = name.map(|text| self.tidy("name", text)).transpose()?;
        let content = content.map(|text| self.tidy("content", text)).transpose()?;
        self.write(id, by, |policy| policy.take(Change { name, content, risk_type, action_type }))
    }

    /// Marks a policy as deleted; it is kept, and never seen again.
    pub(super) fn delete(&self, id: &str, by: Person) -> Result<Kept, Refused> {
        self.write(id, by, |policy| policy.deleted = true)
    }

    fn write(&self, id: &str, by: Person, alter: impl FnOnce(&mut Kept)) -> Result<Kept, Refused> {
        let mut held = self.held();
        let place = held.place(id).ok_or(Refused::NotFound)?;
        let mut policy = held.policies[place].clone();
        alter(&mut policy);
        policy.last_updated_by = by;
        policy.last_updated_at = self.next_time(&held);
        held.keep(&policy)?;
        held.policies[place] = policy.clone();
        Ok(policy)
    }

    /// A policy that is live.
    pub(super) fn get(&self, id: &str) -> Option<Kept> {
        let held = self.held();
        held.place(id).map(|place| held.policies[place].clone())
    }

    /// The live policies of a scope, by this sandbox's reading of the call, oldest first.
    pub(super) fn list(&self, asked: &Asked) -> Vec<Kept> {
        let below = self.list == ListReading::Below;
        let wanted = |policy: &&Kept| {
            let Asked { org, workspace, repo } = asked;
            let in_scope = policy.org_id == *org
                && (workspace.is_none() || policy.workspace_id == *workspace)
                && (repo.is_none() || policy.repo_id == *repo);
            let at_level = match (workspace, repo) {
                (_, Some(_)) => true,
                (Some(_), None) => policy.repo_id.is_none(),
                (None, None) => policy.workspace_id.is_none() && policy.repo_id.is_none(),
            };
            in_scope && (below || at_level)
        };
        self.held().policies.iter().filter(|policy| !policy.deleted).filter(wanted).cloned().collect()
    }

    /// Every live policy, oldest first.
    pub(super) fn all(&self) -> Vec<Kept> {
        self.held().policies.iter().filter(|policy| !policy.deleted).cloned().collect()
    }

    /// Each known workspace and its organization.
    pub(super) fn workspaces(&self) -> BTreeMap<String, String> {
        self.held().workspaces.clone()
    }

    /// Each known repository and its workspace.
    pub(super) fn repos(&self) -> BTreeMap<String, String> {
        self.held().repos.clone()
    }

    /// What people call a scope.
    pub(super) fn name(&self, id: &str) -> String {
        self.held().names.get(id).map_or_else(|| id.to_owned(), Clone::clone)
    }

    /// Makes a scope known, and what people call it: an organization, a workspace of it, a repository of that.
    pub(super) fn introduce(&self, ids: &[&str], name: &str) {
        let mut held = self.held();
        held.know(ids);
        if let Some(id) = ids.last() {
            held.names.insert((*id).to_owned(), name.to_owned());
        }
    }

    /// Whether an organization is known.
    pub(super) fn knows_org(&self, id: &str) -> bool {
        self.held().orgs.contains(id)
    }

    /// Syncs the data file and lets go of it; every later write is refused.
    pub(super) fn close(&self) -> io::Result<()> {
        match std::mem::replace(&mut self.held().keeping, Keeping::Closed) {
            Keeping::InFile(file) => file.sync(),
            Keeping::InMemory | Keeping::Closed => Ok(()),
        }
    }
}

impl Held {
    fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied().filter(|place| !self.policies[*place].deleted)
    }

    /// A workspace stays in the organization, and a repository in the workspace, that it was first used in.
    fn check_scope(&self, org: &str, workspace: Option<&str>, repo: Option<&str>) -> Result<(), Refused> {
        let Some(workspace) = workspace else {
            return match repo {
                None => Ok(()),
                Some(_) => Err(Refused::Invalid("repoId needs the workspaceId that the repository belongs to".into())),
            };
        };
        match self.workspaces.get(workspace) {
            Some(owner) if owner != org => {
                return Err(Refused::Invalid(format!("workspace {workspace} does not belong to organization {org}")));
            }
            _ => {}
        }
        match repo.and_then(|repo| Some((repo, self.repos.get(repo)?))) {
            Some((repo, owner)) if owner != workspace => {
                Err(Refused::Invalid(format!("repository {repo} does not belong to workspace {workspace}")))
            }
            _ => Ok(()),
        }
    }

    fn keep(&mut self, policy: &Kept) -> Result<(), Refused> {
        match &mut self.keeping {
            Keeping::InMemory => {}
            Keeping::InFile(file) => file.append(policy).map_err(Refused::NotKept)?,
            Keeping::Closed => return Err(Refused::NotKept(io::Error::other("the sandbox is stopping"))),
        }
        self.last_write = self.last_write.max(Some(policy.last_updated_at));
        Ok(())
    }

    /// A scope was used; where it belongs is what was said first.
    fn know(&mut self, ids: &[&str]) {
        let [org, below @ ..] = ids else { return };
        self.orgs.insert((*org).to_owned());
        let [workspace, below @ ..] = below else { return };
        self.workspaces.entry((*workspace).to_owned()).or_insert_with(|| (*org).to_owned());
        if let [repo, ..] = below {
            self.repos.entry((*repo).to_owned()).or_insert_with(|| (*workspace).to_owned());
        }
    }

    fn add(&mut self, policy: Kept) {
        let ids = [Some(&policy.org_id), policy.workspace_id.as_ref(), policy.repo_id.as_ref()];
        self.know(&ids.into_iter().flatten().map(String::as_str).collect::<Vec<_>>());
        self.places.insert(policy.id.clone(), self.policies.len());
        self.policies.push(policy);
    }
}

/// The wall clock, in whole milliseconds as the service writes it.
#[expect(clippy::disallowed_methods, reason = "a service dates its own writes, and the sandbox is one")]
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
