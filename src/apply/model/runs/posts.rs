//! The POST of a run, from the last look at the clock to its known end.

use super::{looked, named};
use crate::apply::model::decisions::{End, may_call};
use crate::apply::model::protocol::{Next, Protocol};
use crate::apply::model::settings::SETTLE;
use crate::apply::model::world::{At, Exit, Ids, Maker, Post, Text, World};

impl Protocol {
    /// Makes sure that a call may start, by the run's own clock, and sends the POST.
    pub(super) fn post(&self, world: &World, i: usize, next: &mut Next) {
        let run = world.runs[i];
        if self.strategy.fresh && !may_call(run.age) {
            return self.renew(world, i, run.at, next);
        }
        self.renew(world, i, run.at, next);
        if self.setting.held_up && i != self.last() {
            let mut after = *world;
            after.runs[i].at = At::HeldUp;
            next.add("may call, and is stopped before it does", Ids::NONE, after);
        }
        self.send(world, i, next);
        if self.setting.refusals && i != self.last() {
            self.give_up(world, i, "can't connect: nothing was sent", next);
        }
    }

    pub(super) fn send(&self, world: &World, i: usize, next: &mut Next) {
        let mut after = *world;
        after.runs[i].posts += 1;
        let by = u8::try_from(i).unwrap();
        if i == self.last() {
            let text = if self.setting.trims { Text::Spaced } else { Text::Same };
            let Some(id) = after.make(Maker::Run(by), text, 0) else { return };
            self.enter(&mut after, i, End::Live(id, text), false);
            after.runs[i].at = At::ReadingBack { exit: Exit::Done };
            return next.add("sends the POST and has its answer", Ids::of([id]), after);
        }
        let Some(place) = after.posts.iter().position(Option::is_none) else { return };
        after.posts[place] = Some(Post { by, left: SETTLE + self.setting.late });
        after.runs[i].at = At::AwaitingAnswer;
        next.add("sends the POST", Ids::NONE, after);
    }

    pub(super) fn await_answer(&self, world: &World, i: usize, next: &mut Next) {
        let by = u8::try_from(i).unwrap();
        let run = world.runs[i];
        self.renew(world, i, run.at, next);
        self.interrupt(world, i, next);
        let under_way = world.posts.iter().position(|post| post.is_some_and(|post| post.by == by));
        let made = world.policies().filter(|policy| policy.maker == Maker::Run(by)).last();
        if let (None, Some(policy)) = (under_way, made) {
            let mut after = *world;
            self.enter(&mut after, i, End::Live(policy.id, policy.text), false);
            after.runs[i].at = At::ReadingBack { exit: Exit::Done };
            next.add("has the answer: it was made", Ids::of([policy.id]), after);
        }
        let mut lost = *world;
        lost.runs[i].at = match self.strategy {
            strategy if !strategy.looks => At::Posting,
            strategy => At::Seeking { left: if strategy.settles { SETTLE } else { 0 } },
        };
        next.add("gets no answer", Ids::NONE, lost);
        if let Some(place) = under_way.filter(|_| self.setting.refusals) {
            let mut after = *world;
            after.posts[place] = None;
            after.posts.sort_by_key(Option::is_none);
            self.give_up(&after, i, "is refused (403)", next);
            after.runs[i].at = At::LookingOnce;
            next.add("is told to come again (429)", Ids::NONE, after);
        }
    }

    /// Looks for what the POST has made: `left` says how long the settle time still lasts.
    pub(super) fn seek(&self, world: &World, i: usize, left: u8, next: &mut Next) {
        let run = world.runs[i];
        self.renew(world, i, run.at, next);
        self.interrupt(world, i, next);
        for view in world.views() {
            let Some(end) = self.sought(world, i, view, true, left == 0) else { continue };
            let mut after = *world;
            match end {
                End::NotDone if run.posts < self.setting.posts => after.runs[i].at = At::Posting,
                End::NotDone => {
                    self.give_up(world, i, "finds nothing, and does not try again", next);
                    continue;
                }
                End::Live(..) => {
                    self.enter(&mut after, i, end, false);
                    after.runs[i].at = At::ReadingBack { exit: Exit::Done };
                }
                End::Open(_) => {
                    self.enter(&mut after, i, end, false);
                    after.runs[i].at = At::Releasing { exit: Exit::Undecided };
                }
            }
            next.add(looked(end), named(end), after);
        }
    }
}
