//! `policysync doctor`: whether tree, record, token and service are in order. Looks at everything, changes nothing.

use std::sync::Arc;
use std::time::SystemTime;

use crate::api::{Checkup, Token};
use crate::cli::args::CallArgs;
use crate::cli::args::Plain;
use crate::cli::author_args::DoctorArgs;
use crate::cli::call_log::CallLog;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::life_args::PullArgs;
use crate::cli::settings::{Pace, Settings};
use crate::cli::stretch::{BEFORE_A_LINE, Stretch};
use crate::cli::target::Target;
use crate::cli::{Global, environment, in_force, reading, target};
use crate::domain::{Clock as _, SystemClock};
use crate::report::{self, Check, DoctorFormat, DoctorReport, Health, counted};
use crate::state::Record;

/// How far two clocks may be apart without a word: an answer takes its time, and says whole seconds.
const APART: i64 = 5;

pub(in crate::cli) async fn run(global: &Global, args: &DoctorArgs, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree.in_its_place()), None)?;
    let CallArgs { concurrency, timeout } = args.calls;
    let pulling = PullArgs {
        scope: None,
        id: None,
        tree: crate::cli::args::TreeFlag { path: None },
        overwrite: false,
        dry_run: false,
        calls: CallArgs { concurrency, timeout },
        settle: args.settle,
    };
    let pace = settings.pulling_pace(&pulling)?;
    let said = in_force::Said {
        tree: args.tree.path.is_some(),
        calls: &args.calls,
        settle: args.settle.is_some(),
        prune: args.prune,
        without: &[],
    };
    let in_force = in_force::settings(global, said, &settings, &pace);
    let mut checks = vec![tree(&settings, console), record(&settings, console).await];
    let tokens = if settings.sandbox.is_some() { None } else { Some(environment::tokens()) };
    match tokens {
        // Without one nobody can be asked.
        Some(Err(fault)) => checks.push(failed("token", &fault)),
        tokens => {
            checks.extend(tokens.and_then(Result::ok).map(|(access, refresh)| token(&access, refresh.is_some())));
            checks.extend(service(&settings, &pace, console).await);
        }
    }
    let worst = checks.iter().map(|check| check.health).max();
    let report = DoctorReport { format: DoctorFormat::V1, settings: in_force, checks };
    console.result(&match global.format.plain() {
        Plain::Text => report::doctor_text(&report, console.result_styles()),
        Plain::Json => report::doctor_json(&report),
    })?;
    Ok(if worst == Some(Health::Error) { Exit::Failure } else { Exit::Done })
}

fn check(what: &str, health: Health, said: impl Into<String>, hint: Option<String>) -> Check {
    Check { what: what.to_owned(), health, said: said.into(), hint }
}

/// What a failure says, layer by layer, on one line.
fn failed(what: &str, fault: &Fault) -> Check {
    let layers: Vec<String> = fault.error.chain().map(ToString::to_string).collect();
    check(what, Health::Error, layers.join(": "), Some(fault.hint.clone()))
}

fn tree(settings: &Settings, console: &Console) -> Check {
    let tree = match reading::tree(settings, console) {
        Ok(tree) => tree,
        Err(error) => return failed("tree", &error.into()),
    };
    let policies = counted(tree.policies.len(), "policy", "policies");
    let said = format!("{policies} in {}", counted(tree.files, "file", "files"));
    let errors = tree.errors();
    let warnings = tree.findings.len() - errors;
    let (errors_said, warnings_said) = (counted(errors, "error", "errors"), counted(warnings, "warning", "warnings"));
    let hint = || Some("`policysync validate` shows them".to_owned());
    match (errors, warnings) {
        (0, 0) => check("tree", Health::Good, format!("{said}, no findings"), None),
        (0, _) => check("tree", Health::Warning, format!("{said}, {warnings_said}"), hint()),
        (_, _) => check("tree", Health::Error, format!("{said}, {errors_said}, {warnings_said}"), hint()),
    }
}

