//! Floor 2, right wing: the service, what is live.
//!
//! Reading and writing are different types, so that planning can't write. One layer decides about retries, by a pure
//! function; the transport under it follows no redirect, obeys one rule about proxies, and bounds every call in time and size.

mod answer;
mod checkup;
mod credentials;
mod directory;
mod fault;
mod hint;
mod json_calls;
mod judgement;
mod judging;
mod limits;
mod live;
mod observe;
mod outcome;
mod permit;
mod policy_change;
mod proxy;
mod reader;
mod recommending;
mod redaction;
mod retry;
mod session;
mod snapshot;
mod timed_body;
mod token;
mod transport;
mod violations;
mod wire;
mod writer;

pub use checkup::Checkup;
pub use directory::Directory;
pub use json_calls::JsonCalls;
pub use judgement::{Issue, Judgement, Score};
pub use judging::{Judging, Wording};
pub use limits::Limits;
pub use live::{LivePolicy, Person};
pub use observe::{CallEvent, CallOutcome, Observe, Unobserved};
pub use outcome::{ApiError, CreateAnswer, Refusal};
pub use permit::Permit;
pub use policy_change::PolicyChange;
pub use proxy::{InvalidProxy, ProxySettings};
pub use reader::Reader;
pub use recommending::{Draft, Recommendation};
pub use session::Session;
pub use snapshot::Snapshot;
pub use token::{InvalidToken, Token};
pub use violations::{Asked, Details, End, Lately, Of, Violation, Violations};
pub use writer::{Deleted, Updated, Writer};
