//! One change, from its call to its known end.

use std::time::Duration;

use tokio::time::Instant;

use crate::api::{ApiError, CreateAnswer, Deleted, LivePolicy, PolicyChange, Updated};
use crate::domain::{ChangeKind, PolicyId, ScopedPolicy};
use crate::plan::Change;
use crate::state::Entry;

use super::bookkeeping::Ended;
use super::candidates::{Sought, is_normalized};
use super::context::{Shared, failure};
use super::outcome::{LOOKED_FOR, OUR_FAULT};
use super::settle::{self, Looks, Seen, Settled};
use super::survey::{deleted, differences, edited, is_still};
use super::{Event, Failure};

/// How often a create is sent at most: again only after it is known that the last one did not happen.
const MOST_POSTS: u32 = 5;

/// How a change's call ended, and why, where it is not done.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) ended: Ended,
    pub(super) failure: Option<Failure>,
    /// Whether nothing was begun because the run was stopped.
    pub(super) untried: bool,
}

impl Called {
    fn live(live: Box<LivePolicy>) -> Self {
        Self { ended: Ended::Live(live), failure: None, untried: false }
    }

    fn not_done(why: Failure) -> Self {
        Self { ended: Ended::NotDone, failure: Some(why), untried: false }
    }

    fn open(candidates: Vec<PolicyId>, why: Failure) -> Self {
        Self { ended: Ended::Open(candidates), failure: Some(why), untried: false }
    }

    pub(super) fn untried() -> Self {
        Self { ended: Ended::NotDone, failure: None, untried: true }
    }
}

/// Calls the service for a change and sees it to its end. `expected` is what the service is expected to hold of the policy,
/// `made` what a move has to create, where that is live already.
pub(super) async fn call(
    shared: &Shared,
    change: &Change,
    expected: Option<&Entry>,
    made: Option<Box<LivePolicy>>,
) -> Called {
    match (change.kind, &change.id, expected, &change.after) {
        (ChangeKind::Create, _, _, Some(after)) => create(shared, change, after).await,
        (ChangeKind::Update | ChangeKind::Rename | ChangeKind::Adopt, Some(id), Some(expected), Some(after)) => {
            update(shared, change, id, expected, after).await
        }
        (ChangeKind::Move, Some(old), Some(expected), Some(after)) => {
            let made = match made {
                Some(made) => claim(shared, made),
                None => create(shared, change, after).await,
            };
            relocate(shared, change, made, (old, expected), after).await
        }
        (ChangeKind::Delete, Some(id), Some(expected), _) => delete(shared, change, id, expected).await,
        _ => Called::not_done(Failure::new(
            format!("a {} is not something the service can be called for", change.kind),
            OUR_FAULT,
        )),
    }
}

/// The second half of a move: what was made there is read back, and only then is it deleted here. Whatever goes wrong, it is
/// live in one place at least.
async fn relocate(
    shared: &Shared,
    change: &Change,
    made: Called,
    (old, expected): (&PolicyId, &Entry),
    after: &ScopedPolicy,
) -> Called {
    let Ended::Live(live) = made.ended else { return made };
    let half = |why: Option<Failure>| Called { ended: Ended::Half(live.clone()), failure: why, untried: false };
    match shared.reader.get(&live.id).await {
        Ok(now) if is_normalized(&now, after) => {}
        Ok(now) => {
            let sent = Entry { sent: after.clone(), stored: None, ..expected.clone() };
            let differences = differences(&now, &sent).join(", ");
            let message = format!("it is otherwise than sent when read back: {differences}");
            return half(Some(Failure::new(message, THE_REST)));
        }
        Err(error) => {
            shared.stop_on(&error);
            return half(Some(failure(&error)));
        }
    }
    let deleted = delete(shared, change, old, expected).await;
    match deleted.ended {
        Ended::Gone => Called { ended: Ended::Moved(live), failure: None, untried: false },
        _ => half(deleted.failure),
    }
}

/// What to do with a move of which the first half is done.
const THE_REST: &str = "apply again: what is left of the move is done then";

/// A move whose delete was not seen to its end.
pub(super) fn half(made: &PolicyId, why: Option<Failure>) -> Failure {
    let why = why.unwrap_or_else(|| Failure::new("the run was stopped before that", THE_REST));
    let message = format!("it was created there as {made}, and is not deleted where it was: {}", why.message);
    Failure::new(message, why.hint)
}

