//! How a run ends: its record saved and its lease given back, or handed to whoever reads its outcome.

use std::time::Duration;

use crate::state::StoreError;

use super::execute::store_failure;
use super::halt::LAST;
use super::run::{LAST_OF_TAKING, Run};
use super::{ApplyError, Failure, Outcome, Stop, Unsaved};

/// What a save gets at least once the run was interrupted.
const LEAST_OF_SAVE: Duration = Duration::from_secs(1);

impl Run {
    /// Saves and releases; what can't be saved is handed back.
    pub(super) async fn finish(mut self, outcome: &mut Outcome) {
        let org = self.custody.record.org.clone();
        if let Some(stop) = self.halt.reason() {
            let stop = match stop {
                Stop::LeaseLost(_) => self.lease_lost().await,
                stop => stop,
            };
            let lost = matches!(stop, Stop::LeaseLost(_));
            outcome.stops.push((org.clone(), stop));
            if lost {
                self.watch.abort();
                return;
            }
        }
        let given_back = self.give_back().await;
        self.watch.abort();
        match given_back {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => outcome.stops.push((org, self.lease_lost().await)),
            Err(error) => {
                let why = store_failure(&error).message;
                outcome.unsaved.push(Unsaved { record: Box::new(self.custody.into_unsaved()), why });
            }
        }
    }

    /// That the lease is lost, and to whom.
    async fn lease_lost(&self) -> Stop {
        let successor = tokio::time::timeout(LAST_OF_TAKING, self.custody.successor()).await.ok().flatten();
        let successor = successor.unwrap_or_else(|| "another run has taken it over".to_owned());
        let (org, place) = (&self.custody.record.org, self.custody.place());
        let message = format!(
            "the record of {org} at {place} is no longer this run's: {successor}; it stopped, and saved nothing more"
        );
        Stop::LeaseLost(Failure::new(
            message,
            "what is done here is done in the service; the next apply finds out what the record does not have of it",
        ))
    }

    /// Gives the lease back without having changed anything.
    ///
    /// # Errors
    /// Where the record can't be saved; the lease then ends by itself.
    pub async fn release(mut self) -> Result<(), ApplyError> {
        let given_back = self.give_back().await;
        self.watch.abort();
        Ok(given_back?)
    }

    /// Saves and releases; in the time that is left, once the user wants to stop.
    async fn give_back(&mut self) -> Result<(), StoreError> {
        let (mut interrupt, place) = (self.effects.interrupt.clone(), self.custody.place());
        let releasing = self.custody.release();
        tokio::pin!(releasing);
        tokio::select! {
            biased;
            released = &mut releasing => return released,
            () = interrupt.wait() => {}
        }
        let left = self.halt.left().unwrap_or(LAST).max(LEAST_OF_SAVE);
        tokio::time::timeout(left, releasing).await.unwrap_or_else(|_| {
            let why = format!("it took longer than the {}s that were left after the interrupt", left.as_secs());
            let source = std::io::Error::new(std::io::ErrorKind::TimedOut, why);
            Err(StoreError::Io { action: "save", place, source })
        })
    }
}
