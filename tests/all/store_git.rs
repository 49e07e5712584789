//! The store on a Git branch: the contract, and what only it has to get right.

#![expect(clippy::unwrap_used, reason = "a test's own functions; clippy knows only those marked as tests")]

#[path = "store_git_faults.rs"]
mod faults;
#[path = "store_git_http.rs"]
pub mod http;
#[path = "store_git_runs.rs"]
mod runs;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use policysync::state::{BRANCH, GitStore, Record, Store, Version};

use crate::store_contract::{Place, contract, name, record, run};

/// What keeps the machine's own settings and identities out of a test.
pub(crate) const HERMETIC: &[(&str, &str)] = &[
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_COMMITTER_NAME", ""),
    ("GIT_COMMITTER_EMAIL", ""),
];

/// Runs git in a folder and returns what it prints; it must succeed.
#[track_caller]
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let (well, said) = try_git(folder, arguments);
    assert!(well, "git {arguments:?}: {said}");
    said
}

/// Runs git in a folder: whether it succeeds, and what it prints.
pub(crate) fn try_git(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let ran = Command::new("git")
        .args(["-c", "user.name=A Person", "-c", "user.email=person@example.com", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .envs(HERMETIC.iter().copied().filter(|(_, value)| !value.is_empty()))
        .env("LC_ALL", "C")
        .output()
        .expect("git is there");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let out = text(&ran.stdout);
    (ran.status.success(), if ran.status.success() { out } else { format!("{out}{}", text(&ran.stderr)) })
}

/// A bare repository, reached by path or by address, from a folder that is no repository.
pub(crate) struct Bare {
    pub(crate) folder: tempfile::TempDir,
    remote: String,
}

impl Bare {
    pub(crate) fn by_path() -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet", "--bare", "remote.git"]);
        let remote = folder.path().join("remote.git").to_str().unwrap().to_owned();
        Self { folder, remote }
    }

    fn by_address() -> Self {
        let bare = Self::by_path();
        Self { remote: format!("file://{}", bare.remote), ..bare }
    }

    fn with_sha256() -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet", "--bare", "--object-format=sha256", "remote.git"]);
        let remote = folder.path().join("remote.git").to_str().unwrap().to_owned();
        Self { folder, remote }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    pub(crate) fn store(&self) -> GitStore {
        let store = GitStore::new(&self.remote, BRANCH).in_folder(self.folder.path());
        HERMETIC.iter().fold(store, |store, (name, value)| store.with_variable(name, value))
    }
}

impl Place for Bare {
    fn handle(&self) -> Arc<dyn Store> {
        Arc::new(self.store())
    }

    fn rounds(&self) -> usize {
        5
    }
}

contract!(path, crate::store_git::Bare::by_path());

/// Another way there and another kind of repository: the same laws, but for the races, which are git's and the same.
macro_rules! laws_but_races {
    ($kind:ident, $place:expr) => {
        mod $kind {
            $crate::store_contract::contract!(@laws [] $place,
                nothing_is_there_at_first
                what_was_saved_is_loaded
                the_first_save_is_refused_where_a_record_is
                a_save_over_nothing_is_refused_where_one_was_loaded
                a_stale_version_is_refused_and_changes_nothing
                there_and_back_again_is_not_the_same_version
                organizations_are_independent
                a_large_record_comes_back
                a_probe_leaves_nothing_behind
            );
        }
    };
}
laws_but_races!(address, crate::store_git::Bare::by_address());
laws_but_races!(sha256, crate::store_git::Bare::with_sha256());

pub(crate) fn numbered(org: &str, serial: u64) -> Record {
    Record { serial, ..record(org, 1, 40) }
}

/// Saves the `serial`th record of an organization over the one before.
#[track_caller]
pub(crate) fn saved(store: &GitStore, org: &str, serial: u64, version: Option<&Version>) -> Version {
    run(store.save_if(&numbered(org, serial), version)).expect("a save that nobody hinders")
}

#[test]
fn a_branch_begins_with_a_word_about_itself_and_grows_by_one_commit_a_save() {
    let bare = Bare::by_path();
    let store = bare.store();
    let first = saved(&store, "acme", 1, None);
    saved(&store, "acme", 2, Some(&first));
    saved(&store, "globex", 1, None);
    let remote = bare.path();
    assert_eq!(git(&remote, &["rev-list", "--count", BRANCH]), "3");
    assert_eq!(git(&remote, &["ls-tree", "--name-only", BRANCH]), ".gitattributes\nREADME.md\nacme.json\nglobex.json");
    let root = git(&remote, &["log", "--max-parents=0", "--format=%an <%ae>%n%B", BRANCH]);
    assert!(root.starts_with("policysync <policysync@policysync.invalid>\nacme: 1 adopted\n"), "{root}");
    assert!(root.contains("The first record on this branch. policysync keeps one file here"), "{root}");
    assert_eq!(git(&remote, &["for-each-ref", "--format=%(refname)"]), format!("refs/heads/{BRANCH}"));
}

#[test]
fn of_eight_organizations_saved_at_once_each_gets_through() {
    let bare = Bare::by_path();
    let orgs: Vec<String> = (0..8).map(|n| format!("org{n}")).collect();
    std::thread::scope(|scope| {
        for org in &orgs {
            let store = bare.store();
            scope.spawn(move || {
                let first = saved(&store, org, 1, None);
                let second = saved(&store, org, 2, Some(&first));
                saved(&store, org, 3, Some(&second));
            });
        }
    });
    let store = bare.store();
    assert_eq!(run(store.orgs()).unwrap(), orgs.iter().map(|org| name(org)).collect());
    for org in &orgs {
        assert_eq!(run(store.load(&name(org))).unwrap().unwrap().0, numbered(org, 3));
    }
    assert_eq!(
        git(&bare.path(), &["rev-list", "--count", "--first-parent", BRANCH]),
        "24",
        "one commit a save, none lost"
    );
}
