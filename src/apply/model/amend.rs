//! Updates and deletes as a model: one policy that is there and recorded, and runs that come one after another and each want
//! something of it. What runs that overlap can do to a record is the other model's.

mod steps;

use crate::api::{ApiError, LivePolicy};
use crate::apply::bookkeeping::{self, Ended};
use crate::apply::calls::{is_done, shows_update};
use crate::apply::settle::{self, Seen};
use crate::apply::test_record::{address, change, intent_of, live, record, sent, when};
use crate::domain::ChangeKind;
use crate::plan::is_as_recorded;
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
    Some(match settle::of_answer(world.answer(), last)? {
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
        Ended::Live(_) | Ended::Moved(_) | Ended::Half(_) => "looks, and finds that it happened",
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
