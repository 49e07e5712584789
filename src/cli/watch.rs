//! What is told while work goes on: a bar on a terminal, plain lines elsewhere, nothing with `--quiet`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::api::{CallEvent, CallOutcome, Observe};
use crate::apply::{ChangeOutcome, ChangeResult, Event, Progress};
use crate::report::escape;
use crate::report::style::Role;
use crate::state::Ended;

use super::console::Console;
use super::settings::shown;

/// Where no bar can be drawn, a run of more changes than this tells how far it is, ten times. What came of each change
/// stands in the result; said here too, a log that holds both would say it twice.
const SILENT: usize = 50;

/// Tells how a run goes.
pub(super) struct Watch {
    console: Console,
    bar: Mutex<Option<ProgressBar>>,
    total: AtomicUsize,
    ended: AtomicUsize,
    failed: AtomicUsize,
}

impl Watch {
    pub(super) fn new(console: Console) -> Self {
        Self {
            console,
            bar: Mutex::new(None),
            total: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
        }
    }

    /// A line; above the bar, where there is one.
    fn line(&self, text: &str) {
        let bar = self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match bar.as_ref() {
            Some(bar) => bar.suspend(|| self.console.say(text)),
            None => self.console.say(text),
        }
    }

    fn begin(&self, total: usize) {
        self.total.store(total, Ordering::Relaxed);
        self.ended.store(0, Ordering::Relaxed);
        self.failed.store(0, Ordering::Relaxed);
        if total == 0 {
            return;
        }
        if !self.console.can_draw() {
            return self.line(&format!("applying {total} change{}", if total == 1 { "" } else { "s" }));
        }
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        let template = "applying [{bar:30}] {pos}/{len}  {rate}  {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0}/s", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
        }
        *self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(bar);
    }

    fn end(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }

    fn ended(&self, outcome: &ChangeOutcome) {
        let total = self.total.load(Ordering::Relaxed);
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        let is_failed = matches!(outcome.result, ChangeResult::Failed(_) | ChangeResult::Undecided { .. });
        let failed = self.failed.fetch_add(usize::from(is_failed), Ordering::Relaxed) + usize::from(is_failed);
        let failures = if failed == 0 { String::new() } else { format!("{failed} failed") };
        if let Some(bar) = self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner).as_ref() {
            if failed > 0 {
                bar.set_message(self.console.talk_styles().paint(Role::Error, failures).to_string());
            }
            bar.inc(1);
            return;
        }
        if total > SILENT && ended.is_multiple_of(total.div_ceil(10)) && ended < total {
            let failures = if failed == 0 { failures } else { format!(", {failures}") };
            self.line(&format!("  {ended} of {total}{failures}"));
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
                self.line(&escape::line(&text));
            }
            Event::Recovering { org, pending, settle, former_at_work } => {
                let what = if *pending == 1 { "1 change".to_owned() } else { format!("{pending} changes") };
                let why = if *former_at_work { "that run may still be at work, and a" } else { "a" };
                self.line(&format!(
                    "{org}: an earlier run did not see the end of {what}; asking the service what came of it, for up to {} \
                     ({why} request may still take effect until then)",
                    shown(*settle)
                ));
            }
            Event::Recovered { address, what } => self.line(&format!("  {address}: {}", escape::line(what))),
            Event::Surveying { scopes } if self.console.verbosity() > 1 => {
                self.line(&format!("listing {scopes} scopes"));
            }
            Event::Surveying { .. } => {}
            Event::Started { changes } => self.begin(*changes),
            Event::Settling { address, why, at_most } => self.line(&format!(
                "  {address}: {}; it may have been created, so it is looked for, for up to {}, before anything else is tried",
                escape::line(why),
                shown(*at_most)
            )),
            Event::WaitingOut { address, why, how_long } => self.line(&format!(
                "  {address}: {}; {} are waited, until nothing of it can take effect any more",
                escape::line(why),
                shown(*how_long)
            )),
            Event::Ended(outcome) => self.ended(outcome),
            Event::ReadingBack { scopes } => {
                self.end();
                if self.console.verbosity() > 1 {
                    self.line(&format!("reading {scopes} scopes back"));
                }
            }
            Event::Stopping { in_flight, grace } => {
                self.end();
                let calls = if *in_flight == 1 { "1 call".to_owned() } else { format!("{in_flight} calls") };
                self.line(&format!("stopping: waiting up to {} for {calls} under way", shown(*grace)));
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

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

/// Tells each call, for `-v`. Never a token, never a text of a policy.
pub(super) struct CallLog(pub(super) Console);

impl Observe for CallLog {
    fn call(&self, event: &CallEvent) {
        if self.0.verbosity() == 0 {
            return;
        }
        let CallEvent { method, path, attempt, outcome, elapsed, will_retry_in } = event;
        let outcome = match outcome {
            CallOutcome::Status(status) => status.to_string(),
            CallOutcome::Fault(why) => why.clone(),
        };
        let again = will_retry_in.map_or_else(String::new, |wait| format!(", again in {} ms", wait.as_millis()));
        let text = format!("{method} {path} → {outcome} ({} ms, try {attempt}{again})", elapsed.as_millis());
        self.0.say(&escape::line(&text));
    }
}
