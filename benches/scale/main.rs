//! How wall time and memory grow with a tree: the real binary over trees of 100, 1,000 and 10,000 policies, beside the floor.
//!
//! `cargo bench` measures everything, `cargo bench -- --quick` leaves the largest tree out, `cargo bench -- plan` measures
//! only the commands whose name has that word. What the numbers mean: docs/benchmarks.md. Nothing here passes or fails by
//! a time; a command that ends otherwise than it should does fail.

mod floor;
mod process;
mod service;
mod table;
mod tree;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use process::Measured;
use service::Service;
use table::{Row, Table};

/// The concurrency of `apply` where nobody says another.
const CONCURRENCY: u32 = 16;
/// How long the service takes for an answer, in the two ways that it is measured.
const LATENCIES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(50)];
/// How often a short command is timed; the median counts.
const RUNS: usize = 9;
/// How often an apply is, unless it takes long.
const APPLY_RUNS: usize = 3;
/// From this floor on, an apply is measured once: it takes half a minute then, and varies by little.
const LONG: Duration = Duration::from_secs(5);
/// A token for the sandbox, which lets any in.
const TOKEN: &str = "benchmark";

/// What was asked for on the command line.
struct Asked {
    sizes: &'static [usize],
    words: Vec<String>,
}

impl Asked {
    fn read(arguments: &[String]) -> Self {
        let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
        // Cargo says `--bench`; without it this is a test run, where it is enough to see that all still works.
        let sizes: &[usize] = match (has("--bench"), has("--quick")) {
            (false, _) => &[100],
            (true, true) => &[100, 1_000],
            (true, false) => &[100, 1_000, 10_000],
        };
        let words = arguments.iter().filter(|argument| !argument.starts_with('-')).cloned().collect();
        Self { sizes, words }
    }

    fn wants(&self, command: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| command.contains(word.as_str()))
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        // This program again, as a process whose memory is its own.
        Some(floor::READ) => floor::read(&arguments[1..]),
        Some(floor::CALLS) => floor::calls(&arguments[1..]),
        _ => measure(&Asked::read(&arguments)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::tell(&format!("the benchmark broke down: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(asked: &Asked) -> Result<()> {
    let table = Table::begin()?;
    for size in asked.sizes {
        Size::new(*size)?.measure(asked, &table)?;
    }
    Ok(())
}

/// The tree of one size and all that is measured with it.
struct Size {
    policies: usize,
    /// Deleted with everything in it at the end.
    folder: TempDir,
}

/// A record that holds the whole tree, and the service that it names.
struct Applied {
    state: PathBuf,
    endpoint: String,
}

impl Size {
    fn new(policies: usize) -> Result<Self> {
        let folder = tempfile::tempdir().context("can't make a folder")?;
        tree::write(&folder.path().join("policies"), policies).context("can't write the tree")?;
        Ok(Self { policies, folder })
    }

    fn measure(&self, asked: &Asked, table: &Table) -> Result<()> {
        let row = |command: &str, measured: Measured, floor: Option<Duration>| {
            let row = Row { policies: self.policies, command, measured, floor };
            if asked.wants(command) { table.row(&row) } else { Ok(()) }
        };
        let nowhere = Applied { state: self.path("none"), endpoint: "http://127.0.0.1:9".to_owned() };
        let tree = self.path("policies");
        let reading = process::short(RUNS, 0, || floor::command(floor::READ, [&tree]))?;
        let floor = Some(reading.wall);
        row("walk and read", reading, None)?;
        if asked.wants("validate") {
            row("validate", process::short(RUNS, 0, || self.policysync("validate", &nowhere))?, floor)?;
        }
        if asked.wants("plan from nothing") {
            row("plan from nothing", process::short(RUNS, 2, || self.plan(&nowhere))?, floor)?;
        }
        let mut applied = None;
        for latency in LATENCIES {
            let command = format!("apply, {} ms", latency.as_millis());
            let is_base = latency.is_zero() && asked.wants("plan without changes");
            if asked.wants(&command) || is_base {
                let (measured, left) = self.apply(latency, if asked.wants(&command) { APPLY_RUNS } else { 1 })?;
                let floor = if latency.is_zero() { self.bare_calls()? } else { self.waiting(latency) };
                row(&command, measured, Some(floor))?;
                applied.get_or_insert(left);
            }
        }
        if let Some(applied) = applied.filter(|_| asked.wants("plan without changes")) {
            // Of an apply that left something undone this would be another exit code.
            let planned = process::short(RUNS, 0, || self.plan(&applied))?;
            let floor = process::short(RUNS, 0, || floor::command(floor::READ, [&tree, &applied.state]))?;
            row("plan without changes", planned, Some(floor.wall))?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The real binary, with nothing of this machine's settings.
    fn policysync(&self, command: &str, at: &Applied) -> Command {
        let mut policysync = process::policysync();
        policysync.current_dir(self.folder.path()).arg(command).arg("policies");
        policysync.arg("--state").arg(&at.state).args(["--endpoint", &at.endpoint]).env("POLICYSYNC_TOKEN", TOKEN);
        policysync
    }

    fn plan(&self, at: &Applied) -> Command {
        let mut plan = self.policysync("plan", at);
        plan.arg("--detailed-exitcode");
        plan
    }

    /// Applies the whole tree to a service that has nothing, each time to a new one.
    fn apply(&self, latency: Duration, runs: usize) -> Result<(Measured, Applied)> {
        let runs = if self.waiting(latency) > LONG { 1 } else { runs };
        let mut measured = Vec::new();
        let mut left = None;
        for run in 0..runs {
            let service = Service::start(latency)?;
            let state = self.path(&format!("state-{}-{run}", latency.as_millis()));
            let applied = Applied { state, endpoint: service.url().to_owned() };
            measured.push(process::long(0, self.policysync("apply", &applied))?);
            left = Some(applied);
        }
        Ok((Measured::of(&mut measured), left.context("an apply is run at least once")?))
    }

    /// N × latency ÷ concurrency: no client can be faster.
    fn waiting(&self, latency: Duration) -> Duration {
        latency * u32::try_from(self.policies).unwrap_or(u32::MAX) / CONCURRENCY
    }

    /// As many creates by a bare client, as many at a time, that remembers nothing.
    fn bare_calls(&self) -> Result<Duration> {
        let mut measured = Vec::new();
        for _ in 0..APPLY_RUNS {
            let service = Service::start(Duration::ZERO)?;
            let arguments = [service.url(), &self.policies.to_string()];
            measured.push(process::long(0, floor::command(floor::CALLS, arguments))?);
        }
        Ok(Measured::of(&mut measured).wall)
    }
}
