//! What the model does not decide by itself: here the code of this room, and of the record, is called with values made from
//! the model's. A change there changes the model. All of it is pure, so each question is asked once and its answer kept.

mod saving;

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::api::{LivePolicy, Person};
use crate::apply::bookkeeping::{self, Ended};
use crate::apply::calls::is_done;
use crate::apply::candidates::{Sought, look};
use crate::apply::settle::{self, Settled};
use crate::apply::test_record::{address, change, intent_of, live, record, sent, when};
use crate::apply::unmanaged::unmanaged;
use crate::domain::{ChangeKind, PolicyId, UserId};
use crate::state::{Claim, Ended as LeaseEnded, Lease, Record, Term, Undecided};

use super::explore::Fnv;
use super::world::{Doc, Held, Id, Ids, Maker, Pending, Policy, Text};

const ADDRESS: &str = "acme/one";
/// How old a run's last save is when it may start no call before the next, in ticks. A tick is as much of the real time.
pub(super) const STALE: u8 = 2;
/// When a lease that is not renewed may be taken over, in ticks. That its real time is longer only forbids histories.
pub(super) const FREE: u8 = 5;

/// Who the service says made a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Signed {
    /// It doesn't say, or we don't know who we are.
    Nobody,
    /// It says, and strangers are other users.
    Apart,
    /// It says, and strangers use the user that we use.
    Alike,
}

/// What a look comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Seen {
    Found(Id),
    Nothing,
    Several(Ids),
}

/// How a change ended, for the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum End {
    Live(Id, Text),
    NotDone,
    Open(Ids),
}

/// What happens to a save, besides the comparison of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fate {
    Works,
    /// It takes effect, and its answer is lost.
    AnswerLost,
    /// Nothing takes effect.
    Fails,
}

/// What a save came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Saved {
    Done,
    Conflict,
    /// Whether it took effect all the same.
    Failed {
        effect: bool,
    },
}

/// How a lease may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taking {
    Held,
    Free,
    /// From another run, which may still be at work, or the one before it.
    Over {
        how: LeaseEnded,
        perhaps_at_work: bool,
    },
}

/// Asks each question once.
struct Kept<K, V>(RefCell<HashMap<K, V, BuildHasherDefault<Fnv>>>);

impl<K: Copy + Eq + Hash, V: Copy> Kept<K, V> {
    fn new() -> Self {
        Self(RefCell::default())
    }

    fn get(&self, question: K, ask: impl FnOnce() -> V) -> V {
        if let Some(answer) = self.0.borrow().get(&question) {
            return *answer;
        }
        let answer = ask();
        self.0.borrow_mut().insert(question, answer);
        answer
    }
}

/// Up to six policies, as a key.
type List = [Option<(Id, Maker, Text)>; super::world::MOST];

/// A question about a list: what it shows, what is surely something else, whether this run sent it, whether it is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct LookAt {
    list: List,
    taken: Ids,
    is_own: bool,
    last: bool,
}

pub(super) struct Decisions {
    signed: Signed,
    looks: Kept<LookAt, Option<Seen>>,
    twins: Kept<(List, Doc), Option<Id>>,
    ends: Kept<(Doc, End), Doc>,
    saves: Kept<(Option<u8>, Fate), Saved>,
    claims: Kept<(Option<Held>, bool, bool), Taking>,
    plain: Kept<List, bool>,
}

impl Decisions {
    pub(super) fn new(signed: Signed) -> Self {
        Self {
            signed,
            looks: Kept::new(),
            twins: Kept::new(),
            ends: Kept::new(),
            saves: Kept::new(),
            claims: Kept::new(),
            plain: Kept::new(),
        }
    }

    /// Looks for what a create without an answer has made.
    pub(super) fn look(&self, view: &[Policy], taken: Ids, is_own: bool, last: bool) -> Option<Seen> {
        let question = LookAt { list: list(view), taken, is_own, last };
        self.looks.get(question, || {
            let wanted = wanted();
            let user = (self.signed != Signed::Nobody).then(|| user("us"));
            let sought = Sought {
                wanted: &wanted,
                is_taken: &|id| taken.has(number(id)),
                is_anothers: &|_| false,
                is_like_anothers: &|_| false,
                user: &|| user.clone(),
                is_own,
                was_refused: false,
            };
            settle::of_look(look(&self.live(question.list), &sought), last).map(|settled| match settled {
                Settled::Found(live) => Seen::Found(number(&live.id)),
                Settled::DidNotHappen => Seen::Nothing,
                Settled::Several(ids) => Seen::Several(numbers(&ids)),
                Settled::Unknown(_) | Settled::Stopped => unreachable!("a list was seen"),
            })
        })
    }

    /// The equal policy that nobody manages, which is adopted instead of creating one.
    pub(super) fn twin(&self, view: &[Policy], doc: Doc) -> Option<Id> {
        let question = (list(view), doc);
        self.twins.get(question, || {
            let live = self.live(question.0);
            unmanaged(live.iter(), &to_record(doc)).twin(&wanted()).map(|live| number(&live.id))
        })
    }

    /// Writes into a record how its create ended.
    pub(super) fn enter(&self, doc: Doc, end: End) -> Doc {
        self.ends.get((doc, end), || {
            let mut record = to_record(doc);
            let intent = intent_of(&create());
            let ended = match end {
                End::Live(id, text) => Ended::Live(Box::new(live(&id.to_string(), words(text)))),
                End::NotDone => Ended::NotDone,
                End::Open(ids) => Ended::Open(ids.iter().map(policy_id).collect()),
            };
            bookkeeping::enter(&mut record, &address(ADDRESS), &intent, &ended, when());
            from_record(&record)
        })
    }

