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

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
    fn now(&self) -> Timestamp {
        let now = crate::failpoint::wall_clock(Timestamp::now());
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}
