//! What the service holds, in one pass: every scope listed, and what no list shows asked for by its id.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};

use super::{ApiError, LivePolicy, Reader};
use crate::domain::{PolicyId, Scope};

/// What was seen, and what could not be.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Each policy once, whichever lists it was in: the list call reads either way, at the level or also below it.
    pub policies: BTreeMap<PolicyId, LivePolicy>,
    /// Ids that the service itself says it has no policy of. Not being in a list proves nothing.
    pub gone: BTreeSet<PolicyId>,
    /// Scopes that it refuses to list, and what it said.
    pub closed: BTreeMap<Scope, ApiError>,
    /// Ids of which it can't be told whether there is a policy, and what the service said.
    pub unseen: BTreeMap<PolicyId, ApiError>,
}

impl Snapshot {
    /// Lists the scopes, then looks for those of the ids that were in no list; `concurrency` calls at a time.
    ///
    /// # Errors
    /// What says nothing about one scope or policy, but of the service as a whole: no answer, a bad token. Where every
    /// single scope is refused, that is the error too.
    pub async fn take(
        reader: &Reader,
        scopes: &BTreeSet<Scope>,
        ids: &BTreeSet<PolicyId>,
        concurrency: usize,
    ) -> Result<Self, ApiError> {
        let mut seen = Self::default();
        let listed = reader.list_each(scopes, concurrency).await;
        for (scope, listed) in listed {
            match listed {
                Ok(policies) => seen.policies.extend(policies.into_iter().map(|policy| (policy.id.clone(), policy))),
                Err(error @ (ApiError::Refused(_) | ApiError::NotFound)) => {
                    seen.closed.insert(scope, error);
                }
                Err(error) => return Err(error),
            }
        }
        if !scopes.is_empty() && seen.closed.len() == scopes.len() {
            return Err(seen.closed.pop_first().map_or(ApiError::NotFound, |(_, error)| error));
        }
        let unlisted: Vec<_> = ids.iter().filter(|id| !seen.policies.contains_key(*id)).collect();
        if !unlisted.is_empty() {
            reader.tally.ahead(unlisted.len(), "policies");
        }
        let asked: Vec<_> = stream::iter(unlisted)
            .map(async |id| {
                let answer = reader.get(id).await;
                reader.tally.done();
                (id.clone(), answer)
            })
            .buffer_unordered(concurrency.max(1))
            .collect()
            .await;
        for (id, answer) in asked {
            match answer {
                Ok(policy) => {
                    seen.policies.insert(id, policy);
                }
                Err(ApiError::NotFound) => {
                    seen.gone.insert(id);
                }
                Err(error @ ApiError::Refused(_)) => {
                    seen.unseen.insert(id, error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(seen)
    }
}
