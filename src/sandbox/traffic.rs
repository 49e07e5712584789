//! Traffic: what a sandbox is told went against which policy, and when. It sees no prompts, so that someone has to say it.
//!
//! As a file it is a list:
//!
//! ```yaml
//! - {policy: Cardholder data, ago: 2d, times: 40}
//! - {policy: No source code, at: 2026-11-12T09:30:00Z, in: production/billing-api, user: ada, why: "A whole function"}
//! ```
//!
//! A line waits until there is a policy of that name, or with that id; then it is history, whatever becomes of the policy.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::fault_plan::first_line;

/// The most that one line may stand for.
const MOST: u32 = 100_000;

/// When something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    At(Timestamp),
    /// So long before the policy was first seen.
    Ago(Duration),
}

/// What is said of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) policy: String,
    time: Time,
    pub(super) times: u32,
    /// The workspace and the repository, where that isn't the policy's own.
    pub(super) place: Option<(String, String)>,
    pub(super) blocked: Option<bool>,
    pub(super) user: Option<String>,
    pub(super) why: String,
}

/// What goes against which policy, and when; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    pub(super) lines: Vec<Line>,
}

/// Traffic that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TrafficError {
    /// It is no YAML, or no list of lines.
    #[error("the traffic can't be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A line is well written and says nothing that can have happened.
    #[error("line {number} of the traffic: {why}")]
    Line {
        /// Which one of the list, from 1.
        number: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    policy: String,
    at: Option<String>,
    ago: Option<String>,
    times: Option<u32>,
    #[serde(rename = "in")]
    place: Option<String>,
    blocked: Option<bool>,
    user: Option<String>,
    why: Option<String>,
}

impl Traffic {
    /// Reads the file form.
    ///
    /// # Errors
    /// [`TrafficError`] where the text is no list of lines, or one of them can't have happened.
    pub fn from_yaml(text: &str) -> Result<Self, TrafficError> {
        let raw: Vec<RawLine> =
            serde_yaml::from_str(text).map_err(|source| TrafficError::Unreadable(first_line(&source)))?;
        let prove =
            |(index, line): (usize, RawLine)| line.prove().map_err(|why| TrafficError::Line { number: index + 1, why });
        Ok(Self { lines: raw.into_iter().enumerate().map(prove).collect::<Result<_, _>>()? })
    }
}

impl RawLine {
    fn prove(self) -> Result<Line, &'static str> {
        let time = match (self.at, self.ago) {
            (Some(at), None) => {
                let at = at.parse().map_err(|_| "`at` is to be a time like 2026-11-12T09:30:00Z")?;
                Time::At(at)
            }
            (None, Some(ago)) => Time::Ago(duration(&ago).ok_or("`ago` is to be a time like 90m, 12h, 2d or 3w")?),
            _ => return Err("say when with exactly one of `at` and `ago`"),
        };
        let times = self.times.unwrap_or(1);
        if times == 0 || times > MOST {
            return Err("`times` is to be 1 to 100000");
        }
        let place = match self.place.as_deref().map(|place| place.split('/').collect::<Vec<_>>()) {
            None => None,
            Some(parts) => match parts.as_slice() {
                [workspace, repo] if !workspace.is_empty() && !repo.is_empty() => {
                    Some(((*workspace).to_owned(), (*repo).to_owned()))
                }
                _ => return Err("`in` is to be WORKSPACE/REPOSITORY, by their ids"),
            },
        };
        let why = self.why.unwrap_or_else(|| "made up by the sandbox's traffic".to_owned());
        Ok(Line { policy: self.policy, time, times, place, blocked: self.blocked, user: self.user, why })
    }
}

impl Line {
    /// When each of its times happened, seen from `now`: a second apart, the last one at the time that was said.
    pub(super) fn instants(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        let last = match self.time {
            Time::At(at) => at,
            Time::Ago(ago) => now.saturating_sub(ago).unwrap_or(now),
        };
        (0..self.times).rev().map(move |before| last.saturating_sub(Duration::from_secs(before.into())).unwrap_or(last))
    }
}

/// `90m`, `12h`, `2d`, `3w`.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return None,
    };
    let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
    Some(Duration::from_secs(u64::from(number) * minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_and_how_often() {
        let text = "- {policy: A, at: 2026-11-12T09:30:00Z, times: 3, in: w/r, blocked: false, user: ada, why: x}\n\
                    - {policy: B, ago: 2d}\n";
        let traffic = Traffic::from_yaml(text).unwrap();
        let now: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
        let times = |line: &Line| line.instants(now).map(|at| at.to_string()).collect::<Vec<_>>();
        assert_eq!(times(&traffic.lines[0]), ["2026-11-12T09:29:58Z", "2026-11-12T09:29:59Z", "2026-11-12T09:30:00Z"]);
        assert_eq!(times(&traffic.lines[1]), ["2026-11-18T00:00:00Z"]);
        assert_eq!(traffic.lines[0].place, Some(("w".to_owned(), "r".to_owned())));
    }

    #[test]
    fn what_can_not_have_happened_is_told_with_its_line() {
        for (text, told) in [
            ("- {policy: A}", "line 1 of the traffic: say when with exactly one of `at` and `ago`"),
            ("- {policy: A, ago: 1d, at: 2026-11-12T09:30:00Z}", "line 1 of the traffic: say when"),
            ("- {policy: A, ago: 1d}\n- {policy: A, ago: soon}", "line 2 of the traffic: `ago` is to be"),
            ("- {policy: A, at: 2026-11-12}", "line 1 of the traffic: `at` is to be"),
            ("- {policy: A, ago: 1d, times: 0}", "line 1 of the traffic: `times` is to be 1 to 100000"),
            ("- {policy: A, ago: 1d, in: w}", "line 1 of the traffic: `in` is to be WORKSPACE/REPOSITORY"),
            ("- {policy: A, ago: 1d, often: 3}", "the traffic can't be read"),
            ("policy: A", "the traffic can't be read"),
        ] {
            let said = Traffic::from_yaml(text).unwrap_err().to_string();
            assert!(said.starts_with(told), "{text}: {said}");
        }
        assert!(Traffic::from_yaml("[]").unwrap().lines.is_empty());
    }
}
