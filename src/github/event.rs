//! What set the workflow off, from the file that the runner names.

use serde::Deserialize;

/// The parts of an event that matter here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The pull request that it is about.
    pub pull_request: Option<u64>,
    /// Whether that comes from another repository, whose runs get no secrets and a token that only reads.
    pub is_fork: bool,
    /// The commit that was pushed to it last.
    pub head: Option<String>,
}

#[derive(Deserialize, Default)]
struct WireEvent {
    pull_request: Option<WirePull>,
}

#[derive(Deserialize)]
struct WirePull {
    number: u64,
    head: Option<WireEnd>,
    base: Option<WireEnd>,
}

#[derive(Deserialize)]
struct WireEnd {
    sha: Option<String>,
    repo: Option<WireRepo>,
}

#[derive(Deserialize)]
struct WireRepo {
    full_name: String,
}

impl Event {
    /// Reads the event's JSON; what is not about a pull request, or can't be read, is an event without one.
    #[must_use]
    pub fn read(json: &str) -> Self {
        let Ok(WireEvent { pull_request: Some(pull) }) = serde_json::from_str(json) else { return Self::default() };
        let name = |end: &Option<WireEnd>| Some(end.as_ref()?.repo.as_ref()?.full_name.clone());
        // A fork that was deleted has no `repo` any more; then nothing says that it is the same one.
        let is_fork = name(&pull.head) != name(&pull.base);
        Self { pull_request: Some(pull.number), is_fork, head: pull.head.and_then(|head| head.sha) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_request_and_where_it_comes_from() {
        let ours = r#"{"number": 7, "pull_request": {"number": 7, "head": {"sha": "c0ffee", "repo": {"full_name": "o/r"}},
                       "base": {"repo": {"full_name": "o/r"}}}}"#;
        let read = Event::read(ours);
        assert_eq!(read, Event { pull_request: Some(7), is_fork: false, head: Some("c0ffee".to_owned()) });
        let fork = ours.replacen("o/r", "someone/r", 1);
        assert!(Event::read(&fork).is_fork);
        assert!(Event::read(&fork.replace(r#"{"full_name": "someone/r"}"#, "null")).is_fork);
        for none in ["", "{}", "[]", r#"{"pull_request": null}"#, r#"{"pull_request": "x"}"#, r#"{"after": "c0ffee"}"#]
        {
            assert_eq!(Event::read(none), Event::default(), "{none}");
        }
    }
}
