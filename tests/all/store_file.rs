//! What is the file store's own: the folder, the files in it, and everything that can happen to them.

#![expect(clippy::unwrap_used, reason = "a test's own functions; clippy knows only those marked as tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use policysync::state::{FileStore, Record, Store, StoreError, Version, codec};
use uuid::Uuid;

use crate::store_contract::{Place, contract, count_up, name, record, run};

/// Names the folder that [`worker`] is to work in, and the work.
const FOLDER: &str = "POLICYSYNC_TEST_FOLDER";
const WORK: &str = "POLICYSYNC_TEST_WORK";

struct Folder {
    root: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    /// Two levels below what is there, so that the first save has folders to make.
    fn path(&self) -> PathBuf {
        self.root.path().join(".policysync/state")
    }

    fn store(&self) -> FileStore {
        FileStore::new(self.path())
    }

    fn document(&self) -> PathBuf {
        self.path().join("acme.json")
    }

    fn save(&self, record: &Record, version: Option<&Version>) -> Result<Version, StoreError> {
        run(self.store().save_if(record, version))
    }

    fn load(&self) -> Result<Option<(Record, Version)>, StoreError> {
        run(self.store().load(&name("acme")))
    }

    fn names(&self) -> Vec<String> {
        names(&self.path())
    }
}

impl Place for Folder {
    fn handle(&self) -> Arc<dyn Store> {
        Arc::new(self.store())
    }
}

contract!(file, super::Folder::new());

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[expect(clippy::disallowed_methods, reason = "makes the broken files that the store has to cope with")]
fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

fn told<T: std::fmt::Debug>(refused: Result<T, StoreError>) -> String {
    let error = refused.expect_err("it is to be refused");
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    format!("{told}\nhint: {}", error.hint())
}

#[test]
fn the_folder_holds_the_record_its_lock_and_the_save_before() {
    let folder = Folder::new();
    let first = folder.save(&record("acme", 1, 40), None).unwrap();
    assert_eq!(folder.names(), ["acme.json", "acme.json.lock"]);
    folder.save(&record("acme", 2, 40), Some(&first)).unwrap();
    assert_eq!(folder.names(), ["acme.json", "acme.json.bak", "acme.json.lock"]);
    let backup = fs::read(folder.path().join("acme.json.bak")).unwrap();
    assert_eq!(codec::decode(&backup).unwrap(), record("acme", 1, 40));
    assert_eq!(run(folder.store().orgs()).unwrap().len(), 1);
    assert_eq!(folder.store().place(&name("acme")), folder.document().display().to_string());
}

#[test]
fn a_load_or_a_list_makes_nothing() {
    let folder = Folder::new();
    assert!(folder.load().unwrap().is_none());
    assert!(run(folder.store().orgs()).unwrap().is_empty());
    assert!(names(folder.root.path()).is_empty());
}

#[test]
fn a_record_cut_short_is_refused_at_every_length() {
    let folder = Folder::new();
    folder.save(&record("acme", 1, 40), None).unwrap();
    let whole = fs::read(folder.document()).unwrap();
    for length in 0..whole.len() {
        put(&folder.document(), &whole[..length]);
        let told = told(folder.load());
        assert!(told.contains("acme.json can't be read: "), "{told}");
        assert!(told.contains("bring the last good one back"), "{told}");
    }
}

#[test]
fn a_flipped_bit_is_refused_in_every_byte() {
    let folder = Folder::new();
    folder.save(&record("acme", 1, 40), None).unwrap();
    let whole = fs::read(folder.document()).unwrap();
    let (store, org) = (folder.store(), name("acme"));
    run(async {
        // A bit of each byte; the codec's own tests flip all eight.
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            put(&folder.document(), &flipped);
            let refused = store.load(&org).await;
            let expected = matches!(refused, Err(StoreError::Corrupt { .. } | StoreError::TooNew { .. }));
            assert!(expected, "byte {at}: {refused:?}");
        }
    });
}

