//! Beside the floors: the pull request that a run belongs to, and what is told there.
//!
//! Knows the transport of [`crate::api`], the nouns of [`crate::domain`] and the escaping of [`crate::report`]; it carries texts, and makes none of those that
//! people read. What a runner says of a run is read by pure functions; calls go through [`GitHub`] alone.

mod calls;
mod error;
mod event;
mod issue;
mod marker;
mod outputs;
mod reviewed;
mod sticky;
mod surroundings;
mod wire;

pub use calls::GitHub;
pub use error::GitHubError;
pub use event::Event;
pub use issue::Tracked;
pub use marker::{InvalidLabel, Label, Marker};
pub use outputs::{InvalidOutput, block};
pub use reviewed::{NotReviewed, Reviewed};
pub use sticky::{Kept, Told};
pub use surroundings::{InvalidSurroundings, Repository, Surroundings};
