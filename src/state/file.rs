//! The default store: one file for each organization in one folder.
//!
//! A save holds the system's lock on `<file>.lock` for some milliseconds, reads the document again, and replaces it in
//! one step if it is still the one that was loaded. The lock ends with its process, however that ends; its file stays,
//! because two processes could otherwise hold locks on two files of one name. The document before it stays as
//! `<file>.bak`: a second name for the same bytes, so that an altered record has a way back.
//!
//! All that touches the disk runs on tokio's blocking threads: a flush can take seconds on a busy disk, and calls to the
//! service are in flight meanwhile. It also means that a save whose future is dropped is either not begun or finished.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::atomic_file::{Mode, NotWritten, Replacement, flush_folder, folder_of, kind_in_words};
use super::{BoxFuture, Record, Store, StoreError, Version, codec, file_name};
use crate::domain::{Digest, ScopeName};
use crate::failpoint::{reach, step};

/// How long a save waits for another one's milliseconds. Only a stopped process holds on longer.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Between two tries for the lock: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
const TEMPORARY: &str = ".tmp";

/// Keeps records as files in a folder, `.policysync/state/acme.json`. The folder is made at the first save.
///
/// Needs a tokio runtime with its timer enabled.
#[derive(Debug, Clone)]
pub struct FileStore {
    folder: PathBuf,
    longest_wait: Duration,
}

impl FileStore {
    /// A store in `folder`, which needn't be there yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), longest_wait: LONGEST_WAIT }
    }

    /// The same store, whose saves wait at most this long for another process's; 10 s if not said.
    #[must_use]
    pub fn waiting_at_most(self, longest_wait: Duration) -> Self {
        Self { longest_wait, ..self }
    }

    fn path(&self, org: &ScopeName) -> PathBuf {
        self.folder.join(file_name::of(org))
    }

    async fn save(&self, record: &Record, version: Option<Version>) -> Result<Version, StoreError> {
        let path = self.path(&record.org);
        // Not on a blocking thread, as the record is borrowed: 10,000 policies take 30 ms.
        let bytes = codec::encode(record, Uuid::new_v4())
            .map_err(|source| StoreError::Unfit { place: path.display().to_string(), source })?;
        let lock_path = with_ending(&path, ".lock");
        let lock = on_disk(&self.folder, {
            let (folder, lock_path) = (self.folder.clone(), lock_path.clone());
            move || {
                make_folder(&folder)?;
                open_lock(&lock_path)
            }
        })
        .await?;
        wait_for(&lock, &lock_path, self.longest_wait).await?;
        on_disk(&self.folder, move || {
            let saved = save_locked(&path, &bytes, version.as_ref());
            drop(lock);
            saved
        })
        .await
    }
}

impl Store for FileStore {
    fn orgs(&self) -> BoxFuture<'_, Result<BTreeSet<ScopeName>, StoreError>> {
        let folder = self.folder.clone();
        Box::pin(on_disk(&self.folder, move || list(&folder)))
    }

    fn load<'a>(&'a self, org: &'a ScopeName) -> BoxFuture<'a, Result<Option<(Record, Version)>, StoreError>> {
        let (path, org) = (self.path(org), org.clone());
        Box::pin(on_disk(&self.folder, move || {
            let Some(bytes) = read(&path)? else { return Ok(None) };
            let place = path.display().to_string();
            let record = codec::decode_at(&bytes, &org, &place, || remedy(&path))?;
            Ok(Some((record, version_of(&bytes))))
        }))
    }

    fn save_if<'a>(
        &'a self,
        record: &'a Record,
        version: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(self.save(record, version.cloned()))
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        let folder = self.folder.clone();
        Box::pin(on_disk(&self.folder, move || {
            make_folder(&folder)?;
            let made = tempfile::Builder::new().prefix(".probe.").suffix(TEMPORARY).tempfile_in(&folder);
            let removed = step("probe")
                .and(made)
                .and_then(|mut file| io::Write::write_all(&mut file, b"probe").and_then(|()| file.close()));
            removed.map_err(|source| refused("write in", &folder, source))
        }))
    }

    fn place(&self, org: &ScopeName) -> String {
        self.path(org).display().to_string()
    }
}

/// Runs what touches the disk where it holds up nobody.
pub(super) async fn on_disk<T: Send + 'static>(
    folder: &Path,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
        Err(ended) => Err(refused("go on with", folder, io::Error::other(ended))),
    }
}

fn refused(action: &'static str, place: &Path, source: io::Error) -> StoreError {
    StoreError::Io { action, place: place.display().to_string(), source }
}

impl From<NotWritten> for StoreError {
    fn from(NotWritten { action, place, source }: NotWritten) -> Self {
        refused(action, &place, source)
    }
}

