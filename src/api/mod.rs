//! Floor 2, right wing: the service, what is live.
//!
//! Reading and writing are different types, so that planning can't write. One layer decides about retries, by a pure
//! function; the transport under it follows no redirect, obeys one rule about proxies, and bounds every call in time and size.

mod live;
mod outcome;

pub use live::{LivePolicy, Person};
pub use outcome::{ApiError, CreateAnswer, Refusal};
