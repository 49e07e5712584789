//! Updates and deletes as a model: one policy that is there and recorded, and runs that come one after another and each want
//! something of it. What runs that overlap can do to a record is the other model's.

use crate::api::{ApiError, LivePolicy};
use crate::apply::bookkeeping::{self, Ended};
use crate::apply::calls::{is_done, shows_update};
use crate::apply::settle::{self, Seen};
use crate::apply::survey::is_as_recorded;
use crate::apply::test_record::{address, change, intent_of, live, record, sent, when};
use crate::domain::ChangeKind;
use crate::state::{Entry, Intent, Record};

use super::explore::{Broken, Model};
use super::settings::SETTLE;

/// The most runs.
const RUNS: usize = 3;
/// The most requests under way.
const MOST: usize = 4;
/// How often a request is sent by one call.
const MOST_TRIES: u8 = 2;
const ADDRESS: &str = "acme/one";

/// A text of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Words {
    /// What is there at first.
    First,
    Second,
    Third,
    /// What someone else has made of it.
    Edited,
}

/// When someone else edits the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edits {
    Never,
    /// While no run is at work, and no request under way.
    Between,
    AnyTime,
}

/// What is explored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amend {
    /// What each run's tree wants; nothing where it is to be deleted. Nothing happens to the last run.
    pub(super) wants: &'static [Option<Words>],
    pub(super) edits: Edits,
    /// Whether a call whose answer is lost is sent again at once, as PUT and DELETE are.
    pub(super) sent_again: bool,
    /// Whether what came of a call is waited for until it can't land any more.
    pub(super) settles: bool,
    /// Whether that is waited for also where it is seen to have happened, but a second request may be under way.
    pub(super) patient: bool,
}

/// What the record says of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Doc {
    entry: Option<Words>,
    /// What was to become of it.
    pending: Option<Option<Words>>,
}

/// A PUT of a text, or a DELETE, under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Request {
    by: u8,
    number: u8,
    makes: Option<Words>,
    left: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    NotBegun,
    Recovering { left: u8 },
    SavingRecovered,
    Surveying,
    SavingIntent,
    Calling,
    Awaiting,
    Seeking { left: u8 },
    Saving { exit: Exit },
    Ended,
}

/// What a run says when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Exit {
    /// It is as the tree wants.
    Applied,
    /// The record says so; nobody has looked.
    NothingToDo,
    Partial,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Run {
    at: At,
    doc: Doc,
    tries: u8,
    /// Whether the last try has reached the service.
    arrived: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct World {
    live: Option<Words>,
    requests: [Option<Request>; MOST],
    doc: Doc,
    runs: [Run; RUNS],
    edits: u8,
    /// What the run that ended last has said there is, where it ended well and nobody has edited it since.
    said: Option<Option<Words>>,
    overwritten: bool,
    too_early: bool,
}

/// One step of a history, to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    run: Option<u8>,
    what: &'static str,
    words: Option<Words>,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(run) = self.run {
            write!(f, "run {}: ", run + 1)?;
        }
        write!(f, "{}", self.what)?;
        self.words.map_or(Ok(()), |words| write!(f, " ({words:?})"))
    }
}

type Steps = Vec<(Step, World)>;

impl World {
    fn is_quiet(&self) -> bool {
        self.requests.iter().all(Option::is_none) && !self.runs.iter().any(Run::is_at_work)
    }

    fn answer(&self) -> Result<LivePolicy, ApiError> {
        self.live.map(|words| live("1", text(words))).ok_or(ApiError::NotFound)
    }

    fn tick(&mut self) {
        let mut left = [None; MOST];
        let still = self.requests.iter().flatten().filter(|request| request.left > 1);
        for (place, request) in left.iter_mut().zip(still) {
            *place = Some(Request { left: request.left - 1, ..*request });
        }
        self.requests = left;
        for run in &mut self.runs {
            if let At::Recovering { left } | At::Seeking { left } = &mut run.at {
                *left = left.saturating_sub(1);
            }
        }
    }
}

impl Run {
    fn is_at_work(&self) -> bool {
        !matches!(self.at, At::NotBegun | At::Ended)
    }
}

impl Amend {
    fn run(&self, world: &World, i: usize, steps: &mut Steps) {
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
        Some(match settle::of_answer(world.answer(), |live| !self.patient && live.equals(&after), last)? {
            Seen::Live(live) if is_done(&live, intent.before.as_ref(), &after) => Ended::Live(live),
            _ => Ended::NotDone,
        })
    }

