//! The one file of this wing that writes: a policy's file in one step, a scope's folder together with its `_scope.yaml`.
//!
//! No link is followed below the root, nothing outside it is touched, and nothing that is there is replaced unless that is
//! asked for. Whoever looks, whenever the process dies, sees no part of a file, and no folder without its id; what is begun
//! has a hidden name, which the tree passes over.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::failpoint::reach;
use crate::tree::disk::{Read, Reading};
use crate::tree::rules::file_size;

/// What may be done to a file that is there and says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Nothing: it stays.
    Nothing,
    /// It is replaced.
    Other,
}

/// A file or folder was not written; what was there still is.
#[derive(Debug, thiserror::Error)]
#[error("can't write {}: {why}", path.display())]
pub struct NotWritten {
    /// The file or folder.
    pub path: PathBuf,
    /// What is in the way.
    pub why: String,
}

/// Writes into one tree.
#[derive(Debug)]
pub struct Writing<'r> {
    root: &'r Path,
    touched: BTreeSet<String>,
}

impl<'r> Writing<'r> {
    /// Into the tree at `root`, which is made where it isn't there.
    ///
    /// # Errors
    /// [`NotWritten`] where it can't be made.
    pub fn into(root: &'r Path) -> Result<Self, NotWritten> {
        std::fs::create_dir_all(root).map_err(|error| NotWritten { path: root.to_owned(), why: error.to_string() })?;
        Ok(Self { root, touched: BTreeSet::new() })
    }

    /// Makes a scope's folder, its `_scope.yaml` in it from the first moment on. The folder above must be there.
    ///
    /// # Errors
    /// [`NotWritten`] where something of that name is there already, or the disk refuses.
    pub fn folder(&mut self, path: &str, scope_file: Option<&str>) -> Result<(), NotWritten> {
        let (above, name) = split(path);
        place::folder(self.root, above, name, scope_file).map_err(|why| self.failed(path, why))?;
        self.touched.insert(above.to_owned());
        Ok(())
    }

    /// Makes `text` the content of a file; false where it is that already, and nothing was done. Its folder must be there.
    ///
    /// # Errors
    /// [`NotWritten`] where something else is there that may not be replaced, or the disk refuses.
    pub fn file(&mut self, path: &str, text: &str, over: Over) -> Result<bool, NotWritten> {
        let found = Reading::of(self.root).read(path, file_size::LIMIT).map_err(|error| self.failed(path, error))?;
        let replace = match found {
            Read::Missing => false,
            Read::Bytes(bytes) if bytes == text.as_bytes() => return Ok(false),
            Read::Bytes(_) | Read::TooLarge if over == Over::Other => true,
            Read::Bytes(_) | Read::TooLarge => return Err(self.failed(path, Why::Taken)),
            Read::Link => return Err(self.failed(path, Why::Link)),
            Read::NotAFile(what) => return Err(self.failed(path, Why::Kind(what))),
        };
        let (folder, name) = split(path);
        place::file(self.root, folder, name, text.as_bytes(), replace).map_err(|why| self.failed(path, why))?;
        self.touched.insert(folder.to_owned());
        Ok(true)
    }

    /// Makes the names of what was written outlast a power cut.
    ///
    /// # Errors
    /// [`NotWritten`] names the folder.
    pub fn finish(self) -> Result<(), NotWritten> {
        reach("tree/written");
        let flush = |folder: &String| place::flush(self.root, folder).map_err(|why| self.failed(folder, why));
        self.touched.iter().try_for_each(flush)
    }

