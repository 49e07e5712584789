//! `policysync apply`: makes the service match the tree, one organization after another.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, Write as _};
use std::sync::Arc;

use crate::apply::{ApplyError, ChangeOutcome, ChangeResult, Effects, Holder, Interrupt, Outcome, Run};
use crate::cli::action::Witness;
use crate::cli::args::ApplyArgs;
use crate::cli::console::Console;
use crate::cli::exit::{self, Exit, Fault};
use crate::cli::settings::{Pace, Settings};
use crate::cli::target::Target;
use crate::cli::watch::{CallLog, Watch};
use crate::cli::{Format, Global, environment, formats, records, rescue, reviewed, signals, target};
use crate::domain::{Clock as _, Digest, ScopeName, SystemClock};
use crate::plan::Plan;
use crate::report::escape;
use crate::report::{self, Frame, Links};
use crate::state::{Claim, Process, Record, Store};
use crate::tree::Tree;

use super::plan::{make, read_tree};

pub(in crate::cli) async fn run(
    global: &Global,
    args: &ApplyArgs,
    console: &Console,
    witness: &Witness,
) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree), Some(&args.scope))?;
    let pace = settings.pace(args)?;
    let links = formats::links(&args.report, &settings)?;
    let interrupt = signals::hear(*console, ON_INTERRUPT);
    let store = target::store(&settings)?;
    let records = records::Loading::begin(&store);
    let tree = read_tree(&settings, store.as_ref()).await?;
    witness.read(&tree, &settings, &links);
    if let Some(exit) = super::validated_for(&tree, &settings, &links, global.format, console)? {
        return Ok(exit);
    }
    let records = records.for_plan(store.as_ref(), &tree, args.scope.org.as_ref(), &settings.endpoint).await?;
    let plan = make(&tree, &records, &settings, &args.scope);
    witness.planned(&plan, &tree, &settings, &links);
    let expected = reviewed::expected_digest(args.expect_reviewed, witness, console).await?;
    let (settings, pace, tree, links) = (&settings, &pace, &tree, &links);
    let work = Work { global, args, settings, pace, console, interrupt, tree, links, witness, expected };
    work.show(&plan)?;
    work.is_expected(&plan)?;
    if plan.refusals().next().is_some() {
        work.finish(&plan, &untried(&plan))?;
        return Ok(Exit::Refused);
    }
    let orgs = with_work(&plan, &records, args.scope.org.as_ref());
    if orgs.is_empty() {
        work.finish(&plan, &Outcome::default())?;
        return Ok(Exit::Done);
    }
    // Nobody is asked about a run that can't begin: without a token, say.
    let target = Target::open(settings, pace, Arc::new(CallLog(*console))).await?;
    if !plan.is_empty() && !work.confirm().await? {
        console.say("nothing was changed");
        target.close().await?;
        return Ok(Exit::Done);
    }
    work.apply(target, &store, &plan, &records, orgs).await
}

/// Said at the first Ctrl-C or SIGTERM.
const ON_INTERRUPT: &str = "interrupted: nothing new is started (once more: stop at once)";

/// The organizations in which something is to be done or looked for.
fn with_work(plan: &Plan, records: &BTreeMap<ScopeName, Record>, only: Option<&ScopeName>) -> BTreeSet<ScopeName> {
    let changed = plan.changes.iter().map(|change| change.address.org());
    let left = records.iter().filter(|(_, record)| !record.pending.is_empty() || is_left_behind(record));
    let left = left.map(|(org, _)| org.clone());
    changed.chain(left).filter(|org| only.is_none_or(|only| only == org)).collect()
}

/// Whether a run died that had nothing more to do than to give its lease back: the next one does it.
fn is_left_behind(record: &Record) -> bool {
    let Some(lease) = &record.lease else { return false };
    let gone = lease.process.as_ref().is_some_and(Process::is_gone);
    matches!(Claim::on(Some(lease), uuid::Uuid::new_v4(), SystemClock.now(), gone), Claim::TakeOver { .. })
}

/// What an apply works with.
struct Work<'a> {
    global: &'a Global,
    args: &'a ApplyArgs,
    settings: &'a Settings,
    pace: &'a Pace,
    console: &'a Console,
    interrupt: Interrupt,
    tree: &'a Tree,
    links: &'a Links,
    witness: &'a Witness,
    /// The digest of the plan that was reviewed, where it must be that one.
    expected: Option<Digest>,
}

