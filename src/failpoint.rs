//! Beside the floors: points at which a test build can be stopped dead or be told that the disk is full, counted. In a
//! release build there are none.
//!
//! A test build also lets a test bend time: `POLICYSYNC_TEST_LEASE=2s` makes leases that short, and what goes with their
//! length in proportion, so that a test can outlive one, but not below `POLICYSYNC_TEST_LEAST`;
//! `POLICYSYNC_TEST_CLOCK=-26280h` makes the wall clock wrong by so much.
//!
//! A point stands before and after everything that another process or a power cut could see half done: each step of a
//! save, each request. `POLICYSYNC_FAILPOINT=N` kills the process at the Nth point it reaches; with
//! `POLICYSYNC_FAILPOINT_TRACE=FILE` each point's name is appended to a file, a line each, so that a test can count them.
//!
//! With `POLICYSYNC_FAILPOINT_STOP=N` it only stands still there, as by SIGSTOP, until someone wakes it up.
//!
//! Some points are [`step`]s of work on the disk. `POLICYSYNC_FAILPOINT_DISK=N:ERRNO` fails the Nth step with that error
//! number of the system, `N+:ERRNO` all steps from there on. In the trace a step's name begins with `disk/`.

#[cfg(debug_assertions)]
pub use bent::{lease_time, wall_clock};
#[cfg(debug_assertions)]
pub use counted::{reach, step};

/// Marks a point: `record/locked`, `POST/answered`.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn reach(_point: impl std::fmt::Display) {}

/// Marks a point before work on the disk, which a test build may be told to fail.
///
/// # Errors
/// None in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn step(_point: &str) -> std::io::Result<()> {
    Ok(())
}

/// How long something of a lease lasts that usually lasts so long.
#[cfg(not(debug_assertions))]
#[inline(always)]
#[must_use]
pub fn lease_time(usual: std::time::Duration) -> std::time::Duration {
    usual
}

/// What the wall clock says when it is `right`.
#[cfg(not(debug_assertions))]
#[inline(always)]
#[must_use]
pub fn wall_clock(right: jiff::Timestamp) -> jiff::Timestamp {
    right
}

#[cfg(debug_assertions)]
mod bent {
    use std::sync::LazyLock;
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::counted::variable;

    /// What a lease usually lasts, to which a test's lease is in proportion.
    const USUAL: Duration = Duration::from_secs(10 * 60);
    /// What no part of it goes below unless said otherwise: a save on a busy machine takes its time too.
    const LEAST: Duration = Duration::from_millis(500);

    static LEASE: LazyLock<Option<Duration>> =
        LazyLock::new(|| Duration::try_from(said("POLICYSYNC_TEST_LEASE")?).ok());
    static SHORTEST: LazyLock<Duration> = LazyLock::new(|| {
        said("POLICYSYNC_TEST_LEAST").and_then(|least| Duration::try_from(least).ok()).unwrap_or(LEAST)
    });
    static CLOCK: LazyLock<SignedDuration> = LazyLock::new(|| said("POLICYSYNC_TEST_CLOCK").unwrap_or_default());

    fn said(name: &str) -> Option<SignedDuration> {
        variable(name)?.parse().ok()
    }

    /// How long something of a lease lasts that usually lasts so long.
    #[must_use]
    pub fn lease_time(usual: Duration) -> Duration {
        LEASE.map_or(usual, |lease| usual.mul_f64(lease.div_duration_f64(USUAL)).max(*SHORTEST).min(usual))
    }

    /// What the wall clock says when it is `right`.
    #[must_use]
    pub fn wall_clock(right: Timestamp) -> Timestamp {
        right.saturating_add(*CLOCK).unwrap_or(right)
    }
}

#[cfg(debug_assertions)]
mod counted {
    use std::fmt::Display;
    use std::fs::{File, OpenOptions};
    use std::io::{self, Write as _};
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// What the environment says.
    struct Plan {
        fatal: Option<u64>,
        stop: Option<u64>,
        trace: Option<File>,
        reached: AtomicU64,
        disk: Option<DiskFault>,
        steps: AtomicU64,
    }

    /// Which steps fail, and how.
    #[derive(Debug, PartialEq, Eq)]
    struct DiskFault {
        first: u64,
        and_all_after: bool,
        errno: i32,
    }

    static PLAN: LazyLock<Plan> = LazyLock::new(|| Plan {
        fatal: variable("POLICYSYNC_FAILPOINT").and_then(|number| number.parse().ok()),
        stop: variable("POLICYSYNC_FAILPOINT_STOP").and_then(|number| number.parse().ok()),
        trace: variable("POLICYSYNC_FAILPOINT_TRACE")
            .and_then(|path| OpenOptions::new().create(true).append(true).open(path).ok()),
        reached: AtomicU64::new(0),
        disk: variable("POLICYSYNC_FAILPOINT_DISK").and_then(|text| DiskFault::read(&text)),
        steps: AtomicU64::new(0),
    });

    #[expect(clippy::disallowed_methods, reason = "no setting: only a test says it, and only to a test build")]
    pub(super) fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    impl DiskFault {
        fn read(text: &str) -> Option<Self> {
            let (which, errno) = text.split_once(':')?;
            let (first, and_all_after) = which.strip_suffix('+').map_or((which, false), |first| (first, true));
            Some(Self { first: first.parse().ok()?, and_all_after, errno: errno.parse().ok()? })
        }

        fn hits(&self, number: u64) -> bool {
            number == self.first || (self.and_all_after && number > self.first)
        }
    }

    /// Marks a point: `record/locked`, `POST/answered`. Never returns from the point that the test has chosen.
    pub fn reach(point: impl Display) {
        let plan = &*PLAN;
        let number = plan.reached.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(mut trace) = plan.trace.as_ref() {
            // One write, so that the lines of threads don't mix.
            let _ = trace.write_all(format!("{point}\n").as_bytes());
        }
        if plan.fatal == Some(number) {
            die();
        }
        if plan.stop == Some(number) {
            stand_still();
        }
    }

    /// Marks a point before work on the disk, which a test build may be told to fail.
    ///
    /// # Errors
    /// The one that the test has chosen for this step.
    pub fn step(point: &str) -> io::Result<()> {
        reach(format_args!("disk/{point}"));
        let number = PLAN.steps.fetch_add(1, Ordering::SeqCst) + 1;
        match &PLAN.disk {
            Some(fault) if fault.hits(number) => Err(io::Error::from_raw_os_error(fault.errno)),
            _ => Ok(()),
        }
    }

    /// Stops the whole process; returns when it is continued.
    fn stand_still() {
        #[cfg(unix)]
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
    }

    /// Dies as by kill -9: no destructor runs, nothing is flushed.
    fn die() -> ! {
        #[cfg(unix)]
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn one_step_fails_or_all_from_one_on() {
            let once = DiskFault::read("3:28").expect("a fault");
            assert_eq!([1, 2, 3, 4].map(|number| once.hits(number)), [false, false, true, false]);
            let on = DiskFault::read("3+:5").expect("a fault");
            assert_eq!([1, 2, 3, 4].map(|number| on.hits(number)), [false, false, true, true]);
            for text in ["", "3", "x:5", "3:", ":5", "3++:5"] {
                assert_eq!(DiskFault::read(text), None, "{text}");
            }
        }
    }
}
