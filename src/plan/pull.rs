//! Live → tree and record: which file says which live policy, which files are to be written, and what is left alone and why.
//! Pure: the files' texts come out of it, nobody has written them yet.
//!
//! Laws, each tested: the order in which policies are listed changes nothing; a policy that is recorded keeps its address; no
//! policy gets a second file; a file that says otherwise stays unless replacing is asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::drift::is_as_recorded;
use super::pull_folders::Folders;
use super::pull_scope::Room;
use crate::api::{Directory, LivePolicy, Snapshot};
use crate::domain::{Address, PolicyId, Scope, ScopePath, ScopedPolicy};
use crate::state::{Entry, Record, Stored};
use crate::tree::{DesiredPolicy, Tree};

/// What a pull comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pull {
    /// The folders that are to be made, an upper one before those in it.
    pub folders: Vec<NewFolder>,
    /// The live policies that a file says, or will say; by address.
    pub pulled: Vec<Pulled>,
    /// The live policies that are left alone; by scope, name and id.
    pub left: Vec<Left>,
    /// Recorded policies that the service says it has no more; by address.
    pub gone: Vec<(Address, PolicyId)>,
    /// What could not be looked at, and why: nothing is said of it.
    pub unseen: Vec<(String, String)>,
}

/// A folder that a scope gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFolder {
    /// Its path.
    pub path: ScopePath,
    /// Its `_scope.yaml`; nothing where its name says all.
    pub scope_file: Option<String>,
}

/// A live policy and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Its address.
    pub address: Address,
    /// Its id.
    pub id: PolicyId,
    /// The file, below the tree's root.
    pub file: String,
    /// What the file says, or will say.
    pub sent: ScopedPolicy,
    /// What the service keeps, where no file can say just that (its line endings are CRLF, say).
    pub stored: Option<Stored>,
    /// Whether the file says `protected`.
    pub protected: bool,
    /// What becomes of the file.
    pub doing: Doing,
}

/// What becomes of a policy's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// It says it already, and is not touched.
    Right,
    /// It is made.
    Write(String),
    /// It says otherwise, and is replaced.
    Replace(String),
}

/// A live policy that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Its id.
    pub id: PolicyId,
    /// Where it holds.
    pub scope: Scope,
    /// Its name; any text.
    pub name: String,
    /// The file that has to do with it, below the tree's root.
    pub file: Option<String>,
    /// Which kind of reason.
    pub reason: Reason,
    /// Why.
    pub why: String,
    /// What to do.
    pub hint: String,
}

/// Why a live policy is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Reason {
    /// No file can say it: the tree's rules refuse it.
    Unusable,
    /// It equals another one of its scope.
    Equal,
    /// Its file says otherwise.
    FileDiffers,
    /// An earlier run's work there is not decided.
    Pending,
}

impl Left {
    pub(super) fn new(live: &LivePolicy, reason: Reason, why: impl Into<String>, hint: impl Into<String>) -> Self {
        let LivePolicy { id, scope, name, .. } = live;
        let (id, scope, name) = (id.clone(), scope.clone(), name.clone());
        Self { id, scope, name, file: None, reason, why: why.into(), hint: hint.into() }
    }

    /// With the file that has to do with it.
    pub(super) fn of_file(self, file: &str) -> Self {
        Self { file: Some(file.to_owned()), ..self }
    }
}

/// What is pulled, and how.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// This scope and those below it.
    pub scope: &'a Scope,
    /// Whether files that say otherwise are replaced.
    pub overwrite: bool,
}

/// Decides. `snapshot` was taken of the scopes asked for, and of the ids that are recorded there.
#[must_use]
pub fn pull(
    tree: &Tree,
    record: Option<&Record>,
    directory: &Directory,
    snapshot: &Snapshot,
    mut folders: Folders,
    ask: Ask<'_>,
) -> Pull {
    let mut by_scope: BTreeMap<&Scope, Vec<&LivePolicy>> = BTreeMap::new();
    for live in snapshot.policies.values().filter(|live| ask.scope.holds(&live.scope)) {
        by_scope.entry(&live.scope).or_default().push(live);
    }
    by_scope.keys().for_each(|scope| folders.add(scope));
    let mut files: BTreeMap<ScopePath, BTreeMap<&Address, &DesiredPolicy>> = BTreeMap::new();
    let mut documents: HashMap<&str, usize> = HashMap::new();
    for (address, desired) in &tree.policies {
        files.entry(address.scope()).or_default().insert(address, desired);
        *documents.entry(&desired.place.file).or_default() += 1;
    }
    let recorded: HashMap<&PolicyId, (&Address, &Entry)> =
        record.into_iter().flat_map(|record| &record.policies).map(|(a, entry)| (&entry.id, (a, entry))).collect();
    let mut found = Pull::default();
    let nothing = BTreeMap::new();
    let pending = pending(record);
    for (scope, mut lives) in by_scope {
        // The oldest first: what comes later must not take a name away.
        lives.sort_by_key(|live| (live.created_at.unwrap_or(Timestamp::MAX), &live.id));
        let Some(path) = folders.path(scope).filter(|_| folders.can_be_made(scope, directory)) else {
            let why = "its scope's name and id can't be a folder's";
            let hint = "make the folder by hand, with the id in its `_scope.yaml`, then pull again";
            found.left.extend(lives.iter().map(|live| Left::new(live, Reason::Unusable, why, hint)));
            continue;
        };
        let (open, waiting): (Vec<_>, Vec<_>) = lives.into_iter().partition(|live| !pending.contains(&live.id));
        found.left.extend(waiting.into_iter().map(left_pending));
        let files = files.get(path).unwrap_or(&nothing);
        let room = Room {
            path,
            files,
            documents: &documents,
            record,
            recorded: &recorded,
            snapshot,
            overwrite: ask.overwrite,
        };
        room.decide(&open, &mut found);
    }
    found.pulled.sort_by(|a, b| a.address.cmp(&b.address));
    found.left.sort_by(|a, b| (&a.scope, &a.name, &a.id).cmp(&(&b.scope, &b.name, &b.id)));
    found.make_folders(&folders, directory);
    found.missing(record, directory, snapshot, ask.scope);
    found
}

