//! A repository of our own in a temporary folder, and what is done in it, one git process each.
//!
//! It holds the branch's tip and no more of its history than came after the first look, so that a branch of ten thousand
//! saves costs as much as a new one; and since nothing of it is the user's, a shallow or partial clone, a work tree full of
//! changes or a `git gc` beside us make no difference.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::program::{self, Broken, Ended};
use super::surroundings::{Surroundings, not_run};
use super::tree::Folder;
use super::words::{self, Kind};
use crate::state::codec;
use crate::state::store::Advised;

/// Where the branch's tip is kept, and what we commit.
const TIP: &str = "refs/state";
const OURS: &str = "refs/ours";
/// What only looks at our own disk.
const LOCAL: Duration = Duration::from_secs(60);
/// Larger than any answer but a document.
const CAP: u64 = 64 * 1024 * 1024;

/// A commit on the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tip {
    /// Its id.
    pub(super) commit: String,
    /// What is in it.
    pub(super) folder: Folder,
}

/// A commit of ours that may become the branch's tip.
#[derive(Debug)]
pub(super) struct Draft {
    /// Its id.
    pub(super) commit: String,
    /// The id of the document in it.
    pub(super) document: String,
}

/// What came of offering a commit.
#[derive(Debug)]
pub(super) enum Pushed {
    /// It is the branch's tip.
    Taken,
    /// It surely isn't, and never will be by this push.
    Refused {
        /// Whether that is because the branch is not where it was, or someone else moves it just now.
        moved: bool,
        why: Advised,
    },
    /// The remote was never asked.
    NotSent(Advised),
    /// The remote names objects by another hash than we did; from now on we do as it does.
    OtherHash,
    /// It may be, or may yet become so.
    Unknown(Advised),
}

/// Our own repository.
#[derive(Debug)]
pub(super) struct Repository {
    home: TempDir,
    around: Surroundings,
    is_sha256: bool,
    branch: String,
    /// Whether the branch was looked at once: from then on its history is kept whole, so that it can be told what came after
    /// what.
    is_begun: bool,
    /// The time limit of what goes over the network.
    limit: Duration,
}

impl Repository {
    pub(super) fn new(around: Surroundings, branch: &str, limit: Duration) -> Result<Self, Advised> {
        let is_sha256 = around.is_sha256;
        Ok(Self { home: make(is_sha256)?, around, is_sha256, branch: branch.to_owned(), is_begun: false, limit })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.around.program.bare(arguments);
        command.env("GIT_DIR", self.home.path());
        command
    }

    fn run(&self, arguments: &[&str], input: Vec<u8>, limit: Duration, cap: u64) -> Result<Ended, Broken> {
        let ended = program::run(self.command(arguments), input, limit, cap);
        if ended.is_err() {
            self.sweep();
        }
        ended
    }

    /// Removes the locks that a killed process left: nobody else works here.
    fn sweep(&self) {
        for name in ["shallow", "packed-refs", TIP, OURS] {
            // Most are not there.
            let _ = std::fs::remove_file(self.home.path().join(format!("{name}.lock")));
        }
    }

    /// Runs what needs no network; it fails only where the disk does.
    fn local(&self, arguments: &[&str], input: Vec<u8>, cap: u64) -> Result<Vec<u8>, Advised> {
        let ended = self.run(arguments, input, LOCAL, cap).map_err(|broken| not_run(&broken))?;
        // Who is not read to the end is stopped by it.
        if ended.well || ended.out.len() as u64 > cap {
            return Ok(ended.out);
        }
        let said = words::told(&ended.said);
        Err(Advised::new(format!("`git {}` failed: {said}", arguments.first().unwrap_or(&"")))
            .advice("look at the disk of the temporary folder (TMPDIR): is it full?"))
    }

