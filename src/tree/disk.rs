//! The one file of this wing that reads the disk (`writing::disk` writes): lists the tree, and reads one file of it.
//!
//! No link is followed below the root (the root itself is the user's word), nothing but a regular file is opened, and no
//! more than the asked bound is read. What is listed may be something else when it is opened, so opening checks again.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use walkdir::WalkDir;

use super::desired::TreeError;

/// What an entry of the tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// Something else, by its name: `a FIFO`.
    Other(&'static str),
}

/// An entry that is not hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path below the root, `/` between its parts.
    pub(super) path: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Whether its name is UTF-8; `path` has replacement characters where it isn't, and can't be opened.
    pub(super) utf8: bool,
}

/// What reading a file came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// All its bytes.
    Bytes(Vec<u8>),
    /// There is none.
    Missing,
    /// It, or a folder on the way to it, is a symbolic link.
    Link,
    /// It is something else than a regular file, or something on the way is no folder.
    NotAFile(&'static str),
    /// It has more bytes than were asked for.
    TooLarge,
}

/// How far down is looked: one below the lowest level that may hold folders, to know whether those are empty.
const DEEPEST: usize = 5;

/// All that lies in the tree and is not hidden, in the order of its names. A folder whose name is not UTF-8 is listed and
/// not entered.
pub(super) fn list(root: &Path) -> Result<Vec<Entry>, TreeError> {
    match std::fs::metadata(root) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Err(TreeError::NotAFolder(root.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(TreeError::Missing(root.to_owned())),
        Err(source) => return Err(TreeError::Io { path: root.to_owned(), source }),
    }
    let mut entries = Vec::new();
    let mut walk =
        WalkDir::new(root).min_depth(1).max_depth(DEEPEST).follow_links(false).sort_by_file_name().into_iter();
    while let Some(next) = walk.next() {
        let found = next.map_err(|error| TreeError::Io {
            path: error.path().unwrap_or(root).to_owned(),
            source: error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into()),
        })?;
        let kind = kind_of(found.file_type());
        let below = found.path().strip_prefix(root).unwrap_or(found.path());
        let utf8 = below.to_str().is_some();
        let hidden = found.file_name().as_encoded_bytes().starts_with(b".");
        if kind == Kind::Folder && (hidden || !utf8) {
            walk.skip_current_dir();
        }
        if !hidden {
            entries.push(Entry { path: with_slashes(below), kind, utf8 });
        }
    }
    Ok(entries)
}

fn with_slashes(path: &Path) -> String {
    match path.to_str() {
        Some(text) if std::path::MAIN_SEPARATOR == '/' => text.to_owned(),
        _ => path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"),
    }
}

fn kind_of(kind: std::fs::FileType) -> Kind {
    if kind.is_symlink() {
        Kind::Link
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_file() {
        Kind::File
    } else {
        Kind::Other(special(kind))
    }
}

#[cfg(unix)]
fn special(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_: std::fs::FileType) -> &'static str {
    "something special"
}

/// Reads files of one tree, one after another. Those that lie in one folder are best read in a row: the way to it is gone
/// only once.
pub(super) struct Reading<'r> {
    root: &'r Path,
    /// The folder that was last read from.
    #[cfg(unix)]
    last: std::cell::RefCell<Option<(String, rustix::fd::OwnedFd)>>,
}

impl<'r> Reading<'r> {
    pub(super) fn of(root: &'r Path) -> Self {
        Self {
            root,
            #[cfg(unix)]
            last: std::cell::RefCell::default(),
        }
    }

    /// Where a file lies, for messages.
    pub(super) fn path(&self, file: &str) -> std::path::PathBuf {
        self.root.join(file)
    }

