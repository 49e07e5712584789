//! Who may work with a record: pure decisions about leases.
//!
//! Two clocks, one use each. How much of *our* lease is left is measured with the running process's own steady clock
//! ([`Term`]), which nobody can set. Whether *another's* lease has run out can only be told by comparing its `expiresAt`,
//! written by that machine's wall clock, with ours; this assumes that the two agree to within [`SKEW`]. Where a lease's
//! times make no sense (it ends before it begins, it lasted longer than any run) some clock was wrong, so nothing is
//! concluded from them: it counts as held, and only `state unlock`, or the proof that its process is dead, ends it.
//!
//! A wrong clock can therefore make someone wait, but the record is safe even where it makes a lease look expired too
//! early: the holder's next save is refused, because the record is no longer at the version it knows.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Lease, Process};

/// How long a lease lasts unless renewed.
pub const LENGTH: Duration = Duration::from_secs(10 * 60);
/// How far two machines' wall clocks may be apart: a lease is taken over only this long after its end.
pub const SKEW: Duration = Duration::from_secs(60);
/// Longer than any run: the time from `acquiredAt` to `expiresAt` that a right clock can't have written.
pub const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Lease {
    /// A new lease from `now` for `length`.
    #[must_use]
    pub fn begin(
        id: Uuid,
        holder: String,
        run: Option<String>,
        process: Option<Process>,
        now: Timestamp,
        length: Duration,
    ) -> Self {
        Self { id, holder, acquired_at: now, expires_at: later(now, length), run, process }
    }

    /// The same lease until `length` from `now`.
    #[must_use]
    pub fn renewed(&self, now: Timestamp, length: Duration) -> Self {
        Self { expires_at: later(now, length), ..self.clone() }
    }

    /// When another run may take it over if it isn't renewed; nothing where its times make no sense.
    #[must_use]
    pub fn free_at(&self) -> Option<Timestamp> {
        let lasts = Duration::try_from(self.expires_at.duration_since(self.acquired_at)).ok()?;
        (lasts <= LONGEST).then(|| later(self.expires_at, SKEW))
    }
}

/// A sum that stops at the end of time instead of failing: a clock that says 9999 must not end the run.
fn later(time: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| time.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

/// What to do about the lease found in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody holds it: take it.
    Free,
    /// It is this run's own: go on.
    Mine,
    /// It has ended without being given back: take it, and say whose it was.
    TakeOver {
        /// The lease that ended.
        whose: Lease,
        /// How that is known.
        why: Ended,
    },
    /// Another run works with the record: leave it alone.
    Held {
        /// That run's lease.
        by: Lease,
    },
}

/// How a lease that was not given back is known to have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Its time is over by more than [`SKEW`].
    Expired,
    /// Its process, on this machine, is dead.
    HolderGone,
}

impl Claim {
    /// Decides for the run `mine` about the lease in a record. `holder_is_gone` tells whether the lease's process is
    /// surely dead ([`Process::is_gone`]); where that isn't known it is `false`.
    #[must_use]
    pub fn on(found: Option<&Lease>, mine: Uuid, now: Timestamp, holder_is_gone: bool) -> Self {
        let Some(lease) = found else { return Self::Free };
        if lease.id == mine {
            return Self::Mine;
        }
        let take_over = |why| Self::TakeOver { whose: lease.clone(), why };
        if holder_is_gone {
            return take_over(Ended::HolderGone);
        }
        match lease.free_at() {
            Some(free) if free <= now => take_over(Ended::Expired),
            _ => Self::Held { by: lease.clone() },
        }
    }
}

/// What is left of the own lease, by the process's steady clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    since: Instant,
    length: Duration,
}

impl Term {
    /// A term that began at `since`: the moment before the save that began or renewed the lease was *started*, so that
    /// it never ends after what was written.
    #[must_use]
    pub fn new(since: Instant, length: Duration) -> Self {
        Self { since, length }
    }

    /// How much is left; zero when it is over.
    #[must_use]
    pub fn left(&self, now: Instant) -> Duration {
        self.length.saturating_sub(now.saturating_duration_since(self.since))
    }