    /// Where the branch is now; nothing where there is none. `known` is where it was last.
    pub(super) fn look(&mut self, known: Option<Tip>) -> Result<Option<Tip>, Advised> {
        let mut fetched = self.fetch()?;
        if !self.is_begun && fetched.said.contains("mismatched algorithms") {
            self.change_hash()?;
            fetched = self.fetch()?;
        }
        if !fetched.well {
            let none = format!("fatal: couldn't find remote ref refs/heads/{}", self.branch);
            if fetched.said.lines().any(|line| line.trim_end() == none) {
                self.is_begun = true;
                return Ok(None);
            }
            return Err(self.failed("it can't be fetched", &fetched.said));
        }
        self.is_begun = true;
        let tip = self.home.path().join(TIP);
        let commit =
            std::fs::read(&tip).map_err(|error| Advised::new(format!("can't read {}: {error}", tip.display())))?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        match known {
            Some(known) if known.commit == commit => Ok(Some(known)),
            _ => self.tip(commit).map(Some),
        }
    }

    /// Begins anew with the other of the two hashes that git has for naming objects.
    fn change_hash(&mut self) -> Result<(), Advised> {
        self.is_sha256 = !self.is_sha256;
        self.home = make(self.is_sha256)?;
        Ok(())
    }

    fn tip(&self, commit: String) -> Result<Tip, Advised> {
        let bytes = self.local(&["cat-file", "tree", &commit], Vec::new(), CAP)?;
        let folder = Folder::parse(&bytes, commit.len() / 2);
        let folder =
            folder.ok_or_else(|| Advised::new(format!("the commit {commit} has no folder that can be read")))?;
        Ok(Tip { commit, folder })
    }

