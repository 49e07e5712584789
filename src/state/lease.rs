//! Who may work with a record: pure decisions about leases.
//!
//! **Two clocks, one use each.** How fresh *our* lease is, is measured with the running process's own steady clock
//! ([`Term`]), which nobody can set. Whether *another's* lease has run out can only be told by comparing its `expiresAt`,
//! written by that machine's wall clock, with ours; this assumes that the two agree to within [`Lease::skew`]. Where a
//! lease's times make no sense (it ends before it begins, it lasted longer than any run) some clock was wrong, so nothing
//! is concluded from them: it counts as held, and only `state unlock`, or the proof that its process is dead, ends it.
//!
//! **What a wrong clock can do.** It can make someone wait; and it can make a lease look expired too early. So can a human
//! who unlocks a run that is still at work. The record is safe then: the holder's next save is refused, because the
//! record is no longer at the version that it knows. The service needs more, because it knows no leases: between the
//! moment at which its lease is taken and its next save, the holder would go on calling.
//!
//! - So no call starts unless the last save of its run that succeeded *began* less than [`Lease::fresh`] ago. Let that
//!   save have begun at B, and the taker's save have taken effect at T. The holder's took effect before T, else it would
//!   have been refused; so B < T, and all its calls start before T + fresh.
//! - What a call does, it has done when the settle time after its start is over. So a taker that can't be sure that the
//!   holder is dead ([`Ended::may_be_at_work`]) waits for settle + fresh, from T on, before it says of anything that it
//!   did not happen. No wall clock is part of this: whatever the clocks say, nothing is doubled.
//! - The taker may itself die, or give up, before it has found out all. Whoever comes next must know that the first
//!   holder may still be at work: the taker's lease says so until then ([`Lease::contested`]), and where it gives up, it
//!   puts the first holder's lease back, revoked.
//! - An ended lease is never just erased by others than its holder, but marked ([`Lease::revoked`]): that the next run
//!   may have to wait longer is in the record and not in somebody's head. The mark also keeps the holder from taking
//!   such a save for one of its own.
//!
//! What remains: a process that is stopped in the very moment between looking at its clock and writing its request, for
//! longer than the taker waits, and then goes on. The service would have to know leases to refuse that request.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Lease, Process};
use crate::failpoint;

/// How long a lease lasts unless renewed.
const LENGTH: Duration = Duration::from_secs(10 * 60);
/// How far two machines' wall clocks may be apart: a lease is taken over only this long after its end.
const SKEW: Duration = Duration::from_secs(60);
/// How long after the beginning of its last save a run may start calls.
const FRESH: Duration = Duration::from_secs(30);
/// Longer than any run: the time from `acquiredAt` to `expiresAt` that a right clock can't have written.
pub const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Lease {
    /// How long a lease lasts unless renewed: 10 minutes.
    #[must_use]
    pub fn length() -> Duration {
        failpoint::lease_time(LENGTH)
    }

    /// How far two machines' wall clocks may be apart, a minute: a lease is taken over only this long after its end.
    #[must_use]
    pub fn skew() -> Duration {
        failpoint::lease_time(SKEW)
    }

    /// How long after the beginning of its last save that succeeded a run may start calls: 30 seconds.
    #[must_use]
    pub fn fresh() -> Duration {
        failpoint::lease_time(FRESH)
    }

    /// A new lease from `now` on.
    #[must_use]
    pub fn begin(id: Uuid, holder: String, run: Option<String>, process: Option<Process>, now: Timestamp) -> Self {
        let expires_at = later(now, Self::length());
        Self { id, holder, acquired_at: now, expires_at, run, process, revoked: false, contested: false }
    }

    /// The same lease, to last as long again from `now`.
    #[must_use]
    pub fn renewed(&self, now: Timestamp) -> Self {
        Self { expires_at: later(now, Self::length()), ..self.clone() }
    }

    /// The same lease, ended by someone else than its holder.
    #[must_use]
    pub fn revoke(self) -> Self {
        Self { revoked: true, ..self }
    }

    /// When another run may take it over if it isn't renewed; nothing where its times make no sense.
    #[must_use]
    pub fn free_at(&self) -> Option<Timestamp> {
        let lasts = Duration::try_from(self.expires_at.duration_since(self.acquired_at)).ok()?;
        (lasts <= LONGEST).then(|| later(self.expires_at, Self::skew()))
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
    /// Its time is over by more than [`Lease::skew`].
    Expired,
    /// Its process, on this machine, is dead.
    HolderGone,
    /// Someone else has ended it: `state unlock`, say.
    Revoked,
}

impl Ended {
    /// Whether someone who worked under `lease`, or under the one before it, may not know yet that it is over.
    #[must_use]
    pub fn may_be_at_work(self, lease: &Lease) -> bool {
        self != Self::HolderGone || lease.contested
    }
}

impl Claim {
    /// Decides for the run `mine` about the lease in a record. `holder_is_gone` tells whether the lease's process is
    /// surely dead ([`Process::is_gone`]); where that isn't known it is `false`.
    #[must_use]
    pub fn on(found: Option<&Lease>, mine: Uuid, now: Timestamp, holder_is_gone: bool) -> Self {
        let Some(lease) = found else { return Self::Free };
        if lease.id == mine && !lease.revoked {
            return Self::Mine;
        }
        let take_over = |why| Self::TakeOver { whose: lease.clone(), why };
        if holder_is_gone {
            return take_over(Ended::HolderGone);
        }
        if lease.revoked {
            return take_over(Ended::Revoked);
        }
        match lease.free_at() {
            Some(free) if free <= now => take_over(Ended::Expired),
            _ => Self::Held { by: lease.clone() },
        }
    }
}

/// How old the save is that began or last renewed the own lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    since: Instant,
    wall: Timestamp,
}

