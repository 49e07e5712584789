//! The saves of a run, and what it does when one fails.

use super::{OVERTAKEN, REFUSED, over};
use crate::apply::model::decisions::{Fate, Saved};
use crate::apply::model::protocol::{Next, Protocol};
use crate::apply::model::world::{At, Doc, EMPTY, Exit, Held, Ids, Run, World};

impl Protocol {
    /// Saves the record as it stands, which renews the lease; a run that learns that it was overtaken ends.
    pub(super) fn renew(&self, world: &World, i: usize, at: At, next: &mut Next) {
        if world.runs[i].age == 0 && world.runs[i].behind == Some(0) {
            return;
        }
        self.save(world, i, world.runs[i].doc, "renews its lease", next, at);
    }

    /// A save in the middle of a run. One that fails ends the run, which then tries to save once more.
    pub(super) fn save(&self, world: &World, i: usize, doc: Doc, what: &'static str, next: &mut Next, then: At) {
        for (fate, said) in self.fates(world, i) {
            let (saved, mut after) = self.saved(world, i, doc, true, fate);
            match saved {
                Saved::Done => {
                    after.runs[i].doc = doc;
                    after.runs[i].at = then;
                    if then == At::Posting {
                        after.listed = after.listed.and(doc.known);
                    }
                    next.add(what, Ids::NONE, after);
                }
                Saved::Conflict => next.add(REFUSED, Ids::NONE, over(&after, i, OVERTAKEN)),
                Saved::Failed { .. } => {
                    after.runs[i].doc = doc_after_failure(world.runs[i]);
                    after.runs[i].at = At::Releasing { exit: Exit::Unsaved };
                    next.add(said, Ids::NONE, after);
                }
            }
        }
    }

    /// What may happen to a save.
    pub(super) fn fates(&self, world: &World, i: usize) -> Vec<(Fate, &'static str)> {
        let mut fates = vec![(Fate::Works, "")];
        if world.faults > 0 && i != self.last() {
            fates.push((Fate::AnswerLost, "can't save: the store took it, and the answer was lost"));
            fates.push((Fate::Fails, "can't save: the store failed"));
        }
        fates
    }

    /// The world after a save, and what the run is told.
    pub(super) fn saved(&self, world: &World, i: usize, doc: Doc, keeps_lease: bool, fate: Fate) -> (Saved, World) {
        let mut after = *world;
        let saved = match (self.strategy.fenced, fate) {
            (true, _) => self.decisions.save(world.runs[i].behind, fate),
            (false, Fate::Works) => Saved::Done,
            (false, fate) => Saved::Failed { effect: fate == Fate::AnswerLost },
        };
        if fate != Fate::Works {
            after.faults -= 1;
        }
        let by = u8::try_from(i).unwrap();
        if matches!(saved, Saved::Done | Saved::Failed { effect: true }) {
            after.doc = Doc { known: if self.strategy.known { doc.known } else { Ids::NONE }, ..doc };
            if doc.pending.is_none() {
                after.listed = Ids::NONE;
            }
            let former = world.runs[i].former;
            let own = Held { by, age: 0, revoked: false, contested: former.is_some() };
            // Where the holder before may still be at work, its lease takes the place of ours.
            after.lease = if keeps_lease { Some(own) } else { former };
            for (number, run) in after.runs.iter_mut().enumerate() {
                if number != i && run.is_at_work() {
                    run.behind = None;
                }
            }
        }
        match saved {
            Saved::Done => (after.runs[i].behind, after.runs[i].age) = (Some(0), 0),
            Saved::Failed { effect: true } => after.runs[i].behind = world.runs[i].behind.map(|behind| behind + 1),
            Saved::Conflict | Saved::Failed { effect: false } => {}
        }
        (saved, after)
    }
}

/// What a run holds once a save has failed: before the first POST all that it was about to do is undone.
fn doc_after_failure(run: Run) -> Doc {
    match run.at {
        At::SavingIntents { .. } => EMPTY,
        At::Posting => Doc { pending: None, ..run.doc },
        _ => run.doc,
    }
}
