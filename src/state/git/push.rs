//! A commit of ours, offered to the remote, and what its answer means: taken, refused, not sent, or not known.

use super::program::{Broken, Ended};
use super::repository::Repository;
use super::words::{self, Kind};
use crate::state::store::Advised;

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

impl Repository {
    /// Offers a commit as the branch's next tip. It is taken only if the branch is at `base` still, which is the commit's
    /// parent; without one, only if there is no branch. (git calls that a lease. Nothing can be overwritten by it: what is
    /// there is known, and comes before what is offered.)
    pub(super) fn push(&mut self, commit: &str, base: Option<&str>, attempt: u32) -> Pushed {
        let branch = format!("refs/heads/{}", self.branch);
        let lease = format!("--force-with-lease={branch}:{}", base.unwrap_or_default());
        match self.offer(&[&lease], &format!("{commit}:{branch}"), attempt) {
            Err(broken) => Pushed::Unknown(self.stuck("it can't be pushed", &broken)),
            // Only the first push into an empty repository can meet this: what is fetched says its hash.
            Ok(ended) if base.is_none() && is_other_hash(&ended) => {
                self.change_hash().map_or_else(Pushed::NotSent, |()| Pushed::OtherHash)
            }
            Ok(ended) => self.judge(&ended),
        }
    }

    fn offer(&self, how: &[&str], what: &str, attempt: u32) -> Result<Ended, Broken> {
        let mut arguments =
            vec!["push", "--porcelain", "--no-verify", "--no-recurse-submodules", "--no-signed", "--no-follow-tags"];
        arguments.extend(how);
        arguments.extend([self.around.remote.as_str(), what]);
        self.remotely(&arguments, attempt)
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
                let said = words::told(&ended.said, &self.around.secrets);
                let reason = words::one_line(&self.around.secrets.cut(&reason));
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
        let mut tried = self.rehearse(1)?;
        if !self.is_begun && is_other_hash(&tried) {
            self.change_hash()?;
            tried = self.rehearse(2)?;
        }
        // What was refused on our side, as no next tip of a branch that is there, came after the remote's answer.
        if tried.well || verdict(&tried.out).is_some() {
            return Ok(());
        }
        Err(self.failed("it can't be pushed to", &tried.said))
    }

    /// A push of a commit of nothing, all but the doing.
    fn rehearse(&self, attempt: u32) -> Result<Ended, Advised> {
        let probe = self.commit(None, &[("probe", b"")], "probe")?;
        let what = format!("{}:refs/heads/{}", probe.commit, self.branch);
        self.offer(&["--dry-run"], &what, attempt).map_err(|broken| self.stuck("it can't be pushed to", &broken))
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