    /// Gets the branch's tip: the first time without its history, later all that came since.
    fn fetch(&self) -> Result<Ended, Advised> {
        let what = format!("+refs/heads/{}:{TIP}", self.branch);
        let mut arguments = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--no-prune",
            "--update-shallow",
            "--refmap=",
        ];
        arguments.extend((!self.is_begun).then_some("--depth=1"));
        arguments.extend([self.around.remote.as_str(), what.as_str()]);
        let fetched = self.run(&arguments, Vec::new(), self.limit, CAP);
        fetched.map_err(|broken| self.stuck("it can't be fetched", &broken))
    }

    /// An object's bytes; of more than a document may have, only so much that this is seen.
    pub(super) fn document(&self, id: &str) -> Result<Vec<u8>, Advised> {
        self.local(&["cat-file", "blob", id], Vec::new(), codec::MAX_BYTES)
    }

    /// Whether the branch's tip as last seen came after a commit, or is it.
    pub(super) fn contains(&self, commit: &str) -> bool {
        let asked = self.run(&["merge-base", "--is-ancestor", commit, TIP], Vec::new(), LOCAL, CAP);
        asked.is_ok_and(|ended| ended.well)
    }

    /// Commits files on top of a tip; everything else that is there stays. The first one is the document.
    pub(super) fn commit(&self, tip: Option<&Tip>, files: &[(&str, &[u8])], message: &str) -> Result<Draft, Advised> {
        let mut script =
            Vec::with_capacity(files.iter().map(|(_, bytes)| bytes.len() + 64).sum::<usize>() + message.len() + 256);
        let line = |script: &mut Vec<u8>, text: &str| {
            script.extend_from_slice(text.as_bytes());
            script.push(b'\n');
        };
        for (number, (_, bytes)) in (1..).zip(files) {
            line(&mut script, &format!("blob\nmark :{number}\ndata {}", bytes.len()));
            script.extend_from_slice(bytes);
            line(&mut script, "");
        }
        let commit = files.len() + 1;
        line(&mut script, &format!("commit {OURS}\nmark :{commit}\ncommitter {} now", self.around.committer));
        line(&mut script, &format!("data {}\n{message}", message.len()));
        if let Some(tip) = tip {
            line(&mut script, &format!("from {}", tip.commit));
        }
        for (number, (name, _)) in (1..).zip(files) {
            line(&mut script, &format!("M 100644 :{number} {name}"));
        }
        line(&mut script, &format!("\nget-mark :1\nget-mark :{commit}\ndone"));
        // Forced, as our last commit may have lost a race and is no ancestor of this one.
        let out = self.local(&["fast-import", "--quiet", "--done", "--force", "--date-format=now"], script, CAP)?;
        let out = String::from_utf8_lossy(&out);
        let mut ids = out.lines().filter(|id| id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match (ids.next(), ids.next()) {
            (Some(document), Some(commit)) => Ok(Draft { commit: commit.to_owned(), document: document.to_owned() }),
            _ => Err(Advised::new("`git fast-import` did not say what it made")),
        }
    }

    /// Offers a commit as the branch's next tip. It is taken only if the branch is at `base` still, which is the commit's
    /// parent; without one, only if there is no branch. (git calls that a lease. Nothing can be overwritten by it: what is
    /// there is known, and comes before what is offered.)
    pub(super) fn push(&mut self, commit: &str, base: Option<&str>) -> Pushed {
        let branch = format!("refs/heads/{}", self.branch);
        let lease = format!("--force-with-lease={branch}:{}", base.unwrap_or_default());
        match self.offer(&[&lease], &format!("{commit}:{branch}")) {
            Err(broken) => Pushed::Unknown(self.stuck("it can't be pushed", &broken)),
            // Only the first push into an empty repository can meet this: what is fetched says its hash.
            Ok(ended) if base.is_none() && is_other_hash(&ended) => {
                self.change_hash().map_or_else(Pushed::NotSent, |()| Pushed::OtherHash)
            }
            Ok(ended) => self.judge(&ended),
        }
    }

    fn offer(&self, how: &[&str], what: &str) -> Result<Ended, Broken> {
        let mut arguments =
            vec!["push", "--porcelain", "--no-verify", "--no-recurse-submodules", "--no-signed", "--no-follow-tags"];
        arguments.extend(how);
        arguments.extend([self.around.remote.as_str(), what]);
        self.run(&arguments, Vec::new(), self.limit, CAP)
    }

    fn judge(&self, ended: &Ended) -> Pushed {
        let Some(verdict) = verdict(&ended.out) else {
            let why = self.failed("it can't be pushed", &ended.said);
            return match Kind::of(&ended.said) {
                Kind::Denied | Kind::NoRepository | Kind::Unreachable => Pushed::NotSent(why),
                Kind::Other => Pushed::Unknown(why),
            };
        };
        match verdict {
            Verdict::Taken if ended.well => Pushed::Taken,
            Verdict::Taken | Verdict::NoReport => Pushed::Unknown(self.failed("it can't be pushed", &ended.said)),
            Verdict::Refused(reason) => {
                let moved = MOVED.iter().any(|sign| reason.contains(sign));
                let said = words::told(&ended.said);
                let reason = words::shown(&reason);
                let why = Advised::new(format!("the remote refused it, {reason}: {said}")).advice(format!(
                    "let this user push to the branch {} of {}: a rule or a hook there stands in the way",
                    self.branch,
                    self.shown_remote()
                ));
                Pushed::Refused { moved, why }
            }
        }
    }

    /// Whether a commit could be pushed, as far as that can be seen without doing it: the remote answers, and lets this
    /// user push.
    pub(super) fn may_push(&mut self) -> Result<(), Advised> {
        let mut tried = self.rehearse()?;
        if !self.is_begun && is_other_hash(&tried) {
            self.change_hash()?;
            tried = self.rehearse()?;
        }
        // What was refused on our side, as no next tip of a branch that is there, came after the remote's answer.
        if tried.well || verdict(&tried.out).is_some() {
            return Ok(());
        }
        Err(self.failed("it can't be pushed to", &tried.said))
    }

    /// A push of a commit of nothing, all but the doing.
    fn rehearse(&self) -> Result<Ended, Advised> {
        let probe = self.commit(None, &[("probe", b"")], "probe")?;
        let what = format!("{}:refs/heads/{}", probe.commit, self.branch);
        self.offer(&["--dry-run"], &what).map_err(|broken| self.stuck("it can't be pushed to", &broken))
    }

    fn failed(&self, what: &str, said: &str) -> Advised {
        let advised = Advised::new(format!("{what}: {}", words::told(said)));
        match Kind::of(said).advice(&self.shown_remote()) {
            Some(advice) => advised.advice(advice),
            None => advised,
        }
    }

    fn stuck(&self, what: &str, broken: &Broken) -> Advised {
        match broken {
            Broken::TimedOut(_) => Advised::new(format!("{what}: {broken}"))
                .advice(format!("look at the network, and whether {} answers", self.shown_remote())),
            Broken::NotStarted(_) | Broken::Lost(_) => not_run(broken),
        }
    }

    fn shown_remote(&self) -> String {
        words::shown(&self.around.remote)
    }
}

