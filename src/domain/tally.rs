//! How far a long work is, told to whoever watches.

/// Is told what lies ahead of a work and what of it is done.
pub trait Tally: Send + Sync {
    /// So many of these lie ahead now: `120`, `scopes`. What was counted before is over.
    fn ahead(&self, count: usize, what: &'static str);

    /// One of them is done.
    fn done(&self);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Tally for Unwatched {
    fn ahead(&self, _: usize, _: &'static str) {}

    fn done(&self) {}
}
