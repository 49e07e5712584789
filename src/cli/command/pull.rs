//! `policysync pull`: what the service holds → files and the record. Reads the service and never writes to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::{Directory, Reader, Snapshot};
use crate::apply::{ApplyError, Effects, Holder, Interrupt, Run, check_identity};
use crate::cli::call_log::CallLog;
use crate::cli::console::Console;
use crate::cli::exit::{self, Exit};
use crate::cli::fault::Fault;
use crate::cli::life_args::PullArgs;
use crate::cli::settings::{Pace, Settings};
use crate::cli::stretch::{BEFORE_A_LINE, BETWEEN_LINES};
use crate::cli::target::Target;
use crate::cli::watch::Watch;
use crate::cli::{Global, Plain, environment, in_force, live, reading, rescue, signals, target};
use crate::domain::{OrgId, Scope, ScopeName, ScopePath, SystemClock};
use crate::plan::{self, Ask, Doing, Folders, Pull};
use crate::report;
use crate::report::escape;
use crate::state::{Process, Record, Store};
use crate::tree::writing::{NotWritten, Over, Writing};
use crate::tree::{Tree, TreeError};

use super::pull_scope;

/// Said at the first Ctrl-C or SIGTERM.
const ON_INTERRUPT: &str = "interrupted: nothing more is written (once more: stop at once)";

pub(in crate::cli) async fn run(global: &Global, args: &PullArgs, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree.in_its_place()), None)?;
    let done = match pulled(global, args, &settings, console).await? {
        Ok(done) => done,
        Err(exit) => return Ok(exit),
    };
    let root = settings.shown_tree();
    console.result(&match global.format.plain() {
        Plain::Text => report::pull_text(&done.pull, &root, args.dry_run, console.result_styles()),
        Plain::Json => report::pull_json(&done.pull, &root, args.dry_run),
    })?;
    Ok(done.exit())
}

/// Pulls, and tells nothing of it; the exit code alone where the tree has errors, which were told.
pub(super) async fn pulled(
    global: &Global,
    args: &PullArgs,
    settings: &Settings,
    console: &Console,
) -> Result<Result<Done, Exit>, Fault> {
    let pace = settings.pulling_pace(args)?;
    let said = in_force::Said {
        tree: args.tree.path.is_some(),
        calls: &args.calls,
        settle: args.settle.is_some(),
        prune: None,
        without: &["prune"],
    };
    in_force::tell(global, said, settings, &pace, console);
    let interrupt = signals::hear(*console, ON_INTERRUPT);
    let store = target::watched_store(settings, console)?;
    let tree = match reading::tree(settings, console) {
        // The first pull makes it.
        Err(TreeError::Missing(_)) => Tree::default(),
        read => read?,
    };
    if let Some(exit) = super::validated(&tree, settings, global.format, console)? {
        return Ok(Err(exit));
    }
    let target = Target::open(settings, &pace, Arc::new(CallLog(*console))).await?;
    let reader = target.session.reader();
    let work = Work { args, settings, pace: &pace, console, interrupt, store: &store, tree: &tree, reader };
    let pulled = work.pull(&target).await;
    target.close().await?;
    pulled.map(Ok)
}

/// What came of a pull.
pub(super) struct Done {
    pub(super) pull: Pull,
    /// The organization's scopes, as the service names them.
    pub(super) directory: Directory,
    exit: Exit,
}

impl Done {
    /// How it ended.
    pub(super) fn exit(&self) -> Exit {
        match self.exit {
            Exit::Done if !self.pull.is_complete() => Exit::Partial,
            exit => exit,
        }
    }
}

/// What a pull works with.
struct Work<'a> {
    args: &'a PullArgs,
    settings: &'a Settings,
    pace: &'a Pace,
    console: &'a Console,
    interrupt: Interrupt,
    store: &'a Arc<dyn Store>,
    tree: &'a Tree,
    reader: Reader,
}

/// The organization that is pulled from, and into.
struct Place {
    top: ScopeName,
    org: OrgId,
    directory: Directory,
}

