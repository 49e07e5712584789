//! A file written in one step: who looks sees the old bytes or the new ones, never a part, whatever dies and when.
//!
//! The bytes go to a temporary file in the same folder and to the disk, then a rename puts them in place, then the
//! folder goes to the disk. What is no regular file (`/dev/null`, a FIFO, a terminal) is written into and never replaced:
//! a rename over `/dev/null` would break the machine for everyone.

use std::fs::{File, FileType, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failpoint::{reach, step};

/// As many symbolic links in a row as Linux follows.
const MOST_LINKS: usize = 40;

/// A file could not be written; what was there before still is.
///
/// One exception: where the last step, `flush` of the folder, fails, the new bytes are in place, but a power cut could
/// bring the old ones back.
#[derive(Debug, thiserror::Error)]
#[error("can't {action} {}", place.display())]
pub struct NotWritten {
    /// `write`, `replace`, …
    pub action: &'static str,
    /// The file or folder.
    pub place: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl NotWritten {
    pub(super) fn new(action: &'static str, place: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { action, place: place.to_owned(), source: without_path(source) }
    }

    /// What to do about a file that the user named, in a sentence without a full stop.
    #[must_use]
    pub fn hint(&self) -> String {
        let folder = folder_of(&self.place);
        match self.source.kind() {
            ErrorKind::NotFound if !folder.exists() => {
                format!("there is no folder {0}: make it, or name a file elsewhere", folder.display())
            }
            ErrorKind::NotADirectory => format!("{} is no folder: name a file elsewhere", folder.display()),
            ErrorKind::IsADirectory => "it is a folder: name a file, in it or elsewhere".to_owned(),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                format!("let this user write in {}, or name a file elsewhere", folder.display())
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room there, or name a file elsewhere".to_owned(),
            _ => "name a file elsewhere".to_owned(),
        }
    }
}

/// What the system said alone: a temporary file's name means nothing to whoever named another one.
fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((said, _)) => io::Error::new(error.kind(), said.to_owned()),
        None => error,
    }
}

/// Makes `bytes` the content of the file at `path`, which a user named: in one step if it is a regular file or not there.
///
/// A symbolic link stays, what it leads to is replaced. A file that is there keeps its permissions, a new one gets the
/// usual ones. Blocks until the bytes are on the disk; a FIFO blocks until someone reads it.
///
/// # Errors
/// [`NotWritten`] names the step; the temporary file is gone.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), NotWritten> {
    match std::fs::metadata(path) {
        Ok(there) if is_borrowed(path) || !there.is_file() => write_into(path, bytes),
        Ok(there) => {
            let place = path.canonicalize().map_err(NotWritten::new("find", path))?;
            if is_borrowed(&place) {
                return write_into(path, bytes);
            }
            Replacement::prepare(&place, bytes, &Mode::Keep(&there), "", ".tmp")?.commit()
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let place = end_of_links(path).map_err(NotWritten::new("find", path))?;
            Replacement::prepare(&place, bytes, &Mode::Usual, "", ".tmp")?.commit()
        }
        Err(error) => Err(NotWritten::new("look at", path)(error)),
    }
}

/// Whether a name stands for a device or for an open file of this process: not ours to replace, also where what is behind
/// it is a regular file. `/dev/shm` holds plain files.
fn is_borrowed(path: &Path) -> bool {
    path.starts_with("/proc") || (path.starts_with("/dev") && !path.starts_with("/dev/shm"))
}

fn write_into(path: &Path, bytes: &[u8]) -> Result<(), NotWritten> {
    // Cutting it short means nothing to a device; behind `/dev/stdout` there may be a file with other bytes in it.
    let mut file = OpenOptions::new().write(true).truncate(true).open(path).map_err(NotWritten::new("open", path))?;
    file.write_all(bytes).and_then(|()| file.flush()).map_err(NotWritten::new("write", path))
}

/// Where a path leads whose last link leads to nothing yet.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        match std::fs::read_link(&place) {
            Ok(target) => place = folder_of(&place).join(target),
            Err(_) => return Ok(place),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// The folder a file lies in; `.` for a bare name.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The permissions of what is written.
