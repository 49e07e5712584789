//! The steps of a run, in the order of `apply`. A crash may come between any two; saves and requests take effect at once or
//! not at all, except for POSTs, which the service may carry out later.

mod posts;
mod saves;

use crate::state::Ended;

use super::decisions::{End, STALE, Saved, Seen, Taking};
use super::protocol::{Next, Protocol, revoked};
use super::settings::{Patience, SETTLE};
use super::world::{At, Doc, Exit, Id, Ids, Maker, Pending, Policy, Run, Text, World};

impl Protocol {
    /// What run `i` can do next, or what can happen to it.
    pub(super) fn run(&self, world: &World, i: usize, next: &mut Next) {
        let run = world.runs[i];
        match run.at {
            At::NotBegun => self.begin(world, i, next),
            At::Taking { wait } => self.take(world, i, wait, next),
            At::Recovering { left } => self.recover(world, i, left, next),
            At::SavingRecovered => {
                let doc = Doc { known: known_after(run.doc), ..run.doc };
                let mut world = *world;
                world.runs[i].former = None;
                self.save(&world, i, doc, "saves what came of the pending work", next, planned(doc));
            }
            At::Surveying => self.survey(world, i, next),
            At::SavingIntents { call } => {
                let then = if call { At::Posting } else { At::Releasing { exit: Exit::Done } };
                self.save(world, i, run.doc, "saves the intent, and the ids that are there", next, then);
            }
            At::Posting => self.post(world, i, next),
            At::HeldUp => self.send(world, i, next),
            At::AwaitingAnswer => self.await_answer(world, i, next),
            At::LookingOnce => self.seek(world, i, 0, next),
            At::Seeking { left } => self.seek(world, i, left, next),
            At::ReadingBack { exit } => self.read_back(world, i, exit, next),
            At::Releasing { exit } => self.release(world, i, exit, next),
            At::Ended(_) | At::Dead => {}
        }
        if run.is_at_work() && i != self.last() {
            next.add("dies", Ids::NONE, over(world, i, At::Dead));
        }
    }

    fn begin(&self, world: &World, i: usize, next: &mut Next) {
        let before = &world.runs[..i];
        // The last run has the record to itself; the others may overlap, and begin one after another.
        let is_time = if i == self.last() {
            !before.iter().any(Run::is_at_work)
        } else {
            before.iter().all(|run| run.at != At::NotBegun) && world.runs[self.last()].at == At::NotBegun
        };
        if !is_time {
            return;
        }
        let is_dead = world.lease.is_some_and(|held| !world.runs[usize::from(held.by)].is_at_work());
        let mut ways = vec![self.decisions.claim(world.lease, is_dead, self.setting.wrong_clocks)];
        if is_dead {
            // On another machine nobody knows that it is dead.
            ways.push(self.decisions.claim(world.lease, false, self.setting.wrong_clocks));
        }
        for way in ways {
            let (what, perhaps_at_work) = match way {
                Taking::Held => continue,
                Taking::Free => ("begins and loads the record", false),
                Taking::Over { how: Ended::HolderGone, perhaps_at_work } => {
                    ("begins and loads the record; the process that holds the lease is dead", perhaps_at_work)
                }
                Taking::Over { how: Ended::Expired, perhaps_at_work } => {
                    ("begins and loads the record; its lease has expired, by this machine's clock", perhaps_at_work)
                }
                Taking::Over { how: Ended::Revoked, perhaps_at_work } => {
                    ("begins and loads the record; its lease was ended by someone", perhaps_at_work)
                }
            };
            let is_contested = perhaps_at_work && world.doc.pending.is_some();
            let wait = match self.strategy.patience {
                Patience::Fresh | Patience::Forgetful if is_contested => STALE,
                _ => 0,
            };
            let is_told = is_contested && self.strategy.patience != Patience::Forgetful;
            let former = if is_told { world.lease.map(revoked) } else { None };
            let mut after = *world;
            after.runs[i] = Run { at: At::Taking { wait }, doc: world.doc, former, ..Run::NEW };
            next.add(what, Ids::NONE, after);
        }
    }

