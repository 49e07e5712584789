//! `policysync apply`: makes the service match the tree, one organization after another.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, Write as _};
use std::sync::{Arc, LazyLock};

use crate::api::Reader;
use crate::apply::{ApplyError, ChangeOutcome, ChangeResult, Effects, Holder, Interrupt, Outcome, Run};
use crate::cli::action::Witness;
use crate::cli::args::{ScopeArgs, TreeArgs};
use crate::cli::console::Console;
use crate::cli::exit::{self, Exit, Fault};
use crate::cli::plan_args::ApplyArgs;
use crate::cli::settings::{Pace, Settings};
use crate::cli::target::Target;
use crate::cli::watch::{CallLog, Watch};
use crate::cli::{
    Format, Global, environment, formats, impact, in_force, live, records, rescue, reviewed, signals, target,
};
use crate::domain::{Clock as _, Digest, ScopeName, SystemClock};
use crate::plan::{self, Impacts, Plan, SavedPlan};
use crate::report::escape;
use crate::report::{self, Frame, Links, Proposal};
use crate::state::{Claim, Process, Record, Store};
use crate::tree::Tree;

use super::plan::read_tree;
use super::{counterparts, saved};

pub(in crate::cli) async fn run(
    global: &Global,
    args: &ApplyArgs,
    console: &Console,
    witness: &Witness,
) -> Result<Exit, Fault> {
    let saved = saved::read(args)?;
    let tree_args = TreeArgs { path: args.path.clone().filter(|_| saved.is_none()) };
    let settings = Settings::read(global, Some(&tree_args), Some(&args.scope))?;
    let pace = settings.pace(args)?;
    let said = in_force::Said {
        tree: tree_args.path.is_some(),
        calls: &args.calls,
        settle: args.settle.is_some(),
        prune: args.scope.prune,
        without: &[],
    };
    in_force::tell(global, said, &settings, &pace, console);
    let links = formats::links(&args.report, &settings)?;
    let interrupt = signals::hear(*console, ON_INTERRUPT);
    let store = target::watched_store(&settings, console)?;
    let loading = records::Loading::begin(&store);
    let source = match saved {
        Some(saved) => Source::Saved(Box::new(saved)),
        None => Source::Tree(read_tree(&settings, store.as_ref(), console).await?),
    };
    witness.read(source.tree(), &settings, &links);
    if let Some(exit) = super::validated_for(source.tree(), &settings, &links, global.format, console)? {
        return Ok(exit);
    }
    let only = args.scope.org.as_ref().filter(|_| matches!(source, Source::Tree(_)));
    let records = loading.for_plan(store.as_ref(), source.tree(), only, &settings.endpoint).await?;
    let mut work = Work {
        global,
        args,
        settings: &settings,
        pace: &pace,
        console,
        interrupt,
        source: &source,
        links: &links,
        witness,
        expected: args.expect_digest,
        impacts: None,
    };
    let mut target = None;
    let plan = match &source {
        Source::Saved(saved) => {
            saved::check(saved, &settings, args.scope.org.as_ref(), &records)?;
            let mut plan = saved.plan.clone();
            plan.allow(&settings.options(&args.scope).allow);
            plan
        }
        Source::Tree(_) if args.scope.refresh => {
            let opened = Target::open(&settings, &pace, Arc::new(CallLog(*console))).await?;
            let reader = target.insert(opened).session.reader();
            let plan = work.plan(&records, only, Some(&reader)).await?;
            counterparts::warn(source.tree(), only, &reader, (&settings, &pace), console).await;
            plan
        }
        Source::Tree(_) => work.plan(&records, only, None).await?,
    };
    if args.scope.impact {
        let opened = match target.take() {
            Some(target) => target,
            None => Target::open(&settings, &pace, Arc::new(CallLog(*console))).await?,
        };
        let reader = target.insert(opened).session.reader();
        let looking = impact::look(&plan, &reader, &pace, console);
        work.impacts = Some(live::unless_interrupted(&work.interrupt, async { Ok(looking.await) }).await?);
    }
    witness.planned(work.proposal(&plan), source.tree(), &settings, &links);
    let reviewed = reviewed::expected_digest(args.expect_reviewed, witness, console).await?;
    // What was reviewed and is done already needs no review.
    work.expected = work.expected.or(reviewed.filter(|_| !plan.is_empty()));
    work.show(&plan)?;
    let may_begin = work.expected(&plan).map(|()| plan.refusals().next().is_none());
    if !matches!(may_begin, Ok(true)) {
        work.refused(&plan)?;
        return may_begin.map(|_| Exit::Refused);
    }
    let orgs = with_work(&plan, &records, &source, args.scope.org.as_ref());
    if orgs.is_empty() {
        work.finish(&plan, &Outcome::default())?;
        return Ok(Exit::Done);
    }
    // Nobody is asked about a run that can't begin: without a token, say.
    let target = match target {
        Some(target) => target,
        None => Target::open(&settings, &pace, Arc::new(CallLog(*console))).await?,
    };
    if !plan.is_empty() && !work.confirm().await? {
        console.say("nothing was changed");
        target.close().await?;
        return Ok(Exit::Done);
    }
    work.apply(target, &store, &plan, &records, orgs).await
}