impl Work<'_> {
    async fn pull(&self, target: &Target) -> Result<Done, Fault> {
        let said = self.args.scope.as_ref().map(ScopePath::org);
        let record = match &said {
            Some(top) => self.record(top).await?,
            None => None,
        };
        let org = pull_scope::organization(self.args, self.tree, record.as_ref())?;
        let reader = live::told(self.reader.clone(), self.console, BEFORE_A_LINE);
        let directory = self.unless_interrupted(Directory::read(&reader, &org, self.pace.concurrency)).await?;
        let directory = directory.map_err(|error| live::unseen(error, self.settings))?;
        drop(reader);
        let top = pull_scope::folder(self.args, self.tree, &directory, &org)?;
        let record = if said.is_some() { record } else { self.record(&top).await? };
        let place = Place { top, org, directory };
        let pull = self.look(&place, record.as_ref()).await?;
        let is_waiting = record.as_ref().is_some_and(|record| !record.pending.is_empty());
        if self.args.dry_run || !(pull.writes() || pull.changes(record.as_ref()) || is_waiting) {
            return Ok(Done { pull, exit: Exit::Done, directory: place.directory });
        }
        let (pull, exit) = self.under_lease(target, &place, record.as_ref(), pull).await?;
        Ok(Done { pull, exit, directory: place.directory })
    }

    async fn record(&self, top: &ScopeName) -> Result<Option<Record>, Fault> {
        let Some((record, _)) = self.store.load(top).await? else { return Ok(None) };
        check_identity(&record, top, &self.settings.endpoint, &self.store.place(top))?;
        Ok(Some(record))
    }

    /// Looks at what is live, and decides.
    async fn look(&self, place: &Place, record: Option<&Record>) -> Result<Pull, Fault> {
        let Place { top, org, directory } = place;
        let folders = Folders::of(self.tree, record, directory, top, org);
        let scope = pull_scope::meant(self.args, &folders, org)?;
        let mut scopes: BTreeSet<Scope> = folders.scopes().filter(|other| scope.holds(other)).cloned().collect();
        scopes.insert(scope.clone());
        let entries = record.into_iter().flat_map(|record| record.policies.values());
        let ids = entries.filter(|entry| scope.holds(&entry.sent.scope)).map(|entry| entry.id.clone()).collect();
        let counted = report::counted(scopes.len(), "scope", "scopes");
        self.console.say(&format!(
            "reading {counted} of {} from {}",
            escape::line(top.as_str()),
            self.settings.endpoint
        ));
        let reader = live::told(self.reader.clone(), self.console, BETWEEN_LINES);
        let snapshot = self.unless_interrupted(Snapshot::take(&reader, &scopes, &ids, self.pace.concurrency)).await?;
        let snapshot = snapshot.map_err(|error| live::unseen(error, self.settings))?;
        drop(reader);
        let is_known = !directory.names.is_empty() || !directory.closed.is_empty() || !snapshot.policies.is_empty();
        if !is_known {
            let message = format!("the service has no organization {org}, or this token may not see it");
            return Err(Fault::new(Exit::Failure, message)
                .hint("look at the id (`policysync pull NAME --id ID`), the token and the endpoint"));
        }
        let ask = Ask { scope: &scope, overwrite: self.args.overwrite };
        Ok(plan::pull(self.tree, record, directory, &snapshot, folders, ask))
    }

    /// Writes the files, then the record, while nobody else may. Files first: what dies in between leaves files that equal
    /// what is live, which the next pull or apply adopts; the other way round, a record without files would ask for deletes.
    async fn under_lease(
        &self,
        target: &Target,
        place: &Place,
        before: Option<&Record>,
        decided: Pull,
    ) -> Result<(Pull, Exit), Fault> {
        let effects = Effects {
            store: Arc::clone(self.store),
            session: target.session.clone(),
            clock: Arc::new(SystemClock),
            progress: Arc::new(Watch::new(*self.console)),
            interrupt: self.interrupt.clone(),
        };
        let holder = Holder { name: environment::holder(), run: environment::run_url(), process: Process::current() };
        let Pace { concurrency, call: _, settle, run: _ } = *self.pace;
        let commit = environment::commit();
        let settings = crate::apply::Settings { concurrency, settle, holder, commit, looks_first: false };
        let mut run = Run::begin(effects, settings, &place.top, &self.settings.endpoint).await?;
        let prepared = match run.recover().await {
            Err(error) => Err(error.into()),
            Ok(()) => self.decided_now(place, before, run.record(), decided).await,
        };
        let written = prepared.and_then(|pull| self.write(&pull).map(|()| pull));
        let pull = match written {
            Ok(pull) => pull,
            Err(fault) => {
                // A lease that can't be given back ends by itself; why nothing is recorded is what counts.
                let _ = run.release().await;
                return Err(fault);
            }
        };
        let commit = environment::commit();
        let outcome = run.record_as(|record, now| pull.enter(record, now, commit.as_ref())).await;
        rescue::keep(&outcome.unsaved, self.settings, self.console);
        Ok((pull, exit::of_outcome(&outcome)))
    }

    /// What was decided, or decided anew where the record is another one than it was decided from.
    async fn decided_now(
        &self,
        place: &Place,
        before: Option<&Record>,
        now: &Record,
        decided: Pull,
    ) -> Result<Pull, Fault> {
        let same = match before {
            None => now.policies.is_empty() && now.pending.is_empty(),
            Some(before) => (&before.policies, &before.pending) == (&now.policies, &now.pending),
        };
        if same { Ok(decided) } else { self.look(place, Some(now)).await }
    }

    fn write(&self, pull: &Pull) -> Result<(), Fault> {
        if !pull.writes() {
            return Ok(());
        }
        let mut writing = Writing::into(&self.settings.tree)?;
        for folder in &pull.folders {
            writing.folder(folder.path.as_str(), folder.scope_file.as_deref())?;
        }
        for pulled in &pull.pulled {
            if self.interrupt.is_set() {
                return Err(ApplyError::Interrupted.into());
            }
            written(&mut writing, &pulled.file, &pulled.doing)?;
        }
        Ok(writing.finish()?)
    }

    /// Reads can be dropped without harm.
    async fn unless_interrupted<T>(&self, reads: impl Future<Output = T>) -> Result<T, Fault> {
        let mut interrupt = self.interrupt.clone();
        tokio::select! {
            biased;
            () = interrupt.wait() => Err(ApplyError::Interrupted.into()),
            read = reads => Ok(read),
        }
    }
}

fn written(writing: &mut Writing<'_>, file: &str, doing: &Doing) -> Result<(), NotWritten> {
    match doing {
        Doing::Right => Ok(()),
        Doing::Write(text) => writing.file(file, text, Over::Nothing).map(drop),
        Doing::Replace(text) => writing.file(file, text, Over::Other).map(drop),
    }
}
