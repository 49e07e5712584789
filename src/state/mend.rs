//! What someone may decide about a record by hand: pure, each refusing what could lose or double a policy.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Intent, Lease, Record};
use crate::domain::{Address, PolicyId, Scope, ScopeName};

/// Why a record is not changed by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MendError {
    /// Nothing at that address waits for a decision.
    #[error("nothing waits for a decision at {address}")]
    NotUndecided {
        /// The address.
        address: Address,
        /// Whether something is pending there that `apply` finds out by itself.
        pending: bool,
    },
    /// The id is none of the candidates.
    #[error("{id} is none of the policies that {address} could be")]
    NoCandidate {
        /// The id that was given.
        id: PolicyId,
        /// The address.
        address: Address,
        /// The ids that could be it.
        candidates: Vec<PolicyId>,
    },
    /// Another policy of the record has the id already.
    #[error("{id} is recorded already, as {address}")]
    Recorded {
        /// The id.
        id: PolicyId,
        /// Whose it is.
        address: Address,
    },
    /// Nothing is recorded at that address.
    #[error("nothing is recorded at {address}")]
    Unknown {
        /// The address.
        address: Address,
    },
    /// The end of an earlier run's work there isn't known.
    #[error("an earlier run's work is pending at {address}")]
    Pending {
        /// The address.
        address: Address,
        /// Whether someone has to decide what came of it.
        undecided: bool,
    },
    /// Another policy has that address.
    #[error("{address} is another policy, {id}")]
    Taken {
        /// The address.
        address: Address,
        /// The policy that has it.
        id: PolicyId,
    },
    /// Both are the same.
    #[error("{address} is there already: both addresses are the same")]
    Same {
        /// The address.
        address: Address,
    },
    /// The addresses are of two records.
    #[error("{to} is not in the organization {org}, and each organization has a record of its own")]
    OtherOrganization {
        /// Where it was to go.
        to: Address,
        /// The organization it is in.
        org: ScopeName,
    },
    /// The addresses are of scopes of two levels, or of two scopes.
    #[error("{from} holds at {held}, and {to} is {there}")]
    OtherScope {
        /// Where it is.
        from: Address,
        /// Its scope.
        held: Scope,
        /// Where it was to go.
        to: Address,
        /// What is there, in words.
        there: String,
    },
    /// The document has another history than the one in the store.
    #[error("it is of another record (lineage {found}) than the one in the store (lineage {kept})")]
    OtherLineage {
        /// The lineage of the document.
        found: Uuid,
        /// The lineage in the store.
        kept: Uuid,
    },
    /// The store has the same or a later save.
    #[error("it is not newer (save {found}) than the one in the store (save {kept})")]
    NotNewer {
        /// The document's serial.
        found: u64,
        /// The store's serial.
        kept: u64,
    },
}

impl MendError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotUndecided { pending: true, .. } => {
                "an earlier run's work is pending there; `policysync apply` finds out by itself what came of it"
                    .to_owned()
            }
            Self::NotUndecided { pending: false, .. } => "`policysync state list` names what waits".to_owned(),
            Self::NoCandidate { candidates, .. } if candidates.is_empty() => {
                "what came of it could not be seen, so nobody knows a candidate; `policysync apply` looks again, or say \
                 --forget if it surely did not happen"
                    .to_owned()
            }
            Self::NoCandidate { candidates, .. } => {
                let ids: Vec<&str> = candidates.iter().map(PolicyId::as_str).collect();
                format!("it is one of: {}", ids.join(", "))
            }
            Self::Recorded { .. } => {
                "one live policy can't be two of the tree's; look at both in the service".to_owned()
            }
            Self::Unknown { .. } => "`policysync state list` names what is recorded".to_owned(),
            Self::Pending { undecided: false, .. } => {
                "apply first: it finds out by itself what came of that, and the record must not forget it before".to_owned()
            }
            Self::Pending { address, undecided: true } => format!(
                "decide first what came of it: `policysync state resolve {address} --adopt ID`, or --forget"
            ),
            Self::Taken { address, .. } => format!(
                "give that one another address first, or forget it: `policysync state rm {address}` (it stays live then)"
            ),
            Self::Same { .. } => "give the address that it shall have behind the one that it has".to_owned(),
            Self::OtherOrganization { .. } => {
                "create it there and delete it here: change the tree, and apply with --prune".to_owned()
            }
            Self::OtherScope { .. } => {
                "move the file to the other folder, and apply: the policy is created there, and then deleted here"
                    .to_owned()
            }
            Self::OtherLineage { .. } => "look at --state: it may be another project's record".to_owned(),
            Self::NotNewer { found, kept } if found == kept => {
                "there is nothing to put back, unless another run has saved since; `policysync apply` finds what the record \
                 does not have"
                    .to_owned()
            }
            Self::NotNewer { .. } => {
                "another run has applied since; what the file has and the store has not is found by `policysync apply`"
                    .to_owned()
            }
        }
    }
}

impl Record {
    /// Decides that `id` is the policy which the interrupted create at `address` made. The next apply looks at it and
    /// records it as it is.
    ///
    /// # Errors
    /// Where nothing is undecided there, where the id is no candidate, or is recorded for another address.
    pub fn adopt(&mut self, address: &Address, id: &PolicyId) -> Result<(), MendError> {
        let candidates = self.candidates(address)?;
        if !candidates.contains(id) {
            return Err(MendError::NoCandidate { id: id.clone(), address: address.clone(), candidates });
        }
        if let Some((other, _)) = self.policies.iter().find(|(_, entry)| entry.id == *id) {
            return Err(MendError::Recorded { id: id.clone(), address: other.clone() });
        }
        if let Some(intent) = self.pending.get_mut(address) {
            intent.id = Some(id.clone());
            intent.undecided = None;
        }
        Ok(())
    }

