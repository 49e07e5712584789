//! How long, how large, how often.

use std::time::Duration;

/// The bounds of every call. The default is what `policysync` uses unless told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From the first attempt to connect to the answer's last byte, for each try; 15 s.
    pub call: Duration,
    /// From [`Session::open`](super::Session::open) on; no call or retry is started after it. Unbounded by default.
    pub run: Option<Duration>,
    /// The largest answer, in bytes, after decompression; 64 MiB.
    pub answer: usize,
    /// How often one call is tried; 5, and at least 1.
    pub attempts: u32,
    /// The longest `Retry-After` that is waited out; 60 s. A service that asks for more gets no retry.
    pub retry_after_cap: Duration,
    /// The longest wait before the first retry; doubled for each further one, up to [`Limits::BACKOFF_CAP`]; 250 ms.
    pub backoff: Duration,
}

impl Limits {
    /// The longest wait that policysync chooses by itself.
    pub const BACKOFF_CAP: Duration = Duration::from_secs(10);

    /// How long a connection may take, TLS and proxy included: two thirds of a call, so that a host that can't be reached
    /// is told from one that does not answer: to the first nothing was sent.
    pub(super) fn connect(&self) -> Duration {
        self.call * 2 / 3
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(15),
            run: None,
            answer: 64 * 1024 * 1024,
            attempts: 5,
            retry_after_cap: Duration::from_secs(60),
            backoff: Duration::from_millis(250),
        }
    }
}
