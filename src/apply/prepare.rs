//! What a run does before its first call: it looks at what is live, decides about each change, and saves the intents.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{LivePolicy, Reader};
use crate::domain::{Address, ChangeKind, Scope};
use crate::plan::Change;
use crate::state::Record;

use super::bookkeeping::{self, Ended};
use super::candidates::is_normalized;
use super::execute::Job;
use super::run::Run;
use super::survey::{self, Step, Survey};
use super::{ApplyError, ChangeOutcome, ChangeResult, Event, unmanaged};

/// What stands in the record before the first call.
pub(super) struct Begun<'c> {
    pub(super) jobs: Vec<Job<'c>>,
    pub(super) outcomes: BTreeMap<Address, ChangeOutcome>,
    /// What a reader should know of the scopes.
    pub(super) warnings: Vec<String>,
}

impl Run {
    /// Looks at what is live, decides about each change, and saves the intents: all before the first call.
    pub(super) async fn prepare<'c>(
        &mut self,
        scopes: &BTreeSet<Scope>,
        changes: &[&'c Change],
        reader: &Reader,
    ) -> Result<Begun<'c>, ApplyError> {
        self.effects.progress.tell(&Event::Surveying { scopes: scopes.len() });
        let surveyed = self.halt.unless_stopped(self.survey(scopes, changes, reader)).await;
        let (survey, steps) = surveyed.ok_or(ApplyError::Interrupted)??;
        let before = self.custody.record.clone();
        let now = self.custody.now();
        let warnings = unmanaged::twins(&survey.unmanaged(&before), &before);
        let mut begun = Begun { jobs: Vec::new(), outcomes: BTreeMap::new(), warnings };
        for (change, step) in steps {
            self.decide(change, step, now, &mut begun);
        }
        let known = survey.live().filter(|live| !could_be_open(&before, live)).map(|live| live.id.clone());
        self.custody.record.known.extend(known);
        let saved = self.halt.unless_stopped(self.custody.save()).await;
        if let Err(error) = saved.map_or(Err(ApplyError::Interrupted), |saved| saved.map_err(ApplyError::from)) {
            // Nothing was begun, so nothing of it may stay behind if the release can be saved after all.
            self.custody.record = before;
            return Err(error);
        }
        Ok(begun)
    }

    /// What is live, and what that means for each change.
    async fn survey<'c>(
        &self,
        scopes: &BTreeSet<Scope>,
        changes: &[&'c Change],
        reader: &Reader,
    ) -> Result<(Survey, Vec<(&'c Change, Step)>), ApplyError> {
        let survey = Survey::of(reader, scopes, self.settings.concurrency).await?;
        let (record, mut steps) = (&self.custody.record, Vec::new());
        let unmanaged = survey.unmanaged(record);
        for change in changes {
            steps.push((*change, survey.step(change, record, &unmanaged, reader).await?));
        }
        drop(unmanaged);
        Ok((survey, steps))
    }

    /// Writes one change into the record: as an intent, or as done where no call is needed.
    fn decide<'c>(&mut self, change: &'c Change, step: Step, now: jiff::Timestamp, begun: &mut Begun<'c>) {
        let commit = self.settings.commit.as_ref();
        let intent = bookkeeping::intent(change, now, commit);
        let record = &mut self.custody.record;
        let ended = match step {
            Step::Call | Step::Finish(_) => {
                let old = change.from.as_ref().unwrap_or(&change.address);
                let former = record.policies.get(old).map(|entry| (old.clone(), entry.clone()));
                let expected = survey::expected(change, record, now);
                let made = if let Step::Finish(made) = step { Some(made) } else { None };
                record.pending.insert(change.address.clone(), intent.clone());
                begun.jobs.push(Job { change, intent, former, expected, made });
                return;
            }
            Step::Refuse(failure) => {
                let outcome = ChangeOutcome::of(change, ChangeResult::Failed(failure));
                begun.outcomes.insert(change.address.clone(), outcome);
                return;
            }
            Step::Readdress => bookkeeping::readdress(record, change).map(|id| (id, None)),
            Step::Take(live) => {
                let id = live.id.clone();
                let remark = bookkeeping::enter(record, &change.address, &intent, &Ended::Live(live), now);
                Some((id, remark.map(bookkeeping::Remark::text)))
            }
            Step::Gone => {
                bookkeeping::enter(record, &change.address, &intent, &Ended::Gone, now);
                // Of what is only forgotten the plan says so already.
                let note = (change.kind != ChangeKind::Forget).then(|| "it was gone already".to_owned());
                change.id.clone().map(|id| (id, note))
            }
        };
        let Some((id, note)) = ended else { return };
        let mut outcome = ChangeOutcome::of(change, ChangeResult::Applied { id, note });
        if change.kind == ChangeKind::Create {
            outcome.kind = ChangeKind::Adopt;
        }
        begun.outcomes.insert(change.address.clone(), outcome);
    }
}

/// Whether a live policy could be what an earlier run's create has made, whose end still can't be seen: it is nobody's yet,
/// and must stay findable.
fn could_be_open(record: &Record, live: &LivePolicy) -> bool {
    let open = record.pending.values().filter(|intent| intent.change.creates() && intent.undecided.is_some());
    open.filter_map(|intent| intent.after.as_ref()).any(|wanted| is_normalized(live, wanted))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::apply::test_record::{address, change, intent_of, live, record};
    use crate::state::Undecided;

    /// A service that trims shows the open policy with another text. Were it taken for known, it would be made again.
    #[test]
    fn what_could_be_an_open_create_stays_findable() {
        let mut record = record(&[]);
        let mut intent = intent_of(&change(ChangeKind::Create, "acme/open", None, Some("text\n")));
        record.pending.insert(address("acme/open"), intent.clone());
        assert!(!could_be_open(&record, &live("1", "text")), "its end was found out, or it would be said to be open");
        intent.undecided = Some(Undecided { candidates: BTreeSet::new() });
        record.pending.insert(address("acme/open"), intent);
        assert!(could_be_open(&record, &live("1", "text")));
        assert!(!could_be_open(&record, &live("2", "something else")));
    }
}
