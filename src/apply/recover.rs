//! Pending work of an earlier run: finding out what came of it. Nothing is written to the service here; what did not happen
//! is planned again.

use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use crate::api::{ApiError, LivePolicy};
use crate::domain::{Address, ChangeKind, PolicyId, ScopedPolicy};
use crate::state::{Intent, Undecided};

use super::bookkeeping::Ended;
use super::calls::is_done;
use super::candidates::Sought;
use super::context::Shared;
use super::settle::{self, Looks, Seen, Settled};

/// What came of one pending change, or why that can't be told.
pub(super) enum Recovered {
    Ended(Ended),
    Unknown(ApiError),
    Stopped,
}

/// Finds out what came of pending changes, `concurrency` at a time.
///
/// The requests of a process that died may still be under way, and when they were sent isn't known by any clock that can be
/// trusted: so the whole settle time is waited, from now.
pub(super) async fn all(
    shared: &Shared,
    pending: Vec<(Address, Intent)>,
    concurrency: usize,
) -> Vec<(Address, Intent, Recovered)> {
    let until = Instant::now() + shared.settle;
    let looks = || Looks::new(until, shared.halt.clone());
    let mut ended: Vec<_> = stream::iter(pending)
        .map(async |(address, intent)| {
            let recovered = shared.halt.unless_stopped(one(shared, &address, &intent, looks)).await;
            let recovered = recovered.unwrap_or(Recovered::Stopped);
            (address, intent, recovered)
        })
        // All of them wait for the same moment, so one that waits must not keep another from its first look.
        .buffer_unordered(concurrency.max(64))
        .collect()
        .await;
    ended.sort_by(|a, b| a.0.cmp(&b.0));
    ended
}

async fn one(shared: &Shared, address: &Address, intent: &Intent, looks: impl Fn() -> Looks) -> Recovered {
    match (intent.change, &intent.id, &intent.after) {
        (kind, decided, Some(wanted)) if kind.creates() => {
            let made = made(shared, address, intent, decided.as_ref(), wanted, looks()).await;
            match (made, &intent.replaces) {
                (Recovered::Ended(Ended::Live(live)), Some(old)) => half_or_whole(shared, live, old, looks()).await,
                (made, _) => made,
            }
        }
        (ChangeKind::Update | ChangeKind::Rename | ChangeKind::Adopt, Some(id), Some(wanted)) => {
            match settle::policy(&shared.reader, id, looks()).await {
                Seen::Live(live) if is_done(&live, intent.before.as_ref(), wanted) => {
                    Recovered::Ended(Ended::Live(live))
                }
                Seen::Live(_) | Seen::Gone => Recovered::Ended(Ended::NotDone),
                Seen::Unknown(error) => Recovered::Unknown(error),
                Seen::Stopped => Recovered::Stopped,
            }
        }
        (ChangeKind::Delete, Some(id), _) => match settle::policy(&shared.reader, id, looks()).await {
            Seen::Gone => Recovered::Ended(Ended::Gone),
            Seen::Live(_) => Recovered::Ended(Ended::NotDone),
            Seen::Unknown(error) => Recovered::Unknown(error),
            Seen::Stopped => Recovered::Stopped,
        },
        // Nothing was begun that could still happen.
        _ => Recovered::Ended(Ended::NotDone),
    }
}

/// What came of a POST.
async fn made(
    shared: &Shared,
    address: &Address,
    intent: &Intent,
    decided: Option<&PolicyId>,
    wanted: &ScopedPolicy,
    looks: Looks,
) -> Recovered {
    match decided {
        // Someone has decided which one it is.
        Some(id) => match shared.reader.get(id).await {
            Ok(live) => Recovered::Ended(Ended::Live(Box::new(live))),
            Err(ApiError::NotFound) => Recovered::Ended(Ended::NotDone),
            Err(error) => Recovered::Unknown(error),
        },
        None if has_candidates(intent) => undecided(shared, intent.undecided.as_ref(), wanted).await,
        None => create(shared, address, wanted, looks).await,
    }
}

/// A move has created its policy: whether the old one is gone too. If it isn't, or can't be seen, its delete is planned anew.
async fn half_or_whole(shared: &Shared, live: Box<LivePolicy>, old: &PolicyId, looks: Looks) -> Recovered {
    match settle::policy(&shared.reader, old, looks).await {
        Seen::Gone => Recovered::Ended(Ended::Moved(live)),
        Seen::Live(_) | Seen::Unknown(_) => Recovered::Ended(Ended::Half(live)),
        Seen::Stopped => Recovered::Stopped,
    }
}

async fn create(shared: &Shared, address: &Address, wanted: &ScopedPolicy, looks: Looks) -> Recovered {
    let sought = Sought {
        wanted,
        is_taken: &|id| shared.known.contains(id) || shared.claimed.contains(id),
        is_anothers: &|live| shared.is_anothers(address, live),
        is_like_anothers: &|live| shared.is_like_anothers(address, live),
        user: &|| shared.session.user(),
        is_own: false,
        was_refused: false,
    };
    match settle::create(&shared.reader, &wanted.scope, &sought, looks).await {
        Settled::Found(live) if shared.claimed.claim(&live.id) => Recovered::Ended(Ended::Live(live)),
        Settled::Found(live) => Recovered::Ended(Ended::Open(vec![live.id])),
        Settled::DidNotHappen => Recovered::Ended(Ended::NotDone),
        Settled::Several(ids) => Recovered::Ended(Ended::Open(ids)),
        Settled::Unknown(error) => Recovered::Unknown(error),
        Settled::Stopped => Recovered::Stopped,
    }
}

fn has_candidates(intent: &Intent) -> bool {
    intent.undecided.as_ref().is_some_and(|several| !several.candidates.is_empty())
}

/// Someone may have deleted all but one of the candidates since, or another change may have turned out to be one.
async fn undecided(shared: &Shared, undecided: Option<&Undecided>, wanted: &ScopedPolicy) -> Recovered {
    let candidates: Vec<PolicyId> = undecided.into_iter().flat_map(|several| several.candidates.clone()).collect();
    let mut left: Vec<LivePolicy> = Vec::new();
    for id in candidates.iter().filter(|id| !shared.recorded.contains(*id)) {
        match shared.reader.get(id).await {
            Ok(live) => left.push(live),
            Err(ApiError::NotFound) => {}
            Err(error) => return Recovered::Unknown(error),
        }
    }
    match left.as_slice() {
        [] => Recovered::Ended(Ended::NotDone),
        // One whose text is another is for people to recognize.
        [live] if is_done(live, None, wanted) && shared.claimed.claim(&live.id) => {
            Recovered::Ended(Ended::Live(Box::new(live.clone())))
        }
        several => Recovered::Ended(Ended::Open(several.iter().map(|live| live.id.clone()).collect())),
    }
}
