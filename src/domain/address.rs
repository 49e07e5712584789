//! The identity of a policy for its whole life: the path of its scope and its key.

use serde::{Deserialize, Serialize};

use super::{Key, ScopeName, ScopePath};

/// A policy's identity, `acme/production/billing-api/cardholder-data`: two to four segments, the last one its key.
///
/// Ordered by that text, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address: {why}; an address is organization[/workspace[/repository]]/key")]
pub struct InvalidAddress {
    text: String,
    why: String,
}

impl Address {
    pub(super) fn new(scope: &ScopePath, key: &Key) -> Self {
        Self(format!("{scope}/{key}"))
    }

    /// The path of the scope it lies in.
    #[must_use]
    pub fn scope(&self) -> ScopePath {
        let above = self.0.rsplit_once('/').map_or("", |(above, _)| above);
        ScopePath::try_from(above.to_owned()).expect("an address's segments were checked when it was made")
    }

    /// The name of its organization: the first segment.
    #[must_use]
    pub fn org(&self) -> ScopeName {
        self.scope().org()
    }

    /// Whether it lies in the organization `org`.
    #[must_use]
    pub fn is_in(&self, org: &ScopeName) -> bool {
        self.0.strip_prefix(org.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The last segment.
    #[must_use]
    pub fn key(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why `text` is no address, if it is none.
fn flaw(text: &str) -> Option<String> {
    let Some((scope, key)) = text.rsplit_once('/') else { return Some("it has no `/`".to_owned()) };
    let proof = ScopePath::check(scope).and_then(|()| Key::check(key));
    proof.err().map(|name| name.to_string())
}

impl std::str::FromStr for Address {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;
    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        match flaw(&text) {
            None => Ok(Self(text)),
            Some(why) => Err(InvalidAddress { text, why }),
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ScopeLevel;

    #[test]
    fn an_address_reads_back() {
        for (text, level) in [
            ("acme/pii", ScopeLevel::Organization),
            ("acme/production/pii", ScopeLevel::Workspace),
            ("acme/production/billing-api/pii", ScopeLevel::Repository),
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!(address.to_string(), text);
            assert_eq!(address.scope().level(), level);
            assert_eq!(address.key(), "pii");
            assert_eq!(address.org().as_str(), "acme");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for bad in ["", "acme", "acme/", "/pii", "a/b/c/d/e", "a//b", "a b/c"] {
            let error = bad.parse::<Address>().expect_err(bad).to_string();
            assert!(error.contains("organization[/workspace[/repository]]/key"), "{error}");
        }
    }
}
