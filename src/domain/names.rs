//! Names that people give: of a scope's folder and of a policy within it.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A text that can't be a folder's or a policy's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct InvalidName {
    why: &'static str,
}

impl InvalidName {
    /// For a path that goes on below a repository.
    pub(super) fn too_deep() -> Self {
        Self { why: "a path has at most three scopes: organization/workspace/repository" }
    }
}

const MAX_BYTES: usize = 128;

/// Why `text` can't be one segment of an address, if it can't.
fn flaw(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("a name can't be empty");
    }
    if text.len() > MAX_BYTES {
        return Some("a name can't be longer than 128 bytes");
    }
    if text.starts_with(['.', '-', '_']) {
        return Some("a name can't begin with `.`, `-` or `_`");
    }
    if text.starts_with(is_mark) {
        return Some("a name can't begin with an accent: it would stand on the character before the name");
    }
    if text.ends_with('.') {
        return Some("a name can't end with `.`");
    }
    if text.chars().any(shows_as_nothing) {
        return Some("a name can't hold characters that show as nothing");
    }
    // An address must be one word everywhere: in a shell, in a table, in a file's name on every system.
    let usable = |c: char| {
        c.is_ascii_alphanumeric() || c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@') || is_mark(c)
    };
    if !text.chars().all(usable) {
        return Some("a name is made of letters, digits and `.`, `-`, `_`, `+`, `@`");
    }
    None
}

/// Combining marks belong to letters: `e` + U+0301 is a way to write `é`.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// The letters and marks that leave no trace where they stand, so that two names would look the same: fillers, inherent
/// vowels, the grapheme joiner, variation selectors, format controls of old scripts. (Unicode's `Default_Ignorable_Code_Point` among letters and marks,
/// and the fillers that are drawn as a space.)
fn shows_as_nothing(c: char) -> bool {
    matches!(c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{13430}'..='\u{1345f}' | '\u{16fe4}' | '\u{e0100}'..='\u{e01ef}')
}

/// The form under which two names are the same on some system: letter case and composition aside.
#[must_use]
pub fn fold(text: &str) -> String {
    // Nearly every name there is, and composition is nothing to it.
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).nfc().collect()
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes letters, digits and `.`, `-`, `_`, `+`, `@`; 1 to 128 bytes; beginning with a letter, a digit, `+` or `@`.
            ///
            /// # Errors
            /// [`InvalidName`] says which of these is broken.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                Self::check(&text).map(|()| Self(text))
            }

            /// Whether a text could be one.
            pub(super) fn check(text: &str) -> Result<(), InvalidName> {
                flaw(text).map_or(Ok(()), |why| Err(InvalidName { why }))
            }

            /// The text as written.
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

        impl std::str::FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name!(
    /// The name of an organization's, a workspace's or a repository's folder: one segment of an address.
    ScopeName
);
name!(
    /// A policy's name within its scope's folder: the last segment of its address.
    Key
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_plain_word() {
        for good in ["acme", "billing-api", "a.b_c", "Zürich", "e\u{301}t\u{e9}", "7"] {
            assert!(ScopeName::new(good).is_ok(), "{good:?}");
        }
        for bad in
            ["", ".", "..", ".git", "_scope", "-rf", "a/b", "a\\b", "a b", "a\u{202e}b", "a\u{200b}b", "a:b", "a."]
        {
            assert!(ScopeName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_shows_as_nothing_is_in_no_name() {
        for nothing in "\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}\u{180e}\u{180f}\u{3164}\u{fe00}\u{fe0f}\u{ffa0}\u{16fe4}\u{e0100}\u{e01ef}".chars() {
            let error = Key::new(format!("a{nothing}b")).expect_err("it looks like `ab`");
            assert_eq!(error.to_string(), "a name can't hold characters that show as nothing", "{nothing:?}");
        }
        assert!(Key::new("\u{301}a").is_err(), "an accent on the `/` before it");
    }

    #[test]
    fn folding_joins_what_some_file_system_joins() {
        assert_eq!(fold("Cafe\u{301}"), fold("caf\u{e9}"));
        assert_eq!(fold("PII"), fold("pii"));
        assert_ne!(fold("pii-a"), fold("pii-b"));
    }
}
