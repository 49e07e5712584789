//! The live policies of one scope, each brought together with its file. Pure.

#![expect(
    clippy::result_large_err,
    reason = "what is left alone is made once and moved once; a box would only hide it"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::pull::{Doing, Left, Pull, Pulled, Reason, said};
use crate::api::{LivePolicy, Snapshot};
use crate::domain::{ActionType, Address, Field, Key, PolicyId, RiskType, ScopePath, ScopedPolicy};
use crate::state::{Entry, Record, Stored};
use crate::tree::writing::{NewPolicy, names, policy_text};
use crate::tree::{DesiredPolicy, are_twins, fingerprint};

/// One scope, as the tree, the record and the service have it.
pub(super) struct Room<'a> {
    pub(super) path: &'a ScopePath,
    /// The policies that lie in its folder.
    pub(super) files: &'a BTreeMap<&'a Address, &'a DesiredPolicy>,
    /// How many policies each file holds.
    pub(super) documents: &'a HashMap<&'a str, usize>,
    pub(super) record: Option<&'a Record>,
    /// What is recorded, by id.
    pub(super) recorded: &'a HashMap<&'a PolicyId, (&'a Address, &'a Entry)>,
    pub(super) snapshot: &'a Snapshot,
    pub(super) overwrite: bool,
}

/// A live policy that a file could say.
#[derive(Clone)]
struct Candidate<'a> {
    live: &'a LivePolicy,
    sent: ScopedPolicy,
    stored: Option<Stored>,
    /// Where it is recorded.
    address: Option<&'a Address>,
}

/// Where a policy belongs.
enum Home<'a> {
    /// To the file of that address.
    File(&'a Address),
    /// To a file that is not there yet.
    New(Key),
}

