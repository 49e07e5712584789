//! Stopping: from outside by the user, from inside by a reason that no further call could mend.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Stop;

/// Tells runs that the user wants them to stop.
#[derive(Debug)]
pub struct Interrupter(watch::Sender<bool>);

impl Interrupter {
    /// Starts nothing new from now on. Can't be taken back.
    pub fn interrupt(&self) {
        self.0.send_replace(true);
    }
}

/// Whether the user wants the run to stop.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// A pair: who says so, and who hears it.
    #[must_use]
    pub fn pair() -> (Interrupter, Self) {
        let (sender, receiver) = watch::channel(false);
        (Interrupter(sender), Self(receiver))
    }

    /// Whether it was said.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it was said; never, if nobody can say it any more.
    pub async fn wait(&mut self) {
        if self.0.wait_for(|set| *set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// How long a run gets once it was interrupted, in all: to hear what is under way, to save and to give the lease back. A
/// cancelled CI job is killed 7.5 s after its signal.
pub(super) const LAST: Duration = Duration::from_secs(7);

/// Why one run starts no further call, and since when: the first reason stands.
#[derive(Debug, Clone)]
pub(super) struct Halt(Arc<watch::Sender<Option<(Stop, Instant)>>>);

impl Halt {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// Starts nothing new from now on.
    pub(super) fn stop(&self, reason: Stop) {
        self.0.send_if_modified(|now| {
            let first = now.is_none();
            if first {
                *now = Some((reason, Instant::now()));
            }
            first
        });
    }

    /// Why, if it was stopped.
    pub(super) fn reason(&self) -> Option<Stop> {
        self.0.borrow().as_ref().map(|(stop, _)| stop.clone())
    }

    /// How much is left of [`LAST`], where the run was interrupted.
    pub(super) fn left(&self) -> Option<Duration> {
        match &*self.0.borrow() {
            Some((Stop::Interrupted, since)) => Some(LAST.saturating_sub(since.elapsed())),
            _ => None,
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Returns once it was stopped.
    pub(super) async fn stopped(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as `self`, so waiting can't fail.
        let _ = receiver.wait_for(Option::is_some).await;
    }

    /// Sees reads to their end; nothing where it was stopped meanwhile: a read can be dropped without harm.
    pub(super) async fn unless_stopped<T>(&self, reads: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.stopped() => None,
            read = reads => Some(read),
        }
    }

    /// Waits; false where it was stopped meanwhile.
    pub(super) async fn sleep(&self, how_long: Duration) -> bool {
        self.unless_stopped(tokio::time::sleep(how_long)).await.is_some()
    }
}
