//! Who calls: the user that an access token stands for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A user, as policies name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) last_name: String,
    pub(super) email: String,
}

impl Person {
    /// The user with this id; the rest of them is made up, the same each time.
    pub(super) fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        let email = format!("{id}@sandbox.invalid");
        Self { id, name: "Sandbox".to_owned(), last_name: "User".to_owned(), email }
    }

    /// The user that a token stands for: the one a JWT names, or one of its own for any other text.
    pub(super) fn of_token(token: &str) -> Self {
        Self::new(user_of_jwt(token).unwrap_or_else(|| own_user(token)))
    }
}

fn own_user(token: &str) -> String {
    let hash = Sha256::digest(token.as_bytes());
    let mut id = "user-".to_owned();
    for byte in hash.iter().take(4) {
        id.push_str(&format!("{byte:02x}"));
    }
    id
}

fn user_of_jwt(token: &str) -> Option<String> {
    let [_, payload, _] = token.split('.').collect::<Vec<_>>().try_into().ok()?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    ["userId", "sub"]
        .iter()
        .filter_map(|claim| claims.get(claim)?.as_str())
        .find(|id| !id.is_empty())
        .map(str::to_owned)
}

/// An unsigned JWT that names its user, so that a client that reads its own token knows who it is.
pub(super) fn jwt(user: &Person, number: &str, expires: i64) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let claims = serde_json::json!({"userId": user.id, "exp": expires, "jti": number});
    format!("{header}.{}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()), URL_SAFE_NO_PAD.encode(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_token_has_a_user_of_its_own() {
        // The first four bytes of SHA-256("token-a"), as sha256sum shows them.
        assert_eq!(Person::of_token("token-a").id, "user-a70bf50e");
        assert_ne!(Person::of_token("token-a"), Person::of_token("token-b"));
        assert_eq!(Person::of_token("a.b.c").id, own_user("a.b.c"));
    }

    #[test]
    fn a_jwt_names_its_user() {
        let token = |claims: &str| format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(Person::of_token(&token(r#"{"userId":"u-1","sub":"u-2"}"#)).id, "u-1");
        assert_eq!(Person::of_token(&token(r#"{"sub":"u-2"}"#)).id, "u-2");
        assert!(Person::of_token(&token(r#"{"userId":""}"#)).id.starts_with("user-"));
        assert_eq!(Person::of_token(&jwt(&Person::new("ünïq"), "7", 0)).id, "ünïq");
    }
}