/// Why a push is refused whose branch has moved, or is being moved: in the words of git and of its servers.
const MOVED: &[&str] = &[
    "stale info",
    "fetch first",
    "non-fast-forward",
    "needs force",
    "remote ref updated since checkout",
    "lock",
    "failed to update ref",
    "incorrect old value",
    "already exists",
    "reference conflict",
];

/// Whether the remote names objects by another hash.
fn is_other_hash(ended: &Ended) -> bool {
    !ended.well && ended.said.contains("does not support this repository's hash algorithm")
}

/// What `git push --porcelain` says of the one ref that was pushed.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Taken,
    Refused(String),
    NoReport,
}

/// Its lines are a flag, the ref and a summary, with tabs between them; nothing where it did not come so far.
fn verdict(out: &[u8]) -> Option<Verdict> {
    let out = String::from_utf8_lossy(out);
    let mut lines = out.lines().filter_map(|line| {
        let (flag, rest) = line.split_once('\t')?;
        let (_, summary) = rest.split_once('\t')?;
        Some((flag.to_owned(), summary.to_owned()))
    });
    let (flag, summary) = lines.next()?;
    Some(match flag.as_str() {
        "!" if summary.starts_with("[remote failure]") => Verdict::NoReport,
        "!" => Verdict::Refused(summary),
        _ => Verdict::Taken,
    })
}

/// An empty repository. Written here, as `git init` would copy templates and hooks and take the user's settings.
fn make(is_sha256: bool) -> Result<TempDir, Advised> {
    let settings = format!(
        "[core]\n\trepositoryformatversion = {}\n\tbare = true\n\thooksPath = /dev/null\n\tfsync = none\n\
         [gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n{}",
        u8::from(is_sha256),
        if is_sha256 { "[extensions]\n\tobjectformat = sha256\n" } else { "" }
    );
    let home = tempfile::Builder::new().prefix("policysync-").tempdir();
    let made = home.and_then(|home| {
        std::fs::create_dir(home.path().join("objects"))?;
        std::fs::create_dir(home.path().join("refs"))?;
        new_file(&home, "HEAD", b"ref: refs/heads/none\n")?;
        new_file(&home, "config", settings.as_bytes())?;
        Ok(home)
    });
    made.map_err(|error| {
        Advised::new(format!("a temporary folder can't be made: {error}"))
            .advice("set TMPDIR to a folder that this user may write to")
    })
}

fn new_file(home: &TempDir, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    std::fs::File::create(home.path().join(name))?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_push_says_of_its_ref_is_understood() {
        let said = |line: &str| verdict(format!("To /r\n{line}\nDone\n").as_bytes());
        let pushed = "abc:refs/heads/b";
        assert_eq!(said(&format!("*\t{pushed}\t[new branch]")), Some(Verdict::Taken));
        assert_eq!(said(&format!(" \t{pushed}\t1..2")), Some(Verdict::Taken));
        assert_eq!(said(&format!("=\t{pushed}\t[up to date]")), Some(Verdict::Taken));
        let no_report = "[remote failure] (remote failed to report status)";
        assert_eq!(said(&format!("!\t{pushed}\t{no_report}")), Some(Verdict::NoReport));
        let declined = "[remote rejected] (pre-receive hook declined)";
        assert_eq!(said(&format!("!\t{pushed}\t{declined}")), Some(Verdict::Refused(declined.to_owned())));
        assert_eq!(verdict(b""), None);
        assert_eq!(verdict(b"To /r\nDone\n"), None);
    }

    #[test]
    fn a_moved_branch_is_told_from_a_rule() {
        let moved = |reason: &str| MOVED.iter().any(|sign| reason.contains(sign));
        for reason in [
            "[rejected] (stale info)",
            "[rejected] (fetch first)",
            "[remote rejected] (cannot lock ref 'refs/heads/b': is at 1 but expected 2)",
            "[remote rejected] (failed to update ref)",
            "[remote rejected] (incorrect old value provided)",
        ] {
            assert!(moved(reason), "{reason}");
        }
        for reason in
            ["[remote rejected] (pre-receive hook declined)", "[remote rejected] (protected branch hook declined)"]
        {
            assert!(!moved(reason), "{reason}");
        }
    }
}
