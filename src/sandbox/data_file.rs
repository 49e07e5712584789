//! The data file: a header line, then one JSON line per write, each with the whole policy as it was then.
//!
//! A line is handed to the operating system before the call is answered, so it outlives this process, `kill -9` included.
//! It is synced to the disk only when the sandbox stops: what a power cut takes from a sandbox is no loss. At the start the
//! last line of each policy, deleted ones too, goes into a new file that replaces the old one in one step; a line that was
//! cut off in its middle by the end of a process is dropped, as no answer was ever given for it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::policy::Kept;

/// Why a data file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFileError {
    /// Another sandbox works with it.
    #[error("another sandbox is using {}; stop that one, or give this one another file", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder, a device or something else that no data can be kept in.
    #[error("{} is no regular file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// It holds something else than a sandbox's data.
    #[error("{}:{line}: {why}; mend that line, or start with another file", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Reading or writing failed.
    #[error("{what} {} failed", path.display())]
    Io {
        /// `reading`, `writing`, …
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Header {
    sandbox_format: u32,
}

/// An open, locked data file.
#[derive(Debug)]
pub(super) struct DataFile {
    file: File,
    length: u64,
    /// Set when a line that failed could not be taken back: nothing may be written after it.
    broken: bool,
    /// Held until this is dropped. It is a file beside the data, because the data file itself is replaced at the start.
    _lock: File,
}

impl DataFile {
    /// Opens or begins the file at `path`; gives what it holds, in the order of creation.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Kept>), DataFileError> {
        let io = |what| move |source| DataFileError::Io { what, path: path.to_owned(), source };
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(io("making the folder of"))?;
        if path.metadata().is_ok_and(|found| !found.is_file()) {
            return Err(DataFileError::NotAFile { path: path.to_owned() });
        }
        let lock = lock(path)?;
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(mut file) => file.read_to_end(&mut bytes).map(drop).map_err(io("reading"))?,
            Err(source) if source.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(io("reading")(source)),
        }
        let held = read(&bytes).map_err(|(line, why)| DataFileError::Corrupt { path: path.to_owned(), line, why })?;
        compact(path, folder, &held).map_err(io("writing"))?;
        let file = OpenOptions::new().append(true).open(path).map_err(io("opening"))?;
        let length = file.metadata().map_err(io("reading"))?.len();
        Ok((Self { file, length, broken: false, _lock: lock }, held))
    }

    /// Adds a policy as it is now. Either the whole line is there afterwards, or an error is given and none of it is.
    pub(super) fn append(&mut self, policy: &Kept) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed half-way and could not be taken back"));
        }
        let mut line = serde_json::to_vec(policy)?;
        line.push(b'\n');
        match self.file.write_all(&line) {
            Ok(()) => {
                self.length += line.len() as u64;
                Ok(())
            }
            Err(failed) => Err(self.take_back(failed)),
        }
    }

    /// Cuts off what a failed write may have left.
    fn take_back(&mut self, failed: io::Error) -> io::Error {
        self.broken = self.file.set_len(self.length).is_err();
        failed
    }

    /// Hands all that was written to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// A process that was started while the file was open holds its lock for the moment until it is another program.
const LOCK_TRIES: usize = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

fn lock(path: &Path) -> Result<File, DataFileError> {
    let mut beside = OsString::from(path);
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let io = |source| DataFileError::Io { what: "locking", path: beside.clone(), source };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&beside).map_err(io)?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::park_timeout(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
    }
    Err(DataFileError::InUse { path: path.to_owned() })
}

