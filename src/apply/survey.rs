//! Before anything is written: what the touched scopes hold now, and what that means for each change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::api::{ApiError, LivePolicy, Reader};
use crate::domain::{ChangeKind, PolicyId, Scope, ScopedPolicy};
use crate::plan::{Change, Sighting, UnmanagedIndex, is_as_recorded};
use crate::state::{Entry, Record, Stored};

use super::context::failure;
use super::unmanaged;
use super::{ApplyError, Failure};

/// What is to be done for a change, after a look at what is live.
#[derive(Debug)]
pub(super) enum Step {
    /// The service is called.
    Call,
    /// What is wanted is live already: only the record changes.
    Take(Box<LivePolicy>),
    /// What a move is to create is live already, like this: it is only deleted where it was.
    Finish(Box<LivePolicy>),
    /// What is to be deleted is gone already.
    Gone,
    /// Only what is recorded beside the policy changes: its address, its file, whether it is protected.
    Readdress,
    /// What is live is not what the plan was made for.
    Refuse(Failure),
}

/// What the touched scopes hold.
pub(super) struct Survey {
    live: BTreeMap<PolicyId, LivePolicy>,
    /// The scopes that the service refuses to list, and what it said.
    closed: BTreeMap<Scope, Failure>,
}

/// The scopes in which a plan calls the service.
pub(super) fn touched<'a>(changes: impl Iterator<Item = &'a Change>) -> BTreeSet<Scope> {
    let calling = changes.filter(|change| change.calls_service());
    let sides = calling.flat_map(|change| [change.before.as_ref(), change.after.as_ref()]);
    sides.flatten().map(|scoped| scoped.scope.clone()).collect()
}

impl Survey {
    /// Lists the scopes that a plan touches.
    pub(super) async fn of(reader: &Reader, scopes: &BTreeSet<Scope>, concurrency: usize) -> Result<Self, ApplyError> {
        let (mut live, mut closed) = (BTreeMap::new(), BTreeMap::new());
        let listed = reader.list_each(scopes, concurrency).await;
        let any_open = listed.iter().any(|(_, listed)| listed.is_ok());
        for (scope, listed) in listed {
            match listed {
                Ok(policies) => live.extend(policies.into_iter().map(|policy| (policy.id.clone(), policy))),
                // The service speaks, but not about this scope: the changes in others can go on.
                Err(error @ (ApiError::Refused(_) | ApiError::NotFound)) if any_open => {
                    let what = failure(&error);
                    let message = format!("can't list the policies of {scope}: {}", what.message);
                    closed.insert(scope, Failure { message, ..what });
                }
                Err(source) => {
                    return Err(ApplyError::Service { what: format!("can't list the policies of {scope}"), source });
                }
            }
        }
        Ok(Self { live, closed })
    }

    /// What is there before the first create.
    pub(super) fn live(&self) -> impl Iterator<Item = &LivePolicy> {
        self.live.values()
    }

