//! In doubt: asking the service, again and again, what came of a call whose answer is missing.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::api::{ApiError, LivePolicy, Reader};
use crate::domain::{PolicyId, Scope};

use super::candidates::{Look, Sought, look};
use super::halt::Halt;

/// The first wait between two looks; doubled up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What came of a create without an answer.
#[derive(Debug)]
pub(super) enum Settled {
    /// It happened: this is the policy.
    Found(Box<LivePolicy>),
    /// The settle time is over and nothing is there: it did not happen.
    DidNotHappen,
    /// More than one live policy could be it.
    Several(Vec<PolicyId>),
    /// It could not be found out.
    Unknown(ApiError),
    /// The run was stopped before it was known.
    Stopped,
}

/// Paces looks: soon at first, then rarer, and once more after the settle time is over.
pub(super) struct Looks {
    until: Instant,
    wait: Duration,
    halt: Halt,
}

impl Looks {
    pub(super) fn new(until: Instant, halt: Halt) -> Self {
        Self { until, wait: FIRST_WAIT, halt }
    }

    /// Whether a look that begins now is the last: all that could land has landed.
    pub(super) fn is_last(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Waits for the next look; false where the run was stopped meanwhile.
    pub(super) async fn next(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        let wait = self.wait.min(left);
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        self.halt.sleep(wait).await
    }
}

/// Looks for the policy that a create without an answer may have made.
///
/// `until` is when nothing sent can land any more. One candidate is ours at once where the service says that we made it,
/// else when `until` is over.
pub(super) async fn create(reader: &Reader, scope: &Scope, sought: &Sought<'_>, mut looks: Looks) -> Settled {
    loop {
        let last = looks.is_last();
        let seen = match reader.list(scope).await {
            Ok(live) => of_look(look(&live, sought), last),
            Err(error) => of_error(error, last).map(Settled::Unknown),
        };
        if let Some(settled) = seen {
            return settled;
        }
        if !looks.next().await {
            return Settled::Stopped;
        }
    }
}

/// What one look settles; nothing where the next must be waited for. After the last, all that could land has landed.
pub(super) fn of_look(seen: Look, last: bool) -> Option<Settled> {
    match seen {
        Look::Ours(policy) => Some(Settled::Found(policy)),
        _ if !last => None,
        Look::Perhaps(policy) => Some(Settled::Found(policy)),
        Look::Nothing => Some(Settled::DidNotHappen),
        Look::Strange(ids) | Look::Several(ids) => Some(Settled::Several(ids)),
    }
}

/// Whether an error ends the asking: a token that is not accepted won't be, and after the last look nothing follows.
fn of_error(error: ApiError, last: bool) -> Option<ApiError> {
    (last || matches!(error, ApiError::Unauthorized { .. })).then_some(error)
}

/// What came of an update or delete without an answer.
#[derive(Debug)]
pub(super) enum Seen {
    /// The policy as it is when nothing sent can land any more, or as soon as it is as wanted.
    Live(Box<LivePolicy>),
    /// There is no such policy.
    Gone,
    /// It could not be found out.
    Unknown(ApiError),
    /// The run was stopped before it was known.
    Stopped,
}

/// Looks at one policy until it is gone, or nothing sent can land any more.
///
/// That it is as wanted ends nothing: an update may have been sent twice, and the copy that lands late would undo whatever
/// comes after it.
pub(super) async fn policy(reader: &Reader, id: &PolicyId, mut looks: Looks) -> Seen {
    loop {
        let last = looks.is_last();
        if let Some(seen) = of_answer(reader.get(id).await, last) {
            return seen;
        }
        if !looks.next().await {
            return Seen::Stopped;
        }
    }
}

/// What one look at a policy settles; nothing where the next must be waited for.
pub(super) fn of_answer(answer: Result<LivePolicy, ApiError>, last: bool) -> Option<Seen> {
    match answer {
        Ok(live) => last.then(|| Seen::Live(Box::new(live))),
        Err(ApiError::NotFound) => Some(Seen::Gone),
        Err(error) => of_error(error, last).map(Seen::Unknown),
    }
}

/// A set of ids that several calls under way add to: what one has found is nobody else's.
#[derive(Debug, Clone, Default)]
pub(super) struct Claimed(Arc<std::sync::Mutex<std::collections::BTreeSet<PolicyId>>>);

impl Claimed {
    fn ids(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeSet<PolicyId>> {
        // A panic elsewhere leaves a set of ids whole.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn contains(&self, id: &PolicyId) -> bool {
        self.ids().contains(id)
    }

    /// Claims an id; false where it is somebody else's already.
    pub(super) fn claim(&self, id: &PolicyId) -> bool {
        self.ids().insert(id.clone())
    }
}