    /// Decides that none of the candidates is the policy at `address`: the next plan creates it.
    ///
    /// # Errors
    /// Where nothing is undecided there.
    pub fn disown(&mut self, address: &Address) -> Result<Vec<PolicyId>, MendError> {
        let candidates = self.candidates(address)?;
        self.pending.remove(address);
        Ok(candidates)
    }

    /// Gives a policy another address of the same scope; returns its id. Nothing changes in the service.
    ///
    /// # Errors
    /// Where nothing is at `from`, something is at `to`, work is pending at either, or the two are of different scopes, as
    /// far as the record knows.
    pub fn readdress(&mut self, from: &Address, to: &Address) -> Result<PolicyId, MendError> {
        self.may_leave(from)?;
        if from == to {
            return Err(MendError::Same { address: to.clone() });
        }
        self.may_come(to)?;
        let entry = &self.policies[from];
        let other_scope = |there: String| {
            let (from, to, held) = (from.clone(), to.clone(), entry.sent.scope.clone());
            Err(MendError::OtherScope { from, held, to, there })
        };
        if from.scope().level() != to.scope().level() {
            return other_scope(format!("an address of the {} level", to.scope().level()));
        }
        // The record knows a folder's ids only by what is recorded there; of an unknown one, the tree will say.
        let beside = self.policies.iter().find(|(other, _)| other.scope() == to.scope());
        if let Some((other, beside)) = beside.filter(|(_, beside)| beside.sent.scope != entry.sent.scope) {
            return other_scope(format!("beside {other}, which holds at {}", beside.sent.scope));
        }
        let id = entry.id.clone();
        if let Some(entry) = self.policies.remove(from) {
            self.policies.insert(to.clone(), entry);
        }
        Ok(id)
    }

    /// Forgets policies; returns their ids. They stay live, and nobody manages them any more.
    ///
    /// # Errors
    /// Every reason why one of them can't be forgotten; then none is.
    pub fn forget(&mut self, addresses: &BTreeSet<Address>) -> Result<BTreeMap<Address, PolicyId>, Vec<MendError>> {
        let refused: Vec<MendError> = addresses.iter().filter_map(|address| self.may_leave(address).err()).collect();
        if !refused.is_empty() {
            return Err(refused);
        }
        let entries = addresses.iter().filter_map(|address| Some((address.clone(), self.policies.remove(address)?.id)));
        Ok(entries.collect())
    }

    /// Whether the policy at an address can leave it.
    fn may_leave(&self, address: &Address) -> Result<(), MendError> {
        self.nothing_pending(address)?;
        let known = self.policies.contains_key(address);
        if known { Ok(()) } else { Err(MendError::Unknown { address: address.clone() }) }
    }

    /// Whether an address is free for a policy.
    fn may_come(&self, address: &Address) -> Result<(), MendError> {
        if !address.is_in(&self.org) {
            return Err(MendError::OtherOrganization { to: address.clone(), org: self.org.clone() });
        }
        self.nothing_pending(address)?;
        match self.policies.get(address) {
            Some(entry) => Err(MendError::Taken { id: entry.id.clone(), address: address.clone() }),
            None => Ok(()),
        }
    }

    fn nothing_pending(&self, address: &Address) -> Result<(), MendError> {
        let about = |(at, intent): &(&Address, &Intent)| *at == address || intent.from.as_ref() == Some(address);
        match self.pending.iter().find(about) {
            Some((at, intent)) => {
                Err(MendError::Pending { address: at.clone(), undecided: intent.undecided.is_some() })
            }
            None => Ok(()),
        }
    }

    /// Ends the lease with this id, whoever holds it; the holder's next save will be refused. It stays in the record,
    /// revoked: its holder may be at work until then, and the next run has to know.
    pub fn unlock(&mut self, id: Uuid) -> Option<Lease> {
        let lease = self.lease.take_if(|lease| lease.id == id && !lease.revoked)?;
        self.lease = Some(lease.clone().revoke());
        Some(lease)
    }

    /// Whether this document may take the place of `kept`: it is a later save of the same record.
    ///
    /// # Errors
    /// [`MendError::OtherLineage`] or [`MendError::NotNewer`].
    pub fn may_replace(&self, kept: &Self) -> Result<(), MendError> {
        if self.lineage != kept.lineage {
            return Err(MendError::OtherLineage { found: self.lineage, kept: kept.lineage });
        }
        if self.serial <= kept.serial {
            return Err(MendError::NotNewer { found: self.serial, kept: kept.serial });
        }
        Ok(())
    }

    fn candidates(&self, address: &Address) -> Result<Vec<PolicyId>, MendError> {
        let undecided = self.pending.get(address).and_then(|intent| intent.undecided.as_ref());
        let several = undecided.ok_or_else(|| self.not_undecided(address))?;
        Ok(several.candidates.iter().cloned().collect())
    }

    fn not_undecided(&self, address: &Address) -> MendError {
        MendError::NotUndecided { address: address.clone(), pending: self.pending.contains_key(address) }
    }
}
