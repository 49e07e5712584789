//! Floor 4: a plan's effects. Everything that can go wrong between two durable states is decided here.
//!
//! The protocol, one organization at a time: take the lease; finish what an earlier run left pending; list the scopes that
//! the plan touches; save the intents, all in one save; call, rank by rank; checkpoint; read back; save and release.
//! A create whose answer was lost is never sent again before the service was asked long enough whether it happened.

mod outcome;
mod progress;

pub use outcome::{ChangeOutcome, ChangeResult, Failure, Outcome, Stop, Summary, Unsaved};
pub use progress::{Event, Progress, Quiet};
