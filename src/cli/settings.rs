//! Settings: flags over environment over `policysync.yaml` over defaults.

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::{Endpoint, InvalidEndpoint};
use crate::plan;
use crate::state::{InvalidLocation, Location};

use super::Global;
use super::args::{CallArgs, ScopeArgs, TreeArgs};
use super::config::Config;
use super::exit::Exit;
use super::fault::Fault;
use super::life_args::PullArgs;
use super::lint_args::AskArgs;
use super::plan_args::ApplyArgs;

/// The endpoint that the record and the plan of `--sandbox` name: the stand-in has another port each time.
const SANDBOX_ENDPOINT: &str = "http://localhost/sandbox";
/// Where the record is kept unless said otherwise.
pub(super) const STATE_FOLDER: &str = ".policysync/state";
/// Where everything of `--sandbox` lives.
const SANDBOX_FOLDER: &str = ".policysync/sandbox";

/// The longest time limit of a call: half a lease.
const LONGEST_CALL: Duration = Duration::from_secs(5 * 60);
/// The longest settle time: as long as any run.
const LONGEST_SETTLE: Duration = Duration::from_secs(60 * 60);

/// Who said which service it is. A file of the repository may say it, but a change to that file must not send the token
/// to a new place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// A flag or the environment.
    User,
    /// `policysync.yaml`.
    File,
    /// Nobody.
    Nobody,
}

/// What holds for this run.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) tree: PathBuf,
    pub(super) endpoint: Endpoint,
    pub(super) endpoint_said: Said,
    pub(super) state: Location,
    /// The folder of the built-in stand-in, where that is used.
    pub(super) sandbox: Option<PathBuf>,
    pub(super) prune: bool,
    pub(super) config: Config,
}

/// How a run applies.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    pub(super) concurrency: usize,
    pub(super) call: Duration,
    pub(super) settle: Duration,
    pub(super) run: Duration,
}

impl Settings {
    pub(super) fn read(global: &Global, tree: Option<&TreeArgs>, scope: Option<&ScopeArgs>) -> Result<Self, Fault> {
        let config = Config::read(global.config.as_deref())?;
        let path = tree.and_then(|args| args.path.clone()).or_else(|| config.tree.clone());
        let sandbox = global.sandbox.then(|| PathBuf::from(SANDBOX_FOLDER));
        let (endpoint, endpoint_said) = endpoint(global, &config)?;
        let state = match &sandbox {
            Some(folder) => Location::Folder(folder.join("state")),
            None => location(global.state.as_deref().or(config.state.as_deref()).unwrap_or(STATE_FOLDER))?,
        };
        Ok(Self {
            tree: path.unwrap_or_else(|| PathBuf::from("policies")),
            endpoint,
            endpoint_said,
            state,
            sandbox,
            prune: scope.and_then(|args| args.prune).or(config.prune).unwrap_or(false),
            config,
        })
    }

    /// How to plan.
    pub(super) fn options(&self, scope: &ScopeArgs) -> plan::Options {
        plan::Options {
            endpoint: self.endpoint.clone(),
            prune: self.prune,
            allow: scope.allow.iter().flat_map(|said| said.0.clone()).collect(),
            limits: self.config.limits,
            adopt_by_name: scope.adopt_by_name,
            org: scope.org.clone(),
        }
    }

    /// How to look at what is live, writing nothing.
    pub(super) fn reading_pace(&self, calls: &CallArgs) -> Result<Pace, Fault> {
        self.pace_of(calls, None, None)
    }

    /// How to ask where a language model answers.
    pub(super) fn asking_pace(&self, args: &AskArgs) -> Result<Pace, Fault> {
        self.reading_pace(&args.calls((self.config.concurrency, self.config.timeout)))
    }

    /// How to pull: to look at what is live, and to find out what came of an earlier run.
    pub(super) fn pulling_pace(&self, args: &PullArgs) -> Result<Pace, Fault> {
        self.pace_of(&args.calls, args.settle.or(self.config.settle), None)
    }