    /// Saves a record that is `behind` by so many saves of its own, or overtaken by another's.
    pub(super) fn save(&self, behind: Option<u8>, fate: Fate) -> Saved {
        self.saves.get((behind, fate), || saving::save(behind, fate))
    }

    /// Whether a run may take the lease that it finds. `is_dead` where its holder's process is known to be.
    pub(super) fn claim(&self, held: Option<Held>, is_dead: bool, wrong_clock: bool) -> Taking {
        self.claims.get((held, is_dead, wrong_clock), || {
            let lease = held.map(|held| Lease {
                revoked: held.revoked,
                contested: held.contested,
                ..Lease::begin(Uuid::from_u128(1), "ci".into(), None, None, when())
            });
            let is_over = wrong_clock || held.is_some_and(|held| held.age == FREE);
            let passed = if is_over { Lease::length() + Lease::skew() } else { Duration::ZERO };
            match Claim::on(lease.as_ref(), Uuid::from_u128(2), when() + passed, is_dead) {
                Claim::Free | Claim::Mine => Taking::Free,
                Claim::Held { .. } => Taking::Held,
                Claim::TakeOver { why, whose } => {
                    Taking::Over { how: why, perhaps_at_work: why.may_be_at_work(&whose) }
                }
            }
        })
    }

    /// Whether the one candidate that is left needs nobody to recognize it.
    pub(super) fn is_plain(&self, policy: &Policy) -> bool {
        let question = list(std::slice::from_ref(policy));
        self.plain.get(question, || self.live(question).iter().all(|live| is_done(live, None, &wanted())))
    }

    fn live(&self, list: List) -> Vec<LivePolicy> {
        let by = |maker| match (self.signed, maker) {
            (Signed::Nobody, _) => None,
            (Signed::Apart, Maker::Stranger) => Some("them"),
            (Signed::Alike, Maker::Stranger) | (_, Maker::Run(_)) => Some("us"),
        };
        let show = |(id, maker, text): (Id, Maker, Text)| LivePolicy {
            created_by: by(maker).map(|id| Person { id: user(id), name: id.to_owned() }),
            ..live(&id.to_string(), words(text))
        };
        list.into_iter().flatten().map(show).collect()
    }
}

/// Whether a run whose last save is so old may start a call.
pub(super) fn may_call(age: u8) -> bool {
    let (saved, passed) = (Instant::now(), Lease::fresh() * u32::from(age) / u32::from(STALE));
    Term::new(saved, when()).is_fresh(saved + passed, when() + passed)
}

/// What someone decides about a create that is undecided: which of the candidates it is, or that none is.
pub(super) fn resolve(doc: Doc, ours: Option<Id>) -> Doc {
    let mut record = to_record(doc);
    match ours {
        Some(id) => record.adopt(&address(ADDRESS), &policy_id(id)).unwrap(),
        None => drop(record.disown(&address(ADDRESS)).unwrap()),
    }
    from_record(&record)
}

fn create() -> crate::plan::Change {
    change(ChangeKind::Create, ADDRESS, None, Some(words(Text::Same)))
}

fn wanted() -> crate::domain::ScopedPolicy {
    sent(words(Text::Same))
}

fn words(text: Text) -> &'static str {
    match text {
        Text::Same => "some text",
        Text::Spaced => "some  text",
        Text::Other => "other words",
    }
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn policy_id(id: Id) -> PolicyId {
    PolicyId::new(id.to_string()).unwrap()
}

fn number(id: &PolicyId) -> Id {
    id.as_str().parse().unwrap()
}

fn numbers<'a>(ids: impl IntoIterator<Item = &'a PolicyId>) -> Ids {
    Ids::of(ids.into_iter().map(number))
}

fn list(view: &[Policy]) -> List {
    let mut list = [None; super::world::MOST];
    for (place, policy) in list.iter_mut().zip(view) {
        *place = Some((policy.id, policy.maker, policy.text));
    }
    list
}

fn lease(id: Uuid) -> Lease {
    Lease::begin(id, "ci".into(), None, None, when())
}

/// The model's record as a real one. What the model leaves out stands still: texts, times, files.
fn to_record(doc: Doc) -> Record {
    let recorded = doc.entry.map(|id| id.to_string());
    let recorded: Vec<_> = recorded.iter().map(|id| (ADDRESS, id.as_str(), words(Text::Same))).collect();
    let mut record = record(&recorded);
    if let Some(Pending { candidates, undecided, chosen }) = doc.pending {
        let mut intent = intent_of(&create());
        intent.id = chosen.map(policy_id);
        intent.undecided = undecided.then(|| Undecided { candidates: candidates.iter().map(policy_id).collect() });
        record.pending.insert(address(ADDRESS), intent);
    }
    record.known = doc.known.iter().map(policy_id).collect();
    record
}

fn from_record(record: &Record) -> Doc {
    let at = address(ADDRESS);
    let pending = record.pending.get(&at).map(|intent| Pending {
        candidates: intent.undecided.as_ref().map_or(Ids::NONE, |several| numbers(&several.candidates)),
        undecided: intent.undecided.is_some(),
        chosen: intent.id.as_ref().map(number),
    });
    Doc { entry: record.policies.get(&at).map(|entry| number(&entry.id)), pending, known: numbers(&record.known) }
}
