//! A save: commit, push, and find out what came of it.
//!
//! A push names the commit that the branch must be at, so of two made on the same one at most one is ever taken, however
//! late. After a push that was cut or took too long the branch is looked at. If it has our document, it was saved. If it
//! has moved without it, our push can't be taken any more, and the document is committed anew on the new tip, if it is
//! still the one to be replaced. If it is where it was, the *same* commit is pushed again: taken twice, it is taken once.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::super::{audit, file_name};
use super::push::Pushed;
use super::repository::{Draft, Tip};
use super::{Advised, Record, Version, Work, codec};
use crate::domain::ScopeName;
use crate::failpoint;

/// How many steps' time a save may take in all: a push, a look, both again, and some of others' pushes between them.
const STEPS: u32 = 3;
/// How often the same commit is pushed to a branch that stays where it is.
const MOST_PUSHES: u32 = 4;
/// The longest pause before another try.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Besides the first record on a new branch: what people see there.
const README: &str = "# policysync: what was applied\n\n\
    policysync keeps this branch: for each organization one file, the record of what it last applied. Each commit is one save,\n\
    so that the log tells who changed what, when, and in which run. Nothing here is to be edited or merged.\n";
/// A line ending that was changed would make a record unreadable.
const ATTRIBUTES: &str = "* -text\n";
const PURPOSE: &str =
    "The first record on this branch. policysync keeps one file here for each organization; each commit is one save.";

/// Why a record was not saved.
pub(super) enum Unsaved {
    /// The document is not the one to be replaced any more.
    Overtaken,
    /// It could not be done; where the words say so, it may have been all the same.
    Failed(Advised),
}

impl From<Advised> for Unsaved {
    fn from(advised: Advised) -> Self {
        Self::Failed(advised)
    }
}

impl Work {
    /// Saves a document over `version`.
    pub(super) fn save(&mut self, record: Record, bytes: &[u8], version: Option<&Version>) -> Result<Version, Unsaved> {
        let org = record.org.clone();
        let before = self.before(&org, version);
        let end = Instant::now() + self.longest_step * STEPS;
        // What was seen last is most often still so; the push finds out.
        if !self.is_at(&org, version) {
            self.look()?;
        }
        let (mut tries, mut pushes) = (0, 0);
        loop {
            let begun = Instant::now();
            if !self.is_at(&org, version) {
                return Err(Unsaved::Overtaken);
            }
            let base = self.seen.clone().flatten();
            let word = base.is_none().then_some(PURPOSE);
            let draft = self.draft(base.as_ref(), &org, bytes, &audit::message(before.as_ref(), &record, word))?;
            if self.offer(&org, &draft, base.as_ref(), &mut pushes, end)? {
                let version = Version(draft.document);
                self.is_let_in = true;
                self.records.insert(org, (version.clone(), record));
                return Ok(version);
            }
            tries += 1;
            if Instant::now() >= end {
                let why = format!("other records moved the branch {tries} times before this one could be pushed");
                return Err(Advised::new(why).advice("apply again, with fewer runs at once").into());
            }
            pause(begun.elapsed(), tries, end);
        }
    }

    /// The record that is to be replaced, as far as it can be had.
    fn before(&self, org: &ScopeName, version: Option<&Version>) -> Option<Record> {
        let version = version?;
        match self.records.get(org) {
            Some((known, record)) if known == version => Some(record.clone()),
            _ => codec::decode(&self.repository.document(&version.0).ok()?).ok(),
        }
    }

    /// Whether the document was last seen at `version`.
    fn is_at(&self, org: &ScopeName, version: Option<&Version>) -> bool {
        let Some(tip) = &self.seen else { return false };
        let named = tip.as_ref().and_then(|tip| tip.folder.record(org));
        named.map(|named| &named.id) == version.map(|version| &version.0)
    }

