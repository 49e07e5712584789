//! A stretch of long work, and how far it is: on a terminal a bar once it has lasted a while, elsewhere a line now and then,
//! nothing with `--quiet`. What is soon over shows nothing; with `-vv` each stretch is told when it begins and ends.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::domain::Tally;
use crate::report::style::Role;
use crate::report::{LogEvent, LogLevel, LogLine};

use super::console::Console;
use super::screen;
use super::settings::shown;

/// How long work lasts before a bar is drawn: a bar that is gone at once only flickers.
const BEFORE_A_BAR: Duration = Duration::from_millis(500);
/// How long it lasts before a line is told of it, where no bar can be drawn.
pub(super) const BEFORE_A_LINE: Duration = Duration::from_secs(1);
/// The same where a line has told already that it begins; and how long it is between two lines.
pub(super) const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Work that may be long. It is over when this is dropped.
pub(super) struct Stretch {
    work: Arc<Work>,
    /// Tells the thread that watches, by being dropped, that it is over.
    over: Option<Sender<()>>,
}

struct Work {
    console: Console,
    what: String,
    begun: Instant,
    /// When it is over, where it is nothing but waiting.
    until: Option<Instant>,
    counts: Mutex<Counts>,
    /// What is waited for meanwhile, and until when.
    waits: Mutex<BTreeMap<String, Instant>>,
    bar: Mutex<Drawn>,
}

#[derive(Clone, Copy)]
struct Counts {
    /// What is counted; empty where nothing is.
    what: &'static str,
    /// How many there are, where that is known.
    total: Option<u64>,
    done: u64,
    failed: u64,
    begun: Instant,
}

enum Drawn {
    NotYet,
    Bar(ProgressBar),
    Over,
}

impl Stretch {
    /// Work of which nothing can be counted yet. Elsewhere than on a terminal a line tells of it after `patience`.
    pub(super) fn begin(console: &Console, what: impl Into<String>, patience: Duration) -> Self {
        Self::of(console, what.into(), None, patience)
    }

    /// Waiting, until then.
    pub(super) fn waiting(console: &Console, what: impl Into<String>, until: Instant) -> Self {
        Self::of(console, what.into(), Some(until), BETWEEN_LINES)
    }

    fn of(console: &Console, what: String, until: Option<Instant>, patience: Duration) -> Self {
        let begun = Instant::now();
        console.step(&what);
        let counts = Mutex::new(Counts { what: "", total: None, done: 0, failed: 0, begun });
        let (waits, bar) = (Mutex::default(), Mutex::new(Drawn::NotYet));
        let work = Arc::new(Work { console: *console, what, begun, until, counts, waits, bar });
        let over = (!console.is_quiet()).then(|| {
            let (sender, over) = mpsc::channel();
            let watched = Arc::clone(&work);
            // Where no thread can be started, nothing is shown: that is no reason not to work.
            let _ = std::thread::Builder::new().spawn(move || watched.watch(&over, patience));
            sender
        });
        Self { work, over }
    }

    /// One of what is counted failed.
    pub(super) fn failed(&self) {
        lock(&self.work.counts).failed += 1;
    }

    /// How many are done of how many, and how many of them failed.
    pub(super) fn counted(&self) -> (u64, u64, u64) {
        let Counts { total, done, failed, .. } = *lock(&self.work.counts);
        (done, total.unwrap_or_default(), failed)
    }

    /// So many are done, of so many, where that is known.
    pub(super) fn stands_at(&self, done: u64, total: Option<u64>, what: &'static str) {
        let begun = self.work.begun;
        *lock(&self.work.counts) = Counts { what, total: total.filter(|total| *total >= done), done, failed: 0, begun };
        if let Drawn::Bar(bar) = &*lock(&self.work.bar) {
            self.work.shape(bar);
        }
    }

    /// Something is waited for meanwhile, until then.
    pub(super) fn waits_for(&self, what: String, until: Instant) {
        lock(&self.work.waits).insert(what, until);
    }

    /// It is waited for no more.
    pub(super) fn has(&self, what: &str) {
        lock(&self.work.waits).remove(what);
    }

    /// Tells how far it is, where no bar does.
    pub(super) fn tell(&self) {
        if matches!(*lock(&self.work.bar), Drawn::NotYet) && !self.work.console.can_draw() {
            self.work.tell();
        }
    }
}

