//! `policysync apply`: makes the service match the tree, one organization after another.

mod organizations;
mod planned;
mod question;
mod results;

use super::plan::read_tree;
use super::saved;
use crate::apply::{Interrupt, Outcome};
use crate::cli::action::Witness;
use crate::cli::args::TreeArgs;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::plan_args::ApplyArgs;
use crate::cli::settings::{Pace, Settings};
use crate::cli::{Global, formats, in_force, records, reviewed, signals, target};
use crate::domain::Digest;
use crate::plan::Impacts;
use crate::report::Links;

use organizations::with_work;
use planned::Source;

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
    let (plan, target) = work.planned(&records, only).await?;
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
        None => work.opened().await?,
    };
    if !plan.is_empty() && !work.confirm().await? {
        console.say("nothing was changed");
        target.close().await?;
        return Ok(Exit::Done);
    }
    work.apply(target, &store, &plan, &records, orgs).await
}

/// Said at the first Ctrl-C or SIGTERM.
const ON_INTERRUPT: &str = "interrupted: nothing new is started (once more: stop at once)";

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