/// All policies in the order of creation, or the line that is wrong and why.
fn read(bytes: &[u8]) -> Result<Vec<Kept>, (usize, String)> {
    let mut held: Vec<Kept> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
    for (index, line) in lines {
        let whole = line.ends_with(b"\n");
        if index == 0 {
            let header: Header =
                serde_json::from_slice(line).map_err(|why| (1, format!("no sandbox's data: {why}")))?;
            if header.sandbox_format != FORMAT {
                return Err((1, format!("format {} is not known here, only {FORMAT} is", header.sandbox_format)));
            }
            continue;
        }
        match serde_json::from_slice::<Kept>(line) {
            Ok(policy) => match places.get(&policy.id) {
                Some(place) => held[*place] = policy,
                None => {
                    places.insert(policy.id.clone(), held.len());
                    held.push(policy);
                }
            },
            Err(_) if !whole => {}
            Err(why) => return Err((index + 1, format!("no policy: {why}"))),
        }
    }
    Ok(held)
}

fn compact(path: &Path, folder: &Path, held: &[Kept]) -> io::Result<()> {
    let temporary = tempfile::NamedTempFile::new_in(folder)?;
    let mut writer = BufWriter::new(temporary);
    serde_json::to_writer(&mut writer, &Header { sandbox_format: FORMAT })?;
    writer.write_all(b"\n")?;
    for policy in held {
        serde_json::to_writer(&mut writer, policy)?;
        writer.write_all(b"\n")?;
    }
    let temporary = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    // The rename must not reach the disk before what it names.
    temporary.as_file().sync_data()?;
    temporary.persist(path).map(drop).map_err(|failed| failed.error)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::sandbox::person::Person;
    use crate::sandbox::policies::{Policies, Refused};
    use crate::sandbox::policy::{Change, Draft};
    use crate::sandbox::{Ids, ListReading, TextHandling};

    fn draft() -> Draft {
        Draft {
            org_id: "acme".into(),
            workspace_id: Some("w".into()),
            repo_id: None,
            name: "n".into(),
            content: "c".into(),
            risk_type: "LOW".into(),
            action_type: 0,
        }
    }

    #[test]
    fn on_a_full_disk_nothing_is_made_and_nothing_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sandbox.jsonl");
        let (mut file, held) = DataFile::open(&path).expect("a new file");
        file.append(&Policies::new(modes(), None, None).create(draft(), Person::new("u")).expect("in memory"))
            .expect("room");
        drop(file);
        let (mut file, held_before) = DataFile::open(&path).expect("the same file");
        assert_eq!((held.len(), held_before.len()), (0, 1));
        file.file = OpenOptions::new().append(true).open("/dev/full").expect("Linux has it");
        let id = held_before[0].id.clone();
        let policies = Policies::new(modes(), None, Some((file, held_before.clone())));

        let other = Draft { workspace_id: Some("v".into()), ..draft() };
        assert!(matches!(policies.create(other, Person::new("u")), Err(Refused::NotKept(_))));
        let change = Change { name: Some("m".into()), ..Change::default() };
        assert!(matches!(policies.update(&id, change, Person::new("u")), Err(Refused::NotKept(_))));
        assert!(matches!(policies.delete(&id, Person::new("u")), Err(Refused::NotKept(_))));
        assert_eq!(policies.all(), held_before);
        assert_eq!(policies.workspaces().len(), 1, "the scope of a policy that was not made is not known either");
    }

    fn modes() -> (ListReading, Ids, TextHandling) {
        (ListReading::At, Ids::Random, TextHandling::Keep)
    }

    #[test]
    fn a_write_that_failed_half_way_is_taken_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sandbox.jsonl");
        let (mut file, _) = DataFile::open(&path).expect("a new file");
        let policy = Policies::new(modes(), None, None).create(draft(), Person::new("u")).expect("in memory");
        file.append(&policy).expect("room");
        let whole = file.length;
        // Half a line, as a disk that fills up leaves it.
        file.file.write_all(b"{\"id\":").expect("room");
        let failed = file.take_back(io::Error::other("no room"));
        assert_eq!(failed.to_string(), "no room");
        assert_eq!(path.metadata().expect("there").len(), whole);
        file.append(&policy).expect("room again");
        drop(file);
        assert_eq!(DataFile::open(&path).expect("whole lines alone").1.len(), 1);
    }
}