/// What is applied.
enum Source {
    /// What a tree asks for.
    Tree(Tree),
    /// A plan that was saved, and nothing else.
    Saved(Box<SavedPlan>),
}

/// Of a saved plan nothing is read from a tree.
static NO_TREE: LazyLock<Tree> = LazyLock::new(Tree::default);

impl Source {
    fn tree(&self) -> &Tree {
        match self {
            Self::Tree(tree) => tree,
            Self::Saved(_) => &NO_TREE,
        }
    }
}

/// Said at the first Ctrl-C or SIGTERM.
const ON_INTERRUPT: &str = "interrupted: nothing new is started (once more: stop at once)";

/// The organizations in which something is to be done or looked for.
fn with_work(
    plan: &Plan,
    records: &BTreeMap<ScopeName, Record>,
    source: &Source,
    only: Option<&ScopeName>,
) -> BTreeSet<ScopeName> {
    if matches!(source, Source::Saved(_)) {
        return plan.orgs();
    }
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
    source: &'a Source,
    links: &'a Links,
    witness: &'a Witness,
    /// The digest of the plan that alone may be applied, where there is one.
    expected: Option<Digest>,
    /// What the policies did lately that the plan weakens, where that was asked for.
    impacts: Option<Impacts>,
}

impl Work<'_> {
    fn proposal<'p>(&'p self, plan: &'p Plan) -> Proposal<'p> {
        Proposal::new(plan, self.impacts.as_ref())
    }

    /// Plans from the tree and the records; with a reader, from what is live too.
    async fn plan(
        &self,
        records: &BTreeMap<ScopeName, Record>,
        only: Option<&ScopeName>,
        reader: Option<&Reader>,
    ) -> Result<Plan, Fault> {
        let (tree, scope) = (self.source.tree(), ScopeArgs { org: only.cloned(), ..self.args.scope.clone() });
        let snapshot = match reader {
            Some(reader) => {
                let looking = live::look(reader, tree, records, only, (self.settings, self.pace), self.console);
                Some(live::unless_interrupted(&self.interrupt, looking).await?)
            }
            None => None,
        };
        Ok(plan::plan(tree, records, snapshot.as_ref(), &self.settings.options(&scope)))
    }

    /// Refuses another plan than the one that was reviewed.
    fn expected(&self, plan: &Plan) -> Result<(), Fault> {
        let Some(expected) = self.expected.filter(|expected| *expected != plan.digest) else { return Ok(()) };
        let differs = self.witness.differences(plan).map_or_else(String::new, |differs| format!(" ({differs})"));
        let message = format!(
            "this is not the plan that was reviewed{differs}: its digest is {}, and {expected} was expected",
            plan.digest
        );
        Err(Fault::new(Exit::Locked, message).hint(
            "nothing was touched; the tree, the record, the flags or, with --refresh, the service are others than when that \
             plan was made: review the plan above",
        ))
    }

    /// Whether nothing but the plan that was shown may be applied.
    fn is_pinned(&self) -> bool {
        self.expected.is_some() || matches!(self.source, Source::Saved(_))
    }

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
            looks_first: self.args.scope.refresh || matches!(self.source, Source::Saved(saved) if saved.refreshed),
        };
        let mut run = Run::begin(effects.clone(), settings, org, &self.settings.endpoint).await?;
        if let Err(error) = run.recover().await {
            // The pending work stays in the record; a lease that can't be given back ends by itself.
            let _ = run.release().await;
            return Err(error.into());
        }
        let renewed = match self.renewed(&run, org, shown, planned_from).await {
            Ok(renewed) => renewed,
            Err(fault) => {
                // A lease that can't be given back ends by itself; why nothing is done is what counts.
                let _ = run.release().await;
                return Err(fault);
            }
        };
        let plan = renewed.as_ref().unwrap_or(shown);
        let changes: Vec<_> = plan.of_org(org).collect();
        let undecided = undecided(run.record());
        let mut outcome = match changes.is_empty() {
            true => run.release().await.map(|()| Outcome::default())?,
            false => run.execute(&changes).await?,
        };
        outcome.changes.extend(undecided);
        Ok(outcome)
    }

    /// The plan anew, where the record is another one than the plan was made from; agreed to, if it is another plan.
    async fn renewed(
        &self,
        run: &Run,
        org: &ScopeName,
        shown: &Plan,
        planned_from: Option<&Record>,
    ) -> Result<Option<Plan>, Fault> {
        let now = run.record();
        if let Source::Saved(saved) = self.source {
            saved::refuse_moved(&saved.moved(org, Some(now)))?;
            return Ok(None);
        }
        let moved_on = match planned_from {
            None => !now.policies.is_empty() || !now.pending.is_empty(),
            Some(before) => (&before.policies, &before.pending) != (&now.policies, &now.pending),
        };
        if !moved_on {
            return Ok(None);
        }
        let reader = self.args.scope.refresh.then(|| run.reader());
        let plan = self.plan(&BTreeMap::from([(org.clone(), now.clone())]), Some(org), reader.as_ref()).await?;
        if plan.of_org(org).eq(shown.of_org(org)) {
            return Ok(Some(plan));
        }
        if self.is_pinned() {
            let message = format!("the record of {org} has changed since the plan was made, and so has the plan");
            return Err(Fault::new(Exit::Locked, message)
                .hint("nothing was touched; plan again, and review what is left to do"));
        }
        self.console.say(&format!("the record of {org} has changed since the plan was made; planned anew"));
        self.agree(org, &plan, plan.of_org(org).next().is_none()).await?;
        Ok(Some(plan))
    }

    /// Shows a plan that came anew, and asks again.
    async fn agree(&self, org: &ScopeName, plan: &Plan, nothing_to_do: bool) -> Result<(), Fault> {
        self.show(plan)?;
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

    /// Whether someone will be asked.
    fn asks(&self) -> bool {
        !self.args.yes && self.settings.sandbox.is_none() && self.console.is_attended()
    }

    fn show(&self, plan: &Plan) -> Result<(), Fault> {
        match self.global.format {
            Format::Text => self.console.result(&report::plan_text(self.proposal(plan), self.console.result_styles())),
            // Whoever is asked must see what about; the result is something else.
            _ if self.asks() && self.console.can_ask() => {
                self.console.say_always(&report::plan_text(self.proposal(plan), self.console.talk_styles()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn finish(&self, plan: &Plan, outcome: &Outcome) -> Result<(), Fault> {
        self.witness.applied(plan, outcome, self.source.tree(), self.links);
        let text = match self.global.format {
            // The plan that was shown says already that there is nothing to do.
            Format::Text if outcome.changes.is_empty() && outcome.stops.is_empty() => return Ok(()),
            Format::Markdown => report::apply_markdown(plan, outcome, Frame::whole(self.links)),
            Format::Html => report::apply_html(self.proposal(plan), outcome, self.source.tree(), self.links),
            Format::Github => report::apply_annotations(plan, outcome, self.links),
            // SARIF is refused for this command.
            Format::Text | Format::Sarif => {
                report::apply_text(outcome, &self.settings.shown_tree(), self.console.result_styles())
            }
            Format::Json => report::apply_json(outcome),
        };
        self.console.result(&text)
    }

    /// The result where nothing may be begun: for people the plan that was shown says all but that.
    fn refused(&self, plan: &Plan) -> Result<(), Fault> {
        match self.global.format {
            Format::Text if self.args.scope.refresh => {
                self.console.result("Nothing was applied; the service was only looked at.\n")
            }
            Format::Text => self.console.result("Nothing was applied, and nothing was called.\n"),
            _ => self.finish(plan, &untried(plan)),
        }
    }

    /// On a terminal someone is asked; elsewhere the guards stand between a plan and harm. The stand-in can't be harmed.
    async fn confirm(&self) -> Result<bool, Fault> {
        if !self.asks() {
            return Ok(true);
        }
        // A question is no line of a log for programs, and who sits at a terminal must not be passed over in silence.
        if !self.console.can_ask() {
            let message = "on a terminal apply asks before it changes anything, and with --log-format json it can't";
            return Err(Fault::new(Exit::Usage, message).hint("look at the plan, and say --yes"));
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