    /// Whether a third of it has gone: time for a renewal, with two more tries left.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.left(now) <= self.length - self.length / 3
    }

    /// Whether so little is left that a call which may take `longest_call`, and the save after it, might not end within
    /// it: no further call may start before the lease is renewed.
    ///
    /// The steady clock of some systems stands still while the machine sleeps. `wall` and the lease's own end make up
    /// for that: a wall clock past the end asks for a renewal too. A clock set wrong costs one more save, no more.
    #[must_use]
    pub fn near_end(&self, now: Instant, longest_call: Duration, lease: &Lease, wall: Timestamp) -> bool {
        let needed = longest_call.saturating_add(SKEW);
        self.left(now) <= needed || later(wall, needed) >= lease.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Duration = Duration::from_secs(15);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn lease(from: &str, until: &str) -> Lease {
        let (acquired_at, expires_at) = (at(from), at(until));
        let holder = "alice@laptop (pid 4711)".to_owned();
        Lease { id: Uuid::from_u128(1), holder, acquired_at, expires_at, run: None, process: None }
    }

    fn claim(lease: &Lease, now: &str) -> Claim {
        Claim::on(Some(lease), Uuid::from_u128(2), at(now), false)
    }

    #[test]
    fn no_lease_is_free_and_the_own_one_is_mine_whatever_the_time() {
        assert_eq!(Claim::on(None, Uuid::nil(), Timestamp::MIN, false), Claim::Free);
        let mine = lease("2026-01-01T10:00:00Z", "2026-01-01T10:10:00Z");
        for now in [Timestamp::MIN, at("2026-01-01T10:05:00Z"), Timestamp::MAX] {
            assert_eq!(Claim::on(Some(&mine), mine.id, now, false), Claim::Mine);
        }
    }

    #[test]
    fn a_lease_is_held_until_its_end_and_a_little_longer() {
        let lease = lease("2026-01-01T10:00:00Z", "2026-01-01T10:10:00Z");
        for (now, held) in [
            ("2026-01-01T10:00:00Z", true),
            ("2026-01-01T10:10:00Z", true),
            ("2026-01-01T10:10:59Z", true),
            ("2026-01-01T10:11:00Z", false),
            ("2027-01-01T00:00:00Z", false),
        ] {
            let want = if held {
                Claim::Held { by: lease.clone() }
            } else {
                Claim::TakeOver { whose: lease.clone(), why: Ended::Expired }
            };
            assert_eq!(claim(&lease, now), want, "{now}");
        }
    }

    #[test]
    fn a_dead_holder_is_not_waited_for() {
        let lease = lease("2026-01-01T10:00:00Z", "2026-01-01T10:10:00Z");
        let claim = Claim::on(Some(&lease), Uuid::from_u128(2), at("2026-01-01T10:00:01Z"), true);
        assert_eq!(claim, Claim::TakeOver { whose: lease, why: Ended::HolderGone });
    }

    #[test]
    fn times_that_make_no_sense_prove_nothing() {
        let now = "2026-01-01T10:00:00Z";
        for (from, until) in [
            // Acquired in the future, over long ago: it ends before it begins.
            ("2031-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
            // Lasted for years: the clock was set while it was held.
            ("1970-01-01T00:00:10Z", "2025-12-31T00:00:00Z"),
            // Not over at all: someone's clock is years ahead.
            ("2031-01-01T00:00:00Z", "2031-01-01T00:10:00Z"),
        ] {
            let lease = lease(from, until);
            assert_eq!(claim(&lease, now), Claim::Held { by: lease.clone() }, "{from} {until}");
            let gone = Claim::on(Some(&lease), Uuid::from_u128(2), at(now), true);
            assert_eq!(gone, Claim::TakeOver { whose: lease, why: Ended::HolderGone });
        }
    }

    #[test]
    fn a_long_run_that_renews_keeps_when_it_began() {
        let begun = Lease::begin(Uuid::nil(), "ci".into(), None, None, at("2026-01-01T10:00:00Z"), LENGTH);
        assert_eq!(begun.expires_at, at("2026-01-01T10:10:00Z"));
        let renewed = begun.renewed(at("2026-01-01T15:55:00Z"), LENGTH);
        assert_eq!(renewed, Lease { expires_at: at("2026-01-01T16:05:00Z"), ..begun });
        assert!(matches!(claim(&renewed, "2026-01-01T16:00:00Z"), Claim::Held { .. }));
        assert!(matches!(claim(&renewed, "2026-01-01T16:06:00Z"), Claim::TakeOver { .. }));
    }

    #[test]
    fn the_end_of_time_is_no_failure() {
        let lease = Lease::begin(Uuid::nil(), "ci".into(), None, None, Timestamp::MAX, LENGTH);
        assert_eq!(lease.expires_at, Timestamp::MAX);
        assert_eq!(Claim::on(Some(&lease), Uuid::max(), Timestamp::MIN, false), Claim::Held { by: lease });
    }

    #[test]
    fn the_own_term_is_measured_by_the_steady_clock() {
        let (start, wall) = (Instant::now(), at("2026-01-01T10:00:00Z"));
        let lease = Lease::begin(Uuid::nil(), "ci".into(), None, None, wall, LENGTH);
        let term = Term::new(start, LENGTH);
        let needed = CALL + SKEW;
        for (passed, near) in
            [(Duration::ZERO, false), (LENGTH - needed - CALL, false), (LENGTH - needed, true), (LENGTH * 2, true)]
        {
            // The wall clock jumped back by years meanwhile: it doesn't lengthen anything.
            let back = at("1999-01-01T00:00:00Z");
            assert_eq!(term.near_end(start + passed, CALL, &lease, back), near, "{passed:?}");
        }
        assert_eq!(term.left(start + LENGTH * 2), Duration::ZERO);
        assert!(!term.is_due(start + LENGTH / 4));
        assert!(term.is_due(start + LENGTH / 2));
    }

    #[test]
    fn a_machine_that_slept_renews_first() {
        let (start, wall) = (Instant::now(), at("2026-01-01T10:00:00Z"));
        let lease = Lease::begin(Uuid::nil(), "ci".into(), None, None, wall, LENGTH);
        let term = Term::new(start, LENGTH);
        let woken = at("2026-01-01T12:00:00Z");
        assert!(term.near_end(start, CALL, &lease, woken));
        // One renewal later all is well, also where the clock was only set.
        assert!(!term.near_end(start, CALL, &lease.renewed(woken, LENGTH), woken));
    }
}
