//! Live policies that nobody manages beside those that are recorded: told, and never touched. Pure.

use std::collections::BTreeSet;

use crate::api::LivePolicy;
use crate::domain::PolicyId;
use crate::plan::UnmanagedIndex;
use crate::state::Record;

/// How many twins of recorded policies are told one by one.
const MOST_NAMED: usize = 10;

/// Those of `live` that the record neither has nor waits for a decision about.
pub(super) fn unmanaged<'a>(live: impl Iterator<Item = &'a LivePolicy>, record: &Record) -> UnmanagedIndex<'a> {
    let taken: BTreeSet<&PolicyId> = crate::plan::taken(record).collect();
    UnmanagedIndex::of(live, &taken)
}

/// Those that are equal to a recorded policy: a request of an earlier run may have taken effect after all, or somebody
/// has made the same. Told, and never touched.
pub(super) fn twins(unmanaged: &UnmanagedIndex<'_>, record: &Record) -> Vec<String> {
    let twins: Vec<String> = record
        .policies
        .iter()
        .filter_map(|(address, entry)| Some((address, entry, unmanaged.twin(&entry.sent)?)))
        .map(|(address, entry, twin)| {
            let who = twin.created_by.as_ref().map_or("someone", |person| person.name.as_str());
            let when = twin.created_at.map_or_else(String::new, |at| format!(" at {at}"));
            format!(
                "{address} ({}) has a twin that nobody manages, {}, made by {who}{when}: equal in all fields, perhaps by a \
                 request of an earlier run that took effect late; it is left alone: delete it in the service if nobody needs it",
                entry.id, twin.id
            )
        })
        .collect();
    if twins.len() <= MOST_NAMED {
        return twins;
    }
    let more = format!("{} more policies have a twin that nobody manages", twins.len() - MOST_NAMED);
    twins.into_iter().take(MOST_NAMED).chain([more]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::apply::test_record::{address, change, intent_of, live, record, sent, when};
    use crate::domain::{ChangeKind, OrgId, Scope, ScopedPolicy, WorkspaceId};
    use crate::state::Undecided;

    fn twin(live: &[LivePolicy], record: &Record) -> Option<String> {
        unmanaged(live.iter(), record).twin(&sent("text")).map(|live| live.id.to_string())
    }

    fn elsewhere() -> Scope {
        Scope::Workspace { org: OrgId::new("acme").unwrap(), workspace: WorkspaceId::new("w").unwrap() }
    }

    #[test]
    fn only_an_equal_policy_that_nobody_manages_is_a_twin_and_the_oldest_of_several() {
        let none = record(&[]);
        assert_eq!(twin(&[], &none), None);
        assert_eq!(twin(&[live("1", "other")], &none), None);
        assert_eq!(twin(&[live("1", "text ")], &none), None, "to the letter");
        assert_eq!(twin(&[LivePolicy { scope: elsewhere(), ..live("1", "text") }], &none), None);
        assert_eq!(twin(&[live("1", "text")], &none).as_deref(), Some("1"));
        assert_eq!(twin(&[live("1", "text")], &record(&[("acme/one", "1", "text")])), None, "managed");
        let younger = LivePolicy { created_at: Some(when() + jiff::SignedDuration::from_secs(1)), ..live("1", "text") };
        let older = LivePolicy { created_at: Some(when()), ..live("2", "text") };
        assert_eq!(twin(&[younger, older], &none).as_deref(), Some("2"));
    }

    fn undecided(ids: impl IntoIterator<Item = PolicyId>) -> Record {
        let mut record = record(&[]);
        let mut intent = intent_of(&change(ChangeKind::Create, "acme/open", None, Some("text")));
        intent.undecided = Some(Undecided { candidates: ids.into_iter().collect() });
        record.pending.insert(address("acme/open"), intent);
        record
    }

    #[test]
    fn what_someone_has_to_decide_about_is_not_taken_as_a_twin() {
        let record = undecided(["1", "2"].map(|id| PolicyId::new(id).unwrap()));
        assert_eq!(twin(&[live("1", "text"), live("2", "text")], &record), None);
        assert_eq!(twin(&[live("1", "text"), live("3", "text")], &record).as_deref(), Some("3"));
    }

    #[test]
    fn a_twin_of_what_is_recorded_is_named_and_few_of_many_are() {
        let managed = record(&[("acme/one", "1", "text")]);
        let told = |live: &[LivePolicy], record: &Record| twins(&unmanaged(live.iter(), record), record);
        assert!(told(&[live("1", "text"), live("2", "other")], &managed).is_empty());
        let twins = told(&[live("1", "text"), live("2", "text")], &managed);
        let [twin] = twins.as_slice() else { panic!("one: {twins:?}") };
        assert!(twin.starts_with("acme/one (1) has a twin that nobody manages, 2, made by someone: equal"), "{twin}");
        let ids: Vec<_> = (0..12).map(|n| (format!("acme/p{n}"), format!("id-{n}"))).collect();
        let many: Vec<_> = ids.iter().map(|(at, id)| (at.as_str(), id.as_str(), "text")).collect();
        let twins = told(&[live("2", "text")], &record(&many));
        assert_eq!((twins.len(), twins[10].as_str()), (11, "2 more policies have a twin that nobody manages"));
    }

    /// What it is an index of: all of them are looked at for each one wanted.
    fn by_scanning<'a>(live: &'a [LivePolicy], record: &Record, wanted: &ScopedPolicy) -> Option<&'a LivePolicy> {
        let managed = |id: &PolicyId| record.policies.values().any(|entry| entry.id == *id);
        let open = |id: &PolicyId| {
            let mut several = record.pending.values().filter_map(|intent| intent.undecided.as_ref());
            several.any(|several| several.candidates.contains(id))
        };
        let free = |live: &&LivePolicy| live.reads_as(wanted) && !managed(&live.id) && !open(&live.id);
        live.iter().filter(free).min_by(|a, b| (&a.created_at, &a.id).cmp(&(&b.created_at, &b.id)))
    }

    proptest! {
        #[test]
        fn the_index_finds_what_a_scan_finds(
            world in proptest::collection::vec((0..3u8, 0..2u8, 0..2u8, 0..2u8, 0..2u8, 0..3u8, 0..4u8), 0..24)
        ) {
            let mut live_ones = Vec::new();
            let (mut managed, mut open) = (Vec::new(), Vec::new());
            for (number, (content, name, scope, risk, action, age, state)) in world.into_iter().enumerate() {
                let id = format!("id-{number:02}");
                let mut policy = live(&id, ["text", "other", "third"][usize::from(content)]);
                policy.name = ["n", "m"][usize::from(name)].to_owned();
                policy.scope = if scope == 0 { policy.scope } else { elsewhere() };
                policy.risk_type = ["HIGH", "SEVERE"][usize::from(risk)].to_owned();
                policy.action_type = [2, 7][usize::from(action)];
                policy.created_at = (age > 0).then(|| when() + jiff::SignedDuration::from_secs(age.into()));
                match state {
                    0 => managed.push((format!("acme/p{number}"), id)),
                    1 => open.push(policy.id.clone()),
                    _ => {}
                }
                live_ones.push(policy);
            }
            let managed: Vec<_> = managed.iter().map(|(at, id)| (at.as_str(), id.as_str(), "x")).collect();
            let record = Record { policies: record(&managed).policies, ..undecided(open) };
            let index = unmanaged(live_ones.iter(), &record);
            for content in ["text", "other", "third", "none"] {
                for scope in [sent("text").scope, elsewhere()] {
                    let wanted = ScopedPolicy { scope, ..sent(content) };
                    let found = index.twin(&wanted).map(|live| &live.id);
                    prop_assert_eq!(found, by_scanning(&live_ones, &record, &wanted).map(|live| &live.id));
                }
            }
        }
    }
}
