//! A plan that was saved to a file: written by `plan --out`, applied by `apply FILE`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use crate::cli::args::ScopeArgs;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::files;
use crate::cli::plan_args::ApplyArgs;
use crate::cli::settings::Settings;
use crate::domain::ScopeName;
use crate::plan::{NotAPlan, Plan, SavedPlan};
use crate::state::{Record, atomic_file};

/// Far more than a plan of a hundred thousand changes.
const MAX_BYTES: u64 = 1 << 30;

/// What to do about a file that is no plan.
const ANEW: &str = "make the plan anew with `policysync plan --out FILE`";

/// How many of the things that moved are named.
const NAMED: usize = 10;

/// Saves a plan where the user said, for `apply FILE`.
pub(super) fn write(
    file: &Path,
    plan: &Plan,
    records: &BTreeMap<ScopeName, Record>,
    refreshed: bool,
) -> Result<(), Fault> {
    let bytes = SavedPlan::new(plan.clone(), records, refreshed).to_bytes();
    atomic_file::replace(file, &bytes)
        .map_err(|error| Fault::from(error).while_doing("the plan was made, and not saved"))
}

/// The saved plan, where the path that was given is a file.
pub(super) fn read(args: &ApplyArgs) -> Result<Option<SavedPlan>, Fault> {
    let Some(path) = args.path.as_deref() else { return Ok(None) };
    if !std::fs::metadata(path).is_ok_and(|there| there.is_file()) {
        return Ok(None);
    }
    refuse_planning(&args.scope, path)?;
    let refused = |why: NotAPlan| {
        Fault::new(Exit::Locked, format!("{}: {why}", path.display())).hint(format!("nothing was touched; {ANEW}"))
    };
    SavedPlan::from_bytes(&bytes(path)?).map(Some).map_err(refused)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| files::unread(Exit::Failure, "the saved plan ", path, error, ANEW))?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(Fault::new(Exit::Locked, format!("{} is larger than any saved plan", path.display())).hint(ANEW)),
        false => Ok(bytes),
    }
}

/// What a plan was made with stands in it, and can't be said anew.
fn refuse_planning(scope: &ScopeArgs, path: &Path) -> Result<(), Fault> {
    let ScopeArgs { org: _, prune, adopt_by_name, allow: _, refresh: _, impact: _ } = scope;
    let said = [(prune.is_some(), "--prune"), (*adopt_by_name, "--adopt-by-name")];
    match said.into_iter().find(|(is_said, _)| *is_said) {
        Some((_, flag)) => {
            let message =
                format!("{flag} says how a plan is made, and {} is one that was made already", path.display());
            Err(Fault::new(Exit::Usage, message).hint(format!("say it with `policysync plan {flag} --out FILE`")))
        }
        None => Ok(()),
    }
}

/// Refuses a plan for another service, of other organizations, or made from records that have moved on.
pub(super) fn check(
    saved: &SavedPlan,
    settings: &Settings,
    only: Option<&ScopeName>,
    records: &BTreeMap<ScopeName, Record>,
) -> Result<(), Fault> {
    let plan = &saved.plan;
    if plan.endpoint != settings.endpoint {
        let message = format!("the saved plan is for {}, and this run is for {}", plan.endpoint, settings.endpoint);
        return Err(Fault::new(Exit::Locked, message).hint("look at --endpoint and POLICYSYNC_ENDPOINT"));
    }
    if let Some(only) = only.filter(|only| plan.orgs().iter().any(|org| org != *only)) {
        let orgs: Vec<String> = plan.orgs().iter().map(ToString::to_string).collect();
        let message = format!("the saved plan is of {}, and --org {only} asks for another part", orgs.join(", "));
        return Err(Fault::new(Exit::Locked, message)
            .hint(format!("a saved plan is applied whole: plan again with --org {only} --out FILE")));
    }
    let moved: Vec<String> = plan.orgs().iter().flat_map(|org| saved.moved(org, records.get(org))).collect();
    refuse_moved(&moved)
}

/// Refuses where a record has moved on since the plan was made, saying what.
pub(super) fn refuse_moved(moved: &[String]) -> Result<(), Fault> {
    if moved.is_empty() {
        return Ok(());
    }
    let mut named: Vec<&str> = moved.iter().take(NAMED).map(String::as_str).collect();
    let more = format!("and {} more", moved.len().saturating_sub(NAMED));
    if moved.len() > NAMED {
        named.push(&more);
    }
    let message = format!("the record has moved on since the plan was saved: {}", named.join(", "));
    Err(Fault::new(Exit::Locked, message).hint("nothing was touched; plan again, and review what is left to do"))
}