    /// How to apply.
    pub(super) fn pace(&self, args: &ApplyArgs) -> Result<Pace, Fault> {
        let settle = args.settle.or(self.config.settle);
        self.pace_of(&args.calls, settle, args.run_timeout)
    }

    fn pace_of(&self, calls: &CallArgs, settle: Option<Duration>, run: Option<Duration>) -> Result<Pace, Fault> {
        let of_settle = named("--settle", settle.is_some() && settle == self.config.settle);
        let call = calls.timeout.or(self.config.timeout).unwrap_or(Duration::from_secs(15));
        let timeout = named("--timeout", Some(call) == self.config.timeout);
        let settle = settle.unwrap_or(call + Duration::from_secs(30));
        if call.is_zero() {
            return Err(Fault::new(Exit::Usage, format!("{timeout} must be longer than nothing")).hint(usual(&timeout)));
        }
        if call > LONGEST_CALL {
            let message =
                format!("{timeout} must be at most {}: a call must end within the record's lease", shown(LONGEST_CALL));
            return Err(Fault::new(Exit::Usage, message).hint(usual(&timeout)));
        }
        if settle > LONGEST_SETTLE {
            let message = format!("{of_settle} must be at most {}", shown(LONGEST_SETTLE));
            return Err(Fault::new(Exit::Usage, message).hint(usual_settle(&of_settle)));
        }
        if settle <= call {
            let message = format!(
                "{of_settle} ({}) must be longer than {timeout} ({}): a request may take effect until its time limit is over",
                shown(settle),
                shown(call)
            );
            return Err(Fault::new(Exit::Usage, message).hint(usual_settle(&of_settle)));
        }
        if run.is_some_and(|run| run.is_zero()) {
            let message = "--run-timeout must be longer than nothing";
            return Err(Fault::new(Exit::Usage, message).hint("leave it out: it is an hour then"));
        }
        Ok(Pace {
            concurrency: usize::from(calls.concurrency.or(self.config.concurrency).unwrap_or(16)),
            call,
            settle,
            run: run.unwrap_or(Duration::from_secs(60 * 60)),
        })
    }

    /// The tree's path as the user gave it, for people to read.
    pub(super) fn shown_tree(&self) -> String {
        self.tree.to_string_lossy().into_owned()
    }
}

fn endpoint(global: &Global, config: &Config) -> Result<(Endpoint, Said), Fault> {
    let read = |text: &str| text.parse::<Endpoint>().map_err(|error| not_an_endpoint(&error));
    Ok(match (&global.endpoint, &config.endpoint) {
        _ if global.sandbox => (read(SANDBOX_ENDPOINT)?, Said::Nobody),
        (Some(said), _) => (read(said)?, Said::User),
        (None, Some(said)) => (said.clone(), Said::File),
        (None, None) => (read(Endpoint::DEFAULT)?, Said::Nobody),
    })
}

/// What to do about a call's time limit that can't be.
fn usual(said: &str) -> String {
    format!("leave {said} out: it is 15s then")
}

/// What to do about a settle time that can't be.
fn usual_settle(said: &str) -> String {
    format!("leave {said} out: it is the time limit of a call, and 30s more, then")
}

/// A setting as who said it knows it.
fn named(flag: &'static str, is_of_file: bool) -> String {
    match is_of_file {
        true => format!("`{}` of the settings file", flag.trim_start_matches('-')),
        false => flag.to_owned(),
    }
}

/// An address that was said, and that no token may be sent to.
pub(super) fn not_an_endpoint(error: &InvalidEndpoint) -> Fault {
    let hint = format!("look at --endpoint and POLICYSYNC_ENDPOINT; an address looks like {}", Endpoint::DEFAULT);
    Fault::new(Exit::Usage, error).hint(hint)
}

pub(super) fn location(text: &str) -> Result<Location, Fault> {
    text.parse().map_err(|error| Fault::new(Exit::Usage, format!("--state: {error}")).hint(InvalidLocation::HINT))
}

/// `15s`, `1m 30s`.
pub(super) fn shown(time: Duration) -> String {
    jiff::SignedDuration::try_from(time).map_or_else(|_| "for ever".to_owned(), |time| format!("{time:#}"))
}