impl Tally for Stretch {
    fn ahead(&self, count: usize, what: &'static str) {
        let (what, total) = if count == 0 { ("", None) } else { (what, Some(count as u64)) };
        *lock(&self.work.counts) = Counts { what, total, done: 0, failed: 0, begun: Instant::now() };
        if let Drawn::Bar(bar) = &*lock(&self.work.bar) {
            self.work.shape(bar);
        }
    }

    fn done(&self) {
        lock(&self.work.counts).done += 1;
        if let Drawn::Bar(bar) = &*lock(&self.work.bar) {
            bar.inc(1);
        }
    }
}

impl Drop for Stretch {
    fn drop(&mut self) {
        drop(self.over.take());
        if let Drawn::Bar(bar) = std::mem::replace(&mut *lock(&self.work.bar), Drawn::Over) {
            screen::erase(&bar);
        }
        let counted =
            lock(&self.work.counts).in_words(" of ").map_or_else(String::new, |counted| format!(", {counted}"));
        let took = u64::try_from(self.work.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let text = format!("{}: over after {took} ms{counted}", self.work.what);
        self.work.console.tell(LogLine {
            work: Some(self.work.what.clone()),
            elapsed_ms: Some(took),
            ..LogLine::new(LogLevel::Debug, LogEvent::Step, text)
        });
    }
}

impl Work {
    /// Shows how it goes until it is over.
    fn watch(self: &Arc<Self>, over: &Receiver<()>, patience: Duration) {
        let lasts = |time| over.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
        if self.console.can_draw() {
            if lasts(BEFORE_A_BAR) {
                self.draw();
            }
            return;
        }
        let mut time = patience;
        while lasts(time) {
            self.tell();
            time = BETWEEN_LINES;
        }
    }

    fn draw(self: &Arc<Self>) {
        let mut drawn = lock(&self.bar);
        if matches!(*drawn, Drawn::NotYet) {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_prefix(self.what.clone());
            self.shape(&bar);
            let bar = screen::draw(bar);
            bar.enable_steady_tick(Duration::from_millis(100));
            *drawn = Drawn::Bar(bar);
        }
    }

    /// Makes a bar show what is counted now.
    fn shape(self: &Arc<Self>, bar: &ProgressBar) {
        let Counts { total, done, .. } = *lock(&self.counts);
        let template = if total.is_some() { "{prefix} [{bar:20}] {facts}" } else { "{spinner} {prefix}  {facts}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            let work = Arc::downgrade(self);
            let facts = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                let work = Weak::upgrade(&work);
                let _ = write!(out, "{}", work.map_or_else(String::new, |work| work.facts("  ", "/")));
            };
            bar.set_style(style.with_key("facts", facts).progress_chars("=> "));
        }
        if let Some(total) = total {
            bar.set_length(total);
        }
        bar.set_position(done);
    }

    fn tell(&self) {
        let counts = *lock(&self.counts);
        let counted = |number: u64| (!counts.what.is_empty()).then_some(number);
        let text = format!("{}: {}", self.what, self.facts(", ", " of "));
        self.console.tell(LogLine {
            work: Some(self.what.clone()),
            done: counted(counts.done),
            total: counts.total,
            failed: counted(counts.failed).filter(|failed| *failed > 0),
            per_second: counts.per_second().map(|rate| (rate * 10.0).round() / 10.0),
            left_ms: self.left(&counts).and_then(|left| u64::try_from(left.as_millis()).ok()),
            elapsed_ms: u64::try_from(self.begun.elapsed().as_millis()).ok(),
            ..LogLine::new(LogLevel::Info, LogEvent::Progress, text)
        });
    }

