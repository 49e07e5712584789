//! What a sandbox is told when it starts.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use super::{FaultPlan, Traffic};

/// How to start a sandbox. The default listens on a free port of 127.0.0.1, keeps nothing on disk and never fails.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; only a loopback address is accepted. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The file that keeps the policies; none keeps them in memory.
    pub data: Option<PathBuf>,
    /// A file that gets one JSON line per request, emptied at the start. No token is written into it.
    pub journal: Option<PathBuf>,
    /// Which of the two readings of the list call is served.
    pub list: ListReading,
    /// How long each answer is held back.
    pub latency: Duration,
    /// Which calls go wrong, and how.
    pub faults: FaultPlan,
    /// What goes against the policies.
    pub traffic: Traffic,
    /// The access tokens that are let in; none lets every token in.
    pub tokens: Option<Vec<String>>,
    /// Refresh tokens that are known from the start, each with the access token whose user it belongs to.
    pub refresh_tokens: BTreeMap<String, String>,
    /// What new identifiers look like.
    pub ids: Ids,
    /// The time of the first write; each one after it comes a millisecond later. None takes the wall clock.
    pub clock: Option<Timestamp>,
    /// What is done to a policy's name and content.
    pub text: TextHandling,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: None,
            journal: None,
            list: ListReading::default(),
            latency: Duration::ZERO,
            faults: FaultPlan::default(),
            traffic: Traffic::default(),
            tokens: None,
            refresh_tokens: BTreeMap::new(),
            ids: Ids::default(),
            clock: None,
            text: TextHandling::default(),
        }
    }
}

impl fmt::Debug for Options {
    /// Shows how many tokens there are, never the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, data, journal, list, latency, faults, traffic, tokens, refresh_tokens, ids, clock, text } =
            self;
        f.debug_struct("Options")
            .field("listen", listen)
            .field("data", data)
            .field("journal", journal)
            .field("list", list)
            .field("latency", latency)
            .field("faults", faults)
            .field("traffic", traffic)
            .field("tokens", &tokens.as_ref().map(Vec::len))
            .field("refresh_tokens", &refresh_tokens.len())
            .field("ids", ids)
            .field("clock", clock)
            .field("text", text)
            .finish()
    }
}

/// What `GET /policy` answers for a scope; the reference can be read either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListReading {
    /// The policies of the asked scope alone.
    #[default]
    At,
    /// Those, and the policies of every scope below it.
    Below,
}

/// A word that names no reading of the list call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no reading of the list call; say `at` or `below`")]
pub struct UnknownListReading(String);

impl FromStr for ListReading {
    type Err = UnknownListReading;

    fn from_str(word: &str) -> Result<Self, UnknownListReading> {
        match word {
            "at" => Ok(Self::At),
            "below" => Ok(Self::Below),
            _ => Err(UnknownListReading(word.to_owned())),
        }
    }
}

impl fmt::Display for ListReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::At => "at",
            Self::Below => "below",
        })
    }
}

/// What new policies' identifiers look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ids {
    /// A random UUID each, as the service gives them.
    #[default]
    Random,
    /// `policy-1`, `policy-2` and so on, the same in every run.
    Counted,
}

/// What is done to a name or content before it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextHandling {
    /// Nothing: byte for byte as sent.
    #[default]
    Keep,
    /// White space at both ends is cut off, as some services do.
    Trim,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_written_as_it_is_read() {
        for reading in [ListReading::At, ListReading::Below] {
            assert_eq!(reading.to_string().parse(), Ok(reading));
        }
        let told = "under".parse::<ListReading>().unwrap_err().to_string();
        assert_eq!(told, "\"under\" is no reading of the list call; say `at` or `below`");
    }

    #[test]
    fn options_never_show_a_token() {
        let options = Options {
            tokens: Some(vec!["canary-access".to_owned()]),
            refresh_tokens: BTreeMap::from([("canary-refresh".to_owned(), "canary-access".to_owned())]),
            ..Options::default()
        };
        assert!(!format!("{options:?}").contains("canary"));
    }
}