async fn create(shared: &Shared, change: &Change, wanted: &ScopedPolicy) -> Called {
    let mut last = Failure::new("it was not tried", "apply again");
    for attempt in 1..=MOST_POSTS {
        // During a wait the lease may have been lost: then another run may be creating it by now.
        if !shared.freshness.wait(&shared.halt).await {
            return if attempt == 1 { Called::untried() } else { Called::not_done(last) };
        }
        let sent = match shared.writer.create(wanted).await {
            CreateAnswer::Created(live) if shared.known.contains(&live.id) || live.scope != wanted.scope => {
                let message = format!("the service answered with another policy than it was sent, {}", live.id);
                last = Failure::new(message, LOOKED_FOR);
                Some(Instant::now())
            }
            CreateAnswer::Created(live) => return claim(shared, live),
            CreateAnswer::NotSent(error) | CreateAnswer::Unauthorized(error) => {
                shared.stop_on(&error);
                return Called::not_done(failure(&error));
            }
            CreateAnswer::Refused(refusal) => return Called::not_done(failure(&ApiError::Refused(refusal))),
            CreateAnswer::NotDone { refusal, retry_after } => {
                last = failure(&ApiError::Refused(refusal));
                if attempt == MOST_POSTS {
                    break;
                }
                if !wait_out(shared, retry_after, attempt).await {
                    return Called::untried();
                }
                None
            }
            CreateAnswer::InDoubt(error) => {
                last = failure(&error);
                Some(Instant::now())
            }
        };
        // After a clear refusal one look is enough; a request that may still land is looked for until it can't any more.
        let until = sent.unwrap_or_else(Instant::now) + if sent.is_some() { shared.settle } else { Duration::ZERO };
        if sent.is_some() {
            let why = last.message.clone();
            shared.progress.tell(&Event::Settling { address: &change.address, why, at_most: shared.settle });
        }
        match look_for(shared, change, wanted, sent.is_none(), Looks::new(until, shared.halt.clone())).await {
            Settled::Found(live) => return claim(shared, live),
            Settled::DidNotHappen if shared.halt.is_stopped() => return Called::untried(),
            Settled::DidNotHappen => {}
            Settled::Several(ids) => {
                let why = Failure::several(&change.address, &ids);
                return Called::open(ids, why);
            }
            Settled::Unknown(error) => {
                shared.stop_on(&error);
                return Called::open(Vec::new(), unseen(&last, &error));
            }
            Settled::Stopped if sent.is_none() => return Called::untried(),
            Settled::Stopped => return Called::open(Vec::new(), stopped(&last)),
        }
    }
    Called::not_done(last)
}

/// Looks for what a create has made; after a clear refusal only what is equal to the letter counts.
async fn look_for(shared: &Shared, change: &Change, wanted: &ScopedPolicy, was_refused: bool, looks: Looks) -> Settled {
    let sought = Sought {
        wanted,
        is_taken: &|id| shared.known.contains(id) || shared.claimed.contains(id),
        is_anothers: &|live| shared.is_anothers(&change.address, live),
        is_like_anothers: &|live| shared.is_like_anothers(&change.address, live),
        user: &|| shared.session.user(),
        is_own: true,
        was_refused,
    };
    settle::create(&shared.reader, &wanted.scope, &sought, looks).await
}

/// What was made or found is this change's, unless another change of this run has it already.
fn claim(shared: &Shared, live: Box<LivePolicy>) -> Called {
    if shared.claimed.claim(&live.id) {
        return Called::live(live);
    }
    let message = format!("policy {} was taken for two changes at once", live.id);
    let why = Failure::new(message, "apply again: it will be looked for anew");
    Called::open(vec![live.id], why)
}

/// Waits as long as the service asks for after a clear refusal; false where the run was stopped meanwhile.
async fn wait_out(shared: &Shared, retry_after: Option<Duration>, attempt: u32) -> bool {
    shared.halt.sleep(shared.session.pause(attempt, retry_after)).await
}