    fn take(&self, world: &World, i: usize, wait: u8, next: &mut Next) {
        let doc = world.runs[i].doc;
        let settle = if self.strategy.recovery_settles { SETTLE + wait } else { 0 };
        let then = if doc.pending.is_some() { At::Recovering { left: settle } } else { planned(doc) };
        for (fate, said) in self.fates(world, i) {
            let (saved, mut after) = self.saved(world, i, doc, true, fate);
            match saved {
                Saved::Done => {
                    after.runs[i].at = then;
                    next.add("takes the lease", Ids::NONE, after);
                }
                Saved::Conflict => next.add("is late for the lease", Ids::NONE, over(&after, i, OVERTAKEN)),
                Saved::Failed { .. } => next.add(said, Ids::NONE, over(&after, i, At::Ended(Exit::Unsaved))),
            }
        }
    }

    fn recover(&self, world: &World, i: usize, left: u8, next: &mut Next) {
        let run = world.runs[i];
        self.renew(world, i, run.at, next);
        self.interrupt(world, i, next);
        let Some(pending) = run.doc.pending else { return };
        if world.faults > 0 && pending.candidates.is_empty() && i != self.last() {
            let mut after = *world;
            after.faults -= 1;
            after.runs[i].doc.pending = Some(Pending { undecided: true, ..pending });
            after.runs[i].at = At::SavingRecovered;
            next.add("may not list the scope (403), and leaves it pending", Ids::NONE, after);
        }
        for view in world.views() {
            let end = match pending {
                Pending { chosen: Some(id), .. } => Some(match seen(world, view, Ids::of([id])).first() {
                    Some(live) => End::Live(id, live.text),
                    None => End::NotDone,
                }),
                Pending { candidates, .. } if !candidates.is_empty() => {
                    Some(self.undecided(&seen(world, view, candidates), run.doc))
                }
                _ => self.sought(world, i, view, false, left == 0),
            };
            let Some(end) = end else { continue };
            let mut after = *world;
            self.enter(&mut after, i, end, false);
            after.runs[i].at = At::SavingRecovered;
            next.add(looked(end), named(end), after);
        }
    }

    /// What is left of the candidates of an earlier run.
    fn undecided(&self, left: &[Policy], doc: Doc) -> End {
        let left: Vec<&Policy> = left.iter().filter(|policy| doc.entry != Some(policy.id)).collect();
        match left.as_slice() {
            [] => End::NotDone,
            [one] if self.decisions.is_plain(one) => End::Live(one.id, one.text),
            several => End::Open(Ids::of(several.iter().map(|policy| policy.id))),
        }
    }

    /// What a look at the list comes to; nothing where another must follow.
    fn sought(&self, world: &World, i: usize, view: Ids, is_own: bool, last: bool) -> Option<End> {
        let doc = world.runs[i].doc;
        let taken = doc.known.and(Ids::of(doc.entry));
        let list: Vec<Policy> = world.policies().filter(|policy| view.has(policy.id)).copied().collect();
        let end = match self.decisions.look(&list, taken, is_own, last)? {
            Seen::Found(_) if !last && !self.strategy.at_once => return None,
            Seen::Found(id) => live(world, id),
            Seen::Nothing => End::NotDone,
            Seen::Several(ids) if self.strategy.stops => End::Open(ids),
            Seen::Several(ids) => live(world, ids.iter().next().unwrap_or_default()),
        };
        Some(end)
    }

    fn survey(&self, world: &World, i: usize, next: &mut Next) {
        for view in world.views() {
            let mut after = *world;
            let list: Vec<Policy> = world.policies().filter(|policy| view.has(policy.id)).copied().collect();
            let doc = world.runs[i].doc;
            let twin = self.decisions.twin(&list, doc);
            if let Some(id) = twin {
                self.enter(&mut after, i, live(world, id), true);
            } else {
                if self.strategy.intents {
                    after.runs[i].doc.pending = Some(Pending::default());
                }
            }
            after.runs[i].doc.known = after.runs[i].doc.known.and(view);
            after.runs[i].at = At::SavingIntents { call: twin.is_none() };
            let what = if twin.is_some() {
                "lists the scope, and finds an equal policy that nobody manages"
            } else {
                "lists the scope: the policy has to be created"
            };
            next.add(what, view, after);
        }
    }

    fn read_back(&self, world: &World, i: usize, exit: Exit, next: &mut Next) {
        let doc = world.runs[i].doc;
        let is_seen = |view: &Ids| doc.entry.is_some_and(|id| view.has(id));
        let mut after = *world;
        after.runs[i].at = At::Releasing { exit };
        next.add("reads it back", Ids::of(doc.entry), after);
        if world.views().iter().any(|view| !is_seen(view)) {
            after.runs[i].doc.entry = None;
            after.runs[i].doc.pending = self.strategy.intents.then(Pending::default);
            after.runs[i].at = At::Releasing { exit: Exit::Partial };
            next.add("doesn't find it when it reads back: it is pending again", Ids::of(doc.entry), after);
        }
    }

