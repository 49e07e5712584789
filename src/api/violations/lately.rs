//! How often a policy was gone against lately: two numbers, without reading a single violation more than it takes.

use jiff::Timestamp;

use super::{Details, Of, Violation};
use crate::api::{ApiError, Reader};
use crate::domain::PolicyId;

/// How often a policy was gone against since some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lately {
    /// Calls that were blocked.
    pub blocked: u64,
    /// Calls that were let through: logged, or told to someone.
    pub let_through: u64,
}

impl Reader {
    /// How often a policy was gone against since then.
    ///
    /// # Errors
    /// Any [`ApiError`]; [`ApiError::NotFound`] where there is no such policy, [`ApiError::Unreadable`] where the service does not
    /// count what it was asked to count.
    pub async fn lately(&self, policy: &PolicyId, since: Timestamp) -> Result<Lately, ApiError> {
        let blocked = self.count(policy, since, true).await?;
        Ok(Lately { blocked, let_through: self.count(policy, since, false).await? })
    }

    async fn count(&self, policy: &PolicyId, since: Timestamp, blocked: bool) -> Result<u64, ApiError> {
        let of = Of::Policy(policy.clone());
        let mut url = self.violations_url(&of, since, None);
        url.query_pairs_mut()
            .append_pair("block", &blocked.to_string())
            .append_pair("skip", "0")
            .append_pair("take", "1");
        let page = self.violations_page(url, &of, Details::default()).await?;
        let odd = page.violations.iter().find_map(|violation| odd(violation, policy, since, blocked));
        let unreadable = |why: &str| Err(ApiError::Unreadable { why: why.to_owned() });
        match (odd, page.total) {
            (Some(why), _) => unreadable(why),
            (None, None) => unreadable("total is no number"),
            (None, Some(0)) if page.items() > 0 => unreadable("total is 0, and there is a violation"),
            (None, Some(total)) => Ok(total),
        }
    }
}

/// What shows that something else was counted than what was asked for: a filter that the service passed over.
fn odd(violation: &Violation, policy: &PolicyId, since: Timestamp, blocked: bool) -> Option<&'static str> {
    if violation.policy.as_ref().is_some_and(|of| of != policy) {
        Some("it counts other policies too")
    } else if violation.blocked.is_some_and(|was| was != blocked) {
        Some("it does not tell blocked calls from others")
    } else if violation.at.is_some_and(|at| at < since) {
        Some("it counts older ones too")
    } else {
        None
    }
}