    /// What came of the run's own call.
    fn of_call(&self, world: &World, doc: Doc, wanted: Option<Words>, last: bool) -> Option<Ended> {
        let Some(to) = wanted else { return of_delete(world, last) };
        let after = sent(text(to));
        Some(match settle::of_answer(world.answer(), |live| !self.patient && live.equals(&after), last)? {
            Seen::Live(live) if shows_update(&live, &recorded(doc), &after) => Ended::Live(live),
            _ => Ended::NotDone,
        })
    }

    fn others(&self, world: &World, steps: &mut Steps) {
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

const NEW: Run = Run { at: At::NotBegun, doc: Doc { entry: None, pending: None }, tries: 0, arrived: false };
const OVER: Run = Run { at: At::Ended, ..NEW };

impl Model for Amend {
    type State = World;
    type Step = Step;

    fn first(&self) -> World {
        World {
            live: Some(Words::First),
            requests: [None; MOST],
            doc: Doc { entry: Some(Words::First), pending: None },
            runs: [NEW; RUNS],
            edits: u8::from(self.edits != Edits::Never),
            said: None,
            overwritten: false,
            too_early: false,
        }
    }

    fn steps(&self, from: &World) -> Steps {
        let mut steps = Vec::new();
        for i in 0..self.wants.len() {
            self.run(from, i, &mut steps);
        }
        self.others(from, &mut steps);
        steps
    }

    fn breaks(&self, world: &World) -> Option<Broken> {
        if world.overwritten {
            return Some(Broken::Overwritten);
        }
        if world.too_early {
            return Some(Broken::TooEarly);
        }
        let is_at_rest = !world.runs.iter().any(Run::is_at_work);
        world.said.is_some_and(|said| is_at_rest && world.live != said).then_some(Broken::Missing)
    }

    fn is_end(&self, world: &World) -> bool {
        let last = self.wants.len() - 1;
        let is_as_wanted = world.live == self.wants[last] && world.doc.entry == self.wants[last];
        // What someone else has edited is refused, and that is a good end too.
        let is_good = is_as_wanted || self.edits != Edits::Never;
        world.runs[last].at == At::Ended && world.doc.pending.is_none() && is_good
    }

    fn describe(&self, world: &World) -> String {
        let word = |words: Option<Words>| words.map_or_else(|| "gone".to_owned(), |words| format!("{words:?}"));
        format!("live {}; recorded {}", word(world.live), word(world.doc.entry))
    }
}

/// A request reaches the service.
fn arrive(world: &mut World, makes: Option<Words>) {
    world.overwritten |= world.live == Some(Words::Edited);
    if world.live.is_some() {
        world.live = makes;
    }
}

fn of_delete(world: &World, last: bool) -> Option<Ended> {
    Some(match settle::of_answer(world.answer(), |_| false, last)? {
        Seen::Gone => Ended::Gone,
        _ => Ended::NotDone,
    })
}

/// What the service's answer shows; nothing where it shows the policy as it was before, and is not to be trusted.
fn of_answer(world: &World, doc: Doc, wanted: Option<Words>) -> Option<Ended> {
    let Some(to) = wanted else { return Some(Ended::Gone) };
    match world.answer() {
        Ok(live) if shows_update(&live, &recorded(doc), &sent(text(to))) => Some(Ended::Live(Box::new(live))),
        Ok(_) => None,
        Err(_) => Some(Ended::NotDone),
    }
}

fn said(ended: &Ended) -> &'static str {
    match ended {
        Ended::Live(_) => "looks, and finds that it happened",
        Ended::Gone => "looks, and finds that it is gone",
        Ended::NotDone | Ended::Open(_) => "looks, and finds that it did not happen",
    }
}

fn text(words: Words) -> &'static str {
    match words {
        Words::First => "first",
        Words::Second => "second",
        Words::Third => "third",
        Words::Edited => "edited",
    }
}

fn words(text: &str) -> Words {
    match text {
        "first" => Words::First,
        "second" => Words::Second,
        "third" => Words::Third,
        _ => Words::Edited,
    }
}

fn to_record(doc: Doc) -> Record {
    let recorded: Vec<_> = doc.entry.iter().map(|words| (ADDRESS, "1", text(*words))).collect();
    record(&recorded)
}

fn recorded(doc: Doc) -> Entry {
    to_record(doc).policies[&address(ADDRESS)].clone()
}

fn to_intent(doc: Doc, wanted: Option<Words>) -> Intent {
    let kind = if wanted.is_some() { ChangeKind::Update } else { ChangeKind::Delete };
    let mut intent = intent_of(&change(kind, ADDRESS, None, wanted.map(text)));
    intent.before = doc.entry.map(|words| sent(text(words)));
    intent
}
