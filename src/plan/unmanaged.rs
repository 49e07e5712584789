//! The live policies that nobody manages, by their fields: what a create adopts instead of making it twice. Pure.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::api::LivePolicy;
use crate::domain::{PolicyId, Scope, ScopedPolicy};
use crate::state::Record;

/// All that makes two policies equal.
type Fields<'a> = (&'a Scope, &'a str, Cow<'a, str>, &'a str, i64);

/// Found by its fields or its name at once, however many there are.
#[derive(Default)]
pub(crate) struct UnmanagedIndex<'a> {
    /// The oldest where several are equal.
    equal: BTreeMap<Fields<'a>, &'a LivePolicy>,
    named: BTreeMap<(&'a Scope, &'a str), Vec<&'a LivePolicy>>,
}

/// The ids that are somebody's: recorded, or among those that someone has to decide about.
pub(crate) fn taken(record: &Record) -> impl Iterator<Item = &PolicyId> {
    let managed = record.policies.values().map(|entry| &entry.id);
    let open = record.pending.values().filter_map(|intent| intent.undecided.as_ref());
    managed.chain(open.flat_map(|several| &several.candidates))
}

impl<'a> UnmanagedIndex<'a> {
    /// Those of `live` that are not `taken`.
    pub(crate) fn of(live: impl Iterator<Item = &'a LivePolicy>, taken: &BTreeSet<&PolicyId>) -> Self {
        let (mut equal, mut named) = (BTreeMap::new(), BTreeMap::<_, Vec<&'a LivePolicy>>::new());
        for live in live.filter(|live| !taken.contains(&live.id)) {
            named.entry((&live.scope, live.name.as_str())).or_default().push(live);
            let oldest = equal.entry(fields(live)).or_insert(live);
            if (&live.created_at, &live.id) < (&oldest.created_at, &oldest.id) {
                *oldest = live;
            }
        }
        Self { equal, named }
    }

    /// One that is equal in all fields, line endings aside.
    pub(crate) fn twin(&self, wanted: &ScopedPolicy) -> Option<&'a LivePolicy> {
        let ScopedPolicy { scope, policy } = wanted;
        let (risk, action) = (policy.risk_type().as_str(), i64::from(policy.action_type().number()));
        self.equal.get(&(scope, policy.name(), Cow::Borrowed(policy.content()), risk, action)).copied()
    }

    /// Those of the same name in the same scope.
    pub(super) fn of_name<'s>(&'s self, wanted: &'s ScopedPolicy) -> &'s [&'a LivePolicy] {
        self.named.get(&(&wanted.scope, wanted.policy.name())).map_or(&[], Vec::as_slice)
    }
}

fn fields(live: &LivePolicy) -> Fields<'_> {
    // As `LivePolicy::reads_as`: a tree has LF alone.
    let content = match live.content.contains("\r\n") {
        true => Cow::Owned(live.content.replace("\r\n", "\n")),
        false => Cow::Borrowed(live.content.as_str()),
    };
    (&live.scope, &live.name, content, &live.risk_type, live.action_type)
}
