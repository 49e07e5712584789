//! What a run tells while it works.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::apply::{ChangeOutcome, ChangeResult, Event, Progress};
use crate::domain::{Address, Tally as _};
use crate::report::{LogEvent, LogLevel, LogLine, counted, escape};
use crate::state::Ended;

use super::console::Console;
use super::settings::shown;
use super::stretch::{BEFORE_A_LINE, BETWEEN_LINES, Stretch};

/// Where no bar can be drawn, a run of more changes than this tells how far it is, ten times. What came of each change
/// stands in the result; said here too, a log that holds both would say it twice.
const SILENT: u64 = 50;

/// Tells how a run goes.
pub(super) struct Watch {
    console: Console,
    /// What is being done.
    stretch: Mutex<Option<Stretch>>,
}

impl Watch {
    pub(super) fn new(console: Console) -> Self {
        Self { console, stretch: Mutex::new(None) }
    }

    fn stretch(&self) -> MutexGuard<'_, Option<Stretch>> {
        // A panic elsewhere leaves a stretch that can be ended.
        self.stretch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what was being done, and begins this.
    fn turn_to(&self, stretch: Option<Stretch>) {
        let former = std::mem::replace(&mut *self.stretch(), stretch);
        drop(former);
    }

    /// A line about one policy.
    fn line(&self, address: &Address, text: &str) {
        self.console.tell(LogLine {
            address: Some(address.to_string()),
            ..LogLine::new(LogLevel::Info, LogEvent::Note, format!("  {address}: {text}"))
        });
    }

    fn begin(&self, changes: usize) {
        self.turn_to(None);
        if changes == 0 {
            return;
        }
        let stretch = Stretch::begin(&self.console, "applying", BETWEEN_LINES);
        stretch.ahead(changes, "changes");
        if !self.console.can_draw() {
            self.console.say(&format!("applying {}", counted(changes, "change", "changes")));
        }
        self.turn_to(Some(stretch));
    }

    /// Scopes are listed, one by one.
    fn list(&self, what: &str, scopes: usize) {
        self.turn_to(None);
        let stretch = Stretch::begin(&self.console, what, BEFORE_A_LINE);
        stretch.ahead(scopes, "scopes");
        self.turn_to(Some(stretch));
    }

    fn listed(&self) {
        let mut stretch = self.stretch();
        let Some(listing) = stretch.as_ref() else { return };
        listing.done();
        let (done, total, _) = listing.counted();
        let over = if done >= total { stretch.take() } else { None };
        drop(stretch);
        drop(over);
    }

    /// The answer about a policy is waited for.
    fn wait(&self, address: &Address, how_long: Duration) {
        if let Some(applying) = self.stretch().as_ref() {
            applying.waits_for(address.to_string(), Instant::now() + how_long);
        }
    }

    fn ended(&self, outcome: &ChangeOutcome) {
        let ChangeOutcome { address, kind, result, .. } = outcome;
        let how = match result {
            ChangeResult::Applied { .. } => "done",
            ChangeResult::Failed(_) => "failed",
            ChangeResult::Undecided { .. } => "undecided",
            ChangeResult::Untried => "not tried",
        };
        self.console.tell(LogLine {
            address: Some(address.to_string()),
            ..LogLine::new(LogLevel::Debug, LogEvent::Step, format!("{address}: {kind} {how}"))
        });
        let stretch = self.stretch();
        let Some(applying) = stretch.as_ref() else { return };
        applying.has(address.as_str());
        if matches!(result, ChangeResult::Failed(_) | ChangeResult::Undecided { .. }) {
            applying.failed();
        }
        applying.done();
        let (done, total, _) = applying.counted();
        if total > SILENT && done.is_multiple_of(total.div_ceil(10)) && done < total {
            applying.tell();
        }
    }
}

impl Progress for Watch {
    fn tell(&self, event: &Event<'_>) {
        match event {
            Event::TookOver { org, whose, why } => {
                let run = whose.run.as_ref().map_or_else(String::new, |run| format!(", {run}"));
                let text = format!(
                    "took over the record of {org} from {} (since {}{run}): {}",
                    whose.holder,
                    whose.acquired_at,
                    ended(*why)
                );
                self.console.tell(LogLine {
                    org: Some(org.to_string()),
                    ..LogLine::new(LogLevel::Info, LogEvent::Note, escape::line(&text))
                });
            }
            Event::Recovering { org, pending, settle, former_at_work } => {
                let what = counted(*pending, "change", "changes");
                let why = if *former_at_work { "that run may still be at work, and a" } else { "a" };
                let text = format!(
                    "{org}: an earlier run did not see the end of {what}; asking the service what came of it, for up to {} \
                     ({why} request may still take effect until then)",
                    shown(*settle)
                );
                self.console.tell(LogLine {
                    org: Some(org.to_string()),
                    left_ms: u64::try_from(settle.as_millis()).ok(),
                    ..LogLine::new(LogLevel::Info, LogEvent::Note, text)
                });
                let what = format!("finding out what came of {what}");
                self.turn_to(Some(Stretch::waiting(&self.console, what, Instant::now() + *settle)));
            }
            Event::Recovered { address, what } => {
                self.turn_to(None);
                self.line(address, &escape::line(what));
            }
            Event::Surveying { scopes } => self.list("looking at what is there", *scopes),
            Event::Listed => self.listed(),
            Event::Started { changes } => self.begin(*changes),
            Event::Settling { address, why, at_most } => {
                self.line(
                    address,
                    &format!(
                        "{}; it may have been created, so it is looked for, for up to {}, before anything else is tried",
                        escape::line(why),
                        shown(*at_most)
                    ),
                );
                self.wait(address, *at_most);
            }
            Event::WaitingOut { address, why, how_long } => {
                self.line(
                    address,
                    &format!(
                        "{}; {} are waited, until nothing of it can take effect any more",
                        escape::line(why),
                        shown(*how_long)
                    ),
                );
                self.wait(address, *how_long);
            }
            Event::Ended(outcome) => self.ended(outcome),
            Event::ReadingBack { scopes } => self.list("reading back", *scopes),
            Event::Stopping { in_flight, grace } => {
                self.turn_to(None);
                let calls = counted(*in_flight, "call", "calls");
                self.console.say(&format!("stopping: waiting up to {} for {calls} under way", shown(*grace)));
            }
        }
    }
}

/// How another run's lease is known to have ended.
fn ended(why: Ended) -> &'static str {
    match why {
        Ended::Expired => "it ended without being given back",
        Ended::HolderGone => "its process is dead",
        Ended::Revoked => "it was ended by someone else, without being given back",
    }
}