pub(super) enum Mode<'a> {
    /// Those of the file that is replaced.
    Keep(&'a Metadata),
    /// Those that any new file gets here (unix: 0666 without the umask).
    Usual,
    /// For nobody but its owner (unix: 0600).
    Private,
}

/// Bytes on the disk beside the file they are to replace. Dropped without [`Replacement::commit`], they are gone.
pub(super) struct Replacement<'a> {
    temporary: NamedTempFile,
    place: &'a Path,
}

impl<'a> Replacement<'a> {
    /// Writes the bytes to `<prefix><six random letters><suffix>` beside `place`, and to the disk.
    pub(super) fn prepare(
        place: &'a Path,
        bytes: &[u8],
        mode: &Mode<'_>,
        prefix: &str,
        suffix: &str,
    ) -> Result<Self, NotWritten> {
        let folder = folder_of(place);
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix).suffix(suffix);
        if let Some(permissions) = at_creation(mode) {
            builder.permissions(permissions);
        }
        let made = step("make file").and_then(|()| builder.tempfile_in(folder));
        let mut temporary = made.map_err(NotWritten::new("write", place))?;
        if let Mode::Keep(there) = mode {
            // Also over NFS and the like, where the mode of a new file is a wish: what can't be kept is no reason to fail
            // if it is the same already.
            let (file, wanted) = (temporary.as_file(), there.permissions());
            let same = file.metadata().is_ok_and(|made| made.permissions() == wanted);
            if !same {
                file.set_permissions(wanted).map_err(NotWritten::new("set the permissions of", place))?;
            }
        }
        write_stepwise(&mut temporary, bytes).map_err(NotWritten::new("write", place))?;
        let flushed = step("flush file").and_then(|()| temporary.as_file().sync_all());
        flushed.map_err(NotWritten::new("flush", place))?;
        Ok(Self { temporary, place })
    }

    /// Puts the bytes in place.
    pub(super) fn commit(self) -> Result<(), NotWritten> {
        let Self { temporary, place } = self;
        let replaced = step("rename file").and_then(|()| temporary.persist(place).map_err(|refused| refused.error));
        replaced.map_err(NotWritten::new("replace", place))?;
        let folder = folder_of(place);
        flush_folder(folder).map_err(NotWritten::new("flush", folder))?;
        reach("file/saved");
        Ok(())
    }
}

/// In two parts, so that a test build can be stopped between them.
fn write_stepwise(file: &mut impl io::Write, bytes: &[u8]) -> io::Result<()> {
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    step("write first half")?;
    file.write_all(first)?;
    step("write second half")?;
    file.write_all(rest)
}

#[cfg(unix)]
fn at_creation(mode: &Mode<'_>) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    match mode {
        Mode::Usual => Some(Permissions::from_mode(0o666)),
        // What `tempfile` does by itself.
        Mode::Keep(_) | Mode::Private => None,
    }
}

#[cfg(not(unix))]
fn at_creation(_: &Mode<'_>) -> Option<Permissions> {
    None
}

