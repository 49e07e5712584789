//! A repository of our own in a temporary folder, and what is done in it, one git process each.
//!
//! It holds the branch's tip and no more of its history than came after the first look, so that a branch of ten thousand
//! saves costs as much as a new one; and since nothing of it is the user's, a shallow or partial clone, a work tree full of
//! changes or a `git gc` beside us make no difference.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::program::{Afar, Broken, Ended};
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

/// Our own repository.
#[derive(Debug)]
pub(super) struct Repository {
    home: TempDir,
    pub(super) around: Surroundings,
    is_sha256: bool,
    pub(super) branch: String,
    /// Whether the branch was looked at once: from then on its history is kept whole, so that it can be told what came after
    /// what.
    pub(super) is_begun: bool,
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

    fn run(
        &self,
        arguments: &[&str],
        afar: Option<Afar<'_>>,
        input: Vec<u8>,
        limit: Duration,
        cap: u64,
    ) -> Result<Ended, Broken> {
        let ended = self.around.program.run(self.command(arguments), afar, input, limit, cap);
        if ended.is_err() {
            self.sweep();
        }
        ended
    }

    /// Runs what speaks with the remote; which try it is, from 1.
    pub(super) fn remotely(&self, arguments: &[&str], attempt: u32) -> Result<Ended, Broken> {
        let afar = Afar { remote: &self.around.address, attempt };
        self.run(arguments, Some(afar), Vec::new(), self.limit, CAP)
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
        let ended = self.run(arguments, None, input, LOCAL, cap).map_err(|broken| not_run(&broken))?;
        // Who is not read to the end is stopped by it.
        if ended.well || ended.out.len() as u64 > cap {
            return Ok(ended.out);
        }
        let said = words::told(&ended.said, &self.around.secrets);
        Err(Advised::new(format!("`git {}` failed: {said}", arguments.first().unwrap_or(&"")))
            .advice("look at the disk of the temporary folder (TMPDIR): is it full?"))
    }

    /// Where the branch is now; nothing where there is none. `known` is where it was last.
    pub(super) fn look(&mut self, known: Option<Tip>) -> Result<Option<Tip>, Advised> {
        let mut fetched = self.fetch(1)?;
        if !self.is_begun && fetched.said.contains("mismatched algorithms") {
            self.change_hash()?;
            fetched = self.fetch(2)?;
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
    pub(super) fn change_hash(&mut self) -> Result<(), Advised> {
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
    fn fetch(&self, attempt: u32) -> Result<Ended, Advised> {
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
        self.remotely(&arguments, attempt).map_err(|broken| self.stuck("it can't be fetched", &broken))
    }

    /// An object's bytes; of more than a document may have, only so much that this is seen.
    pub(super) fn document(&self, id: &str) -> Result<Vec<u8>, Advised> {
        self.local(&["cat-file", "blob", id], Vec::new(), codec::MAX_BYTES)
    }

    /// Whether the branch's tip as last seen came after a commit, or is it.
    pub(super) fn contains(&self, commit: &str) -> bool {
        let asked = self.run(&["merge-base", "--is-ancestor", commit, TIP], None, Vec::new(), LOCAL, CAP);
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

    pub(super) fn failed(&self, what: &str, said: &str) -> Advised {
        let advised = Advised::new(format!("{what}: {}", words::told(said, &self.around.secrets)));
        match Kind::of(said).advice(&self.shown_remote()) {
            Some(advice) => advised.advice(advice),
            None => advised,
        }
    }

    pub(super) fn stuck(&self, what: &str, broken: &Broken) -> Advised {
        match broken {
            Broken::TimedOut(_) => Advised::new(format!("{what}: {broken}"))
                .advice(format!("look at the network, and whether {} answers", self.shown_remote())),
            Broken::NotStarted(_) | Broken::Lost(_) => not_run(broken),
        }
    }

    /// The remote as the user named it, for messages.
    pub(super) fn shown_remote(&self) -> String {
        words::one_line(&self.around.remote)
    }
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
