//! The proof by sweeps: the real binary, stopped or failed at every point in turn. Each sweep prints one line,
//! `WHAT: N points, 0 violations`, and leaves it in `target/promises/`, so that what the documents say can be compared.
//!
//! A full sweep takes minutes and is run by `tests/run.sh`; `cargo test` plays a fixed sample of each.

mod sweep_crash;
pub mod sweep_disk;
pub mod sweep_eight;
mod sweep_faults;
pub mod sweep_points;
pub mod sweep_stages;
pub mod sweep_stopped;
#[cfg(target_os = "linux")]
mod sweep_syscalls;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Where the numbers are told to whom they are promised.
const PROMISES: &str = include_str!("../../docs/promises.md");

/// How much of a sweep is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// A few points, always the same, spread evenly: seconds.
    Sample,
    /// Every point: minutes.
    Full,
}

impl Extent {
    /// Which of the points are played, of a sweep whose sample is one in `every`.
    pub fn of<P>(self, points: impl IntoIterator<Item = P>, every: usize) -> Vec<P> {
        match self {
            Self::Full => points.into_iter().collect(),
            // Not the first of each: 1, 1 + every, … would always be the same step of a save.
            Self::Sample => points.into_iter().skip(every / 2).step_by(every).collect(),
        }
    }
}

/// How one history ended: at its point, or before it was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It was stopped or failed there.
    Yes,
    /// The run ended before: the order of concurrent calls differs from run to run.
    No,
}

/// What is swept, and how.
pub struct Sweep {
    /// Its name in the printed line: `crash sweep, creates, file store`.
    pub what: String,
    /// Sample or full.
    pub extent: Extent,
    /// How many histories are played side by side; they mostly wait.
    pub at_a_time: usize,
    /// By how many points a run, counted beforehand on this machine, ends before the last of the sweep: a quick machine
    /// needs fewer checkpoints.
    pub short_by: usize,
}

impl Sweep {
    /// Plays every point in a world of its own; prints how many there were and fails with all that went wrong.
    #[expect(clippy::print_stdout, reason = "the count of points is what a reader of the run looks for")]
    pub fn play<P: std::fmt::Display + Send>(&self, points: Vec<P>, play: impl Fn(&P) -> Reached + Sync) {
        let count = points.len();
        assert!(count >= 4, "{}: {count} points are too few", self.what);
        let waiting = Mutex::new(VecDeque::from(points));
        let (violations, missed) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..self.at_a_time {
                scope.spawn(|| {
                    loop {
                        let Some(point) = waiting.lock().expect("no panic").pop_front() else { break };
                        match catch_unwind(AssertUnwindSafe(|| play(&point))) {
                            Ok(Reached::Yes) => {}
                            Ok(Reached::No) => missed.lock().expect("no panic").push(point.to_string()),
                            Err(panic) => {
                                let why = said(panic.as_ref());
                                violations.lock().expect("no panic").push(format!("{point}: {why}"));
                            }
                        }
                    }
                });
            }
        });
        let violations = violations.into_inner().expect("no panic");
        let missed = missed.into_inner().expect("no panic");
        let sample = if self.extent == Extent::Sample { "sample of the " } else { "" };
        let line = format!("{sample}{}: {count} points, {} violations", self.what, violations.len());
        println!("{line}");
        if self.extent == Extent::Full {
            keep(&self.what, &line);
        }
        assert!(violations.is_empty(), "{}", violations.join("\n\n"));
        if self.extent == Extent::Full {
            assert!(PROMISES.lines().any(|told| told == line), "docs/promises.md doesn't have the line\n{line}");
        }
        let few = count / 10 + 2 + self.short_by;
        assert!(missed.len() <= few, "{} runs ended before their point was reached: {missed:?}", missed.len());
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

/// Where the lines of full sweeps are kept.
fn promises() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it lies in the target folder").join("promises")
}

#[expect(clippy::disallowed_methods, reason = "a test's own file")]
fn keep(what: &str, line: &str) {
    let name: String = what.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    std::fs::create_dir_all(promises()).expect("a folder can be made");
    std::fs::write(promises().join(format!("{name}.txt")), format!("{line}\n")).expect("a file can be written");
}
