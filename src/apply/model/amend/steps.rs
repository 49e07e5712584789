//! The steps of a run that updates or deletes, and of the world around it.

use super::*;
use crate::domain::ScopedPolicy;

impl Amend {
    pub(super) fn run(&self, world: &World, i: usize, steps: &mut Steps) {
        let number = u8::try_from(i).unwrap();
        let (run, wanted, is_last) = (world.runs[i], self.wants[i], i + 1 == self.wants.len());
        let mut add = |what, words, change: &dyn Fn(&mut World)| {
            let mut after = *world;
            change(&mut after);
            steps.push((Step { run: Some(number), what, words }, after));
        };
        let settle = if self.settles { SETTLE } else { 0 };
        match run.at {
            At::NotBegun => {
                if world.runs[..i].iter().all(|run| run.at == At::Ended) {
                    add("begins, and takes the lease", None, &|after| {
                        after.runs[i].doc = world.doc;
                        after.runs[i].at = match world.doc.pending {
                            Some(_) => At::Recovering { left: settle },
                            None => At::Surveying,
                        };
                    });
                }
            }
            At::Recovering { left } => {
                let Some(intent) = run.doc.pending else { return };
                if let Some(ended) = self.of_pending(world, run.doc, intent, left == 0) {
                    add(said(&ended), world.live, &|after| {
                        self.enter(after, i, &ended);
                        after.runs[i].at = At::SavingRecovered;
                    });
                }
            }
            At::SavingRecovered => add("saves what came of the pending work", None, &|after| {
                after.doc = run.doc;
                after.runs[i].at = At::Surveying;
            }),
            At::Surveying => self.survey(world, i, &mut add),
            At::SavingIntent => add("saves the intent", None, &|after| {
                after.said = None;
                after.doc = run.doc;
                after.runs[i].at = At::Calling;
            }),
            At::Calling => self.call(i, &mut add),
            At::Awaiting => {
                let may_land_again = self.patient && run.tries > 1;
                if let (true, Some(ended)) = (run.arrived && !may_land_again, of_answer(world, run.doc, wanted)) {
                    add("has the answer", world.live, &|after| self.end(after, i, &ended));
                }
                if run.tries < MOST_TRIES && self.sent_again && !is_last {
                    add("gets no answer, and sends it again", wanted, &|after| {
                        self.send(after, i);
                    });
                }
                if !is_last {
                    let what = if run.arrived { "doesn't trust its answer" } else { "gets no answer" };
                    add(what, None, &|after| after.runs[i].at = At::Seeking { left: settle });
                }
            }
            At::Seeking { left } => {
                if let Some(ended) = self.of_call(world, run.doc, wanted, left == 0) {
                    add(said(&ended), world.live, &|after| self.end(after, i, &ended));
                }
            }
            At::Saving { exit } => {
                let what = if exit == Exit::Partial { "saves; not all was done" } else { "saves, and ends well" };
                add(what, None, &|after| {
                    after.doc = run.doc;
                    after.runs[i] = OVER;
                    if exit == Exit::Applied {
                        after.said = Some(wanted);
                    }
                });
            }
            At::Ended => {}
        }
        if run.is_at_work() && !is_last {
            let mut after = *world;
            after.runs[i] = OVER;
            steps.push((Step { run: Some(number), what: "dies", words: None }, after));
        }
    }