    /// Reads the file at `path`, given as its parts below the root, if it has no more than `limit` bytes.
    pub(super) fn read(&self, path: &str, limit: usize) -> io::Result<Read> {
        let file = match self.open(path)? {
            Ok(file) => file,
            Err(refused) => return Ok(refused),
        };
        let meta = file.metadata()?;
        match kind_of(meta.file_type()) {
            Kind::File => {}
            Kind::Folder => return Ok(Read::NotAFile("a folder")),
            Kind::Link => return Ok(Read::Link),
            Kind::Other(what) => return Ok(Read::NotAFile(what)),
        }
        let bound = u64::try_from(limit).unwrap_or(u64::MAX);
        if meta.len() > bound {
            return Ok(Read::TooLarge);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or_default() + 1);
        // It may have grown since its size was asked for.
        file.take(bound.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(if bytes.len() > limit { Read::TooLarge } else { Read::Bytes(bytes) })
    }

    /// Opens a file part by part, each relative to the folder opened before and refusing links, so that no swap of a
    /// folder for a link in the meantime leads outside. Never blocks on a FIFO. What is opened may still be no regular file.
    #[cfg(unix)]
    fn open(&self, path: &str) -> io::Result<Result<File, Read>> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut last = self.last.borrow_mut();
        let folder = match last.take().filter(|(of, _)| of == folders) {
            Some((_, folder)) => folder,
            None => match open_folder(self.root, folders)? {
                Ok(folder) => folder,
                Err(refused) => return Ok(Err(refused)),
            },
        };
        let (_, folder) = last.insert((folders.to_owned(), folder));
        match rustix::fs::openat(&*folder, name, SAFE, rustix::fs::Mode::empty()) {
            Ok(opened) => Ok(Ok(File::from(opened))),
            Err(error) => why(folder, name, error, Read::NotAFile("a socket")).map(Err),
        }
    }

    /// Looks at each part before opening, as there is no opening part by part here.
    #[cfg(not(unix))]
    fn open(&self, path: &str) -> io::Result<Result<File, Read>> {
        let mut at = self.root.to_owned();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            at.push(part);
            let kind = match std::fs::symlink_metadata(&at) {
                Ok(meta) => kind_of(meta.file_type()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(Read::Missing)),
                Err(error) => return Err(error),
            };
            match kind {
                Kind::Link => return Ok(Err(Read::Link)),
                Kind::Other(what) => return Ok(Err(Read::NotAFile(what))),
                Kind::Folder if parts.peek().is_none() => return Ok(Err(Read::NotAFile("a folder"))),
                Kind::File if parts.peek().is_some() => return Ok(Err(Read::NotAFile("a file"))),
                Kind::Folder | Kind::File => {}
            }
        }
        File::open(at).map(Ok)
    }
}

/// How everything below the root is opened.
#[cfg(unix)]
const SAFE: rustix::fs::OFlags = rustix::fs::OFlags::RDONLY
    .union(rustix::fs::OFlags::CLOEXEC)
    .union(rustix::fs::OFlags::NOFOLLOW)
    .union(rustix::fs::OFlags::NONBLOCK)
    .union(rustix::fs::OFlags::NOCTTY);

/// Opens a folder part by part, refusing links; the root itself may be one.
#[cfg(unix)]
pub(super) fn open_folder(root: &Path, folders: &str) -> io::Result<Result<rustix::fd::OwnedFd, Read>> {
    use rustix::fs::{Mode, OFlags};
    let mut folder = rustix::fs::open(root, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY, Mode::empty())?;
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        folder = match rustix::fs::openat(&folder, part, SAFE | OFlags::DIRECTORY, Mode::empty()) {
            Ok(opened) => opened,
            Err(error) => return why(&folder, part, error, Read::NotAFile("a file")).map(Err),
        };
    }
    Ok(Ok(folder))
}

