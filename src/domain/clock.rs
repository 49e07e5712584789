//! The wall clock, as an argument.

use jiff::Timestamp;

/// Says what time it is. Only for times that are written down or shown; no decision about a call rests on it.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The system's clock, in whole seconds: what is shown to people needs no more.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    /// Now, to the millisecond: for the lines of a log, which a program puts in order by it.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
    pub fn to_the_millisecond(self) -> Timestamp {
        let now = crate::failpoint::wall_clock(Timestamp::now());
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = self.to_the_millisecond();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}