    fn failed(&self, path: &str, why: impl Into<Why>) -> NotWritten {
        NotWritten { path: self.root.join(path), why: why.into().to_string() }
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// What is in the way.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("something else is there, and it was not there, or said otherwise, when the tree was read")]
    Taken,
    #[error("it, or a folder on the way to it, is a symbolic link")]
    Link,
    #[error("{0} is in the way")]
    Kind(&'static str),
    #[error("its folder is gone")]
    NoFolder,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// A hidden name of its own for what is begun.
fn hidden(name: &str) -> String {
    format!(".{name}.{}.tmp", uuid::Uuid::new_v4().simple())
}

#[cfg(unix)]
mod place {
    use std::fs::File;
    use std::io::{self, Write as _};
    use std::path::Path;

    use rustix::fd::{AsFd, OwnedFd};
    use rustix::fs::{AtFlags, Mode, OFlags};
    use rustix::io::Errno;

    use super::{Read, Why, hidden, reach};
    use crate::tree::disk::open_folder;

    fn open(root: &Path, folder: &str) -> Result<OwnedFd, Why> {
        match open_folder(root, folder)? {
            Ok(opened) => Ok(opened),
            Err(Read::Link) => Err(Why::Link),
            Err(Read::NotAFile(what)) => Err(Why::Kind(what)),
            Err(Read::Missing | Read::Bytes(_) | Read::TooLarge) => Err(Why::NoFolder),
        }
    }

    /// Writes a new file into an open folder, to the disk.
    fn write(folder: impl AsFd, name: &str, bytes: &[u8]) -> Result<File, Why> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(0o666)).map_err(io::Error::from)?;
        let mut file = File::from(opened);
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(file)
    }

    pub(super) fn folder(root: &Path, above: &str, name: &str, scope_file: Option<&str>) -> Result<(), Why> {
        let above = open(root, above)?;
        match rustix::fs::statat(&above, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => {}
            Ok(_) => return Err(Why::Taken),
            Err(error) => return Err(io::Error::from(error).into()),
        }
        let begun = hidden(name);
        rustix::fs::mkdirat(&above, &begun, Mode::from_raw_mode(0o777)).map_err(io::Error::from)?;
        let fill = || -> Result<(), Why> {
            if let Some(text) = scope_file {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let made = rustix::fs::openat(&above, &begun, flags, Mode::empty()).map_err(io::Error::from)?;
                write(&made, "_scope.yaml", text.as_bytes())?;
                File::from(made).sync_all()?;
            }
            reach("tree/folder");
            put(&above, &begun, name, false)
        };
        fill().inspect_err(|_| {
            // What can't be taken away is hidden, and in nobody's way.
            let _ = rustix::fs::unlinkat(&above, format!("{begun}/_scope.yaml"), AtFlags::empty());
            let _ = rustix::fs::unlinkat(&above, &begun, AtFlags::REMOVEDIR);
        })
    }

    pub(super) fn file(root: &Path, folder: &str, name: &str, bytes: &[u8], replace: bool) -> Result<(), Why> {
        let folder = open(root, folder)?;
        let begun = hidden(name);
        let fill = || -> Result<(), Why> {
            let written = write(&folder, &begun, bytes)?;
            if replace {
                let there = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(io::Error::from)?;
                let mode = Mode::from_raw_mode(there.st_mode);
                rustix::fs::fchmod(&written, mode).map_err(io::Error::from)?;
            }
            reach("tree/file");
            put(&folder, &begun, name, replace)
        };
        fill().inspect_err(|_| {
            let _ = rustix::fs::unlinkat(&folder, &begun, AtFlags::empty());
        })
    }

    /// Gives what is begun its name.
    fn put(folder: &OwnedFd, begun: &str, name: &str, replace: bool) -> Result<(), Why> {
        #[cfg(target_os = "linux")]
        if !replace {
            use rustix::fs::RenameFlags;
            // Also where somebody made one in the meantime.
            match rustix::fs::renameat_with(folder, begun, folder, name, RenameFlags::NOREPLACE) {
                Ok(()) => return Ok(()),
                Err(Errno::EXIST) => return Err(Why::Taken),
                // A file system that doesn't know how: nothing was there a moment ago.
                Err(Errno::INVAL | Errno::NOSYS) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
        let _ = replace;
        Ok(rustix::fs::renameat(folder, begun, folder, name).map_err(io::Error::from)?)
    }

    pub(super) fn flush(root: &Path, folder: &str) -> Result<(), Why> {
        match File::from(open(root, folder)?).sync_all() {
            // Some network and user-space file systems know no flush of a folder.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            done => Ok(done?),
        }
    }
}

#[cfg(not(unix))]
mod place {
    use std::fs::OpenOptions;
    use std::io::{self, Write as _};
    use std::path::{Path, PathBuf};

    use super::{Why, hidden, reach};

    /// Looks at each part, as there is no opening part by part here.
    fn open(root: &Path, folder: &str) -> Result<PathBuf, Why> {
        let mut at = root.to_owned();
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            at.push(part);
            let found = std::fs::symlink_metadata(&at).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Why::NoFolder,
                _ => Why::Io(error),
            })?;
            if found.is_symlink() {
                return Err(Why::Link);
            }
            if !found.is_dir() {
                return Err(Why::Kind("a file"));
            }
        }
        Ok(at)
    }

    fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    pub(super) fn folder(root: &Path, above: &str, name: &str, scope_file: Option<&str>) -> Result<(), Why> {
        let above = open(root, above)?;
        if std::fs::symlink_metadata(above.join(name)).is_ok() {
            return Err(Why::Taken);
        }
        let begun = above.join(hidden(name));
        std::fs::create_dir(&begun)?;
        if let Some(text) = scope_file {
            write(&begun.join("_scope.yaml"), text.as_bytes())?;
        }
        reach("tree/folder");
        Ok(std::fs::rename(&begun, above.join(name))?)
    }

    pub(super) fn file(root: &Path, folder: &str, name: &str, bytes: &[u8], _replace: bool) -> Result<(), Why> {
        let folder = open(root, folder)?;
        let begun = folder.join(hidden(name));
        write(&begun, bytes)?;
        reach("tree/file");
        Ok(std::fs::rename(&begun, folder.join(name))?)
    }

    pub(super) fn flush(_: &Path, _: &str) -> Result<(), Why> {
        Ok(())
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
    fn a_folder_comes_with_its_id_and_a_file_is_written_once() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("new/policies");
        let mut writing = Writing::into(&root).unwrap();
        writing.folder("acme", Some("id: org-1\n")).unwrap();
        assert!(writing.file("acme/a.yaml", "one", Over::Nothing).unwrap());
        assert!(!writing.file("acme/a.yaml", "one", Over::Nothing).unwrap(), "it is right already");
        let refused = writing.file("acme/a.yaml", "two", Over::Nothing).unwrap_err().to_string();
        assert!(refused.contains("a.yaml: something else is there"), "{refused}");
        assert!(writing.file("acme/a.yaml", "two", Over::Other).unwrap());
        writing.folder("acme", None).expect_err("it is there");
        assert!(writing.file("acme/none/a.yaml", "x", Over::Other).unwrap_err().to_string().contains("folder is gone"));
        writing.finish().unwrap();
        assert_eq!(names(&root.join("acme")), ["_scope.yaml", "a.yaml"]);
        assert_eq!(std::fs::read(root.join("acme/a.yaml")).unwrap(), b"two");
        assert_eq!(std::fs::read(root.join("acme/_scope.yaml")).unwrap(), b"id: org-1\n");
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_written_through_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let (tree, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut writing = Writing::into(tree.path()).unwrap();
        writing.folder("acme", None).unwrap();
        symlink(other.path(), tree.path().join("away")).unwrap();
        symlink(other.path().join("x"), tree.path().join("acme/x.yaml")).unwrap();
        for over in [Over::Nothing, Over::Other] {
            for path in ["away/a.yaml", "acme/x.yaml"] {
                let refused = writing.file(path, "text", over).unwrap_err().to_string();
                assert!(refused.contains("is a symbolic link"), "{refused}");
            }
        }
        writing.folder("away/below", None).unwrap_err();
        writing.folder("away", None).unwrap_err();
        assert_eq!(names(other.path()), Vec::<String>::new());
        writing.file("acme/a.yaml", "one", Over::Nothing).unwrap();
        let path = tree.path().join("acme/a.yaml");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        writing.file("acme/a.yaml", "two", Over::Other).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        std::fs::create_dir(tree.path().join("acme/b.yaml")).unwrap();
        let refused = writing.file("acme/b.yaml", "x", Over::Other).unwrap_err().to_string();
        assert!(refused.contains("a folder is in the way"), "{refused}");
        assert_eq!(names(&tree.path().join("acme")), ["a.yaml", "b.yaml", "x.yaml"], "nothing begun is left");
    }
}