#[test]
fn a_refused_record_has_a_way_back() {
    let folder = Folder::new();
    let first = folder.save(&record("acme", 1, 40), None).unwrap();
    folder.save(&record("acme", 2, 40), Some(&first)).unwrap();
    put(&folder.document(), b"");
    let told = told(folder.load());
    let backup = folder.path().join("acme.json.bak");
    let document = folder.document();
    let way_back = format!("rename {} to {}", backup.display(), document.display());
    assert!(told.ends_with(&format!("it is empty\nhint: the save before it is whole: {way_back}")), "{told}");
    fs::rename(backup, document).unwrap();
    let (found, version) = folder.load().unwrap().unwrap();
    assert_eq!((&found, &version), (&record("acme", 1, 40), &first));
    folder.save(&record("acme", 3, 40), Some(&version)).unwrap();
}

#[test]
fn a_refused_record_is_not_saved_over() {
    let folder = Folder::new();
    let version = folder.save(&record("acme", 1, 40), None).unwrap();
    let mut altered = fs::read(folder.document()).unwrap();
    altered.pop();
    put(&folder.document(), &altered);
    for version in [None, Some(&version)] {
        let refused = folder.save(&record("acme", 2, 40), version);
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    }
    assert_eq!(fs::read(folder.document()).unwrap(), altered);
}

#[test]
fn a_newer_format_is_refused_naming_both() {
    let folder = Folder::new();
    folder.save(&record("acme", 1, 40), None).unwrap();
    put(&folder.document(), b"{\"format\": 7, \"shards\": []}");
    let way_out = "acme.json has format 7; this version reads up to 1\nhint: install a newer policysync";
    assert!(told(folder.load()).ends_with(way_out));
}

#[test]
fn another_organizations_record_is_refused_naming_both() {
    let folder = Folder::new();
    run(folder.store().save_if(&record("globex", 1, 40), None)).unwrap();
    fs::copy(folder.path().join("globex.json"), folder.document()).unwrap();
    assert!(told(folder.load()).contains("it is the record of globex, not of acme"));
}

#[test]
fn foreign_files_are_no_organizations_and_stay() {
    let folder = Folder::new();
    folder.save(&record("acme", 1, 40), None).unwrap();
    let foreign = [
        "README.md",
        "Acme.json",
        "acme.json.bak",
        "acme.json.orig",
        ".hidden.json",
        ".acme.json.a1B2c3.swp",
        "x y.json",
        "%61cme.json",
        // A temporary file of the organization `acme.json`, whose save may be under way.
        ".acme.json.json.a1B2c3.tmp",
    ];
    for file in foreign {
        put(&folder.path().join(file), b"not a record");
    }
    assert_eq!(run(folder.store().orgs()).unwrap().into_iter().collect::<Vec<_>>(), [name("acme")]);
    let version = folder.load().unwrap().unwrap().1;
    folder.save(&record("acme", 2, 40), Some(&version)).unwrap();
    for file in foreign.iter().filter(|file| **file != "acme.json.bak") {
        assert_eq!(fs::read(folder.path().join(file)).unwrap(), b"not a record", "{file}");
    }
}

#[test]
fn what_a_killed_save_left_is_no_organization_and_goes_with_the_next_save() {
    let folder = Folder::new();
    let version = folder.save(&record("acme", 1, 40), None).unwrap();
    let left = folder.path().join(".acme.json.a1B2c3.tmp");
    put(&left, b"{\n  \"checksum\": \"sha2");
    assert_eq!(run(folder.store().orgs()).unwrap().len(), 1);
    assert_eq!(folder.load().unwrap().unwrap().0, record("acme", 1, 40));
    folder.save(&record("acme", 2, 40), Some(&version)).unwrap();
    assert!(!left.exists());
}