async fn update(shared: &Shared, change: &Change, id: &PolicyId, former: &Entry, after: &ScopedPolicy) -> Called {
    if shared.looks_first {
        match shared.reader.get(id).await {
            Ok(live) if is_still(change, former, &live) => {}
            Ok(live) => return Called::not_done(edited(&live, former)),
            Err(ApiError::NotFound) => return Called::not_done(deleted(id)),
            Err(error) => {
                shared.stop_on(&error);
                return Called::not_done(failure(&error));
            }
        }
    }
    if !shared.freshness.wait(&shared.halt).await {
        return Called::untried();
    }
    let Some(fields) = PolicyChange::of(&after.policy, &change.fields) else {
        return Called::not_done(Failure::new("nothing differs", "plan again"));
    };
    let doubt = match shared.writer.update(id, &fields).await {
        Ok(Updated { live, .. }) if !shows_update(&live, former, after) => {
            failure(&ApiError::Unreadable { why: "it shows the policy as it was before the update".to_owned() })
        }
        Ok(Updated { live, sent_again: false }) => return Called::live(Box::new(live)),
        Ok(Updated { sent_again: true, .. }) => Failure::new(
            "it was sent again, and its first copy may land yet",
            "apply again: the same update once more does no harm",
        ),
        Err(error) if surely_not_done(&error) => {
            shared.stop_on(&error);
            return Called::not_done(if matches!(error, ApiError::NotFound) { deleted(id) } else { failure(&error) });
        }
        Err(error) => failure(&error),
    };
    shared.progress.tell(&Event::WaitingOut {
        address: &change.address,
        why: doubt.message.clone(),
        how_long: shared.settle,
    });
    let looks = Looks::new(Instant::now() + shared.settle, shared.halt.clone());
    match settle::policy(&shared.reader, id, looks).await {
        Seen::Live(live) if shows_update(&live, former, after) => Called::live(live),
        Seen::Live(_) => Called::not_done(doubt),
        Seen::Gone => Called::not_done(deleted(id)),
        Seen::Unknown(_) | Seen::Stopped => Called::open(Vec::new(), stopped(&doubt)),
    }
}

/// A delete can't be taken back through the API, and comes last: minutes may lie between the survey and it. So the policy is
/// looked at once more just before, for one GET each; what someone has edited meanwhile is not deleted.
async fn delete(shared: &Shared, change: &Change, id: &PolicyId, former: &Entry) -> Called {
    let gone = Called { ended: Ended::Gone, failure: None, untried: false };
    match shared.reader.get(id).await {
        Ok(live) if is_still(change, former, &live) => {}
        Ok(live) => return Called::not_done(edited(&live, former)),
        Err(ApiError::NotFound) => return gone,
        Err(error) => {
            shared.stop_on(&error);
            return Called::not_done(failure(&error));
        }
    }
    if !shared.freshness.wait(&shared.halt).await {
        return Called::untried();
    }
    match shared.writer.delete(id).await {
        Ok(Deleted::Now | Deleted::AlreadyGone) => gone,
        Err(error) if surely_not_done(&error) => {
            shared.stop_on(&error);
            Called::not_done(failure(&error))
        }
        Err(error) => {
            let looks = Looks::new(Instant::now() + shared.settle, shared.halt.clone());
            match settle::policy(&shared.reader, id, looks).await {
                Seen::Gone => gone,
                Seen::Live(_) => Called::not_done(failure(&error)),
                Seen::Unknown(_) | Seen::Stopped => Called::open(Vec::new(), stopped(&failure(&error))),
            }
        }
    }
}

/// Whether an error of a PUT or DELETE says that it did not happen and will not.
fn surely_not_done(error: &ApiError) -> bool {
    match error {
        ApiError::Unauthorized { .. } | ApiError::NotFound | ApiError::NotSent { .. } | ApiError::OutOfTime => true,
        ApiError::Refused(refusal) => refusal.status < 500 && refusal.status != 408,
        ApiError::Broken { .. } | ApiError::Unreadable { .. } | ApiError::TooLarge { .. } => false,
    }
}

/// Whether a live policy shows that an update of the recorded one was carried out: what was to change is as it was sent, or,
/// of the texts, at least not as it was kept before: services trim and rewrite them.
pub(super) fn shows_update(live: &LivePolicy, former: &Entry, after: &ScopedPolicy) -> bool {
    let (old, new) = (&former.sent.policy, &after.policy);
    let risk = old.risk_type() == new.risk_type() || live.risk_type == new.risk_type().as_str();
    let action = old.action_type() == new.action_type() || live.action_type == i64::from(new.action_type().number());
    let name = old.name() == new.name() || live.name == new.name() || live.name != former.live_name();
    let content =
        old.content() == new.content() || live.content == new.content() || live.content != former.live_content();
    risk && action && name && content
}

/// Whether a live policy shows that an update happened: it is what was sent, to the letter, or but for white space where
/// it isn't what was there before. An update of white space only, to a service that rewrites it, is thus sent again.
pub(super) fn is_done(live: &LivePolicy, before: Option<&ScopedPolicy>, wanted: &ScopedPolicy) -> bool {
    let unchanged = before.is_some_and(|before| live.equals(before));
    live.equals(wanted) || (!unchanged && is_normalized(live, wanted))
}

fn unseen(lost: &Failure, error: &ApiError) -> Failure {
    let look = failure(error);
    Failure {
        message: format!("{}; whether it happened can't be seen: {}", lost.message, look.message),
        hint: format!("{}; the next run looks for it before anything else", look.hint),
    }
}

fn stopped(lost: &Failure) -> Failure {
    Failure::new(format!("{}; the run ended before it was known whether it happened", lost.message), LOOKED_FOR)
}