async fn record(settings: &Settings, console: &Console) -> Check {
    match loaded(settings, console).await {
        Err(fault) => failed("record", &fault),
        Ok(records) if records.is_empty() => check("record", Health::Good, "nothing is recorded yet", None),
        Ok(records) => {
            let policies = records.iter().map(|record| record.policies.len()).sum();
            let pending: usize = records.iter().map(|record| record.pending.len()).sum();
            let leased = records.iter().filter(|record| record.lease.is_some()).count();
            let mut said = vec![format!(
                "{} of {}",
                counted(policies, "policy", "policies"),
                counted(records.len(), "organization", "organizations")
            )];
            if pending > 0 {
                said.push(format!("{} of an interrupted run", counted(pending, "change", "changes")));
            }
            if leased > 0 {
                said.push(format!("{} at work", counted(leased, "run is", "runs are")));
            }
            let left = pending > 0 || leased > 0;
            let hint =
                left.then(|| "`policysync state list` says more; the next apply finishes what is left".to_owned());
            check("record", if left { Health::Warning } else { Health::Good }, said.join(", "), hint)
        }
    }
}

async fn loaded(settings: &Settings, console: &Console) -> Result<Vec<Record>, Fault> {
    let store = target::watched_store(settings, console)?;
    let mut records = Vec::new();
    for org in store.orgs().await? {
        if let Some((record, _)) = store.load(&org).await? {
            crate::apply::check_identity(&record, &org, &settings.endpoint, &store.place(&org))?;
            records.push(record);
        }
    }
    Ok(records)
}

/// Who the token is of and until when it holds; never the token.
fn token(token: &Token, is_renewed: bool) -> Check {
    let who =
        token.user().map_or_else(|| "it doesn't say whose it is".to_owned(), |user| format!("of the user {user}"));
    let renewed = if is_renewed { ", renewed by POLICYSYNC_REFRESH_TOKEN" } else { "" };
    let now = SystemClock.now();
    match token.expires() {
        None => check("token", Health::Good, format!("{who}{renewed}"), None),
        Some(end) if end > now => {
            let left = jiff::SignedDuration::from_secs(end.as_second() - now.as_second());
            check("token", Health::Good, format!("{who}, for another {left:#}{renewed}"), None)
        }
        Some(end) => {
            let health = if is_renewed { Health::Warning } else { Health::Error };
            let hint = "get a new one, and put it into POLICYSYNC_TOKEN".to_owned();
            check("token", health, format!("{who}, and it ended at {end}{renewed}"), Some(hint))
        }
    }
}

/// Whether the service answers and takes the token, and what its clock says.
async fn service(settings: &Settings, pace: &Pace, console: &Console) -> Vec<Check> {
    match looked(settings, pace, console).await {
        Err(fault) => vec![failed("service", &fault)],
        Ok(Checkup { accepted, took, date }) => {
            let clock = date.map(clock);
            let answer = match accepted {
                Ok(()) => {
                    let said = format!("{} answers in {} ms and takes the token", settings.endpoint, took.as_millis());
                    check("service", Health::Good, said, None)
                }
                Err(error) => failed("service", &error.into()),
            };
            std::iter::once(answer).chain(clock).collect()
        }
    }
}

async fn looked(settings: &Settings, pace: &Pace, console: &Console) -> Result<Checkup, Fault> {
    let target = Target::open(settings, pace, Arc::new(CallLog(*console))).await?;
    let asking = Stretch::begin(console, "asking the service", BEFORE_A_LINE);
    let looked = target.session.reader().checkup().await;
    drop(asking);
    target.close().await?;
    Ok(looked?)
}

/// A clock that is wrong spoils leases and what a record says of times.
fn clock(theirs: SystemTime) -> Check {
    let since = theirs.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let apart = SystemClock.now().as_second().saturating_sub(i64::try_from(since).unwrap_or(i64::MAX));
    match apart.abs() <= APART {
        true => check("clock", Health::Good, "as the service's", None),
        false => {
            let by = jiff::SignedDuration::from_secs(apart.saturating_abs());
            let way = if apart > 0 { "ahead of" } else { "behind" };
            let hint = "set this machine's clock: leases of the record rest on it".to_owned();
            check("clock", Health::Warning, format!("{by:#} {way} the service's"), Some(hint))
        }
    }
}