#[test]
fn a_file_in_the_folders_place_is_found_out_before_anything() {
    let folder = Folder::new();
    fs::create_dir(folder.root.path().join(".policysync")).unwrap();
    put(&folder.path(), b"in the way");
    let store = folder.store();
    for refused in [run(store.probe()).map(|()| None), folder.save(&record("acme", 1, 40), None).map(Some)] {
        let told = told(refused);
        assert!(told.starts_with(&format!("can't make the folder {}: ", folder.path().display())), "{told}");
    }
    assert_eq!(fs::read(folder.path()).unwrap(), b"in the way");
}

#[test]
fn a_backup_that_cant_be_made_stops_the_save_and_leaves_the_old_record_whole() {
    let folder = Folder::new();
    let version = folder.save(&record("acme", 1, 40), None).unwrap();
    fs::create_dir(folder.path().join("acme.json.bak")).unwrap();
    let told = told(folder.save(&record("acme", 2, 40), Some(&version)));
    assert!(told.starts_with("can't remove "), "{told}");
    assert_eq!(folder.load().unwrap(), Some((record("acme", 1, 40), version)));
    assert_eq!(folder.names(), ["acme.json", "acme.json.bak", "acme.json.lock"]);
}

/// What several processes do at once or under a limit: run by tests that start this binary again.
#[test]
#[ignore = "started by other tests, in processes of their own"]
fn worker() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = FileStore::new(folder);
    match std::env::var_os(WORK).expect("the work is named").to_str() {
        Some("count") => count_up(&store, 50),
        Some("outgrow") => {
            let (_, version) = run(store.load(&name("acme"))).unwrap().expect("one was saved before");
            let told = told(run(store.save_if(&record("acme", 100, 1_000), Some(&version))));
            assert!(told.starts_with("can't write "), "{told}");
        }
        other => panic!("no such work: {other:?}"),
    }
}

