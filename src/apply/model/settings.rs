//! What is explored: under which assumptions about the world, and with which of the protocol's parts left out.

use super::decisions::Signed;

/// How long a request may still take effect after it was sent, and how long it is waited for, in ticks.
pub(super) const SETTLE: u8 = 2;

/// What the world may do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    /// How many runs may go wrong; one more, that comes last, does not.
    pub(super) runs: u8,
    /// How many policies strangers make.
    pub(super) strangers: u8,
    /// Of which texts.
    pub(super) texts: &'static [super::world::Text],
    pub(super) signed: Signed,
    /// How many saves and lists go wrong: fail, or lose their answer.
    pub(super) faults: u8,
    /// How often a run sends its POST at most.
    pub(super) posts: u8,
    /// Whether the service refuses, can't be reached, and users interrupt.
    pub(super) refusals: bool,
    /// Whether reads may miss what was made within the settle time.
    pub(super) stale_reads: bool,
    /// Whether the service trims texts.
    pub(super) trims: bool,
    /// By how many ticks the assumption is broken that nothing lands after the settle time.
    pub(super) late: u8,
    /// Whether clocks are so wrong that a lease can look expired at any time.
    pub(super) wrong_clocks: bool,
    /// How often someone unlocks a lease whose run is at work.
    pub(super) unlocks: u8,
    /// Whether the record is lost once.
    pub(super) loss: Loss,
    /// Whether a twin is no violation: an assumption is broken, and what else holds is asked.
    pub(super) forgives_twins: bool,
    /// Whether a run may be held up between making sure that it may call, and the call.
    pub(super) held_up: bool,
}

impl Setting {
    /// One run that goes wrong anywhere, one stranger, and all that is assumed holds.
    pub(super) const PLAIN: Self = Self {
        runs: 1,
        strangers: 1,
        texts: &[super::world::Text::Same],
        signed: Signed::Nobody,
        faults: 1,
        posts: 2,
        refusals: true,
        stale_reads: false,
        trims: false,
        late: 0,
        wrong_clocks: false,
        unlocks: 0,
        loss: Loss::Never,
        forgives_twins: false,
        held_up: false,
    };
}

/// When the record may be lost: its branch deleted, its bucket emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    Never,
    /// While no run is at work, and nothing under way or too new to be seen.
    Quiet,
    AnyTime,
}

/// How long recovery waits where the holder before may still be at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// The settle time, as ever.
    Settle,
    /// As much longer as that holder may go on calling; and it is told to who comes next, until all is found out.
    Fresh,
    /// As much longer; but who comes next isn't told.
    Forgetful,
}

/// Which parts of the protocol are there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strategy {
    /// The intent is saved before the POST.
    pub(super) intents: bool,
    /// The ids that were there before are saved with it; else only the run that listed them knows them.
    pub(super) known: bool,
    /// The settle time is waited out in the run that sent the POST, and in the next.
    pub(super) settles: bool,
    pub(super) recovery_settles: bool,
    /// Where several could be it, none is taken.
    pub(super) stops: bool,
    /// A create without an answer is looked for before it is sent again.
    pub(super) looks: bool,
    /// What the service says that we made is taken at once.
    pub(super) at_once: bool,
    /// A save is refused where another came between.
    pub(super) fenced: bool,
    /// No call starts unless the run's last save is fresh.
    pub(super) fresh: bool,
    pub(super) patience: Patience,
}

impl Strategy {
    /// What policysync does.
    pub(super) const SHIPPED: Self = Self {
        intents: true,
        known: true,
        settles: true,
        recovery_settles: true,
        stops: true,
        looks: true,
        at_once: true,
        fenced: true,
        fresh: true,
        patience: Patience::Fresh,
    };
}