/// Systems say in different words that a part is a link, or can't be opened for what it is: look what it is instead.
#[cfg(unix)]
fn why(folder: &rustix::fd::OwnedFd, part: &str, error: rustix::io::Errno, unfit: Read) -> io::Result<Read> {
    use rustix::fs::{AtFlags, FileType};
    use rustix::io::Errno;
    if error == Errno::NOENT {
        return Ok(Read::Missing);
    }
    let kind =
        rustix::fs::statat(folder, part, AtFlags::SYMLINK_NOFOLLOW).map(|stat| FileType::from_raw_mode(stat.st_mode));
    match (kind, error) {
        (Ok(FileType::Symlink), _) => Ok(Read::Link),
        (Ok(_), Errno::NOTDIR | Errno::NXIO | Errno::OPNOTSUPP | Errno::NODEV) => Ok(unfit),
        _ => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(root: &Path, path: &str, limit: usize) -> io::Result<Read> {
        Reading::of(root).read(path, limit)
    }

    fn tree() -> tempfile::TempDir {
        let tree = tempfile::tempdir().expect("a folder of our own");
        std::fs::create_dir_all(tree.path().join("acme/.git/x")).unwrap();
        File::create(tree.path().join("acme/b.yaml")).unwrap();
        File::create(tree.path().join("acme/.hidden.yaml")).unwrap();
        std::fs::create_dir(tree.path().join("acme/a")).unwrap();
        tree
    }

    #[test]
    fn a_listing_is_sorted_and_leaves_out_what_is_hidden() {
        let tree = tree();
        let paths: Vec<String> = list(tree.path()).unwrap().into_iter().map(|entry| entry.path).collect();
        assert_eq!(paths, ["acme", "acme/a", "acme/b.yaml"]);
    }

    #[test]
    fn a_root_that_is_no_folder_is_a_failure() {
        let tree = tree();
        assert!(matches!(list(&tree.path().join("nowhere")), Err(TreeError::Missing(_))));
        assert!(matches!(list(&tree.path().join("acme/b.yaml")), Err(TreeError::NotAFolder(_))));
    }

    #[test]
    fn reading_says_what_is_in_the_way() {
        let tree = tree();
        assert_eq!(read(tree.path(), "acme/b.yaml", 9).unwrap(), Read::Bytes(Vec::new()));
        assert_eq!(read(tree.path(), "acme/c.yaml", 9).unwrap(), Read::Missing);
        assert_eq!(read(tree.path(), "acme/c/d.yaml", 9).unwrap(), Read::Missing);
        assert_eq!(read(tree.path(), "acme/a", 9).unwrap(), Read::NotAFile("a folder"));
        assert_eq!(read(tree.path(), "acme/b.yaml/c", 9).unwrap(), Read::NotAFile("a file"));
    }

    #[test]
    fn no_more_than_the_bound_is_read() {
        use std::io::Write as _;
        let tree = tree();
        File::create(tree.path().join("acme/b.yaml")).unwrap().write_all(b"12345").unwrap();
        assert_eq!(read(tree.path(), "acme/b.yaml", 5).unwrap(), Read::Bytes(b"12345".to_vec()));
        assert_eq!(read(tree.path(), "acme/b.yaml", 4).unwrap(), Read::TooLarge);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_on_any_part_of_the_way_and_the_root_may_be_one() {
        use std::os::unix::fs::symlink;
        let tree = tree();
        symlink("b.yaml", tree.path().join("acme/link.yaml")).unwrap();
        symlink("../acme", tree.path().join("acme/folder")).unwrap();
        symlink("itself", tree.path().join("acme/itself")).unwrap();
        for path in ["acme/link.yaml", "acme/folder/b.yaml", "acme/folder", "acme/itself", "acme/itself/x"] {
            assert_eq!(read(tree.path(), path, 9).unwrap(), Read::Link, "{path}");
        }
        let other = tempfile::tempdir().unwrap();
        let root = other.path().join("root");
        symlink(tree.path(), &root).unwrap();
        assert_eq!(read(&root, "acme/b.yaml", 9).unwrap(), Read::Bytes(Vec::new()));
        assert_eq!(list(&root).unwrap().len(), 6);
    }

    #[test]
    fn files_are_read_in_any_order_and_one_that_is_missing_spoils_nothing() {
        let tree = tree();
        File::create(tree.path().join("acme/a/c.yaml")).unwrap();
        let reading = Reading::of(tree.path());
        for path in ["acme/b.yaml", "acme/b.yaml", "acme/a/c.yaml", "acme/b.yaml", "acme/a/c.yaml"] {
            assert_eq!(reading.read(path, 9).unwrap(), Read::Bytes(Vec::new()), "{path}");
            assert_eq!(reading.read("acme/c.yaml", 9).unwrap(), Read::Missing);
            assert_eq!(reading.read("acme/a/b.yaml", 9).unwrap(), Read::Missing);
            assert_eq!(reading.read("nowhere/b.yaml", 9).unwrap(), Read::Missing);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_becomes_a_link_while_it_is_read_leads_nowhere_else() {
        use std::io::Write as _;
        let (tree, other) = (tree(), tempfile::tempdir().unwrap());
        File::create(other.path().join("b.yaml")).unwrap().write_all(b"theirs").unwrap();
        let reading = Reading::of(tree.path());
        assert_eq!(reading.read("acme/b.yaml", 9).unwrap(), Read::Bytes(Vec::new()));
        std::fs::rename(tree.path().join("acme"), tree.path().join("away")).unwrap();
        std::os::unix::fs::symlink(other.path(), tree.path().join("acme")).unwrap();
        assert_eq!(reading.read("acme/b.yaml", 9).unwrap(), Read::Bytes(Vec::new()));
        assert_eq!(read(tree.path(), "acme/b.yaml", 9).unwrap(), Read::Link);
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_and_a_fifo_are_not_waited_for() {
        let tree = tree();
        let _socket = std::os::unix::net::UnixListener::bind(tree.path().join("acme/s")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            tree.path().join("acme/f"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert_eq!(read(tree.path(), "acme/f", 9).unwrap(), Read::NotAFile("a FIFO"));
        assert_eq!(read(tree.path(), "acme/s", 9).unwrap(), Read::NotAFile("a socket"));
    }
}
