//! The tokens in use, and who we are by them.
//!
//! The laws: one refresh for one expired token, however many calls meet it; once no token is accepted any more, none is
//! sent any more.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::redaction::Secrets;
use super::wire::WireTokens;
use super::{ApiError, LivePolicy, Token};
use crate::domain::UserId;

/// The access token as it is now, and the how-manieth it is.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) token: Token,
    generation: u64,
}

/// The tokens in use. One lock for looking, held for no time; one gate for renewing, held for the whole call.
pub(super) struct Credentials {
    now: Mutex<Tokens>,
    pub(super) gate: tokio::sync::Mutex<()>,
    pub(super) secrets: Secrets,
}

struct Tokens {
    held: Held,
    refresh: Option<Token>,
    rotated: bool,
    /// Set once no token is accepted any more: what the service said.
    stopped: Option<String>,
    identity: Identity,
}

impl Credentials {
    pub(super) fn new(access: Token, refresh: Option<Token>) -> Self {
        let secrets = Secrets::default();
        secrets.add(&access);
        refresh.iter().for_each(|token| secrets.add(token));
        let identity = Identity { claimed: access.user(), ..Identity::default() };
        let held = Held { token: access, generation: 0 };
        let now = Mutex::new(Tokens { held, refresh, rotated: false, stopped: None, identity });
        Self { now, gate: tokio::sync::Mutex::new(()), secrets }
    }

    fn now(&self) -> MutexGuard<'_, Tokens> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token to send.
    pub(super) fn current(&self) -> Result<Held, ApiError> {
        let now = self.now();
        match &now.stopped {
            Some(message) => Err(ApiError::Unauthorized { message: message.clone() }),
            None => Ok(now.held.clone()),
        }
    }

    /// The token that someone else has got in the meantime instead of `old`.
    pub(super) fn newer_than(&self, old: &Held) -> Result<Option<Held>, ApiError> {
        Ok(Some(self.current()?).filter(|held| held.generation != old.generation))
    }

    pub(super) fn refresh_token(&self) -> Option<Token> {
        self.now().refresh.clone()
    }

    pub(super) fn rotated(&self) -> bool {
        self.now().rotated
    }

    /// Takes a new pair. A service that sends no new refresh token keeps the old one good.
    pub(super) fn replace(&self, access: Token, refresh: Option<Token>) -> Held {
        self.secrets.add(&access);
        refresh.iter().for_each(|token| self.secrets.add(token));
        let mut now = self.now();
        if let Some(refresh) = refresh {
            now.refresh = Some(refresh);
            now.rotated = true;
        }
        now.held = Held { token: access, generation: now.held.generation + 1 };
        now.held.clone()
    }

    /// No token is accepted any more: every further call ends with this.
    pub(super) fn stop(&self, message: String) -> ApiError {
        let message = self.now().stopped.get_or_insert(message).clone();
        ApiError::Unauthorized { message }
    }

    pub(super) fn user(&self) -> Option<UserId> {
        self.now().identity.user().cloned()
    }

    /// Our own create was answered.
    pub(super) fn learn_from_create(&self, made: &LivePolicy) {
        if let Some(person) = &made.created_by {
            self.now().identity.created(&person.id);
        }
    }

    /// Our own update was answered.
    pub(super) fn learn_from_update(&self, changed: &LivePolicy) {
        if let Some(person) = &changed.updated_by {
            self.now().identity.updated = Some(person.id.clone());
        }
    }
}

/// A new pair out of the service's answer, proven.
pub(super) fn pair(wire: WireTokens) -> Result<(Token, Option<Token>), super::InvalidToken> {
    Ok((Token::new(wire.access_token)?, wire.refresh_token.map(Token::new_refresh).transpose()?))
}

/// Who we are, by what was seen. To be wrong about it hides our own policies from us and makes doubles; not to know only
/// costs time. So evidence that disagrees is no evidence.
#[derive(Default)]
struct Identity {
    /// The token's `userId`.
    claimed: Option<UserId>,
    /// `createdBy` of what we created; the inner nothing is two different ones.
    created: Option<Option<UserId>>,
    /// `lastUpdatedBy` of what we updated last; someone else may have been a moment later.
    updated: Option<UserId>,
}

impl Identity {
    fn created(&mut self, by: &UserId) {
        self.created = Some(match self.created.take() {
            None => Some(by.clone()),
            Some(before) => before.filter(|before| before == by),
        });
    }

    fn user(&self) -> Option<&UserId> {
        let Self { claimed, created, updated } = self;
        match (created, claimed, updated) {
            (Some(created), _, _) => created.as_ref(),
            (None, Some(claimed), Some(updated)) => Some(claimed).filter(|claimed| *claimed == updated),
            (None, claimed, updated) => claimed.as_ref().or(updated.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_we_are_is_what_all_evidence_agrees_on() {
        let user = |id: &str| (!id.is_empty()).then(|| UserId::new(id).unwrap());
        for (claimed, created, updated, wanted) in [
            ("", vec![], "", ""),
            ("a", vec![], "", "a"),
            ("", vec![], "a", "a"),
            ("a", vec![], "a", "a"),
            ("a", vec![], "b", ""),
            ("", vec!["a"], "", "a"),
            ("b", vec!["a"], "", "a"),
            ("b", vec!["a", "a"], "b", "a"),
            ("a", vec!["a", "b"], "a", ""),
            ("a", vec!["a", "b", "a"], "a", ""),
        ] {
            let mut identity = Identity { claimed: user(claimed), created: None, updated: user(updated) };
            created.iter().for_each(|by| identity.created(&UserId::new(*by).unwrap()));
            assert_eq!(identity.user().cloned(), user(wanted), "{claimed:?} {created:?} {updated:?}");
        }
    }
}
