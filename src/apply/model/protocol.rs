//! The protocol as a model: what can happen next, and which laws no state may break.

use super::decisions::{Decisions, FREE, STALE, resolve};
use super::explore::{Broken, Model};
use super::settings::{Loss, SETTLE, Setting, Strategy};
use super::world::{At, Doc, EMPTY, Exit, Held, Ids, MOST, Maker, Policy, Post, RUNS, Run, Text, World};

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Run(u8),
    Service,
    Stranger,
    Operator,
    Time,
}

/// One step of a history, to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) who: Who,
    pub(super) what: &'static str,
    pub(super) ids: Ids,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.who {
            Who::Run(number) => write!(f, "run {}: ", number + 1)?,
            Who::Service => write!(f, "service: ")?,
            Who::Stranger => write!(f, "someone else: ")?,
            Who::Operator => write!(f, "operator: ")?,
            Who::Time => {}
        }
        write!(f, "{}", self.what)?;
        if !self.ids.is_empty() {
            write!(f, " ({})", names(self.ids))?;
        }
        Ok(())
    }
}

fn names(ids: Ids) -> String {
    ids.iter().map(|id| format!("P{id}")).collect::<Vec<_>>().join(", ")
}

/// The steps out of one state, collected.
pub(super) struct Next {
    pub(super) steps: Vec<(Step, World)>,
    who: Who,
}

impl Next {
    pub(super) fn add(&mut self, what: &'static str, ids: Ids, world: World) {
        self.steps.push((Step { who: self.who, what, ids }, world));
    }
}

pub(super) struct Protocol {
    pub(super) setting: Setting,
    pub(super) strategy: Strategy,
    pub(super) decisions: Decisions,
}

impl Protocol {
    pub(super) fn new(setting: Setting, strategy: Strategy) -> Self {
        Self { decisions: Decisions::new(setting.signed), setting, strategy }
    }

    /// The run that comes last, and to which nothing happens any more.
    pub(super) fn last(&self) -> usize {
        usize::from(self.setting.runs)
    }

    fn last_has_begun(&self, world: &World) -> bool {
        world.runs[self.last()].at != At::NotBegun
    }

    fn service(&self, world: &World, next: &mut Next) {
        next.who = Who::Service;
        for (at, post) in world.posts.iter().enumerate() {
            let Some(Post { by, left }) = *post else { continue };
            let mut after = *world;
            after.posts[at] = None;
            after.posts.sort_by_key(Option::is_none);
            let text = if self.setting.trims { Text::Spaced } else { Text::Same };
            let unsure = if self.setting.stale_reads { left } else { 0 };
            if let Some(id) = after.make(Maker::Run(by), text, unsure) {
                let what = ["run 1's POST takes effect", "run 2's POST takes effect", "run 3's POST takes effect"];
                next.add(what.get(usize::from(by)).copied().unwrap_or("a POST takes effect"), Ids::of([id]), after);
            }
        }
        next.who = Who::Time;
        let mut after = *world;
        after.tick(FREE, STALE);
        next.add("a tick passes", Ids::NONE, after);
    }

    fn people(&self, world: &World, next: &mut Next) {
        next.who = Who::Stranger;
        if world.strangers > 0 && !self.last_has_begun(world) {
            for text in self.setting.texts {
                let mut after = *world;
                after.strangers -= 1;
                let unsure = if self.setting.stale_reads { SETTLE } else { 0 };
                if let Some(id) = after.make(Maker::Stranger, *text, unsure) {
                    let what = match text {
                        Text::Same => "makes a policy that is equal in all fields",
                        Text::Spaced => "makes a policy that is equal but for white space",
                        Text::Other => "makes another policy of the same severity and action",
                    };
                    next.add(what, Ids::of([id]), after);
                }
            }
        }
        next.who = Who::Operator;
        self.decide(world, next);
        if world.mishaps > 0 && !self.last_has_begun(world) {
            self.mishap(world, next);
        }
    }

    /// Someone looks into the service and says rightly which policy is ours. Refused while a run is at work.
    fn decide(&self, world: &World, next: &mut Next) {
        let Some(pending) = world.doc.pending.filter(|pending| !pending.candidates.is_empty()) else { return };
        if world.runs.iter().any(Run::is_at_work) {
            return;
        }
        let ours = world.ours().map(|policy| policy.id).find(|id| pending.candidates.has(*id));
        let mut after = *world;
        after.doc = resolve(world.doc, ours);
        after.lease = world.lease.map(revoked);
        if self.last_has_begun(world) {
            after.runs[self.last()] = Run::NEW;
        }
        let what = if ours.is_some() { "state resolve --adopt" } else { "state resolve --forget" };
        next.add(what, Ids::of(ours), after);
    }

