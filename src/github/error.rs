//! What went wrong with GitHub: never why a policy is not applied, but for a review that can't be read.

use crate::api::ApiError;

/// Something could not be read or posted.
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    /// The token may not do this: it is a fork's, or the workflow did not ask for the permission.
    #[error("the token may not {what} (GitHub answered {said})")]
    Forbidden {
        /// `comment on pull request #7`.
        what: String,
        /// The status and GitHub's own message.
        said: String,
    },
    /// All else.
    #[error("can't {what}: {why}")]
    Failed {
        /// `read the comments of pull request #7`.
        what: String,
        /// What GitHub or the transport said.
        why: String,
    },
}

impl GitHubError {
    pub(super) fn of(what: impl Into<String>, error: &ApiError) -> Self {
        let what = what.into();
        match error {
            ApiError::Refused(refusal) if refusal.status == 403 => {
                let said = format!("403{}", message(&refusal.message));
                Self::Forbidden { what, said }
            }
            ApiError::Refused(refusal) => {
                let why = format!("GitHub answered {}{}", refusal.status, message(&refusal.message));
                Self::Failed { what, why }
            }
            ApiError::Unauthorized { message: said } => {
                Self::Failed { what, why: format!("GitHub did not accept the token{}", message(said)) }
            }
            ApiError::Unreadable { why } => Self::Failed { what, why: format!("GitHub's answer can't be read: {why}") },
            error => {
                let source = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
                Self::Failed { what, why: format!("{error}{source}") }
            }
        }
    }

    /// Whether the token lacks a right; then the summary says what could not be posted.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden { .. })
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        self.is_forbidden().then_some(
            "a pull request from a fork has a token that only reads; elsewhere the job needs `permissions: \
             pull-requests: write` (for drift, `issues: write`)",
        )
    }
}

fn message(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}