    fn release(&self, world: &World, i: usize, exit: Exit, next: &mut Next) {
        let doc = Doc { known: known_after(world.runs[i].doc), ..world.runs[i].doc };
        for (fate, said) in self.fates(world, i) {
            let (saved, after) = self.saved(world, i, doc, false, fate);
            match saved {
                Saved::Done => next.add(ended(exit), Ids::NONE, over(&after, i, At::Ended(exit))),
                Saved::Conflict => next.add(REFUSED, Ids::NONE, over(&after, i, OVERTAKEN)),
                Saved::Failed { .. } => next.add(said, Ids::NONE, over(&after, i, At::Ended(Exit::Unsaved))),
            }
        }
    }

    /// Ends a create that surely did not happen, and the run.
    fn give_up(&self, world: &World, i: usize, what: &'static str, next: &mut Next) {
        let mut after = *world;
        self.enter(&mut after, i, End::NotDone, false);
        after.runs[i].at = At::Releasing { exit: Exit::Partial };
        next.add(what, Ids::NONE, after);
    }

    /// Writes into the run's record how the create ended. What is `adopted` may be a stranger's.
    fn enter(&self, world: &mut World, i: usize, end: End, adopted: bool) {
        let doc = world.runs[i].doc;
        world.runs[i].doc = self.decisions.enter(doc, end);
        if let End::Live(id, _) = end
            && doc.pending.is_none_or(|pending| pending.chosen != Some(id))
            && world.policy(id).is_some_and(|policy| policy.maker == Maker::Stranger)
        {
            // A run that was overtaken can't save what it believes.
            let counts = !adopted && world.runs[i].behind.is_some();
            let is_anothers = self.setting.signed == super::decisions::Signed::Apart && world.runs[i].posts > 0;
            world.stolen |= counts && (world.listed.has(id) || is_anothers);
        }
    }

    /// Ctrl-C or SIGTERM: what is not known stays pending.
    fn interrupt(&self, world: &World, i: usize, next: &mut Next) {
        if self.setting.refusals && i != self.last() {
            let mut after = *world;
            after.runs[i].at = At::Releasing { exit: Exit::Partial };
            next.add("is interrupted", Ids::NONE, after);
        }
    }
}

const OVERTAKEN: At = At::Ended(Exit::Overtaken);
const REFUSED: &str = "saves, and is refused: the record is another run's by now";

/// The world in which run `i` is over; all that only it knew is gone.
fn over(world: &World, i: usize, at: At) -> World {
    let mut after = *world;
    after.runs[i] = Run { at, ..Run::NEW };
    after
}

/// What the record that is loaded or recovered leaves to do.
fn planned(doc: Doc) -> At {
    match doc {
        Doc { pending: Some(_), .. } => At::Releasing { exit: Exit::Undecided },
        Doc { entry: Some(_), .. } => At::Releasing { exit: Exit::Done },
        _ => At::Surveying,
    }
}

/// What a save that ends the work of a run keeps of the ids that were there.
fn known_after(doc: Doc) -> Ids {
    if doc.pending.is_none() { Ids::NONE } else { doc.known }
}

fn live(world: &World, id: Id) -> End {
    End::Live(id, world.policy(id).map_or(Text::Same, |policy| policy.text))
}

fn seen(world: &World, view: Ids, ids: Ids) -> Vec<Policy> {
    world.policies().filter(|policy| view.has(policy.id) && ids.has(policy.id)).copied().collect()
}

fn looked(end: End) -> &'static str {
    match end {
        End::Live(..) => "looks, finds it, and takes it for its own",
        End::NotDone => "looks, and finds nothing: it did not happen",
        End::Open(_) => "looks, and finds what could be it: someone has to decide",
    }
}

fn named(end: End) -> Ids {
    match end {
        End::Live(id, _) => Ids::of([id]),
        End::NotDone => Ids::NONE,
        End::Open(ids) => ids,
    }
}

fn ended(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "releases the lease and ends well",
        Exit::Undecided => "releases the lease; someone has to decide (exit 5)",
        Exit::Partial => "releases the lease; not all was done (exit 5)",
        Exit::Overtaken | Exit::Unsaved => "releases the lease and has failed",
    }
}
