//! A process from its start to its end: how long, and how much memory at most.
//!
//! Memory is the high-water mark of the resident set that Linux keeps for each process (`VmHWM`); it is gone when the
//! process is, so it is read again and again while it runs. Short commands are timed without a reader beside them.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How often a short command is run once more to see its memory.
const MEMORY_RUNS: usize = 3;
/// Between two looks at the memory of a long command, whose last moments don't matter.
const LOOK: Duration = Duration::from_millis(5);

/// What one or several runs came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// The median, from the start of the process to its end.
    pub(crate) wall: Duration,
    /// The most resident memory, in bytes; nothing where the system doesn't tell.
    pub(crate) peak: Option<u64>,
}

impl Measured {
    /// The median of the times, the most of the memory.
    ///
    /// # Panics
    /// Where nothing was measured.
    pub(crate) fn of(runs: &mut [Self]) -> Self {
        runs.sort_by_key(|run| run.wall);
        Self { wall: runs[runs.len() / 2].wall, peak: runs.iter().filter_map(|run| run.peak).max() }
    }
}

/// The release binary that was built with this benchmark, in an empty environment.
pub(crate) fn policysync() -> Command {
    let mut policysync = Command::new(env!("CARGO_BIN_EXE_policysync"));
    policysync.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    policysync
}

/// Measures a command of less than a second: once to warm the caches, then `runs` times, then a few times for its memory.
pub(crate) fn short(runs: usize, wanted: i32, command: impl Fn() -> Command) -> Result<Measured> {
    timed(wanted, command(), Watch::None)?;
    let mut measured = Vec::new();
    for _ in 0..runs {
        measured.push(timed(wanted, command(), Watch::None)?);
    }
    let wall = Measured::of(&mut measured).wall;
    let mut watched = Vec::new();
    for _ in 0..MEMORY_RUNS {
        watched.push(timed(wanted, command(), Watch::Closely)?);
    }
    Ok(Measured { wall, peak: Measured::of(&mut watched).peak })
}

/// Measures one run of a command of a second or more.
pub(crate) fn long(wanted: i32, command: Command) -> Result<Measured> {
    timed(wanted, command, Watch::NowAndThen)
}

/// How closely the memory is looked at.
#[derive(Clone, Copy)]
enum Watch {
    None,
    NowAndThen,
    Closely,
}

fn timed(wanted: i32, mut command: Command, watch: Watch) -> Result<Measured> {
    let begun = Instant::now();
    let child = command.stderr(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("can't start {}", command.get_program().display()))?;
    let said = child.stderr.take().context("its errors are heard")?;
    let pid = child.id();
    let ended = AtomicBool::new(false);
    let (wall, status, peak, said) = thread::scope(|scope| {
        let hearing = scope.spawn(|| io::read_to_string(said).unwrap_or_default());
        let looking = (!matches!(watch, Watch::None)).then(|| scope.spawn(|| peak(pid, watch, &ended)));
        let status = child.wait();
        let wall = begun.elapsed();
        ended.store(true, Ordering::Relaxed);
        let peak = looking.and_then(|looking| looking.join().ok().flatten());
        (wall, status, peak, hearing.join().unwrap_or_default())
    });
    let status = status?;
    if status.code() != Some(wanted) {
        let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        bail!("`{}` ended with {status}, not with {wanted}: {said}", arguments.join(" "));
    }
    Ok(Measured { wall, peak })
}

fn peak(pid: u32, watch: Watch, ended: &AtomicBool) -> Option<u64> {
    let path = format!("/proc/{pid}/status");
    let mut most = None;
    while !ended.load(Ordering::Relaxed) {
        most = most.max(high_water_mark(&path));
        match watch {
            Watch::NowAndThen => pause(LOOK),
            Watch::Closely | Watch::None => thread::yield_now(),
        }
    }
    most
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own that does nothing else")]
fn pause(time: Duration) {
    thread::sleep(time);
}

fn high_water_mark(path: &str) -> Option<u64> {
    let mut status = String::new();
    File::open(path).and_then(|mut file| file.read_to_string(&mut status)).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// A process that is ended with what holds it.
pub(crate) struct Ending(pub(crate) Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.0.kill();
        let _ended = self.0.wait();
    }
}