    /// Counts, rate, time left, failures, waits: as far as there are any.
    fn facts(&self, between: &str, of: &str) -> String {
        let counts = *lock(&self.counts);
        let mut facts = Vec::new();
        facts.extend(counts.in_words(of));
        facts.extend(counts.per_second().map(|rate| match rate < 10.0 {
            true => format!("{rate:.1}/s"),
            false => format!("{rate:.0}/s"),
        }));
        facts.extend(self.left(&counts).map(|left| format!("{} left", whole(left))));
        if facts.is_empty() {
            facts.push(whole(self.begun.elapsed()));
        }
        if counts.failed > 0 {
            let failed = format!("{} failed", counts.failed);
            facts.push(self.console.talk_styles().paint(Role::Error, failed).to_string());
        }
        let waits = lock(&self.waits);
        if let Some(last) = waits.values().max() {
            let left = last.saturating_duration_since(Instant::now());
            facts.push(format!("{} in doubt, {} at most", waits.len(), whole(left)));
        }
        facts.join(between)
    }

    /// How long it will take.
    fn left(&self, counts: &Counts) -> Option<Duration> {
        if let Some(until) = self.until {
            return Some(until.saturating_duration_since(Instant::now()));
        }
        #[expect(clippy::cast_precision_loss, reason = "what is left of a work is told to the second")]
        let left = counts.total?.saturating_sub(counts.done) as f64;
        Duration::try_from_secs_f64(left / counts.per_second()?).ok()
    }
}

impl Counts {
    /// How many are done in a second; nothing before the first is.
    fn per_second(&self) -> Option<f64> {
        let seconds = self.begun.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate is told to one place")]
        let done = self.done as f64;
        (self.done > 0 && seconds > 0.0).then(|| done / seconds)
    }

    /// `104 of 300 scopes`; `1200 violations`, where it isn't known of how many.
    fn in_words(&self, of: &str) -> Option<String> {
        let Self { what, total, done, .. } = self;
        let of_all = total.map_or_else(String::new, |total| format!("{of}{total}"));
        (!what.is_empty()).then(|| format!("{done}{of_all} {what}"))
    }
}

/// In whole seconds, the one that has begun included.
fn whole(time: Duration) -> String {
    shown(Duration::from_secs(time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)))
}

/// A panic elsewhere leaves counts that can be shown.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_are_counts_rate_and_time_left() {
        let console = Console::new(true, 0, super::super::LogFormat::Text);
        let stretch = Stretch::begin(&console, "reading", BEFORE_A_LINE);
        // Nothing is known yet but how long it has taken.
        assert!(matches!(stretch.work.facts(", ", " of ").as_str(), "0s" | "1s"));
        stretch.ahead(4, "files");
        assert_eq!(stretch.work.facts(", ", " of "), "0 of 4 files");
        lock(&stretch.work.counts).begun = Instant::now() - Duration::from_millis(9500);
        stretch.done();
        stretch.done();
        assert_eq!(stretch.work.facts(", ", " of "), "2 of 4 files, 0.2/s, 10s left");
        stretch.failed();
        stretch.waits_for("acme/x".to_owned(), Instant::now() + Duration::from_secs(30));
        assert!(stretch.work.facts("  ", "/").ends_with("  1 failed  1 in doubt, 30s at most"));
        assert_eq!(stretch.counted(), (2, 4, 1));
        stretch.has("acme/x");
        stretch.ahead(1, "scopes");
        assert_eq!(stretch.work.facts(", ", " of "), "0 of 1 scopes", "what is counted now");
    }

    #[test]
    fn where_nobody_knows_of_how_many_no_time_left_is_made_up() {
        let console = Console::new(true, 0, super::super::LogFormat::Text);
        let mut stretch = Stretch::begin(&console, "reading", BEFORE_A_LINE);
        Arc::get_mut(&mut stretch.work).unwrap().begun = Instant::now() - Duration::from_millis(93_100);
        stretch.stands_at(100, None, "violations");
        assert_eq!(stretch.work.facts(", ", " of "), "100 violations, 1.1/s");
        stretch.stands_at(100, Some(200), "violations");
        assert_eq!(stretch.work.facts(", ", " of "), "100 of 200 violations, 1.1/s, 1m 34s left");
        // More came than was said.
        stretch.stands_at(150, Some(120), "violations");
        assert_eq!(stretch.work.facts("  ", "/"), "150 violations  1.6/s");
    }

    #[test]
    fn waiting_is_a_countdown() {
        let console = Console::new(true, 0, super::super::LogFormat::Text);
        let stretch = Stretch::waiting(&console, "waiting", Instant::now() + Duration::from_secs(90));
        assert_eq!(stretch.work.facts(", ", " of "), "1m 30s left");
    }
}