/// The ids that an earlier run's unfinished work is about.
fn pending(record: Option<&Record>) -> BTreeSet<PolicyId> {
    let intents = record.into_iter().flat_map(|record| record.pending.values());
    let ids = intents.flat_map(|intent| {
        let several = intent.undecided.iter().flat_map(|several| several.candidates.iter().cloned());
        several.chain(intent.id.clone())
    });
    ids.collect()
}

fn left_pending(live: &LivePolicy) -> Left {
    let why = "an earlier run's work could have made or changed it, and what came of that is not decided";
    Left::new(live, Reason::Pending, why, "`policysync plan` says what to decide; then pull again")
}

/// What a file would say of a live policy, and what the service keeps where that is something else; nothing where it is no
/// policy that a file could ask for.
pub(super) fn said(live: &LivePolicy, entry: Option<&Entry>) -> Option<(ScopedPolicy, Option<Stored>)> {
    if let Some(entry) = entry.filter(|entry| is_as_recorded(live, entry)) {
        return Some((entry.sent.clone(), entry.stored.clone()));
    }
    let content = crate::tree::line_endings(&live.content).into_owned();
    let differs = content != live.content;
    let sent = LivePolicy { content, ..live.clone() }.scoped()?;
    let stored = differs.then(|| Stored { name: live.name.clone(), content: live.content.clone() });
    Some((sent, stored))
}

impl Pull {
    /// Whether all that is live has its file and its place in the record now.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.left.is_empty() && self.gone.is_empty() && self.unseen.is_empty()
    }

    /// Whether any file or folder is to be written.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.pulled.iter().any(|pulled| pulled.doing != Doing::Right)
    }

    /// Writes what was pulled into the record. An entry that says it already stays as it is, to the second.
    pub fn enter(&self, record: &mut Record, now: Timestamp, commit: Option<&String>) {
        let ids: BTreeSet<&PolicyId> = self.pulled.iter().map(|pulled| &pulled.id).collect();
        let mut former = BTreeMap::new();
        for (address, entry) in std::mem::take(&mut record.policies) {
            match ids.contains(&entry.id) {
                true => drop(former.insert(entry.id.clone(), (address, entry))),
                false => drop(record.policies.insert(address, entry)),
            }
        }
        for Pulled { address, id, file, sent, stored, protected, doing: _ } in &self.pulled {
            let (sent, stored) = (sent.clone(), stored.clone());
            let new = Entry {
                id: id.clone(),
                sent,
                stored,
                applied_at: now,
                file: file.clone(),
                commit: commit.cloned(),
                protected: *protected,
                moved_to: None,
            };
            // When it was applied, and from which commit, makes no difference.
            let entry = match former.remove(id) {
                Some((old, entry))
                    if old == *address
                        && entry
                            == Entry { applied_at: entry.applied_at, commit: entry.commit.clone(), ..new.clone() } =>
                {
                    entry
                }
                _ => new,
            };
            record.policies.insert(address.clone(), entry);
        }
    }

    /// Whether the record is another one afterwards.
    #[must_use]
    pub fn changes(&self, record: Option<&Record>) -> bool {
        let Some(record) = record else { return !self.pulled.is_empty() };
        let mut after = record.clone();
        self.enter(&mut after, Timestamp::MIN, None);
        after.policies != record.policies
    }

    /// The folders that the new files need.
    fn make_folders(&mut self, folders: &Folders, directory: &Directory) {
        let mut wanted = BTreeSet::new();
        for pulled in self.pulled.iter().filter(|pulled| pulled.doing != Doing::Right) {
            let line = std::iter::successors(Some(pulled.address.scope()), ScopePath::parent);
            wanted.extend(line.filter(|path| !folders.is_in_tree(path)));
        }
        for path in wanted {
            let Some(scope) = folders.scope(&path) else { continue };
            // What can't be made was left alone before.
            if let Ok(scope_file) = folders.scope_file(scope, directory) {
                self.folders.push(NewFolder { path, scope_file });
            }
        }
    }

    /// What is recorded and not live, and what can't be seen.
    fn missing(&mut self, record: Option<&Record>, directory: &Directory, snapshot: &Snapshot, scope: &Scope) {
        let pulled: BTreeSet<&Address> = self.pulled.iter().map(|pulled| &pulled.address).collect();
        for (address, entry) in record.into_iter().flat_map(|record| &record.policies) {
            if !scope.holds(&entry.sent.scope) || pulled.contains(address) {
                continue;
            }
            if snapshot.gone.contains(&entry.id) {
                self.gone.push((address.clone(), entry.id.clone()));
            } else if let Some(error) = snapshot.unseen.get(&entry.id) {
                self.unseen.push((address.to_string(), error.to_string()));
            }
        }
        let closed = directory.closed.iter().chain(&snapshot.closed);
        let mut told: BTreeMap<&Scope, String> = BTreeMap::new();
        for (closed, error) in closed.filter(|(closed, _)| scope.holds(closed)) {
            told.entry(closed).or_insert_with(|| error.to_string());
        }
        self.unseen.extend(told.into_iter().map(|(scope, why)| (scope.to_string(), why)));
    }
}
