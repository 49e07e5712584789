//! Floor 4: a plan's effects. Everything that can go wrong between two durable states is decided here.
//!
//! The protocol, one organization at a time: take the lease; find out what came of an earlier run's pending work; list the
//! scopes that the plan touches; save the intents, all in one save; call, rank by rank; checkpoint; read back; save and
//! release. A create whose answer was lost is never sent again before the service was asked long enough whether it happened.

mod bookkeeping;
mod calls;
mod candidates;
mod context;
mod custody;
mod ending;
mod error;
mod execute;
mod halt;
#[cfg(test)]
mod model;
mod outcome;
mod prepare;
mod progress;
mod readback;
mod recover;
mod run;
mod settle;
mod survey;
#[cfg(test)]
mod test_record;
mod unmanaged;

pub use context::{Effects, Settings};
pub use custody::{Holder, check_identity};
pub use error::ApplyError;
pub use halt::{Interrupt, Interrupter};
pub use outcome::{ChangeOutcome, ChangeResult, Failure, OUR_FAULT, Outcome, Stop, Summary, Unsaved};
pub use progress::{Event, Progress, Quiet};
pub use run::Run;
