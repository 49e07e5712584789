//! What was asked of the sandbox and what came of it: kept for tests, and written as a journal. No token goes into the journal.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::fault_plan::ArmedPlan;
use super::{Call, Fault, FaultPlan};

/// The most requests that are remembered; the oldest are forgotten first. The journal has them all.
const REMEMBERED: usize = 100_000;
/// A bearer shorter than this is no secret, and cutting it out of the journal would only mangle other words.
const SECRET: usize = 8;

/// One request, as it arrived, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its number in the order of arrival, from 1.
    pub seq: u64,
    /// The method, upper case.
    pub method: String,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query without its `?`, still percent-encoded.
    pub query: Option<String>,
    /// The body, where it is JSON.
    pub body: Option<Value>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    Underway,
    /// It was answered with this status, as a whole or (half, dripping, endless) as the fault plan says.
    Answered(u16),
    /// The connection was closed without an answer, as the fault plan says.
    Cut,
    /// The client was gone before there was an answer. Whatever the request asked for happens all the same.
    Gone,
}

impl Request {
    /// The status that it was answered with.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.outcome {
            Outcome::Answered(status) => Some(status),
            Outcome::Underway | Outcome::Cut | Outcome::Gone => None,
        }
    }

    fn line(&self, token: Option<&str>) -> String {
        let mut body = self.body.clone().unwrap_or(Value::Null);
        for secret in ["refreshToken", "refresh_token"] {
            if let Some(value) = body.get_mut(secret) {
                *value = json!("[REDACTED]");
            }
        }
        let mut line = json!({
            "seq": self.seq, "method": self.method, "path": self.path, "query": self.query, "body": body,
        });
        match self.outcome {
            Outcome::Answered(status) => line["status"] = json!(status),
            Outcome::Cut => line["happened"] = json!("cut"),
            Outcome::Gone => line["happened"] = json!("the client was gone"),
            Outcome::Underway => {}
        }
        let line = line.to_string();
        match token.filter(|token| token.len() >= SECRET) {
            Some(token) => line.replace(token, "[REDACTED]"),
            None => line,
        }
    }
}

struct Log {
    faults: ArmedPlan,
    count: u64,
    remembered: VecDeque<Request>,
    journal: Option<File>,
}

/// Every request so far, and which of them go wrong.
pub(super) struct Requests(Mutex<Log>);

impl Requests {
    pub(super) fn new(faults: FaultPlan, journal: Option<File>) -> Self {
        let faults = ArmedPlan::new(faults);
        Self(Mutex::new(Log { faults, count: 0, remembered: VecDeque::new(), journal }))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request that arrives, and says how it goes wrong. Both under one lock: the numbers and the faults agree.
    pub(super) fn arrive(&self, method: &str, path: &str, query: Option<&str>) -> (u64, Option<Fault>) {
        let mut log = self.log();
        let fault = log.faults.next(Call::of(method, path));
        log.count += 1;
        let seq = log.count;
        if log.remembered.len() == REMEMBERED {
            log.remembered.pop_front();
        }
        log.remembered.push_back(Request {
            seq,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            body: None,
            outcome: Outcome::Underway,
        });
        (seq, fault)
    }

    /// Notes a request's body.
    pub(super) fn body(&self, seq: u64, body: Option<Value>) {
        if let Some(request) = self.log().find(seq) {
            request.body = body;
        }
    }

    /// Notes what came of a request, and writes its line; `token` is the one it came with.
    pub(super) fn done(&self, seq: u64, outcome: Outcome, token: Option<&str>) -> io::Result<()> {
        let mut log = self.log();
        let Some(request) = log.find(seq) else { return Ok(()) };
        request.outcome = outcome;
        let request = request.clone();
        match &mut log.journal {
            Some(journal) => journal.write_all((request.line(token) + "\n").as_bytes()),
            None => Ok(()),
        }
    }

    pub(super) fn all(&self) -> Vec<Request> {
        self.log().remembered.iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        self.log().remembered.clear();
    }

    pub(super) fn set_faults(&self, plan: FaultPlan) {
        self.log().faults = ArmedPlan::new(plan);
    }
}

impl Log {
    fn find(&mut self, seq: u64) -> Option<&mut Request> {
        let first = self.remembered.front()?.seq;
        self.remembered.get_mut(usize::try_from(seq.checked_sub(first)?).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_journal_holds_no_token() {
        let request = Request {
            seq: 1,
            method: "POST".to_owned(),
            path: "/user/refresh".to_owned(),
            query: Some("t=canary-access".to_owned()),
            body: Some(json!({"refreshToken": "canary-refresh", "refresh_token": "canary-refresh"})),
            outcome: Outcome::Answered(200),
        };
        let line = request.line(Some("canary-access"));
        assert!(!line.contains("canary"), "{line}");
        assert_eq!(line.matches("[REDACTED]").count(), 3, "{line}");
    }

    #[test]
    fn what_arrived_before_the_log_was_cleared_is_not_mixed_up_with_what_came_after() {
        let requests = Requests::new(FaultPlan::none(), None);
        let (early, _) = requests.arrive("GET", "/early", None);
        requests.clear();
        let (late, _) = requests.arrive("GET", "/late", None);
        requests.done(early, Outcome::Cut, None).expect("no journal");
        requests.done(late, Outcome::Answered(200), None).expect("no journal");
        let all = requests.all();
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].path.as_str(), all[0].outcome), ("/late", Outcome::Answered(200)));
    }
}