    /// The policies that nobody manages.
    pub(super) fn unmanaged(&self, record: &Record) -> UnmanagedIndex<'_> {
        unmanaged::unmanaged(self.live.values(), record)
    }

    /// What is to be done for a change.
    pub(super) async fn step(
        &self,
        change: &Change,
        record: &Record,
        unmanaged: &UnmanagedIndex<'_>,
        reader: &Reader,
    ) -> Result<Step, ApplyError> {
        let mut scopes = [&change.before, &change.after].into_iter().flatten().map(|scoped| &scoped.scope);
        if let Some(failure) = scopes.find_map(|scope| self.closed.get(scope)).filter(|_| change.calls_service()) {
            return Ok(Step::Refuse(failure.clone()));
        }
        let twin = |after: &ScopedPolicy| unmanaged.twin(after).cloned().map(Box::new);
        match (change.kind, &change.id, &change.after) {
            (ChangeKind::Create, _, Some(after)) => Ok(twin(after).map_or(Step::Call, Step::Take)),
            (ChangeKind::Rename | ChangeKind::Update, _, _) if change.fields.is_empty() => Ok(Step::Readdress),
            (ChangeKind::Update | ChangeKind::Rename | ChangeKind::Adopt, Some(id), Some(after)) => {
                let Some(expected) = expected(change, record, Timestamp::UNIX_EPOCH) else {
                    return Ok(Step::Refuse(unrecorded(change)));
                };
                Ok(match self.now(id, reader).await? {
                    None => Step::Refuse(deleted(id)),
                    Some(live) if live.equals(after) => Step::take(live),
                    Some(live) if !is_still(change, &expected, &live) => Step::Refuse(edited(&live, &expected)),
                    Some(live) if change.fields.is_empty() => Step::take(live),
                    Some(_) => Step::Call,
                })
            }
            (ChangeKind::Delete | ChangeKind::Forget | ChangeKind::Move, Some(id), after) => {
                let Some(expected) = expected(change, record, Timestamp::UNIX_EPOCH) else {
                    return Ok(Step::Refuse(unrecorded(change)));
                };
                Ok(match (change.kind, self.now(id, reader).await?, after) {
                    (ChangeKind::Move, None, _) => Step::Refuse(deleted(id)),
                    (_, None, _) => Step::Gone,
                    (ChangeKind::Forget, Some(_), _) => Step::Refuse(back(id)),
                    (_, Some(live), _) if !is_still(change, &expected, &live) => Step::Refuse(edited(&live, &expected)),
                    (ChangeKind::Move, Some(_), Some(after)) => twin(after).map_or(Step::Call, Step::Finish),
                    (_, Some(_), _) => Step::Call,
                })
            }
            _ => Ok(Step::Refuse(unrecorded(change))),
        }
    }

    /// The policy with an id, as it is now. Not being in a list proves nothing; a 404 by its id does.
    async fn now(&self, id: &PolicyId, reader: &Reader) -> Result<Option<LivePolicy>, ApplyError> {
        if let Some(live) = self.live.get(id) {
            return Ok(Some(live.clone()));
        }
        match reader.get(id).await {
            Ok(live) => Ok(Some(live)),
            Err(ApiError::NotFound) => Ok(None),
            Err(source) => Err(ApplyError::Service { what: format!("can't look at policy {id}"), source }),
        }
    }
}

impl Step {
    fn take(live: LivePolicy) -> Self {
        Self::Take(Box::new(live))
    }
}

/// What is recorded of the policy that a change is about.
pub(super) fn entry<'a>(change: &Change, record: &'a Record) -> Option<&'a Entry> {
    record.policies.get(change.from.as_ref().unwrap_or(&change.address))
}

/// The policy as the service is expected to hold it, in the form of a record's entry: as recorded, or as the plan saw it.
/// `now` is for an entry that is made anew.
pub(super) fn expected(change: &Change, record: &Record, now: Timestamp) -> Option<Entry> {
    let recorded = entry(change, record);
    let Some(seen) = change.sighting.as_ref().and_then(Sighting::seen) else { return recorded.cloned() };
    let sent = change.before.clone()?;
    let stored = Some(Stored { name: seen.name.clone(), content: seen.content.clone() });
    Some(match recorded {
        Some(entry) => Entry { sent, stored, ..entry.clone() },
        None => Entry {
            id: change.id.clone()?,
            sent,
            stored,
            applied_at: now,
            file: change.place.as_ref().map(|place| place.file.clone()).unwrap_or_default(),
            commit: None,
            protected: false,
            moved_to: None,
        },
    })
}

/// Whether what is live is what the plan was made for: what it saw, where it looked, else what is recorded.
pub(super) fn is_still(change: &Change, expected: &Entry, live: &LivePolicy) -> bool {
    match change.sighting.as_ref().and_then(Sighting::seen) {
        Some(seen) => seen.is_still(live) && live.scope == expected.sent.scope,
        None => is_as_recorded(live, expected),
    }
}

fn back(id: &PolicyId) -> Failure {
    Failure::new(format!("policy {id} was gone when the plan was made, and is there now"), "plan again")
}

fn unrecorded(change: &Change) -> Failure {
    Failure::new(format!("the record has no {} any more", change.address), "plan again")
}

