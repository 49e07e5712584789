//! What can go wrong between a save and its remote: refusals, lost answers, slow remotes, people who work on the branch.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use policysync::state::{BRANCH, GitStore, Store, StoreError, Version};

use super::{Bare, HERMETIC, git, numbered, saved};
use crate::store_contract::{name, run};
use crate::world_process::until;

/// A hook of the remote; `sh` runs it.
pub(super) fn hook(remote: &Path, which: &str, script: &str) {
    let path = remote.join("hooks").join(which);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    executable(&path, script);
}

pub(super) fn executable(path: &Path, script: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// What a save fails with, as it is told, and what is advised.
#[track_caller]
fn told(refused: Result<Version, StoreError>) -> (String, String) {
    let error = refused.expect_err("a save that can't succeed");
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(&error) {
        text.push_str(&format!(": {source}"));
    }
    (text, error.hint())
}

#[track_caller]
fn assert_conflict(refused: &Result<Version, StoreError>) {
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
}

#[track_caller]
fn holds(bare: &Bare, org: &str, serial: u64) {
    let found = run(bare.store().load(&name(org))).unwrap().expect("there is a record");
    assert_eq!(found.0, numbered(org, serial));
}

fn commits(bare: &Bare) -> String {
    git(&bare.path(), &["rev-list", "--count", BRANCH])
}

#[test]
fn a_hook_that_says_no_is_told_in_its_own_words_and_nothing_is_saved() {
    let bare = Bare::by_path();
    let store = bare.store();
    let first = saved(&store, "acme", 1, None);
    hook(&bare.path(), "pre-receive", "printf 'GH006: \\033[2Kprotected branch\\n' >&2; exit 1");
    let (text, advice) = told(run(store.save_if(&numbered("acme", 2), Some(&first))));
    let place = format!("can't save git:{}#{BRANCH} acme.json: ", bare.path().display());
    assert!(text.starts_with(&place), "{text}");
    assert!(
        text.contains("pre-receive hook declined") && text.contains("the remote says: GH006: ?[2Kprotected"),
        "{text}"
    );
    assert!(!text.contains("may have been saved"), "{text}");
    assert!(advice.contains("a rule or a hook there stands in the way"), "{advice}");
    holds(&bare, "acme", 1);
    std::fs::remove_file(bare.path().join("hooks/pre-receive")).unwrap();
    saved(&store, "acme", 2, Some(&first));
    assert_eq!(commits(&bare), "2");
}

#[test]
fn a_hook_that_refuses_one_push_only_costs_that_save() {
    let bare = Bare::by_path();
    hook(&bare.path(), "update", "echo x >> pushes; test $(wc -l < pushes) -ne 2");
    let store = bare.store();
    let first = saved(&store, "acme", 1, None);
    let (text, _) = told(run(store.save_if(&numbered("acme", 2), Some(&first))));
    assert!(text.contains("hook declined"), "{text}");
    let third = saved(&store, "acme", 3, Some(&first));
    assert_eq!(run(store.load(&name("acme"))).unwrap(), Some((numbered("acme", 3), third)));
    assert_eq!(commits(&bare), "2");
}

/// The branch is moved, then the connection is lost before the remote could say so.
#[test]
fn a_lost_answer_is_found_out_and_the_save_counts_once() {
    let bare = Bare::by_path();
    let store = bare.store();
    let first = saved(&store, "acme", 1, None);
    hook(&bare.path(), "post-receive", "kill -9 $PPID");
    let second = saved(&store, "acme", 2, Some(&first));
    std::fs::remove_file(bare.path().join("hooks/post-receive")).unwrap();
    assert_eq!(commits(&bare), "2");
    assert_eq!(run(bare.store().load(&name("acme"))).unwrap(), Some((numbered("acme", 2), second.clone())));
    assert_conflict(&run(bare.store().save_if(&numbered("acme", 9), Some(&first))));
    saved(&store, "acme", 3, Some(&second));
}

/// As above, and before anyone looks someone else's commit is on top, which has no document any more.
#[test]
fn a_lost_answer_is_found_out_below_what_came_after_it() {
    let bare = Bare::by_path();
    let store = bare.store();
    let first = saved(&store, "acme", 1, None);
    let on_top = "test -e done && exit; touch done; unset GIT_QUARANTINE_PATH GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL; \
                  b=refs/heads/policysync-state; t=$(git mktree </dev/null); \
                  c=$(git -c user.name=x -c user.email=x@y commit-tree -p $b -m next $t); \
                  git update-ref $b $c; kill -9 $PPID";
    hook(&bare.path(), "post-receive", on_top);
    let second = saved(&store, "acme", 2, Some(&first));
    assert_eq!(commits(&bare), "3", "the first, the second, and what came on top; not the second twice");
    assert_eq!(run(store.load(&name("acme"))).unwrap(), None, "what came on top holds");
    assert_conflict(&run(store.save_if(&numbered("acme", 3), Some(&second))));
}

/// The connection is lost before the branch is moved: the same commit goes once more.
#[test]
fn a_push_that_was_cut_before_it_took_effect_is_made_again() {
    let bare = Bare::by_path();
    let store = bare.store();
    let first = saved(&store, "acme", 1, None);
    hook(&bare.path(), "pre-receive", "test -e done && exit; touch done; kill -9 $PPID");
    saved(&store, "acme", 2, Some(&first));
    assert_eq!(commits(&bare), "2");
    holds(&bare, "acme", 2);
}

/// A store whose pushes go to a program of the test's instead of `git receive-pack`.
fn through(bare: &Bare, script: &str, limit: Duration) -> GitStore {
    let wrapper = bare.folder.path().join("receive");
    executable(&wrapper, script);
    let remote = bare.path().to_str().unwrap().to_owned();
    let work = bare.folder.path().join("work");
    git(bare.folder.path(), &["init", "--quiet", "work"]);
    git(&work, &["remote", "add", "origin", &remote]);
    git(&work, &["config", "remote.origin.receivepack", wrapper.to_str().unwrap()]);
    let store = GitStore::new("origin", BRANCH).in_folder(work).waiting_at_most(limit);
    HERMETIC.iter().fold(store, |store, (name, value)| store.with_variable(name, value))
}

#[test]
fn a_remote_that_never_answers_a_push_ends_in_doubt_and_says_so() {
    let bare = Bare::by_path();
    let first = saved(&bare.store(), "acme", 1, None);
    let slow = through(&bare, "exec cat > /dev/null", Duration::from_secs(3));
    let (text, advice) = told(run(slow.save_if(&numbered("acme", 2), Some(&first))));
    assert!(text.contains("it took longer than 3s and was stopped"), "{text}");
    assert!(text.contains("it may have been saved all the same, or may be yet: "), "{text}");
    assert!(advice.contains("apply again"), "{advice}");
    holds(&bare, "acme", 1);
}

/// The remote goes on with a push whose sender has gone, and is done with it when nobody expects it any more.
#[test]
fn a_push_that_lands_late_is_counted_once_or_never() {
    let bare = Bare::by_path();
    let first = saved(&bare.store(), "acme", 1, None);
    let (begun, go) = (bare.path().join("begun"), bare.path().join("go"));
    // Only the first push waits, out of reach of whoever kills its sender; it reads the whole push first.
    let wait = format!(
        "test -e {0} && exit 0; touch {0}; until test -e {1}; do sleep 0.02; done",
        begun.display(),
        go.display()
    );
    hook(&bare.path(), "pre-receive", &wait);
    let slow = through(&bare, "exec setsid -w git receive-pack \"$@\"", Duration::from_secs(6));
    let second = run(slow.save_if(&numbered("acme", 2), Some(&first))).expect("the second push is taken");
    assert!(begun.exists());
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(&go, "").unwrap();
    let third = saved(&slow, "acme", 3, Some(&second));
    until("the late push is over", || !bare.path().join("refs/heads").join(format!("{BRANCH}.lock")).exists());
    assert_eq!(run(bare.store().load(&name("acme"))).unwrap(), Some((numbered("acme", 3), third)));
    assert_eq!(commits(&bare), "3");
}

#[test]
fn a_branch_that_was_deleted_meanwhile_is_not_brought_back() {
    let bare = Bare::by_path();
    let store = bare.store();
    let first = saved(&store, "acme", 1, None);
    git(&bare.path(), &["update-ref", "-d", &format!("refs/heads/{BRANCH}")]);
    assert_conflict(&run(store.save_if(&numbered("acme", 2), Some(&first))));
    assert_eq!(git(&bare.path(), &["for-each-ref"]), "");
    assert_eq!(run(store.load(&name("acme"))).unwrap(), None);
}

#[test]
fn a_branch_that_was_wound_back_is_not_overwritten() {
    let bare = Bare::by_path();
    let store = bare.store();
    let first = saved(&store, "acme", 1, None);
    let second = saved(&store, "acme", 2, Some(&first));
    let branch = format!("refs/heads/{BRANCH}");
    git(&bare.path(), &["update-ref", &branch, &format!("{branch}~1")]);
    assert_conflict(&run(store.save_if(&numbered("acme", 3), Some(&second))));
    holds(&bare, "acme", 1);
    assert_eq!(commits(&bare), "1");
}

/// Squashed by someone: another history, the same documents. Nothing of it is lost by going on.
#[test]
fn a_branch_whose_history_was_rewritten_goes_on_where_the_record_is_the_same() {
    let bare = Bare::by_path();
    let store = bare.store();
    let first = saved(&store, "acme", 1, None);
    let second = saved(&store, "acme", 2, Some(&first));
    let branch = format!("refs/heads/{BRANCH}");
    let squashed = git(&bare.path(), &["commit-tree", "-m", "squashed", &format!("{branch}^{{tree}}")]);
    git(&bare.path(), &["update-ref", &branch, &squashed]);
    saved(&store, "acme", 3, Some(&second));
    holds(&bare, "acme", 3);
    assert_eq!(git(&bare.path(), &["rev-parse", &format!("{branch}~1")]), squashed);
}

#[test]
fn another_organizations_save_in_between_is_built_upon() {
    let bare = Bare::by_path();
    let (mine, theirs) = (bare.store(), bare.store());
    let acme = saved(&mine, "acme", 1, None);
    let globex = saved(&theirs, "globex", 1, None);
    saved(&mine, "acme", 2, Some(&acme));
    saved(&theirs, "globex", 2, Some(&globex));
    holds(&bare, "acme", 2);
    holds(&bare, "globex", 2);
    assert_eq!(commits(&bare), "4");
}

/// However long the branch has become, a run that begins gets its tip alone; later looks get what came since.
#[test]
fn the_history_of_the_branch_is_not_fetched() {
    let bare = Bare::by_path();
    let first = saved(&bare.store(), "acme", 1, None);
    let trace = bare.folder.path().join("packets");
    let store = bare.store().with_variable("GIT_TRACE_PACKET", &trace);
    let deepened = || {
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        let packets = std::fs::read_to_string(&trace).unwrap();
        packets.lines().filter(|line| line.contains("fetch> deepen 1")).count()
    };
    run(store.load(&name("acme"))).unwrap();
    assert_eq!(deepened(), 1);
    saved(&bare.store(), "acme", 2, Some(&first));
    assert_eq!(run(store.load(&name("acme"))).unwrap().unwrap().0, numbered("acme", 2));
    assert_eq!(deepened(), 1);
}

/// Puts a commit on the branch that makes `acme.json` something else.
fn by_hand(bare: &Bare, change: impl FnOnce(&Path)) {
    let work = tempfile::tempdir().unwrap();
    let remote = bare.path();
    git(work.path(), &["clone", "--quiet", "--branch", BRANCH, remote.to_str().unwrap(), "w"]);
    let clone = work.path().join("w");
    change(&clone);
    git(&clone, &["add", "--all"]);
    git(&clone, &["commit", "--quiet", "--message", "by hand"]);
    git(&clone, &["push", "--quiet"]);
}

#[test]
fn a_record_altered_by_hand_is_refused_and_its_way_back_is_told() {
    let cut = |clone: &Path| {
        let path = clone.join("acme.json");
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(100).unwrap();
    };
    let link = |clone: &Path| {
        std::fs::remove_file(clone.join("acme.json")).unwrap();
        std::os::unix::fs::symlink("README.md", clone.join("acme.json")).unwrap();
    };
    let folder = |clone: &Path| {
        std::fs::remove_file(clone.join("acme.json")).unwrap();
        std::fs::create_dir(clone.join("acme.json")).unwrap();
        std::fs::copy(clone.join("README.md"), clone.join("acme.json/x")).unwrap();
    };
    let is_refused = |change: fn(&Path), why: &str| {
        let bare = Bare::by_path();
        let version = saved(&bare.store(), "acme", 1, None);
        by_hand(&bare, change);
        let error = run(bare.store().load(&name("acme"))).expect_err("it is no record");
        let text = error.to_string();
        assert!(matches!(error, StoreError::Corrupt { .. }) && text.contains(why), "{text}");
        assert!(error.hint().contains("`git show FETCH_HEAD~1:acme.json` is the one before"), "{}", error.hint());
        assert_eq!(run(bare.store().orgs()).unwrap(), [name("acme")].into());
        assert_conflict(&run(bare.store().save_if(&numbered("acme", 2), Some(&version))));
    };
    is_refused(cut, "it is cut short");
    is_refused(link, "it is a symbolic link");
    is_refused(folder, "it is a folder");
}

#[test]
fn what_git_lacks_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = |remote: &str| {
        let store = GitStore::new(remote, BRANCH).in_folder(folder.path());
        HERMETIC.iter().fold(store, |store, (name, value)| store.with_variable(name, value))
    };
    let load =
        |store: &GitStore| told(run(store.load(&name("acme"))).map(|_| unreachable!("there is nothing to load")));

    let (text, advice) = load(&in_folder("origin"));
    assert!(text.contains("`origin` is the name of a remote, and there is no repository to look it up in"), "{text}");
    assert!(advice.contains("run policysync in the repository"), "{advice}");

    let (text, advice) = load(&in_folder("origin").with_variable("PATH", folder.path()));
    assert!(text.contains("the `git` program can't be started"), "{text}");
    assert!(advice.contains("install git 2.31"), "{advice}");

    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["remote", "add", "upstream", "https://example.invalid/a.git"]);
    let (text, advice) = load(&in_folder("origin"));
    assert!(text.contains("the repository has no remote `origin`; there are: upstream"), "{text}");
    assert!(advice.contains("git remote add"), "{advice}");

    let (text, advice) = load(&in_folder("./nowhere.git"));
    assert!(text.contains("does not appear to be a git repository"), "{text}");
    assert!(advice.contains("the right repository"), "{advice}");

    // Port 1 of loopback: nobody listens there.
    let (text, advice) = load(&in_folder("http://user:canary-4711@127.0.0.1:1/a.git"));
    assert!(text.contains("http://127.0.0.1:1/a.git") && !text.contains("canary"), "{text}");
    assert!(!advice.contains("canary") && advice.contains("network"), "{advice}");
}

/// A probe finds out what would stop a save, before anything is begun.
#[test]
fn a_probe_finds_a_remote_that_lets_nobody_push() {
    let bare = Bare::by_path();
    saved(&bare.store(), "acme", 1, None);
    let closed = through(&bare, "echo 'Permission denied to push' >&2; exit 1", Duration::from_secs(20));
    let error = run(closed.probe()).expect_err("nobody may push");
    assert!(error.to_string().starts_with(&format!("can't push to git:origin#{BRANCH}")), "{error}");
    assert!(error.hint().contains("permissions: contents: write"), "{:?}", error.hint());
    assert!(run(closed.load(&name("acme"))).unwrap().is_some(), "it may be read");
}