/// This binary, set to do one piece of work in another process, by way of a shell command that ends in `"$@"`.
#[cfg(unix)]
fn another_process(folder: &Folder, work: &str, shell: &str) -> std::process::Command {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", shell, "sh"]).arg(std::env::current_exe().unwrap());
    command.args(["store_file::worker", "--exact", "--ignored", "--nocapture"]);
    command.env(FOLDER, folder.path()).env(WORK, work).stdout(std::process::Stdio::piped());
    command
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::process::Child;

    use super::*;

    #[test]
    fn four_processes_lose_no_update() {
        let folder = Folder::new();
        let children: Vec<Child> =
            (0..4).map(|_| another_process(&folder, "count", "exec \"$@\"").spawn().unwrap()).collect();
        for child in children {
            let done = child.wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success() && told.contains("1 passed"), "{told}");
        }
        assert_eq!(folder.load().unwrap().unwrap().0.serial, 200);
        assert_eq!(folder.names(), ["acme.json", "acme.json.bak", "acme.json.lock"]);
    }

    #[test]
    fn a_write_that_fails_half_way_leaves_the_old_record_and_no_litter() {
        let folder = Folder::new();
        let version = folder.save(&record("acme", 1, 40), None).unwrap();
        // No file may grow beyond 8 KiB: the write of a record of 100 kB stops in the middle, as on a full disk.
        let limited = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
        let done = another_process(&folder, "outgrow", limited).output().unwrap();
        let told = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && told.contains("1 passed"), "{told}");
        assert_eq!(folder.load().unwrap(), Some((record("acme", 1, 40), version)));
        assert_eq!(folder.names(), ["acme.json", "acme.json.lock"]);
    }

    #[test]
    fn a_folder_that_takes_no_files_is_found_out_by_a_probe() {
        // Nobody can make a file in there, root neither.
        let told = told(run(FileStore::new("/proc/self/fdinfo").probe()));
        assert!(told.starts_with("can't write in /proc/self/fdinfo: "), "{told}");
    }

    #[test]
    fn records_are_private_and_a_mode_that_was_set_is_kept() {
        let folder = Folder::new();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        let first = folder.save(&record("acme", 1, 40), None).unwrap();
        assert_eq!(mode(&folder.document()), 0o600);
        assert_eq!(mode(&folder.path()), 0o700);
        assert_eq!(mode(&folder.path().join("acme.json.lock")), 0o600);
        fs::set_permissions(folder.document(), fs::Permissions::from_mode(0o640)).unwrap();
        folder.save(&record("acme", 2, 40), Some(&first)).unwrap();
        assert_eq!(mode(&folder.document()), 0o640);
    }

    #[test]
    fn what_is_no_file_in_the_records_place_is_refused_and_stays() {
        let folder = Folder::new();
        let version = folder.save(&record("acme", 1, 40), None).unwrap();
        let (document, elsewhere) = (folder.document(), folder.root.path().join("elsewhere.json"));
        fs::rename(&document, &elsewhere).unwrap();
        let make = |what: &str| match what {
            "a link to a record" => symlink(&elsewhere, &document).unwrap(),
            "a link to a device" => symlink("/dev/null", &document).unwrap(),
            "a link to nothing" => symlink("nowhere", &document).unwrap(),
            "a folder" => fs::create_dir(&document).unwrap(),
            _ => assert!(std::process::Command::new("mkfifo").arg(&document).status().unwrap().success()),
        };
        let whole = fs::read(&elsewhere).unwrap();
        for (what, kind) in [
            ("a link to a record", "a symbolic link"),
            ("a link to a device", "a symbolic link"),
            ("a link to nothing", "a symbolic link"),
            ("a folder", "a folder"),
            ("a FIFO", "a device, a FIFO or a socket"),
        ] {
            make(what);
            let before = document.symlink_metadata().unwrap().ino();
            let refused = [
                folder.load().map(|_| ()),
                folder.save(&record("acme", 2, 40), None).map(|_| ()),
                folder.save(&record("acme", 2, 40), Some(&version)).map(|_| ()),
            ];
            for refused in refused {
                let told = told(refused);
                assert!(told.contains(&format!("it is {kind}, not a file")), "{what}: {told}");
            }
            // It is told, not taken for an organization without a record.
            assert_eq!(run(folder.store().orgs()).unwrap().len(), 1);
            assert_eq!(document.symlink_metadata().unwrap().ino(), before);
            if document.is_dir() { fs::remove_dir(&document) } else { fs::remove_file(&document) }.unwrap();
        }
        assert_eq!(fs::read(&elsewhere).unwrap(), whole);
    }

    #[test]
    fn a_lock_file_that_is_a_link_is_not_followed() {
        let folder = Folder::new();
        let version = folder.save(&record("acme", 1, 40), None).unwrap();
        let lock = folder.path().join("acme.json.lock");
        fs::remove_file(&lock).unwrap();
        symlink(folder.root.path().join("made-by-the-link"), &lock).unwrap();
        let told = told(folder.save(&record("acme", 2, 40), Some(&version)));
        assert!(told.contains("acme.json.lock: it is a symbolic link"), "{told}");
        assert!(!folder.root.path().join("made-by-the-link").exists());
    }
}

#[test]
fn a_lock_that_is_never_let_go_is_named() {
    let folder = Folder::new();
    folder.save(&record("acme", 1, 40), None).unwrap();
    let lock_path = folder.path().join("acme.json.lock");
    let lock = fs::File::open(&lock_path).unwrap();
    lock.lock().unwrap();
    let version = folder.load().unwrap().unwrap().1;
    let hasty = folder.store().waiting_at_most(std::time::Duration::from_millis(30));
    let told = told(run(hasty.save_if(&record("acme", 2, 40), Some(&version))));
    assert!(
        told.starts_with(&format!("can't lock {}: another process has held it for 30ms", lock_path.display())),
        "{told}"
    );
    drop(lock);
    folder.save(&record("acme", 2, 40), Some(&version)).unwrap();
}

#[test]
fn a_document_bears_the_id_of_its_save_and_no_other() {
    let record = record("acme", 1, 40);
    let id = Uuid::from_u128(42);
    let text = String::from_utf8(codec::encode(&record, id).unwrap()).unwrap();
    assert!(text.contains(&format!("\"writeId\": \"{id}\"")));
}
