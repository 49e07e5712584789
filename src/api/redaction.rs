//! Secrets are cut out of every text that came from outside, before it is shortened or shown.

use std::sync::{Arc, PoisonError, RwLock};

use super::Token;

/// What stands where a secret stood.
const INSTEAD: &str = "[REDACTED]";

/// Every token this process has held: an old one may still be echoed, and may still be good.
#[derive(Clone, Default)]
pub(super) struct Secrets(Arc<RwLock<Vec<Token>>>);

impl Secrets {
    pub(super) fn add(&self, token: &Token) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().any(|other| other.expose() == token.expose()) {
            known.push(token.clone());
            // Longest first, so that a secret that begins another one leaves no rest of it.
            known.sort_by_key(|token| std::cmp::Reverse(token.expose().len()));
        }
    }

    /// The text without any secret.
    pub(super) fn cut(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().fold(text.to_owned(), |text, token| {
            let secret = token.expose();
            // As it is, and as `{:?}` and JSON write it where it holds a quote or a backslash.
            let quoted = secret.escape_default().to_string();
            text.replace(secret, INSTEAD).replace(&quoted, INSTEAD)
        })
    }

    /// The same for a text that ends somewhere: a secret may be cut in two there. Three letters of one tell nothing.
    pub(super) fn cut_part(&self, text: &str) -> String {
        let mut text = self.cut(text);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let longest = |token: &Token| {
            let secret = token.expose();
            (4..secret.len()).rev().find(|length| text.ends_with(&secret[..*length])).unwrap_or(0)
        };
        let tail = known.iter().map(longest).max().unwrap_or(0);
        if tail > 0 {
            text.truncate(text.len() - tail);
            text.push_str(INSTEAD);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Secrets {
        let secrets = Secrets::default();
        texts.iter().for_each(|text| secrets.add(&Token::new((*text).to_owned()).unwrap()));
        secrets
    }

    #[test]
    fn every_secret_is_cut_out_wherever_it_stands() {
        let secrets = secrets(&["canary", "canary-and-more", "another"]);
        assert_eq!(secrets.cut("canary-and-more canaryanother"), "[REDACTED] [REDACTED][REDACTED]");
        assert_eq!(secrets.cut("nothing"), "nothing");
    }

    #[test]
    fn a_secret_with_quotes_is_found_as_it_is_shown() {
        let secrets = secrets(&[r#"aaa"b\c"#]);
        assert_eq!(secrets.cut(&format!("{:?}", r#"aaa"b\c"#)), "\"[REDACTED]\"");
    }

    #[test]
    fn a_secret_cut_in_two_by_the_end_is_found() {
        let secrets = secrets(&["canary"]);
        assert_eq!(secrets.cut_part("Bearer cana"), "Bearer [REDACTED]");
        assert_eq!(secrets.cut_part("Bearer canary"), "Bearer [REDACTED]");
        assert_eq!(secrets.cut_part("Bearer"), "Bearer");
        assert_eq!(secrets.cut("Bearer cana"), "Bearer cana");
    }
}
