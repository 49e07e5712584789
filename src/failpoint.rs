//! Beside the floors: points at which a test build can be stopped dead, counted. In a release build there are none.
//!
//! A test build also lets a test bend time: `POLICYSYNC_TEST_LEASE=2s` makes leases that short, and what goes with their
//! length in proportion, so that a test can outlive one; `POLICYSYNC_TEST_CLOCK=-26280h` makes the wall clock wrong by so
//! much.
//!
//! A point stands before and after everything that another process or a power cut could see half done: each step of a
//! save, each request. `POLICYSYNC_FAILPOINT=N` kills the process at the Nth point it reaches; with
//! `POLICYSYNC_FAILPOINT_TRACE=FILE` each point's name is appended to a file, a line each, so that a test can count them.

#[cfg(debug_assertions)]
pub use bent::{lease_time, wall_clock};
#[cfg(debug_assertions)]
pub use counted::reach;

/// Marks a point: `record/rename`, `POST sent`.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn reach(_point: &str) {}

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
    /// What no part of it goes below: a save on a busy machine takes its time too.
    const LEAST: Duration = Duration::from_millis(500);

    static LEASE: LazyLock<Option<Duration>> =
        LazyLock::new(|| Duration::try_from(said("POLICYSYNC_TEST_LEASE")?).ok());
    static CLOCK: LazyLock<SignedDuration> = LazyLock::new(|| said("POLICYSYNC_TEST_CLOCK").unwrap_or_default());

    fn said(name: &str) -> Option<SignedDuration> {
        variable(name)?.parse().ok()
    }

    /// How long something of a lease lasts that usually lasts so long.
    #[must_use]
    pub fn lease_time(usual: Duration) -> Duration {
        LEASE.map_or(usual, |lease| usual.mul_f64(lease.div_duration_f64(USUAL)).max(LEAST).min(usual))
    }

    /// What the wall clock says when it is `right`.
    #[must_use]
    pub fn wall_clock(right: Timestamp) -> Timestamp {
        right.saturating_add(*CLOCK).unwrap_or(right)
    }
}

#[cfg(debug_assertions)]
mod counted {
    use std::fs::{File, OpenOptions};
    use std::io::Write as _;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// What the environment says.
    struct Plan {
        fatal: Option<u64>,
        trace: Option<File>,
        reached: AtomicU64,
    }

    static PLAN: LazyLock<Plan> = LazyLock::new(|| Plan {
        fatal: variable("POLICYSYNC_FAILPOINT").and_then(|number| number.parse().ok()),
        trace: variable("POLICYSYNC_FAILPOINT_TRACE")
            .and_then(|path| OpenOptions::new().create(true).append(true).open(path).ok()),
        reached: AtomicU64::new(0),
    });

    #[expect(clippy::disallowed_methods, reason = "no setting: only a test says it, and only to a test build")]
    pub(super) fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// Marks a point: `record/rename`, `POST sent`. Never returns from the point that the test has chosen.
    pub fn reach(point: &str) {
        let plan = &*PLAN;
        let number = plan.reached.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(mut trace) = plan.trace.as_ref() {
            // One write, so that the lines of threads don't mix.
            let _ = trace.write_all(format!("{point}\n").as_bytes());
        }
        if plan.fatal == Some(number) {
            die();
        }
    }

    /// Dies as by kill -9: no destructor runs, nothing is flushed.
    fn die() -> ! {
        #[cfg(unix)]
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort()
    }
}