    fn survey(&self, world: &World, i: usize, add: &mut impl FnMut(&'static str, Option<Words>, &dyn Fn(&mut World))) {
        let (doc, wanted) = (world.runs[i].doc, self.wants[i]);
        if doc.entry == wanted {
            return add("has nothing to do", None, &|after| after.runs[i].at = At::Saving { exit: Exit::NothingToDo });
        }
        let Some(entry) = doc.entry else {
            // To make it anew is a create.
            return add("would have to create it", None, &|after| {
                after.runs[i].at = At::Saving { exit: Exit::Partial }
            });
        };
        match (world.answer().ok(), wanted) {
            (Some(live), Some(words)) if live.equals(&sent(text(words))) => {
                add("finds it as it is wanted", world.live, &|after| {
                    self.end(after, i, &Ended::Live(Box::new(live.clone())));
                });
            }
            (None, None) => add("finds that it is gone already", None, &|after| self.end(after, i, &Ended::Gone)),
            (Some(live), _) if is_as_recorded(&live, &recorded(doc)) => {
                add("finds it as it is recorded", Some(entry), &|after| {
                    after.runs[i].doc.pending = Some(wanted);
                    after.runs[i].at = At::SavingIntent;
                });
            }
            _ => add("refuses: someone has edited or deleted it", world.live, &|after| {
                after.runs[i].at = At::Saving { exit: Exit::Partial };
            }),
        }
    }

    fn call(&self, i: usize, add: &mut impl FnMut(&'static str, Option<Words>, &dyn Fn(&mut World))) {
        let wanted = self.wants[i];
        let what = if wanted.is_some() { "sends the PUT" } else { "sends the DELETE" };
        if i + 1 < self.wants.len() {
            return add(what, wanted, &|after| self.send(after, i));
        }
        add(what, wanted, &|after| {
            arrive(after, wanted);
            after.runs[i].arrived = true;
            after.runs[i].at = At::Awaiting;
        });
    }

    fn send(&self, world: &mut World, i: usize) {
        let Some(place) = world.requests.iter().position(Option::is_none) else { return };
        let run = &mut world.runs[i];
        run.tries += 1;
        run.arrived = false;
        run.at = At::Awaiting;
        let by = u8::try_from(i).unwrap();
        world.requests[place] = Some(Request { by, number: run.tries, makes: self.wants[i], left: SETTLE });
    }

    fn end(&self, world: &mut World, i: usize, ended: &Ended) {
        self.enter(world, i, ended);
        world.runs[i].at =
            At::Saving { exit: if matches!(ended, Ended::NotDone) { Exit::Partial } else { Exit::Applied } };
    }

    fn enter(&self, world: &mut World, i: usize, ended: &Ended) {
        let doc = world.runs[i].doc;
        let mut record = to_record(doc);
        let wanted = doc.pending.unwrap_or(self.wants[i]);
        bookkeeping::enter(&mut record, &address(ADDRESS), &to_intent(doc, wanted), ended, when());
        let entry = record.policies.get(&address(ADDRESS)).map(|entry| words(entry.sent.policy.content()));
        world.runs[i].doc = Doc { entry, pending: None };
        let can_land = world.requests.iter().flatten().any(|request| request.makes == wanted);
        world.too_early |= matches!(ended, Ended::NotDone) && world.live.is_some() && can_land;
    }

    /// What came of a pending change of an earlier run; nothing where the next look must be waited for.
    fn of_pending(&self, world: &World, doc: Doc, wanted: Option<Words>, last: bool) -> Option<Ended> {
        let Some(to) = wanted else { return of_delete(world, last) };
        let (after, intent) = (sent(text(to)), to_intent(doc, wanted));
        Some(match self.of_answer(world.answer(), &after, last)? {
            Seen::Live(live) if is_done(&live, intent.before.as_ref(), &after) => Ended::Live(live),
            _ => Ended::NotDone,
        })
    }

    /// What one look settles: the real decision; an impatient one takes what is as wanted for its end.
    fn of_answer(&self, answer: Result<LivePolicy, ApiError>, after: &ScopedPolicy, last: bool) -> Option<Seen> {
        match answer {
            Ok(live) if !self.patient && live.equals(after) => Some(Seen::Live(Box::new(live))),
            answer => settle::of_answer(answer, last),
        }
    }

    /// What came of the run's own call.
    fn of_call(&self, world: &World, doc: Doc, wanted: Option<Words>, last: bool) -> Option<Ended> {
        let Some(to) = wanted else { return of_delete(world, last) };
        let after = sent(text(to));
        Some(match self.of_answer(world.answer(), &after, last)? {
            Seen::Live(live) if shows_update(&live, &recorded(doc), &after) => Ended::Live(live),
            _ => Ended::NotDone,
        })
    }

    pub(super) fn others(&self, world: &World, steps: &mut Steps) {
        for (place, request) in world.requests.iter().enumerate() {
            let Some(request) = *request else { continue };
            let mut after = *world;
            after.requests[place] = None;
            after.requests.sort_by_key(Option::is_none);
            arrive(&mut after, request.makes);
            let run = &mut after.runs[usize::from(request.by)];
            run.arrived |= run.at == At::Awaiting && run.tries == request.number;
            let what = if request.makes.is_some() { "its PUT takes effect" } else { "its DELETE takes effect" };
            steps.push((Step { run: Some(request.by), what, words: request.makes }, after));
        }
        let may_edit = self.edits == Edits::AnyTime || (self.edits == Edits::Between && world.is_quiet());
        if may_edit && world.edits > 0 && world.live.is_some() {
            let mut after = *world;
            after.edits -= 1;
            (after.live, after.said) = (Some(Words::Edited), None);
            steps.push((Step { run: None, what: "someone else edits it", words: None }, after));
        }
        let mut after = *world;
        after.tick();
        steps.push((Step { run: None, what: "a tick passes", words: None }, after));
    }
}