    fn draft(&self, base: Option<&Tip>, org: &ScopeName, bytes: &[u8], message: &str) -> Result<Draft, Advised> {
        failpoint::reach("git/commit");
        let name = file_name::of(org);
        let document = (name.as_str(), bytes);
        let draft = match base {
            Some(_) => self.repository.commit(base, &[document], message),
            None => {
                let files = [document, ("README.md", README.as_bytes()), (".gitattributes", ATTRIBUTES.as_bytes())];
                self.repository.commit(None, &files, message)
            }
        };
        failpoint::reach("git/committed");
        draft
    }

    /// Offers a commit until it is known what came of it: whether it was taken, or the branch has moved on without it.
    /// `pushes` counts the pushes of the save.
    fn offer(
        &mut self,
        org: &ScopeName,
        draft: &Draft,
        base: Option<&Tip>,
        pushes: &mut u32,
        end: Instant,
    ) -> Result<bool, Advised> {
        let base_commit = base.map(|tip| tip.commit.as_str());
        let mut was_open = false;
        for tries in 1.. {
            let begun = Instant::now();
            failpoint::reach("git/push");
            *pushes += 1;
            let pushed = self.repository.push(&draft.commit, base_commit, *pushes);
            failpoint::reach("git/pushed");
            let (why, is_open, is_final) = match pushed {
                Pushed::Taken => {
                    self.seen = Some(Some(after(base, org, draft)));
                    return Ok(true);
                }
                Pushed::NotSent(why) => return Err(why),
                Pushed::OtherHash => return Ok(false),
                Pushed::Refused { moved, why } => (why, false, !moved),
                Pushed::Unknown(why) => (why, true, false),
            };
            match self.look() {
                Ok(_) => {}
                Err(unseen) if is_open => return Err(in_doubt(&why, &unseen)),
                Err(_) => return Err(why),
            }
            was_open |= is_open;
            if was_open && self.has(org, draft) {
                return Ok(true);
            }
            let is_moved = self.seen.as_ref().and_then(Option::as_ref).map(|tip| tip.commit.as_str()) != base_commit;
            if is_moved {
                return Ok(false);
            }
            if is_final || tries >= MOST_PUSHES || Instant::now() >= end {
                return Err(if was_open { in_doubt(&why, &"the branch is where it was") } else { why });
            }
            pause(begun.elapsed(), tries, end);
        }
        Ok(false)
    }

    /// Whether the branch as last seen has our document, or had it before it went on.
    fn has(&self, org: &ScopeName, draft: &Draft) -> bool {
        let Some(Some(tip)) = &self.seen else { return false };
        tip.folder.record(org).is_some_and(|named| named.id == draft.document)
            || self.repository.contains(&draft.commit)
    }
}

/// The tip that a draft has become.
fn after(base: Option<&Tip>, org: &ScopeName, draft: &Draft) -> Tip {
    let folder = base.map(|tip| tip.folder.clone()).unwrap_or_default();
    Tip { commit: draft.commit.clone(), folder: folder.with_record(org, draft.document.clone()) }
}

/// What is said where a push may have been taken, or may yet be.
fn in_doubt(why: &Advised, seen: &dyn std::fmt::Display) -> Advised {
    Advised::new(format!("{why}; it may have been saved all the same, or may be yet: {seen}"))
        .advice("once the remote answers, apply again: the next run goes on from what is there")
}

/// Waits a part, by chance, of as long as the last try took, more from try to try: of several who are after the same branch
/// one then gets ahead.
fn pause(took: Duration, tries: u32, end: Instant) {
    let longest = took.saturating_mul(1 << tries.min(4)).min(LONGEST_PAUSE);
    let longest = longest.min(end.saturating_duration_since(Instant::now()));
    let share = u32::try_from(Uuid::new_v4().as_u128() & 0xffff).unwrap_or_default();
    #[expect(clippy::disallowed_methods, reason = "this thread is one that may wait: nothing else runs on it")]
    std::thread::sleep(longest.mul_f64(f64::from(share) / f64::from(0xffff_u16)));
}
