//! The live policies that nobody manages, by their fields: what a create adopts instead of making it twice. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::LivePolicy;
use crate::domain::{PolicyId, Scope, ScopedPolicy};
use crate::state::Record;

/// All that makes two policies equal.
type Fields<'a> = (&'a Scope, &'a str, &'a str, &'a str, i64);

/// Found by its fields at once, however many there are: the oldest where several are equal.
pub(super) struct Unmanaged<'a>(BTreeMap<Fields<'a>, &'a LivePolicy>);

impl<'a> Unmanaged<'a> {
    /// Those of `live` that the record neither has nor waits for a decision about.
    pub(super) fn of(live: impl Iterator<Item = &'a LivePolicy>, record: &Record) -> Self {
        let managed = record.policies.values().map(|entry| &entry.id);
        let open = record.pending.values().filter_map(|intent| intent.undecided.as_ref());
        let taken: BTreeSet<&PolicyId> = managed.chain(open.flat_map(|several| &several.candidates)).collect();
        let mut free = BTreeMap::new();
        for live in live.filter(|live| !taken.contains(&live.id)) {
            let oldest = free.entry(fields(live)).or_insert(live);
            if (&live.created_at, &live.id) < (&oldest.created_at, &oldest.id) {
                *oldest = live;
            }
        }
        Self(free)
    }

    /// One that is equal in all fields.
    pub(super) fn twin(&self, wanted: &ScopedPolicy) -> Option<&'a LivePolicy> {
        let ScopedPolicy { scope, policy } = wanted;
        let (risk, action) = (policy.risk_type().as_str(), i64::from(policy.action_type().number()));
        self.0.get(&(scope, policy.name(), policy.content(), risk, action)).copied()
    }
}

fn fields(live: &LivePolicy) -> Fields<'_> {
    (&live.scope, &live.name, &live.content, &live.risk_type, live.action_type)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::apply::test_record::{address, change, intent_of, live, record, sent, when};
    use crate::domain::{ChangeKind, OrgId, WorkspaceId};
    use crate::state::Undecided;

    fn twin(live: &[LivePolicy], record: &Record) -> Option<String> {
        Unmanaged::of(live.iter(), record).twin(&sent("text")).map(|live| live.id.to_string())
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

    /// What it is an index of: all of them are looked at for each one wanted.
    fn by_scanning<'a>(live: &'a [LivePolicy], record: &Record, wanted: &ScopedPolicy) -> Option<&'a LivePolicy> {
        let managed = |id: &PolicyId| record.policies.values().any(|entry| entry.id == *id);
        let open = |id: &PolicyId| {
            let mut several = record.pending.values().filter_map(|intent| intent.undecided.as_ref());
            several.any(|several| several.candidates.contains(id))
        };
        let free = |live: &&LivePolicy| live.equals(wanted) && !managed(&live.id) && !open(&live.id);
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
            let index = Unmanaged::of(live_ones.iter(), &record);
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