/// Makes the names in a folder outlast a power cut, where the system has a way to.
pub(super) fn flush_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    step("flush folder")?;
    match File::open(folder)?.sync_all() {
        // Some network and user-space file systems know no flush of a folder; nothing more can be had there.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

/// What a file is, in words, where it is no regular one.
pub(super) fn kind_in_words(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a folder"
    } else {
        "a device, a FIFO or a socket"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_made_then_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        replace(&path, b"one").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        replace(&path, b"2").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"2");
        assert_eq!(names(folder.path()), ["report.html"]);
    }

    #[test]
    fn a_folder_in_its_place_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        std::fs::create_dir(&path).unwrap();
        replace(&path, b"one").expect_err("a folder can't be written");
        assert!(path.is_dir());
        assert_eq!(names(folder.path()), ["report.html"]);
    }

    #[test]
    fn the_file_that_was_named_is_named_and_the_folder_that_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no/report.html");
        let error = replace(&path, b"one").expect_err("no such folder");
        assert_eq!(error.to_string(), format!("can't write {}", path.display()));
        let told = format!("{} {}", error.source, error.hint());
        assert!(told.contains(&format!("there is no folder {}:", path.parent().unwrap().display())), "{told}");
        assert!(!told.contains(" at path "), "{told}");
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};

        use super::*;

        #[test]
        fn permissions_are_kept() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("report.html");
            replace(&path, b"one").unwrap();
            for mode in [0o640, 0o604, 0o400] {
                std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
                replace(&path, b"two").unwrap();
                assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, mode);
            }
        }

        /// A FIFO in `folder`, with someone to read it.
        fn fifo(folder: &Path) -> (PathBuf, std::thread::JoinHandle<Vec<u8>>) {
            let path = folder.join("fifo");
            assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo is there").success());
            let reader = std::thread::spawn({
                let path = path.clone();
                move || std::fs::read(path).expect("a FIFO is readable")
            });
            (path, reader)
        }

        #[test]
        fn a_fifo_is_written_into_also_through_a_link() {
            for through_link in [false, true] {
                let folder = tempfile::tempdir().unwrap();
                let (path, reader) = fifo(folder.path());
                let link = folder.path().join("link");
                symlink("fifo", &link).unwrap();
                replace(if through_link { &link } else { &path }, b"read me").unwrap();
                // Looked at first: nobody would ever write to a FIFO that was replaced.
                assert!(path.symlink_metadata().unwrap().file_type().is_fifo(), "it was replaced");
                assert!(link.symlink_metadata().unwrap().is_symlink());
                assert_eq!(reader.join().unwrap(), b"read me");
            }
        }

        #[test]
        fn dev_null_is_written_into_and_never_replaced() {
            // First with what may break: only who leaves a FIFO alone is let near the real thing.
            a_fifo_is_written_into_also_through_a_link();
            let before = std::fs::metadata("/dev/null").unwrap();
            replace(Path::new("/dev/null"), b"away with it").unwrap();
            let after = std::fs::metadata("/dev/null").unwrap();
            assert!(after.file_type().is_char_device());
            assert_eq!(before.ino(), after.ino());

            let folder = tempfile::tempdir().unwrap();
            let link = folder.path().join("out");
            symlink("/dev/null", &link).unwrap();
            replace(&link, b"away with it").unwrap();
            assert!(link.symlink_metadata().unwrap().is_symlink());
            assert_eq!(std::fs::metadata("/dev/null").unwrap().ino(), before.ino());
        }

        #[test]
        fn a_full_device_is_an_error() {
            a_fifo_is_written_into_also_through_a_link();
            let error = replace(Path::new("/dev/full"), b"x").expect_err("it is always full");
            assert_eq!(error.source.kind(), ErrorKind::StorageFull);
        }

        #[test]
        fn a_symbolic_link_stays_and_what_it_leads_to_is_replaced() {
            let folder = tempfile::tempdir().unwrap();
            let (link, second, target) =
                (folder.path().join("link"), folder.path().join("second"), folder.path().join("deep/target"));
            std::fs::create_dir(folder.path().join("deep")).unwrap();
            symlink("second", &link).unwrap();
            symlink("deep/target", &second).unwrap();
            // First to nothing, then to a file.
            for bytes in [b"one", b"two"] {
                replace(&link, bytes).unwrap();
                assert!(link.symlink_metadata().unwrap().is_symlink());
                assert!(second.symlink_metadata().unwrap().is_symlink());
                assert!(target.symlink_metadata().unwrap().is_file());
                assert_eq!(std::fs::read(&target).unwrap(), bytes);
            }
            symlink("self", folder.path().join("self")).unwrap();
            replace(&folder.path().join("self"), b"x").expect_err("it leads to itself");
        }

        #[test]
        fn an_open_file_of_this_process_is_written_into() {
            use std::io::{Read as _, Seek as _};
            use std::os::fd::AsRawFd as _;
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(b"what was there before, and is longer").unwrap();
            let name = format!("/dev/fd/{}", file.as_raw_fd());
            replace(Path::new(&name), b"through the descriptor").unwrap();
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "through the descriptor");
        }
    }
}
