//! Records on a branch of a Git repository: a save is a commit and a push that is taken only if the branch is where it was.
//!
//! Needs nothing but the `git` program and what it needs to reach the remote; the branch's log reads as an audit trail
//! ([`super::audit`]). The repository that is worked in is asked for its settings and left as it is.
//!
//! All that git does runs on tokio's blocking threads, so that a save whose future is dropped is either not begun or
//! finished, as with the store of files.

mod addresses;
mod credentials;
mod program;
mod push;
mod repository;
mod save;
mod surroundings;
mod tree;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::file::on_disk;
use super::observe::{StoreObserver, Unobserved};
use super::store::Advised;
use super::{BoxFuture, Record, Store, StoreError, Version, codec, file_name};
use crate::domain::ScopeName;
pub(super) use addresses::without_credentials;
use program::Program;
use repository::{Repository, Tip};
use save::Unsaved;
use surroundings::Surroundings;

/// How long one step over the network may take, unless said otherwise: a fifth of a lease leaves time to look and try again.
const LONGEST_STEP: Duration = Duration::from_secs(60);

/// Keeps records on a branch of a Git repository, `acme.json` each.
///
/// Needs a tokio runtime.
#[derive(Debug, Clone)]
pub struct GitStore {
    remote: String,
    branch: String,
    program: Program,
    longest_step: Duration,
    work: Arc<Mutex<Option<Work>>>,
}

/// What is known so far.
#[derive(Debug)]
struct Work {
    repository: Repository,
    /// Where the branch was last seen; `None` before the first look, and after a failure.
    seen: Option<Option<Tip>>,
    /// The records as last seen, for what a commit says of the next one.
    records: BTreeMap<ScopeName, (Version, Record)>,
    /// Whether a push is known to be let in.
    is_let_in: bool,
    longest_step: Duration,
}

impl GitStore {
    /// A store on `branch` of `remote`: the name of a remote of the repository that is worked in, a path or an address.
    #[must_use]
    pub fn new(remote: impl Into<String>, branch: impl Into<String>) -> Self {
        Self {
            remote: remote.into(),
            branch: branch.into(),
            program: Program { folder: PathBuf::from("."), environment: Vec::new(), observer: Arc::new(Unobserved) },
            longest_step: LONGEST_STEP,
            work: Arc::default(),
        }
    }

    /// The same store, for the repository that `folder` is in; that of the current folder if not said.
    #[must_use]
    pub fn in_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self { program: Program { folder: folder.into(), ..self.program }, work: Arc::default(), ..self }
    }

    /// The same store, whose git is told another variable besides the environment of this process.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.program.environment.push((name.into(), value.into()));
        Self { work: Arc::default(), ..self }
    }

    /// The same store, of whose git commands this observer is told.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn StoreObserver>) -> Self {
        self.program.observer = observer;
        Self { work: Arc::default(), ..self }
    }

    /// The same store, whose steps over the network take at most this long; 60 s if not said.
    #[must_use]
    pub fn waiting_at_most(self, longest_step: Duration) -> Self {
        Self { longest_step, work: Arc::default(), ..self }
    }

    /// The branch, for people to read.
    fn name(&self) -> String {
        format!("git:{}#{}", words::one_line(&self.remote), self.branch)
    }

    /// Works with what is known so far, on a thread that may wait.
    async fn with_work<T: Send + 'static>(
        &self,
        place: String,
        job: impl FnOnce(&mut Work, String) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        on_disk(&PathBuf::from(&place.clone()), move || {
            // A panic half way leaves nothing behind that the next look doesn't put right.
            let mut work = store.work.lock().unwrap_or_else(PoisonError::into_inner);
            let work = match &mut *work {
                Some(work) => work,
                none => none.insert(store.open().map_err(|advised| advised.at("open", store.name()))?),
            };
            job(work, place)
        })
        .await
    }

    fn open(&self) -> Result<Work, Advised> {
        let around = Surroundings::explore(&self.program, &self.remote)?;
        Ok(Work {
            repository: Repository::new(around, &self.branch, self.longest_step)?,
            seen: None,
            records: BTreeMap::new(),
            is_let_in: false,
            longest_step: self.longest_step,
        })
    }
}

