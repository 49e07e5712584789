//! The record's form in a document: flat, one field a line, every field named on both sides so that none is forgotten.
//!
//! Fields that this version doesn't know are refused: dropped at the next save, they would be lost in silence. serde can't
//! refuse them beside a `flatten`, which is why the types' own form isn't used; it also takes a quarter longer to read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{Entry, Intent, Lease, Lineage, Record, Stored, Undecided};
use crate::domain::{
    ActionType, Address, ChangeKind, Endpoint, OrgId, Policy, PolicyId, RepoId, RiskType, Scope, ScopeName,
    ScopedPolicy, WorkspaceId,
};

/// A whole document: the envelope (`checksum`, `writeId`) and the record.
///
/// `checksum` stays first: the codec finds it by its place.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WireDocument<'a> {
    checksum: Cow<'a, str>,
    write_id: Uuid,
    format: u32,
    lineage: Lineage,
    serial: u64,
    org: Cow<'a, ScopeName>,
    endpoint: Cow<'a, Endpoint>,
    #[serde(serialize_with = "write_policies", deserialize_with = "read_policies")]
    policies: Cow<'a, BTreeMap<Address, Entry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<Cow<'a, Lease>>,
    #[serde(
        default,
        skip_serializing_if = "no_intents",
        serialize_with = "write_pending",
        deserialize_with = "read_pending"
    )]
    pending: Cow<'a, BTreeMap<Address, Intent>>,
    #[serde(default, skip_serializing_if = "no_ids")]
    known: Cow<'a, BTreeSet<PolicyId>>,
}

impl<'a> WireDocument<'a> {
    /// The document of a record, `checksum` being what is to stand in its place.
    pub(super) fn new(record: &'a Record, write_id: Uuid, checksum: &'a str) -> Self {
        let Record { format, lineage, serial, org, endpoint, policies, lease, pending, known } = record;
        Self {
            checksum: Cow::Borrowed(checksum),
            write_id,
            format: *format,
            lineage: *lineage,
            serial: *serial,
            org: Cow::Borrowed(org),
            endpoint: Cow::Borrowed(endpoint),
            policies: Cow::Borrowed(policies),
            lease: lease.as_ref().map(Cow::Borrowed),
            pending: Cow::Borrowed(pending),
            known: Cow::Borrowed(known),
        }
    }

    /// The record without its envelope.
    pub(super) fn into_record(self) -> Record {
        let Self { checksum: _, write_id: _, format, lineage, serial, org, endpoint, policies, lease, pending, known } =
            self;
        Record {
            format,
            lineage,
            serial,
            org: org.into_owned(),
            endpoint: endpoint.into_owned(),
            policies: policies.into_owned(),
            lease: lease.map(Cow::into_owned),
            pending: pending.into_owned(),
            known: known.into_owned(),
        }
    }
}

#[expect(clippy::ptr_arg, reason = "serde hands over the field as it is")]
fn no_intents(pending: &Cow<'_, BTreeMap<Address, Intent>>) -> bool {
    pending.is_empty()
}

#[expect(clippy::ptr_arg, reason = "serde hands over the field as it is")]
fn no_ids(known: &Cow<'_, BTreeSet<PolicyId>>) -> bool {
    known.is_empty()
}

fn write_policies<S: Serializer>(policies: &BTreeMap<Address, Entry>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(policies.iter().map(|(address, entry)| (address, WireEntry::from(entry))))
}

fn write_pending<S: Serializer>(pending: &BTreeMap<Address, Intent>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(pending.iter().map(|(address, intent)| (address, WireIntent::from(intent))))
}

fn read_policies<'de, D: Deserializer<'de>>(from: D) -> Result<Cow<'static, BTreeMap<Address, Entry>>, D::Error> {
    from.deserialize_map(ByAddress::<WireEntry<'static>, Entry>(PhantomData)).map(Cow::Owned)
}

fn read_pending<'de, D: Deserializer<'de>>(from: D) -> Result<Cow<'static, BTreeMap<Address, Intent>>, D::Error> {
    from.deserialize_map(ByAddress::<WireIntent<'static>, Intent>(PhantomData)).map(Cow::Owned)
}

/// Reads a map by address; one given twice is refused, where a plain map would keep the last in silence.
struct ByAddress<W, T>(PhantomData<(W, T)>);

impl<'de, W, T> Visitor<'de> for ByAddress<W, T>
where
    W: Deserialize<'de>,
    T: TryFrom<W>,
    T::Error: fmt::Display,
{
    type Value = BTreeMap<Address, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map by address")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut read: Vec<(Address, T)> = Vec::new();
        while let Some((address, wire)) = map.next_entry::<Address, W>()? {
            let value = T::try_from(wire).map_err(|why| A::Error::custom(format!("{address}: {why}")))?;
            read.push((address, value));
        }
        // They are written in order. From an ordered list the map is made whole: quicker, and at half the size.
        read.sort_by(|(a, _), (b, _)| a.cmp(b));
        if let Some([(twice, _), ..]) = read.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(A::Error::custom(format!("{twice} is there twice")));
        }
        Ok(read.into_iter().collect())
    }
}

