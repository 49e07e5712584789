//! The world of the model: the service, the record in its store, and the runs. One address, one policy that the tree wants.
//!
//! Times are counted down, in ticks, and stand still at zero: so the world is finite however long it lasts.

/// The most policies that are ever made, and requests that are ever under way.
pub(super) const MOST: usize = 6;
/// The most runs.
pub(super) const RUNS: usize = 4;

/// A policy's id: the first that is made is 1.
pub(super) type Id = u8;

/// A set of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Ids(u16);

impl Ids {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(ids: impl IntoIterator<Item = Id>) -> Self {
        Self(ids.into_iter().fold(0, |set, id| set | 1 << id))
    }

    pub(super) fn has(self, id: Id) -> bool {
        self.0 & (1 << id) != 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Id> {
        (0..16).filter(move |id| self.has(*id))
    }
}

/// Who made a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Maker {
    /// A POST of this run.
    Run(u8),
    /// Somebody else.
    Stranger,
}

/// A policy's text, compared with the one that the tree wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Text {
    /// To the letter.
    Same,
    /// But for white space.
    Spaced,
    /// Other words; the severity and the action are the same.
    Other,
}

/// A live policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Policy {
    pub(super) id: Id,
    pub(super) maker: Maker,
    pub(super) text: Text,
    /// How long a read may still miss it.
    pub(super) unsure: u8,
}

/// A POST under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Post {
    pub(super) by: u8,
    /// How long it may still take effect.
    pub(super) left: u8,
}

/// A create that was begun and is not known to be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Pending {
    pub(super) candidates: Ids,
    pub(super) undecided: bool,
    /// Which of them it is, where someone has said so.
    pub(super) chosen: Option<Id>,
}

/// The record, its lease aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Doc {
    pub(super) entry: Option<Id>,
    pub(super) pending: Option<Pending>,
    pub(super) known: Ids,
}

/// The lease in the stored record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Held {
    pub(super) by: u8,
    /// How long ago it was taken or renewed.
    pub(super) age: u8,
    /// Whether it was ended by hand, or given back with an earlier holder perhaps still at work.
    pub(super) revoked: bool,
    /// Whether a holder before may still be at work, and what it began isn't all found out.
    pub(super) contested: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Exit {
    /// 0
    Done,
    /// 5, and someone has to decide.
    Undecided,
    /// 5 or 1: not all was done.
    Partial,
    /// 6: the lease was lost or never got.
    Overtaken,
    /// 1: the record could not be saved.
    Unsaved,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum At {
    NotBegun,
    /// The record is loaded and its lease may be taken; how long recovery then waits.
    Taking {
        wait: u8,
    },
    /// Looking for what an earlier run left pending.
    Recovering {
        left: u8,
    },
    SavingRecovered,
    Surveying,
    SavingIntents {
        call: bool,
    },
    /// May send the POST.
    Posting,
    /// Has made sure that it may call, and is held up before it does.
    HeldUp,
    AwaitingAnswer,
    /// The service has clearly refused: one look, then again.
    LookingOnce,
    /// The answer was lost.
    Seeking {
        left: u8,
    },
    ReadingBack {
        exit: Exit,
    },
    Releasing {
        exit: Exit,
    },
    Ended(Exit),
    Dead,
}

/// One run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) at: At,
    /// The record as this run holds it.
    pub(super) doc: Doc,
    /// How many saves of its own it doesn't know of; nothing where another's save came between.
    pub(super) behind: Option<u8>,
    /// How long ago the last save that it knows of was begun, by its own steady clock.
    pub(super) age: u8,
    /// The lease that was taken over, where its holder may still be at work and what it began isn't all found out.
    pub(super) former: Option<Held>,
    /// How many POSTs it has sent.
    pub(super) posts: u8,
}

impl Run {
    pub(super) const NEW: Self = Self { at: At::NotBegun, doc: EMPTY, behind: Some(0), age: 0, former: None, posts: 0 };

    pub(super) fn is_at_work(&self) -> bool {
        !matches!(self.at, At::NotBegun | At::Ended(_) | At::Dead)
    }
}

pub(super) const EMPTY: Doc = Doc { entry: None, pending: None, known: Ids::NONE };

/// All there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) policies: [Option<Policy>; MOST],
    pub(super) posts: [Option<Post>; MOST],
    pub(super) doc: Doc,
    pub(super) lease: Option<Held>,
    pub(super) runs: [Run; RUNS],
    /// How many policies strangers may still make.
    pub(super) strangers: u8,
    /// How often someone may still unlock a lease whose run is at work, or lose the record.
    pub(super) mishaps: u8,
    /// How many saves and lists may still go wrong.
    pub(super) faults: u8,
    /// What a run has listed, and saved, before it sent the POST that is pending: that POST has made none of it.
    pub(super) listed: Ids,
    /// Whether what was knowably a stranger's was recorded as ours.
    pub(super) stolen: bool,
}

impl World {
    pub(super) fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter().flatten()
    }

    pub(super) fn policy(&self, id: Id) -> Option<&Policy> {
        self.policies().find(|policy| policy.id == id)
    }

    /// What our own POSTs have made.
    pub(super) fn ours(&self) -> impl Iterator<Item = &Policy> {
        self.policies().filter(|policy| policy.maker != Maker::Stranger)
    }

    /// Adds a live policy, if there is room.
    pub(super) fn make(&mut self, maker: Maker, text: Text, unsure: u8) -> Option<Id> {
        let at = self.policies.iter().position(Option::is_none)?;
        let id = Id::try_from(at + 1).ok()?;
        self.policies[at] = Some(Policy { id, maker, text, unsure });
        Some(id)
    }

    /// The ids that a read may show: what is unsure may be missed, in every combination.
    pub(super) fn views(&self) -> Vec<Ids> {
        let mut views = vec![Ids::of(self.policies().filter(|policy| policy.unsure == 0).map(|policy| policy.id))];
        for policy in self.policies().filter(|policy| policy.unsure > 0) {
            let with: Vec<Ids> = views.iter().map(|view| view.and(Ids::of([policy.id]))).collect();
            views.extend(with);
        }
        views
    }

    /// A tick passes. Ages stand still where no more can come of them: a lease's when it is free, a run's when it may start
    /// no call.
    pub(super) fn tick(&mut self, free: u8, stale: u8) {
        for policy in self.policies.iter_mut().flatten() {
            policy.unsure = policy.unsure.saturating_sub(1);
        }
        let mut under_way = [None; MOST];
        let left = self.posts.iter().flatten().filter(|post| post.left > 1);
        for (place, post) in under_way.iter_mut().zip(left) {
            *place = Some(Post { left: post.left - 1, ..*post });
        }
        self.posts = under_way;
        if let Some(lease) = &mut self.lease {
            lease.age = free.min(lease.age + 1);
        }
        for run in self.runs.iter_mut().filter(|run| run.is_at_work()) {
            run.age = stale.min(run.age + 1);
            match &mut run.at {
                At::Recovering { left } | At::Seeking { left } => *left = left.saturating_sub(1),
                _ => {}
            }
        }
    }
}