impl Store for GitStore {
    fn orgs(&self) -> BoxFuture<'_, Result<BTreeSet<ScopeName>, StoreError>> {
        Box::pin(self.with_work(self.name(), |work, place| {
            let tip = work.look().map_err(|advised| advised.at("read", place))?;
            Ok(tip.map(|tip| tip.folder.orgs()).unwrap_or_default())
        }))
    }

    fn load<'a>(&'a self, org: &'a ScopeName) -> BoxFuture<'a, Result<Option<(Record, Version)>, StoreError>> {
        let (branch, org) = (self.branch.clone(), org.clone());
        Box::pin(self.with_work(self.place(&org), move |work, place| work.load(&org, &branch, &place)))
    }

    fn save_if<'a>(
        &'a self,
        record: &'a Record,
        version: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(async move {
            let place = self.place(&record.org);
            let bytes = codec::encode(record, Uuid::new_v4())
                .map_err(|source| StoreError::Unfit { place: place.clone(), source })?;
            let (record, version) = (record.clone(), version.cloned());
            self.with_work(place, move |work, place| match work.save(record, &bytes, version.as_ref()) {
                Ok(version) => Ok(version),
                Err(Unsaved::Overtaken) => Err(StoreError::Conflict { place }),
                Err(Unsaved::Failed(advised)) => {
                    work.forget();
                    Err(advised.at("save", place))
                }
            })
            .await
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.with_work(self.name(), |work, place| {
            if !work.is_let_in {
                work.repository.may_push().map_err(|advised| advised.at("push to", place))?;
                work.is_let_in = true;
            }
            Ok(())
        }))
    }

    fn place(&self, org: &ScopeName) -> String {
        format!("{} {}", self.name(), file_name::of(org))
    }
}

impl Work {
    /// Looks where the branch is.
    fn look(&mut self) -> Result<Option<&Tip>, Advised> {
        let known = self.seen.take().flatten();
        let tip = self.repository.look(known)?;
        Ok(self.seen.insert(tip).as_ref())
    }

    /// After a failure nothing is taken for known.
    fn forget(&mut self) {
        self.is_let_in = false;
    }

    fn load(&mut self, org: &ScopeName, branch: &str, place: &str) -> Result<Option<(Record, Version)>, StoreError> {
        let tip = self.look().map_err(|advised| advised.at("read", place.to_owned()))?;
        let Some(named) = tip.and_then(|tip| tip.folder.record(org)).cloned() else { return Ok(None) };
        let corrupt = |why: String| StoreError::Corrupt { place: place.to_owned(), why, remedy: remedy(branch, org) };
        if let Some(oddity) = named.oddity() {
            return Err(corrupt(format!("it is {oddity}, not a file")));
        }
        let version = Version(named.id);
        if let Some((known, record)) = self.records.get(org)
            && *known == version
        {
            return Ok(Some((record.clone(), version)));
        }
        let bytes = self.repository.document(&version.0).map_err(|advised| advised.at("read", place.to_owned()))?;
        if bytes.len() as u64 > codec::MAX_BYTES {
            return Err(corrupt(format!("it has more than {} bytes", codec::MAX_BYTES)));
        }
        let record = codec::decode_at(&bytes, org, place, || remedy(branch, org))?;
        self.records.insert(org.clone(), (version.clone(), record.clone()));
        Ok(Some((record, version)))
    }
}

/// How to get a good document back.
fn remedy(branch: &str, org: &ScopeName) -> String {
    let name = file_name::of(org);
    format!(
        "every earlier save is in the branch: after `git fetch REMOTE {branch}`, `git log FETCH_HEAD -- {name}` lists them, and \
         `git show FETCH_HEAD~1:{name}` is the one before; put the last good one back with a commit of its own"
    )
}