/// A managed policy, flat.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WireEntry<'a> {
    id: Cow<'a, PolicyId>,
    org_id: Cow<'a, OrgId>,
    workspace_id: Option<Cow<'a, WorkspaceId>>,
    repo_id: Option<Cow<'a, RepoId>>,
    name: Cow<'a, str>,
    risk_type: RiskType,
    action_type: ActionType,
    content: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stored: Option<Cow<'a, Stored>>,
    applied_at: Timestamp,
    file: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    protected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved_to: Option<Cow<'a, Address>>,
}

impl<'a> From<&'a Entry> for WireEntry<'a> {
    fn from(entry: &'a Entry) -> Self {
        let Entry { id, sent, stored, applied_at, file, commit, protected, moved_to } = entry;
        let WireScoped { org_id, workspace_id, repo_id, name, risk_type, action_type, content } = sent.into();
        Self {
            id: Cow::Borrowed(id),
            org_id,
            workspace_id,
            repo_id,
            name,
            risk_type,
            action_type,
            content,
            stored: stored.as_ref().map(Cow::Borrowed),
            applied_at: *applied_at,
            file: Cow::Borrowed(file),
            commit: commit.as_deref().map(Cow::Borrowed),
            protected: *protected,
            moved_to: moved_to.as_ref().map(Cow::Borrowed),
        }
    }
}

impl TryFrom<WireEntry<'_>> for Entry {
    type Error = String;
    fn try_from(wire: WireEntry<'_>) -> Result<Self, String> {
        let WireEntry {
            id,
            org_id,
            workspace_id,
            repo_id,
            name,
            risk_type,
            action_type,
            content,
            stored,
            applied_at,
            file,
            commit,
            protected,
            moved_to,
        } = wire;
        let sent = WireScoped { org_id, workspace_id, repo_id, name, risk_type, action_type, content };
        Ok(Self {
            id: id.into_owned(),
            sent: sent.try_into()?,
            stored: stored.map(Cow::into_owned),
            applied_at,
            file: file.into_owned(),
            commit: commit.map(Cow::into_owned),
            protected,
            moved_to: moved_to.map(Cow::into_owned),
        })
    }
}

/// A begun change.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WireIntent<'a> {
    change: ChangeKind,
    intended_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, PolicyId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Cow<'a, Address>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaces: Option<Cow<'a, PolicyId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<WireScoped<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<WireScoped<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    protected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undecided: Option<Cow<'a, Undecided>>,
}

impl<'a> From<&'a Intent> for WireIntent<'a> {
    fn from(intent: &'a Intent) -> Self {
        let Intent { change, intended_at, id, from, replaces, before, after, file, commit, protected, undecided } =
            intent;
        Self {
            change: *change,
            intended_at: *intended_at,
            id: id.as_ref().map(Cow::Borrowed),
            from: from.as_ref().map(Cow::Borrowed),
            replaces: replaces.as_ref().map(Cow::Borrowed),
            before: before.as_ref().map(Into::into),
            after: after.as_ref().map(Into::into),
            file: file.as_deref().map(Cow::Borrowed),
            commit: commit.as_deref().map(Cow::Borrowed),
            protected: *protected,
            undecided: undecided.as_ref().map(Cow::Borrowed),
        }
    }
}

impl TryFrom<WireIntent<'_>> for Intent {
    type Error = String;
    fn try_from(wire: WireIntent<'_>) -> Result<Self, String> {
        let WireIntent { change, intended_at, id, from, replaces, before, after, file, commit, protected, undecided } =
            wire;
        Ok(Self {
            change,
            intended_at,
            id: id.map(Cow::into_owned),
            from: from.map(Cow::into_owned),
            replaces: replaces.map(Cow::into_owned),
            before: before.map(TryInto::try_into).transpose()?,
            after: after.map(TryInto::try_into).transpose()?,
            file: file.map(Cow::into_owned),
            commit: commit.map(Cow::into_owned),
            protected,
            undecided: undecided.map(Cow::into_owned),
        })
    }
}

/// A policy and where it holds, flat.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireScoped<'a> {
    org_id: Cow<'a, OrgId>,
    workspace_id: Option<Cow<'a, WorkspaceId>>,
    repo_id: Option<Cow<'a, RepoId>>,
    name: Cow<'a, str>,
    risk_type: RiskType,
    action_type: ActionType,
    content: Cow<'a, str>,
}

impl<'a> From<&'a ScopedPolicy> for WireScoped<'a> {
    fn from(scoped: &'a ScopedPolicy) -> Self {
        let ScopedPolicy { scope, policy } = scoped;
        Self {
            org_id: Cow::Borrowed(scope.org()),
            workspace_id: scope.workspace().map(Cow::Borrowed),
            repo_id: scope.repo().map(Cow::Borrowed),
            name: Cow::Borrowed(policy.name()),
            risk_type: policy.risk_type(),
            action_type: policy.action_type(),
            content: Cow::Borrowed(policy.content()),
        }
    }
}

impl TryFrom<WireScoped<'_>> for ScopedPolicy {
    type Error = String;
    fn try_from(wire: WireScoped<'_>) -> Result<Self, String> {
        let WireScoped { org_id, workspace_id, repo_id, name, risk_type, action_type, content } = wire;
        let scope =
            Scope::from_ids(org_id.into_owned(), workspace_id.map(Cow::into_owned), repo_id.map(Cow::into_owned))
                .ok_or("repoId is set and workspaceId is not")?;
        let policy = Policy::new(name.into_owned(), content.into_owned(), risk_type, action_type)
            .map_err(|empty| empty.to_string())?;
        Ok(Self { scope, policy })
    }
}
