//! Floor 1: the nouns and their laws. Pure: no clock, no disk, no network.
//!
//! Each type exists only valid; text from outside becomes one of these or an error that says what is expected.

mod address;
mod change;
mod clock;
mod digest;
mod endpoint;
mod finding;
mod ids;
mod names;
mod policy;
mod scope;
mod tally;

pub use address::{Address, InvalidAddress};
pub use change::{ChangeKind, Direction, Field};
pub use clock::{Clock, SystemClock};
pub use digest::{Digest, InvalidDigest};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use finding::{Code, Finding, Level, Place, Related};
pub use ids::{InvalidId, OrgId, PolicyId, RepoId, UserId, WorkspaceId};
pub use names::{InvalidName, Key, ScopeName, fold};
pub use policy::{ActionType, InvalidPolicy, Policy, RiskType, ScopedPolicy, UnknownAction, UnknownRisk};
pub use scope::{Scope, ScopeLevel, ScopePath};
pub use tally::{Tally, Unwatched};
