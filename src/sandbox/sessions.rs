//! Tokens: which are let in, whom they stand for, and how they are traded for new ones.
//!
//! All of it is in memory only: a secret has no place in the data file.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Ids;
use super::person::{Person, jwt};

/// How long a token from `POST /user/refresh` is good.
pub(super) const LIFETIME: Duration = Duration::from_secs(3600);

#[derive(Default)]
struct Known {
    /// The access tokens that were handed out or listed; `None` lets any in.
    listed: Option<HashSet<String>>,
    issued: HashMap<String, (Person, Instant)>,
    expired: HashSet<String>,
    refresh: HashMap<String, Person>,
    spent: HashSet<String>,
    seen: BTreeSet<String>,
    count: u64,
}

/// All tokens of one sandbox.
pub(super) struct Sessions {
    ids: Ids,
    known: Mutex<Known>,
}

/// What a refresh token was traded for.
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Sessions {
    pub(super) fn new(ids: Ids, tokens: Option<Vec<String>>, refresh_tokens: BTreeMap<String, String>) -> Self {
        let refresh = refresh_tokens.into_iter().map(|(token, access)| (token, Person::of_token(&access))).collect();
        let listed = tokens.map(|tokens| tokens.into_iter().collect());
        Self { ids, known: Mutex::new(Known { listed, refresh, ..Known::default() }) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom an access token stands for; nothing where it is not let in.
    pub(super) fn person(&self, token: &str) -> Option<Person> {
        let mut known = self.known();
        if known.expired.contains(token) {
            return None;
        }
        let person = match known.issued.get(token) {
            Some((_, until)) if *until <= Instant::now() => return None,
            Some((person, _)) => person.clone(),
            None if known.listed.as_ref().is_none_or(|listed| listed.contains(token)) => Person::of_token(token),
            None => return None,
        };
        known.seen.insert(person.id.clone());
        Some(person)
    }

    /// Refuses this access token from now on.
    pub(super) fn expire(&self, token: &str) {
        let mut known = self.known();
        if let Some(person) = known.issued.get(token).map(|(person, _)| person.id.clone()) {
            known.seen.insert(person);
        } else if known.listed.as_ref().is_none_or(|listed| listed.contains(token)) {
            known.seen.insert(Person::of_token(token).id);
        }
        known.expired.insert(token.to_owned());
    }

    /// Trades a refresh token, which is spent by it; nothing where it is unknown or spent.
    ///
    /// An unknown one is let in where any access token is; it belongs to the only user seen so far, if there is just one.
    /// `now` is in seconds since 1970.
    pub(super) fn trade(&self, token: &str, now: i64) -> Option<Pair> {
        let mut known = self.known();
        if known.spent.contains(token) {
            return None;
        }
        let person = match known.refresh.remove(token) {
            Some(person) => person,
            None if known.listed.is_some() => return None,
            None => match known.seen.first() {
                Some(only) if known.seen.len() == 1 => Person::new(only.clone()),
                _ => Person::of_token(token),
            },
        };
        known.spent.insert(token.to_owned());
        known.count += 1;
        let number = match self.ids {
            Ids::Random => uuid::Uuid::new_v4().to_string(),
            Ids::Counted => known.count.to_string(),
        };
        let expires = now.saturating_add(i64::try_from(LIFETIME.as_secs()).unwrap_or(i64::MAX));
        let pair = Pair { access: jwt(&person, &number, expires), refresh: format!("sandbox-refresh-{number}") };
        known.issued.insert(pair.access.clone(), (person.clone(), Instant::now() + LIFETIME));
        known.refresh.insert(pair.refresh.clone(), person);
        Some(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_pair_belongs_to_the_same_user_and_the_old_refresh_token_is_spent() {
        let sessions = Sessions::new(Ids::Counted, None, BTreeMap::new());
        let before = sessions.person("mine").expect("any token is let in");
        sessions.expire("mine");
        assert!(sessions.person("mine").is_none());
        let pair = sessions.trade("refresh-me", 0).expect("an unknown refresh token is let in");
        assert_eq!(sessions.person(&pair.access), Some(before.clone()));
        assert!(sessions.trade("refresh-me", 0).is_none(), "it rotated");
        let next = sessions.trade(&pair.refresh, 0).expect("the new one is good");
        assert_eq!(sessions.person(&next.access), Some(before));
        assert_ne!(next.access, pair.access);
    }

    #[test]
    fn where_tokens_are_listed_the_others_stay_outside() {
        let refresh = BTreeMap::from([("known".to_owned(), "good".to_owned())]);
        let sessions = Sessions::new(Ids::Random, Some(vec!["good".to_owned()]), refresh);
        assert!(sessions.person("good").is_some());
        assert!(sessions.person("bad").is_none());
        assert!(sessions.trade("unknown", 0).is_none());
        let pair = sessions.trade("known", 0).expect("it was named at the start");
        assert_eq!(sessions.person(&pair.access), sessions.person("good"));
    }
}