pub(super) fn deleted(id: &PolicyId) -> Failure {
    Failure::new(
        format!("policy {id} was deleted in the service since it was last applied"),
        "look at who did that and why; `policysync apply --refresh` creates it again, `policysync state rm` forgets it",
    )
}

pub(super) fn edited(live: &LivePolicy, entry: &Entry) -> Failure {
    let who = live.updated_by.as_ref().map_or("someone", |person| person.name.as_str());
    let when = live.updated_at.map_or_else(String::new, |at| format!(" at {at}"));
    Failure::new(
        format!("{who} changed it in the service{when}: {}", differences(live, entry).join(", ")),
        "with --refresh the plan shows it, and apply puts back what the tree says; or take it over into the file",
    )
}

/// The fields in which a live policy is not what the record says, `riskType HIGH → LOW`.
pub(super) fn differences(live: &LivePolicy, entry: &Entry) -> Vec<String> {
    let policy = &entry.sent.policy;
    let action = crate::domain::ActionType::ALL.into_iter().find(|a| i64::from(a.number()) == live.action_type);
    let action = action.map_or_else(|| live.action_type.to_string(), |action| action.to_string());
    let mut found = Vec::new();
    if live.scope != entry.sent.scope {
        found.push(format!("scope {} → {}", entry.sent.scope, live.scope));
    }
    if live.name != entry.live_name() {
        found.push(format!("name {:?} → {:?}", entry.live_name(), live.name));
    }
    if live.risk_type != policy.risk_type().as_str() {
        found.push(format!("riskType {} → {}", policy.risk_type(), live.risk_type));
    }
    if action != policy.action_type().as_str() {
        found.push(format!("actionType {} → {action}", policy.action_type()));
    }
    if live.content != entry.live_content() {
        found.push("another content".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::test_record::{address, change, live, record, sent};
    use crate::state::Stored;

    #[test]
    fn every_field_that_someone_edited_is_named_and_none_else() {
        let record = record(&[("acme/one", "1", "text")]);
        let entry = &record.policies[&address("acme/one")];
        let as_recorded = live("1", "text");
        let of = |live: &LivePolicy| (is_as_recorded(live, entry), differences(live, entry).join(", "));
        assert_eq!(of(&as_recorded), (true, String::new()));
        let edits = [
            (LivePolicy { name: "m".into(), ..as_recorded.clone() }, "name \"n\" → \"m\""),
            (LivePolicy { risk_type: "LOW".into(), ..as_recorded.clone() }, "riskType HIGH → LOW"),
            (LivePolicy { risk_type: "SEVERE".into(), ..as_recorded.clone() }, "riskType HIGH → SEVERE"),
            (LivePolicy { action_type: 0, ..as_recorded.clone() }, "actionType block → log"),
            (LivePolicy { action_type: 7, ..as_recorded.clone() }, "actionType block → 7"),
            (LivePolicy { content: "text ".into(), ..as_recorded.clone() }, "another content"),
        ];
        for (edited, told) in edits {
            assert_eq!(of(&edited), (false, told.to_owned()));
        }
    }

    #[test]
    fn what_the_service_is_known_to_keep_is_no_edit_and_what_was_sent_would_be_one() {
        let mut record = record(&[("acme/one", "1", "text\n")]);
        let entry = record.policies.get_mut(&address("acme/one")).unwrap();
        entry.stored = Some(Stored { name: "n".into(), content: "text".into() });
        assert!(is_as_recorded(&live("1", "text"), entry));
        assert!(!is_as_recorded(&live("1", "text\n"), entry));
        assert_eq!(differences(&live("1", "text\n"), entry), ["another content"]);
    }

    #[test]
    fn only_the_scopes_in_which_the_service_is_called_are_touched() {
        let mut rename = change(ChangeKind::Rename, "acme/new", Some("acme/old"), Some("text"));
        assert_eq!(touched([&rename].into_iter()).len(), 0, "only the record moves");
        rename.fields = vec![crate::domain::Field::Name];
        assert_eq!(touched([&rename].into_iter()), [sent("text").scope].into());
        let delete = change(ChangeKind::Delete, "acme/one", None, None);
        assert_eq!(touched([&delete].into_iter()), [sent("text").scope].into());
    }
}