/// The document at a path: its bytes, nothing where there is none. What is no regular file is refused unread.
fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let corrupt = |why: String, remedy: String| {
        let place = path.display().to_string();
        StoreError::Corrupt { place, why, remedy }
    };
    let not_read = |source| refused("read", path, source);
    let there = match path.symlink_metadata() {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(not_read(error)),
    };
    if !there.is_file() {
        let kind = kind_in_words(there.file_type());
        return Err(corrupt(format!("it is {kind}, not a file"), "put the record itself there".to_owned()));
    }
    let file = File::open(path).map_err(not_read)?;
    let mut bytes = Vec::with_capacity(usize::try_from(there.len().min(codec::MAX_BYTES)).unwrap_or_default());
    file.take(codec::MAX_BYTES + 1).read_to_end(&mut bytes).map_err(not_read)?;
    if bytes.len() as u64 > codec::MAX_BYTES {
        return Err(corrupt(format!("it has more than {} bytes", codec::MAX_BYTES), remedy(path)));
    }
    Ok(Some(bytes))
}

fn version_of(bytes: &[u8]) -> Version {
    Version(Digest::of(bytes).to_string())
}

/// How to get a good document back.
fn remedy(path: &Path) -> String {
    let backup = with_ending(path, ".bak");
    let good = |backup: &Path| read(backup).ok().flatten().is_some_and(|bytes| codec::decode(&bytes).is_ok());
    if good(&backup) {
        format!("the save before it is whole: rename {} to {}", backup.display(), path.display())
    } else {
        "bring the last good one back from version control or a backup".to_owned()
    }
}

/// Does the save, the lock being held.
fn save_locked(path: &Path, bytes: &[u8], version: Option<&Version>) -> Result<Version, StoreError> {
    reach("record/locked");
    let current = read(path)?;
    if current.as_deref().map(version_of).as_ref() != version {
        return Err(StoreError::Conflict { place: path.display().to_string() });
    }
    sweep(path);
    let there = current.is_some().then(|| path.metadata()).transpose();
    let there = there.map_err(|source| refused("look at", path, source))?;
    let mode = there.as_ref().map_or(Mode::Private, Mode::Keep);
    let replacement = Replacement::prepare(path, bytes, &mode, &temporary_prefix(path), TEMPORARY)?;
    if let Some(current) = current {
        keep_backup(path, &current)?;
    }
    replacement.commit()?;
    Ok(version_of(bytes))
}

/// Gives the document about to be replaced a second name, or where the file system knows no such thing, a copy.
fn keep_backup(path: &Path, current: &[u8]) -> Result<(), StoreError> {
    let backup = with_ending(path, ".bak");
    match step("remove backup").and_then(|()| std::fs::remove_file(&backup)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(refused("remove", &backup, error)),
        _ => {}
    }
    if step("link backup").and_then(|()| std::fs::hard_link(path, &backup)).is_err() {
        Replacement::prepare(&backup, current, &Mode::Private, &temporary_prefix(path), TEMPORARY)?.commit()?;
    }
    Ok(())
}

/// How the names of a document's temporary files begin.
fn temporary_prefix(path: &Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Removes what a save left that was killed half way: while we hold the lock, nobody writes these. A failure is no reason
/// not to save.
fn sweep(path: &Path) {
    let prefix = temporary_prefix(path);
    // A dot in the middle would be the temporary file of another organization, `acme.json` beside `acme`.
    let left = |name: &str| {
        let middle = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(TEMPORARY));
        middle.is_some_and(|middle| !middle.contains('.'))
    };
    let Ok(entries) = folder_of(path).read_dir() else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(left)) {
        let _ = std::fs::remove_file(entry.path());
    }
}

/// The organizations whose files are in a folder; none if it isn't there. Whatever bears a record's name counts, so that
/// a link or a folder in a record's place is told when it is loaded, not passed over.
fn list(folder: &Path) -> Result<BTreeSet<ScopeName>, StoreError> {
    let not_listed = |source| refused("list", folder, source);
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(not_listed(error)),
    };
    let mut orgs = BTreeSet::new();
    for entry in entries {
        let name = entry.map_err(not_listed)?.file_name();
        orgs.extend(name.to_str().and_then(file_name::org));
    }
    Ok(orgs)
}

/// Makes the folder and those above it that are missing, for its owner alone (records hold the policies' texts), and
/// makes their names outlast a power cut.
fn make_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = step("make folder").and_then(|()| builder.recursive(true).create(folder));
    made.map_err(|source| refused("make the folder", folder, source))?;
    for made in missing {
        let above = folder_of(made);
        flush_folder(above).map_err(|source| refused("flush", above, source))?;
    }
    Ok(())
}

fn open_lock(lock_path: &Path) -> Result<File, StoreError> {
    let not_locked = |source| refused("lock", lock_path, source);
    match lock_path.symlink_metadata() {
        Ok(there) if !there.is_file() => {
            let kind = kind_in_words(there.file_type());
            return Err(not_locked(io::Error::other(format!("it is {kind}, not a file; remove it"))));
        }
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    step("open lock").and_then(|()| options.open(lock_path)).map_err(not_locked)
}

async fn wait_for(lock: &File, lock_path: &Path, longest_wait: Duration) -> Result<(), StoreError> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(source)) => return Err(refused("lock", lock_path, source)),
            Err(TryLockError::WouldBlock) if begun.elapsed() >= longest_wait => {
                let why = format!(
                    "another process has held it for {longest_wait:?}; it lets go when it goes on or ends (`fuser {}` shows it)",
                    lock_path.display()
                );
                return Err(refused("lock", lock_path, io::Error::new(io::ErrorKind::TimedOut, why)));
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The path of a file that belongs to a document.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
