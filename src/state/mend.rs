//! What someone may decide about a record by hand: pure, each refusing what could lose or double a policy.

use uuid::Uuid;

use super::{Lease, Record};
use crate::domain::{Address, PolicyId};

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
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotUndecided { pending: true, .. } => Some(
                "an earlier run's work is pending there; `policysync apply` finds out by itself what came of it"
                    .to_owned(),
            ),
            Self::NotUndecided { pending: false, .. } => Some("`policysync state list` names what waits".to_owned()),
            Self::NoCandidate { candidates, .. } => {
                let ids: Vec<&str> = candidates.iter().map(PolicyId::as_str).collect();
                Some(format!("it is one of: {}", ids.join(", ")))
            }
            Self::Recorded { .. } => {
                Some("one live policy can't be two of the tree's; look at both in the service".to_owned())
            }
            Self::OtherLineage { .. } => Some("look at --state: it may be another project's record".to_owned()),
            Self::NotNewer { .. } => Some(
                "another run has applied since; what the file has and the store has not is found by `policysync apply`"
                    .to_owned(),
            ),
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