impl Work<'_> {
    async fn apply(
        &self,
        target: Target,
        store: &Arc<dyn Store>,
        plan: &Plan,
        records: &BTreeMap<ScopeName, Record>,
        orgs: BTreeSet<ScopeName>,
    ) -> Result<Exit, Fault> {
        if let Some(folder) = &self.settings.sandbox {
            let folder = folder.to_string_lossy();
            self.console.say(&format!("applying to the built-in stand-in, kept in {}", escape::line(&folder)));
        }
        let effects = Effects {
            store: Arc::clone(store),
            session: target.session.clone(),
            clock: Arc::new(SystemClock),
            progress: Arc::new(Watch::new(*self.console)),
            interrupt: self.interrupt.clone(),
        };
        let (mut outcome, mut faults) = (Outcome::default(), Vec::new());
        for org in orgs {
            match self.organization(&effects, &org, plan, records.get(&org)).await {
                Ok(done) => outcome.join(done),
                Err(fault) => {
                    self.console.fault(&fault);
                    self.witness.failed(&fault);
                    faults.push(fault.exit);
                    outcome.join(untried_of(plan, &org));
                }
            }
        }
        drop(effects);
        rescue::keep(&outcome.unsaved, self.settings, self.console);
        target.close().await?;
        for warning in &outcome.warnings {
            self.console.warn(warning);
        }
        self.finish(plan, &outcome)?;
        Ok(verdict(&outcome, &faults))
    }

    /// One organization, from the lease to its release.
    async fn organization(
        &self,
        effects: &Effects,
        org: &ScopeName,
        shown: &Plan,
        planned_from: Option<&Record>,
    ) -> Result<Outcome, Fault> {
        let holder = Holder { name: environment::holder(), run: environment::run_url(), process: Process::current() };
        let settings = crate::apply::Settings {
            concurrency: self.pace.concurrency,
            settle: self.pace.settle,
            holder,
            commit: environment::commit(),
        };
        let mut run = Run::begin(effects.clone(), settings, org, &self.settings.endpoint).await?;
        if let Err(error) = run.recover().await {
            // The pending work stays in the record; a lease that can't be given back ends by itself.
            let _ = run.release().await;
            return Err(error.into());
        }
        let before = planned_from.map(|record| (&record.policies, &record.pending));
        let now = run.record();
        let moved_on = match before {
            None => !now.policies.is_empty() || !now.pending.is_empty(),
            Some((policies, pending)) => *policies != now.policies || *pending != now.pending,
        };
        let renewed = moved_on.then(|| {
            make(self.tree, &BTreeMap::from([(org.clone(), now.clone())]), self.settings, &only(self.args, org))
        });
        let plan = renewed.as_ref().unwrap_or(shown);
        let changes: Vec<_> = plan.of_org(org).collect();
        if renewed.is_some() && !changes.iter().copied().eq(shown.of_org(org)) {
            self.console.say(&format!("the record of {org} has changed since the plan was made; planned anew"));
            if let Err(fault) = self.agree(org, plan, changes.is_empty()).await {
                // A lease that can't be given back ends by itself; why nothing is done is what counts.
                let _ = run.release().await;
                return Err(fault);
            }
        }
        let undecided = undecided(run.record());
        let mut outcome = match changes.is_empty() {
            true => run.release().await.map(|()| Outcome::default())?,
            false => run.execute(&changes).await?,
        };
        outcome.changes.extend(undecided);
        Ok(outcome)
    }

    /// Shows a plan that came anew, and asks again.
    async fn agree(&self, org: &ScopeName, plan: &Plan, nothing_to_do: bool) -> Result<(), Fault> {
        self.show(plan)?;
        if self.expected.is_some() && !nothing_to_do {
            let message = format!(
                "{org}: the record has changed since the plan that was reviewed; nothing of the new one was applied"
            );
            return Err(
                Fault::new(Exit::Locked, message).hint("run it again: it is compared with the reviewed plan anew")
            );
        }
        if plan.refusals().next().is_some() {
            return Err(Fault::new(
                Exit::Refused,
                format!("{org}: a guard refuses the new plan; nothing of it was applied"),
            ));
        }
        if !nothing_to_do && !self.confirm().await? {
            return Err(Fault::new(Exit::Locked, format!("{org}: nothing of the new plan was applied")));
        }
        Ok(())
    }

    /// What was reviewed is what is applied: another plan is refused, but for one with nothing to do.
    fn is_expected(&self, plan: &Plan) -> Result<(), Fault> {
        match self.expected {
            Some(expected) if expected != plan.digest && !plan.is_empty() => {
                let differs =
                    self.witness.differences(plan).map_or_else(String::new, |differs| format!(" ({differs})"));
                let message = format!(
                    "this is not the plan that was reviewed{differs}: its digest is {}, the reviewed one's {expected}; \
                     nothing was touched",
                    plan.digest
                );
                Err(Fault::new(Exit::Locked, message)
                    .hint("look at the plan above; a new pull request shows it for review"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether someone will be asked.
    fn asks(&self) -> bool {
        !self.args.yes && self.settings.sandbox.is_none() && self.console.can_ask()
    }

    fn show(&self, plan: &Plan) -> Result<(), Fault> {
        match self.global.format {
            Format::Text => self.console.result(&report::plan_text(plan, self.console.result_styles())),
            // Whoever is asked must see what about; the result is something else.
            _ if self.asks() => {
                self.console.say_always(&report::plan_text(plan, self.console.talk_styles()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn finish(&self, plan: &Plan, outcome: &Outcome) -> Result<(), Fault> {
        self.witness.applied(plan, outcome, self.tree, self.links);
        let text = match self.global.format {
            // The plan that was shown says already that there is nothing to do.
            Format::Text if outcome.changes.is_empty() && outcome.stops.is_empty() => return Ok(()),
            Format::Markdown => report::apply_markdown(plan, outcome, Frame::whole(self.links)),
            Format::Html => report::apply_html(plan, outcome, self.tree, self.links),
            Format::Github => report::apply_annotations(plan, outcome, self.links),
            // SARIF is refused for this command.
            Format::Text | Format::Sarif => {
                report::apply_text(outcome, &self.settings.shown_tree(), self.console.result_styles())
            }
            Format::Json => report::apply_json(outcome),
        };
        self.console.result(&text)
    }

    /// On a terminal someone is asked; elsewhere the guards stand between a plan and harm. The stand-in can't be harmed.
    async fn confirm(&self) -> Result<bool, Fault> {
        if !self.asks() {
            return Ok(true);
        }
        let mut interrupt = self.interrupt.clone();
        let question = format!("Apply these changes to {}? Only `yes` is taken: ", self.settings.endpoint);
        let (sender, answer) = tokio::sync::oneshot::channel();
        // A thread that nobody waits for: the runtime would not end before its own threads, and nobody may answer after
        // an interrupt. The receiver may be gone then.
        std::thread::spawn(move || sender.send(ask(&question)));
        tokio::select! {
            biased;
            () = interrupt.wait() => Err(ApplyError::Interrupted.into()),
            answer = answer => Ok(answer.map_err(anyhow::Error::from)?.map_err(anyhow::Error::from)?),
        }
    }
}

/// The planning arguments, for one organization.
fn only(args: &ApplyArgs, org: &ScopeName) -> crate::cli::args::ScopeArgs {
    let crate::cli::args::ScopeArgs { org: _, prune, allow } = &args.scope;
    crate::cli::args::ScopeArgs { org: Some(org.clone()), prune: *prune, allow: allow.clone() }
}

/// What an earlier run left for someone to decide: not part of a plan, and no success either.
fn undecided(record: &Record) -> Vec<ChangeOutcome> {
    let open =
        record.pending.iter().filter_map(|(address, intent)| Some((address, intent, intent.undecided.as_ref()?)));
    open.map(|(address, intent, several)| ChangeOutcome::undecided(address, intent.change, several)).collect()
}

/// The outcome of a plan of which nothing was tried.
fn untried(plan: &Plan) -> Outcome {
    let changes = plan.changes.iter().map(|change| ChangeOutcome::of(change, ChangeResult::Untried)).collect();
    Outcome { changes, ..Outcome::default() }
}

fn untried_of(plan: &Plan, org: &ScopeName) -> Outcome {
    let changes = plan.of_org(org).map(|change| ChangeOutcome::of(change, ChangeResult::Untried)).collect();
    Outcome { changes, ..Outcome::default() }
}

/// The exit code of a run over several organizations: what was done in one is not undone by what failed in another.
fn verdict(outcome: &Outcome, faults: &[Exit]) -> Exit {
    let applied = outcome.changes.iter().any(ChangeOutcome::is_applied);
    match faults.first() {
        _ if faults.contains(&Exit::Interrupted) => Exit::Interrupted,
        Some(_) if applied => Exit::Partial,
        Some(first) => *first,
        None => exit::of_outcome(outcome),
    }
}

fn ask(question: &str) -> std::io::Result<bool> {
    // Not locked while someone thinks: an interrupt has something to say too.
    let mut err = std::io::stderr();
    write!(err, "{question}")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
