//! What is told of each call, for `-v`: to the service and to GitHub, to an object store, and by git to a remote; with `-vv` of
//! each git command too. Never a token, never a text of a policy.

use std::time::Duration;

use crate::api::{CallEvent, CallOutcome, Observe};
use crate::report::{LogEvent, LogLevel, LogLine, escape};
use crate::state::{StoreAnswer, StoreAsked, StoreCall, StoreObserver};

use super::console::Console;

/// Tells each call.
#[derive(Debug)]
pub(super) struct CallLog(pub(super) Console);

impl Observe for CallLog {
    fn call(&self, event: &CallEvent) {
        if self.0.verbosity() == 0 {
            return;
        }
        let CallEvent { method, path, attempt, outcome, elapsed, will_retry_in } = event;
        let (said, status, fault) = match outcome {
            CallOutcome::Status(status) => (status.to_string(), Some(*status), None),
            CallOutcome::Fault(why) => (why.clone(), None, Some(why.clone())),
        };
        let again = will_retry_in.map_or_else(String::new, |wait| format!(", again in {} ms", wait.as_millis()));
        let what = format!("{method} {path} → {said}");
        self.0.tell(LogLine {
            method: Some((*method).to_owned()),
            path: Some(path.clone()),
            status,
            fault,
            retry_in_ms: will_retry_in.map(millis),
            ..tried(LogEvent::Call, &what, *elapsed, *attempt, &again)
        });
    }
}

impl StoreObserver for CallLog {
    fn over(&self, call: &StoreCall) {
        let is_local = matches!(call.what, StoreAsked::Git { remote: None, .. });
        if self.0.verbosity() < if is_local { 2 } else { 1 } {
            return;
        }
        self.0.tell(of_store(call));
    }
}

/// The line about a request to a store or a git command.
fn of_store(call: &StoreCall) -> LogLine {
    let StoreCall { what, attempt, answer, elapsed } = call;
    let (said, status, exit_code, fault) = match answer {
        StoreAnswer::Status(status) => (status.to_string(), Some(*status), None, None),
        StoreAnswer::Exit(code) => (format!("exit {code}"), None, Some(*code), None),
        StoreAnswer::Fault(why) => (why.clone(), None, None, Some(why.clone())),
    };
    let line = |event, asked: &str| LogLine {
        status,
        exit_code,
        fault: fault.clone(),
        ..tried(event, &format!("{asked} → {said}"), *elapsed, *attempt, "")
    };
    match what {
        StoreAsked::Request { method, host, path } => {
            let place = path.as_deref().unwrap_or(" (for credentials)");
            LogLine {
                method: Some(method.clone()),
                host: Some(host.clone()),
                path: path.clone(),
                ..line(LogEvent::Call, &format!("{method} {host}{place}"))
            }
        }
        StoreAsked::Git { command, remote } => {
            let place = remote.as_ref().map_or_else(String::new, |remote| format!(" {remote}"));
            LogLine {
                command: Some(command.clone()),
                remote: remote.clone(),
                ..line(LogEvent::Git, &format!("git {command}{place}"))
            }
        }
    }
}

/// A line about a try that is over.
fn tried(event: LogEvent, what: &str, elapsed: Duration, attempt: u32, again: &str) -> LogLine {
    let text = format!("{what} ({} ms, try {attempt}{again})", elapsed.as_millis());
    LogLine {
        attempt: Some(attempt),
        elapsed_ms: Some(millis(elapsed)),
        ..LogLine::new(LogLevel::Debug, event, escape::line(&text))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_of_any_system_is_in_its_field() {
        for code in [0, 1, 128, 255, -1_073_741_819, i32::MAX] {
            let what = StoreAsked::Git { command: "push".to_owned(), remote: None };
            let call = StoreCall { what, attempt: 1, answer: StoreAnswer::Exit(code), elapsed: Duration::ZERO };
            let line = of_store(&call);
            assert_eq!((line.exit_code, line.fault), (Some(code), None));
        }
    }
}