impl Term {
    /// A term that began at `since`, when the wall clock said `wall`: the moment before the save that began or renewed
    /// the lease was *started*, so that it is never thought to be younger than what was written.
    #[must_use]
    pub fn new(since: Instant, wall: Timestamp) -> Self {
        Self { since, wall }
    }

    /// How long ago it began.
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }

    /// Whether a third of the lease has gone: time for a renewal, with two more tries left.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.age(now) >= Lease::length() / 3
    }

    /// Until when it is young enough, by the steady clock.
    #[must_use]
    pub fn fresh_until(&self) -> Instant {
        self.since + Lease::fresh()
    }

    /// Whether it is young enough for calls to start, by either clock.
    ///
    /// The steady clock of some systems stands still while the machine sleeps; a wall clock that has gone on meanwhile
    /// makes up for that. A clock that is set, forth or back, costs one more save and no more.
    #[must_use]
    pub fn is_fresh(&self, now: Instant, wall: Timestamp) -> bool {
        let by_wall = wall.duration_since(self.wall).unsigned_abs();
        self.age(now) < Lease::fresh() && by_wall <= Lease::fresh()
    }

    /// Whether half of the time is over in which calls may start: time for a renewal, if more are to.
    #[must_use]
    pub fn is_stale_soon(&self, now: Instant, wall: Timestamp) -> bool {
        self.age(now) >= Lease::fresh() / 2 || !self.is_fresh(now, wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn lease(from: &str, until: &str) -> Lease {
        let (acquired_at, expires_at) = (at(from), at(until));
        let holder = "alice@laptop (pid 4711)".to_owned();
        Lease { expires_at, ..Lease::begin(Uuid::from_u128(1), holder, None, None, acquired_at) }
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
        let begun = Lease::begin(Uuid::nil(), "ci".into(), None, None, at("2026-01-01T10:00:00Z"));
        assert_eq!(begun.expires_at, at("2026-01-01T10:10:00Z"));
        let renewed = begun.renewed(at("2026-01-01T15:55:00Z"));
        assert_eq!(renewed, Lease { expires_at: at("2026-01-01T16:05:00Z"), ..begun });
        assert!(matches!(claim(&renewed, "2026-01-01T16:00:00Z"), Claim::Held { .. }));
        assert!(matches!(claim(&renewed, "2026-01-01T16:06:00Z"), Claim::TakeOver { .. }));
    }

    #[test]
    fn the_end_of_time_is_no_failure() {
        let lease = Lease::begin(Uuid::nil(), "ci".into(), None, None, Timestamp::MAX);
        assert_eq!(lease.expires_at, Timestamp::MAX);
        assert_eq!(Claim::on(Some(&lease), Uuid::max(), Timestamp::MIN, false), Claim::Held { by: lease });
    }

    #[test]
    fn a_lease_that_someone_else_ended_is_nobodys() {
        let now = "2026-01-01T10:00:01Z";
        let revoked = lease("2026-01-01T10:00:00Z", "2026-01-01T10:10:00Z").revoke();
        assert_eq!(claim(&revoked, now), Claim::TakeOver { whose: revoked.clone(), why: Ended::Revoked });
        let own = Claim::on(Some(&revoked), revoked.id, at(now), false);
        assert_eq!(own, Claim::TakeOver { whose: revoked, why: Ended::Revoked }, "not even its holder's");
    }

    #[test]
    fn only_a_dead_holder_is_surely_not_at_work_and_not_the_one_before_it() {
        let lease = lease("2026-01-01T10:00:00Z", "2026-01-01T10:10:00Z");
        assert!(Ended::Expired.may_be_at_work(&lease) && Ended::Revoked.may_be_at_work(&lease));
        assert!(!Ended::HolderGone.may_be_at_work(&lease));
        let contested = Lease { contested: true, ..lease };
        assert!(Ended::HolderGone.may_be_at_work(&contested), "its own holder is dead, and not the one before");
    }

    #[test]
    fn calls_start_only_while_the_last_save_is_fresh() {
        let (start, wall) = (Instant::now(), at("2026-01-01T10:00:00Z"));
        let term = Term::new(start, wall);
        let second = Duration::from_secs(1);
        for (passed, fresh, soon, due) in [
            (Duration::ZERO, true, false, false),
            (FRESH / 2 - second, true, false, false),
            (FRESH / 2, true, true, false),
            (FRESH - second, true, true, false),
            (FRESH, false, true, false),
            (LENGTH / 3, false, true, true),
            (LENGTH * 2, false, true, true),
        ] {
            let now = start + passed;
            let found = (term.is_fresh(now, wall), term.is_stale_soon(now, wall), term.is_due(now));
            assert_eq!(found, (fresh, soon, due), "{passed:?}");
        }
    }

    #[test]
    fn a_machine_that_slept_and_a_clock_that_was_set_cost_one_more_save() {
        let (start, wall) = (Instant::now(), at("2026-01-01T10:00:00Z"));
        let term = Term::new(start, wall);
        for other in [at("2026-01-01T12:00:00Z"), at("1999-01-01T00:00:00Z"), Timestamp::MAX, Timestamp::MIN] {
            assert!(!term.is_fresh(start, other) && term.is_stale_soon(start, other), "{other}");
            assert!(Term::new(start, other).is_fresh(start, other), "one renewal later all is well");
        }
    }

    #[test]
    fn a_taker_waits_for_all_that_a_holder_can_still_start() {
        // The laws of the module's head, in numbers: a renewal each half of it leaves time for one slow save.
        let (fresh, length, skew) = (Lease::fresh(), Lease::length(), Lease::skew());
        assert!(fresh * 2 <= skew && length / 3 > fresh, "{fresh:?} {length:?} {skew:?}");
    }
}