impl<'a> Room<'a> {
    /// Decides about the scope's live policies, the oldest first.
    pub(super) fn decide(&self, lives: &[&'a LivePolicy], found: &mut Pull) {
        let mut candidates = Vec::new();
        for live in lives {
            let known = self.recorded.get(&live.id);
            match said(live, known.map(|(_, entry)| *entry)) {
                Some((sent, stored)) => {
                    candidates.push(Candidate { live, sent, stored, address: known.map(|(address, _)| *address) });
                }
                None => found.left.push(unusable(live)),
            }
        }
        let candidates = self.without_twins(candidates, found);
        let mut homes = self.homes(candidates);
        // Files that are to be replaced first: what they say now is in nobody's way then.
        homes.sort_by_key(|(_, home)| matches!(home, Home::New(_)));
        let mut staying: BTreeMap<&Address, &DesiredPolicy> = self.files.clone();
        for (candidate, home) in homes {
            match self.one(&candidate, &home, &mut staying) {
                Ok(pulled) => found.pulled.push(pulled),
                Err(left) => found.left.push(left),
            }
        }
    }

    /// The candidates without those that equal another one: of equals the recorded one is pulled, else the one that a file
    /// says to the letter, else the oldest.
    fn without_twins(&self, mut candidates: Vec<Candidate<'a>>, found: &mut Pull) -> Vec<Candidate<'a>> {
        let in_a_file: BTreeSet<&PolicyId> = {
            let said: std::collections::HashSet<_> = self.files.values().map(|desired| &desired.scoped).collect();
            candidates.iter().filter(|one| said.contains(&one.sent)).map(|one| &one.live.id).collect()
        };
        // Stable, so that among equals the oldest stays first.
        candidates.sort_by_key(|one| (one.address.is_none(), !in_a_file.contains(&one.live.id)));
        let mut seen: HashMap<u64, Vec<(ScopedPolicy, PolicyId)>> = HashMap::new();
        let mut kept = Vec::new();
        for one in candidates {
            let alike = seen.entry(fingerprint(&one.sent)).or_default();
            match alike.iter().find(|(other, _)| are_twins(other, &one.sent)) {
                Some((_, first)) => {
                    found.left.push(equal(one.live, &format!("the live policy {first}"), "the service"));
                }
                None => {
                    alike.push((one.sent.clone(), one.live.id.clone()));
                    kept.push(one);
                }
            }
        }
        kept
    }

    /// Where each belongs, no two in one place.
    fn homes(&self, candidates: Vec<Candidate<'a>>) -> Vec<(Candidate<'a>, Home<'a>)> {
        let mut homes = Vec::new();
        let mut claimed: BTreeSet<&Address> = BTreeSet::new();
        let mut open = Vec::new();
        for one in candidates {
            match one.address.and_then(|address| self.files.get_key_value(address)) {
                Some((address, _)) => {
                    claimed.insert(address);
                    homes.push((one, Home::File(address)));
                }
                None => open.push(one),
            }
        }
        let open = self.by_file(open, &mut claimed, &mut homes, |one, desired| desired.scoped == one.sent);
        // What was recorded keeps its address, whatever another file of the same name says.
        let (known, new): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.address.is_some());
        let names: HashMap<&str, usize> = new.iter().fold(HashMap::new(), |mut count, one: &Candidate<'_>| {
            *count.entry(one.live.name.as_str()).or_default() += 1;
            count
        });
        let same_name = |one: &Candidate<'_>, desired: &DesiredPolicy| {
            names.get(one.live.name.as_str()) == Some(&1) && desired.scoped.policy.name() == one.live.name
        };
        let new = self.by_file(new, &mut claimed, &mut homes, same_name);
        let mut taken = self.taken(&known);
        for one in known {
            let key = one.address.map_or("", Address::key);
            let kept = Key::new(key).ok().filter(|key| taken.is_free(key.as_str()));
            let key = kept.inspect(|key| taken.take(key.as_str())).or_else(|| names::key(key, &mut taken));
            homes.extend(key.map(|key| (one, Home::New(key))));
        }
        for one in new {
            let key = names::key(&one.live.name, &mut taken);
            homes.extend(key.map(|key| (one, Home::New(key))));
        }
        homes
    }

    /// Gives those their file that just one free file fits; returns the others.
    fn by_file(
        &self,
        open: Vec<Candidate<'a>>,
        claimed: &mut BTreeSet<&'a Address>,
        homes: &mut Vec<(Candidate<'a>, Home<'a>)>,
        fits: impl Fn(&Candidate<'a>, &DesiredPolicy) -> bool,
    ) -> Vec<Candidate<'a>> {
        let mut rest = Vec::new();
        for one in open {
            let free = self.files.iter().filter(|(address, _)| !claimed.contains(*address) && self.is_nobodys(address));
            let mut fitting = free.filter(|(_, desired)| fits(&one, desired)).map(|(address, _)| *address);
            match (fitting.next(), fitting.next()) {
                (Some(address), None) => {
                    claimed.insert(address);
                    homes.push((one, Home::File(address)));
                }
                _ => rest.push(one),
            }
        }
        rest
    }

    /// Whether a file is not that of a recorded policy, or only of one that is gone.
    fn is_nobodys(&self, address: &Address) -> bool {
        let entry = self.record.and_then(|record| record.policies.get(address));
        let pending = self.record.is_some_and(|record| record.pending.contains_key(address));
        !pending && entry.is_none_or(|entry| self.snapshot.gone.contains(&entry.id))
    }

    /// The names that a new policy of this scope can't have: of keys, of files, and of what is recorded beside `known`.
    fn taken(&self, known: &[Candidate<'_>]) -> names::Taken {
        let mut taken = names::Taken::default();
        let own: BTreeSet<&Address> = known.iter().filter_map(|one| one.address).collect();
        for (address, desired) in self.files {
            taken.take(address.key());
            let name = desired.place.file.rsplit('/').next().unwrap_or_default();
            taken.take(name.rsplit_once('.').map_or(name, |(stem, _)| stem));
        }
        let record = self.record.into_iter();
        let recorded = record.flat_map(|record| record.policies.keys().chain(record.pending.keys()));
        for address in recorded.filter(|address| address.scope() == *self.path && !own.contains(address)) {
            taken.take(address.key());
        }
        taken
    }

    fn one(
        &self,
        one: &Candidate<'a>,
        home: &Home<'a>,
        staying: &mut BTreeMap<&'a Address, &'a DesiredPolicy>,
    ) -> Result<Pulled, Left> {
        let (address, key, present) = match home {
            Home::New(key) => (self.path.policy(key), key.clone(), None),
            Home::File(address) => {
                let key = Key::new(address.key()).map_err(|error| {
                    Left::new(one.live, Reason::Unusable, error.to_string(), "give it another key in its file")
                })?;
                ((*address).clone(), key, self.files.get(*address).copied())
            }
        };
        let pulled = |file: &str, doing| Pulled {
            address: address.clone(),
            id: one.live.id.clone(),
            file: file.to_owned(),
            sent: one.sent.clone(),
            stored: one.stored.clone(),
            protected: present.is_some_and(|desired| desired.protected),
            doing,
        };
        if let Some(desired) = present {
            if desired.scoped == one.sent {
                return Ok(pulled(&desired.place.file, Doing::Right));
            }
            // The service keeps it otherwise than it was sent, and the file has by now what the service keeps.
            if let Some((sent, stored)) = said(one.live, None).filter(|(sent, _)| *sent == desired.scoped) {
                return Ok(Pulled { sent, stored, ..pulled(&desired.place.file, Doing::Right) });
            }
            self.may_replace(one, desired)?;
            staying.remove(&address);
        }
        if let Some((other, _)) = staying.iter().find(|(_, desired)| are_twins(&desired.scoped, &one.sent)) {
            return Err(equal(one.live, &format!("what the file of {other} says"), "the service, or change the file"));
        }
        let (file, none) = (format!("{}/{key}.yaml", self.path), BTreeMap::new());
        let file = present.map_or(file.as_str(), |desired| &desired.place.file);
        let text = policy_text(&NewPolicy {
            file,
            key: &key,
            scope: &one.sent.scope,
            policy: &one.sent.policy,
            protected: present.is_some_and(|desired| desired.protected),
            draft: false,
            metadata: present.map_or(&none, |desired| &desired.metadata),
        });
        let text = text.map_err(|why| {
            Left::new(one.live, Reason::Unusable, why.to_string(), "change it in the service, then pull again")
        })?;
        Ok(pulled(file, if present.is_some() { Doing::Replace(text) } else { Doing::Write(text) }))
    }

    /// Whether the file of a policy may be replaced.
    fn may_replace(&self, one: &Candidate<'a>, desired: &DesiredPolicy) -> Result<(), Left> {
        let fields = Field::differing(&desired.scoped.policy, &one.sent.policy);
        let fields: Vec<String> = fields.iter().map(|field| field.as_str().to_owned()).collect();
        let file = &desired.place.file;
        let left = |why: String, hint: &str| Err(Left::new(one.live, Reason::FileDiffers, why, hint).of_file(file));
        if self.documents.get(file.as_str()).is_some_and(|count| *count > 1) {
            let why = format!("the file has another {}, and holds other policies too", fields.join(", "));
            return left(why, "change it there by hand, or give it a file of its own");
        }
        if !self.overwrite {
            let why = format!("the file has another {}", fields.join(", "));
            return left(
                why,
                match one.address {
                    Some(_) => "--overwrite replaces the file; `policysync apply` makes the service as the file is",
                    None => "--overwrite replaces the file; as it is, `policysync apply` creates another policy for it",
                },
            );
        }
        Ok(())
    }
}

fn equal(live: &LivePolicy, what: &str, place: &str) -> Left {
    let why = format!("it equals {what} in all fields, white space aside: no two policies of a scope can");
    Left::new(live, Reason::Equal, why, format!("delete one of them in {place}, then pull again"))
}

fn unusable(live: &LivePolicy) -> Left {
    let mut why = Vec::new();
    for (field, text) in [("name", &live.name), ("content", &live.content)] {
        if text.is_empty() {
            why.push(format!("its {field} is empty"));
        }
    }
    if live.risk_type.parse::<RiskType>().is_err() {
        why.push(format!("its riskType {:?} is not LOW, MEDIUM or HIGH", live.risk_type));
    }
    if !ActionType::ALL.iter().any(|action| i64::from(action.number()) == live.action_type) {
        why.push(format!("its actionType {} is not 0, 1 or 2", live.action_type));
    }
    Left::new(live, Reason::Unusable, why.join("; "), "change it in the service, then pull again")
}
