//! The hidden first line of a comment: which comment it is, and which plan it shows.
//!
//! Only the first line counts. A policy's text can't come to stand before it, so a marker written by someone else within a
//! comment is nothing but text.

use std::fmt::Write as _;
use std::str::FromStr;

use crate::domain::Digest;
use crate::report::escape;

/// One pull request may have several comments, one for each label: an organization, an environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

/// A text that can't be a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a label has 1 to 64 letters, digits, `.`, `-`, `_` or `/`")]
pub struct InvalidLabel;

impl Label {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Label {
    fn default() -> Self {
        Self("policysync".to_owned())
    }
}

impl FromStr for Label {
    type Err = InvalidLabel;
    fn from_str(text: &str) -> Result<Self, InvalidLabel> {
        let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
        let good = (1..=64).contains(&text.len()) && text.chars().all(usable);
        good.then(|| Self(text.to_owned())).ok_or(InvalidLabel)
    }
}

/// The most bytes of a marker; where the single changes need more, only the plan's digest is kept.
const MAX_BYTES: usize = 10_000;

/// What the first line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Which comment it is.
    pub label: Label,
    /// The plan that was shown to reviewers; none where the comment shows no plan.
    pub digest: Option<Digest>,
    /// Its changes, by address with the first digits of each one's own digest; none where they are too many. They only serve
    /// to say what differs: whether something does is for the digest to say.
    pub changes: Vec<(String, String)>,
}

impl Marker {
    /// The line, without a line feed.
    #[must_use]
    pub fn line(&self) -> String {
        let mut text = format!("label={}", self.label.0);
        if let Some(digest) = self.digest {
            let _ = write!(text, "::digest={digest}");
        }
        let bare = escape::marker(&text);
        if self.changes.is_empty() || self.digest.is_none() {
            return bare;
        }
        text.push_str("::changes=");
        for (number, (address, short)) in self.changes.iter().enumerate() {
            let _ = write!(text, "{}{short}={address}", if number == 0 { "" } else { ":" });
        }
        Some(escape::marker(&text)).filter(|line| line.len() <= MAX_BYTES).unwrap_or(bare)
    }

    /// Reads a comment's first line; nothing where it is no marker of ours.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        let text = escape::marked(body)?;
        let value = |name: &str| text.split("::").find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let label = value("label")?.parse().ok()?;
        let digest = match value("digest") {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        let pairs = value("changes").into_iter().flat_map(|all| all.split(':')).filter_map(|pair| pair.split_once('='));
        let changes = pairs.map(|(short, address)| (address.to_owned(), short.to_owned())).collect();
        Some(Self { label, digest, changes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(changes: usize) -> Marker {
        let changes = (0..changes).map(|n| (format!("acme/production/p-{n}"), "0123456789ab".to_owned())).collect();
        Marker { label: "acme/eu".parse().unwrap(), digest: Some(Digest::of(b"x")), changes }
    }

    #[test]
    fn a_marker_reads_back() {
        for marker in [marker(0), marker(2), Marker { digest: None, ..marker(0) }] {
            let line = marker.line();
            assert_eq!(Marker::read(&line), Some(marker.clone()));
            assert_eq!(Marker::read(&format!("{line}\r\n## Plan\n")), Some(marker));
        }
        let many = marker(2_000);
        assert_eq!(Marker::read(&many.line()), Some(Marker { changes: Vec::new(), ..many }));
    }

    #[test]
    fn only_the_first_line_counts() {
        let line = marker(1).line();
        for forged in [format!("x\n{line}"), format!(" {line}"), format!("> {line}"), format!("x{line}"), String::new()]
        {
            assert_eq!(Marker::read(&forged), None, "{forged}");
        }
        assert_eq!(Marker::read(&line.replace("sha256:", "sha256:zz")), None, "a digest that is none is no marker");
    }

    #[test]
    fn a_label_is_one_word_of_the_marker() {
        for bad in ["", "a b", "-->", "a:b", "a=b", "ä", "x\n", &"x".repeat(65)] {
            assert_eq!(bad.parse::<Label>(), Err(InvalidLabel), "{bad}");
        }
    }
}