    fn mishap(&self, world: &World, next: &mut Next) {
        let mut after = *world;
        after.mishaps -= 1;
        for run in after.runs.iter_mut().filter(|run| run.is_at_work()) {
            run.behind = None;
        }
        if let Some(held) = world.lease.filter(|held| self.setting.unlocks > 0 && !held.revoked) {
            let mut after = after;
            after.lease = Some(revoked(held));
            next.add("state unlock, while the run is at work", Ids::NONE, after);
        }
        let is_quiet = !world.runs.iter().any(Run::is_at_work)
            && world.posts.iter().all(Option::is_none)
            && world.policies().all(|policy| policy.unsure == 0);
        let may_be_lost = self.setting.loss == Loss::AnyTime || (self.setting.loss == Loss::Quiet && is_quiet);
        if may_be_lost && (world.doc != EMPTY || world.lease.is_some()) {
            (after.doc, after.lease) = (EMPTY, None);
            next.add("the record is lost: the next run begins a new one", Ids::NONE, after);
        }
    }
}

impl Model for Protocol {
    type State = World;
    type Step = Step;

    fn first(&self) -> World {
        assert!(self.last() < RUNS);
        World {
            policies: [None; MOST],
            posts: [None; MOST],
            doc: EMPTY,
            lease: None,
            runs: [Run::NEW; RUNS],
            strangers: self.setting.strangers,
            mishaps: self.setting.unlocks + u8::from(self.setting.loss != Loss::Never),
            faults: self.setting.faults,
            listed: Ids::NONE,
            stolen: false,
        }
    }

    fn steps(&self, from: &World) -> Vec<(Step, World)> {
        let mut next = Next { steps: Vec::new(), who: Who::Time };
        for number in 0..=self.setting.runs {
            next.who = Who::Run(number);
            self.run(from, usize::from(number), &mut next);
        }
        self.service(from, &mut next);
        self.people(from, &mut next);
        next.steps
    }

    fn breaks(&self, world: &World) -> Option<Broken> {
        if world.stolen {
            return Some(Broken::Stolen);
        }
        if world.ours().count() > 1 && !self.setting.forgives_twins {
            return Some(Broken::Doubled);
        }
        if self.setting.loss != Loss::Never {
            // What nobody remembers is an orphan until the next run finds it.
            return None;
        }
        if world.ours().any(|policy| is_orphaned(world, policy)) && !self.setting.forgives_twins {
            return Some(Broken::Orphaned);
        }
        let done = world.runs.iter().any(|run| run.at == At::Ended(Exit::Done));
        let is_there = world.doc.entry.is_some_and(|id| world.policy(id).is_some());
        (done && !is_there).then_some(Broken::Missing)
    }

    fn is_end(&self, world: &World) -> bool {
        let converged = world.doc.pending.is_none() && world.doc.entry.is_some();
        converged && world.runs[self.last()].at == At::Ended(Exit::Done)
    }

    fn describe(&self, world: &World) -> String {
        let of = |maker: fn(Maker) -> bool| {
            let ids = Ids::of(world.policies().filter(|policy| maker(policy.maker)).map(|policy| policy.id));
            if ids.is_empty() { "none".to_owned() } else { names(ids) }
        };
        let recorded = world.doc.entry.map_or("none".to_owned(), |id| format!("P{id}"));
        format!(
            "live and ours {}; live and someone else's {}; recorded {recorded}; {}",
            of(|maker| maker != Maker::Stranger),
            of(|maker| maker == Maker::Stranger),
            if world.doc.pending.is_some() { "something is pending" } else { "nothing is pending" }
        )
    }
}

/// Where no run is at work, each policy of ours is in the record, or will be looked for.
fn is_orphaned(world: &World, policy: &Policy) -> bool {
    let Doc { entry, pending, .. } = world.doc;
    let is_sought = pending.is_some_and(|pending| pending.candidates.is_empty() || pending.candidates.has(policy.id));
    let is_chosen = pending.is_some_and(|pending| pending.chosen == Some(policy.id));
    !world.runs.iter().any(Run::is_at_work) && entry != Some(policy.id) && !is_sought && !is_chosen
}

/// A lease that someone else than its holder has ended; when it was renewed plays no part any more.
pub(super) fn revoked(held: Held) -> Held {
    Held { revoked: true, age: 0, ..held }
}
