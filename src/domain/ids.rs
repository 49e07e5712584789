//! The service's identifiers: opaque texts, one type each, so that an organization's can't stand where a policy's is due.

use serde::{Deserialize, Serialize};

/// A text that can't be an identifier of the service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} {text:?} can't be used: it must be 1 to 200 characters, no spaces, none that can't be printed, and not `.` or `..`"
)]
pub struct InvalidId {
    what: &'static str,
    text: String,
}

/// The longest identifier accepted, in bytes. The service's own are UUIDs; the bound keeps an answer from filling a record.
const MAX_BYTES: usize = 200;

fn check(what: &'static str, text: String) -> Result<String, InvalidId> {
    let fits = !text.is_empty() && text.len() <= MAX_BYTES;
    // `.` and `..` would be taken for path steps where the identifier stands in a URL.
    let visible = |c: char| c.is_ascii_graphic() || !(c.is_control() || c.is_whitespace());
    let harmless = text != "." && text != ".." && text.chars().all(visible);
    if fits && harmless { Ok(text) } else { Err(InvalidId { what, text }) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a text that is 1 to 200 bytes long, without spaces and control characters.
            ///
            /// # Errors
            /// [`InvalidId`] for any other text.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                check($what, text.into()).map(Self)
            }

            /// The text as the service gave it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// An organization's identifier, `orgId` on the wire.
    OrgId,
    "organization id"
);
id!(
    /// A workspace's identifier, `workspaceId` on the wire.
    WorkspaceId,
    "workspace id"
);
id!(
    /// A repository's identifier, `repoId` on the wire.
    RepoId,
    "repository id"
);
id!(
    /// A policy's identifier, given by the service when it is created.
    PolicyId,
    "policy id"
);
id!(
    /// A user's identifier, as in `createdBy.id`.
    UserId,
    "user id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_printable_word() {
        assert!(OrgId::new("org-123").is_ok());
        assert!(PolicyId::new("0198c0de-5f0e-7cc0-8a55-0242ac120002").is_ok());
        for bad in ["", ".", "..", "a b", "a\nb", "\u{1b}[2K", &"x".repeat(201)] {
            assert!(OrgId::new(bad).is_err(), "{bad:?}");
        }
    }
}
