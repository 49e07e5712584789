//! `policysync plan`: what apply would change. Needs no token and no network, unless the service is to be looked at.

use std::sync::Arc;

use crate::cli::action::Witness;
use crate::cli::call_log::CallLog;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::plan_args::PlanArgs;
use crate::cli::settings::Settings;
use crate::cli::target::Target;
use crate::cli::{Format, Global, files, formats, impact, in_force, live, reading, records, target};
use crate::plan;
use crate::report::escape;
use crate::report::{self, Frame, Proposal};
use crate::state::Store;
use crate::tree::{Tree, TreeError};

use super::{counterparts, saved};

pub(in crate::cli) async fn run(
    global: &Global,
    args: &PlanArgs,
    console: &Console,
    witness: &Witness,
) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree), Some(&args.scope))?;
    let pace = settings.reading_pace(&args.calls)?;
    let said = in_force::Said {
        tree: args.tree.path.is_some(),
        calls: &args.calls,
        settle: false,
        prune: args.scope.prune,
        without: &["settle"],
    };
    in_force::tell(global, said, &settings, &pace, console);
    let links = formats::links(&args.report, &settings)?;
    let store = target::watched_store(&settings, console)?;
    let records = records::Loading::begin(&store);
    let tree = read_tree(&settings, store.as_ref(), console).await?;
    witness.read(&tree, &settings, &links);
    if let Some(exit) = super::validated_for(&tree, &settings, &links, global.format, console)? {
        return Ok(exit);
    }
    let only = args.scope.org.as_ref();
    let records = records.for_plan(store.as_ref(), &tree, only, &settings.endpoint).await?;
    let (plan, impacts) = match args.scope.refresh {
        true => {
            let target = Target::open(&settings, &pace, Arc::new(CallLog(*console))).await?;
            let reader = target.session.reader();
            let taken = live::look(&reader, &tree, &records, only, (&settings, &pace), console).await;
            if taken.is_ok() {
                counterparts::warn(&tree, only, &reader, (&settings, &pace), console).await;
            }
            let plan =
                taken.map(|snapshot| plan::plan(&tree, &records, Some(&snapshot), &settings.options(&args.scope)));
            let impacts = match &plan {
                Ok(plan) if args.scope.impact => Some(impact::look(plan, &reader, &pace, console).await),
                _ => None,
            };
            target.close().await?;
            (plan?, impacts)
        }
        false => (plan::plan(&tree, &records, None, &settings.options(&args.scope)), None),
    };
    let proposal = Proposal::new(&plan, impacts.as_ref());
    witness.planned(proposal, &tree, &settings, &links);
    let shown = console.result(&match global.format {
        Format::Text => report::plan_text(proposal, console.result_styles()),
        Format::Json => report::plan_json(proposal, &settings.shown_tree()),
        Format::Markdown => report::plan_markdown(proposal, Frame::whole(&links)),
        Format::Html => report::plan_html(proposal, &tree, &links),
        Format::Sarif => report::plan_sarif(proposal, &links, &|file| crate::tree::source(&settings.tree, file)),
        Format::Github => report::plan_annotations(proposal, &links),
    });
    // Nobody may apply what nobody could review.
    shown.map_err(|fault| match &args.out {
        Some(_) => fault.hint("the plan was not saved; look at where the output goes"),
        None => fault,
    })?;
    if let Some(file) = &args.out {
        saved::write(file, &plan, &records, args.scope.refresh)?;
        let shown = escape::line(&file.to_string_lossy()).into_owned();
        console.say(&format!("saved to {shown}; to apply just this: policysync apply {shown}"));
    }
    Ok(if plan.refusals().next().is_some() {
        Exit::Refused
    } else if args.detailed_exitcode && !plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Done
    })
}

/// Reads the tree. A folder that isn't there, while the record has policies, is what a mass delete by a wrong path looks
/// like: refused like an empty tree.
pub(super) async fn read_tree(settings: &Settings, store: &dyn Store, console: &Console) -> Result<Tree, Fault> {
    let missing = match reading::tree(settings, console) {
        Err(error @ (TreeError::Missing(_) | TreeError::NotAFolder(_))) => error,
        other => return Ok(other?),
    };
    let mut recorded = 0;
    for org in store.orgs().await? {
        recorded += store.load(&org).await?.map_or(0, |(record, _)| record.policies.len());
    }
    let near = files::near_tree(&settings.tree).map(|near| format!(" did you mean {}?", near.display()));
    let fault = Fault::from(missing);
    if recorded == 0 {
        return Err(fault);
    }
    let policies = report::counted(recorded, "policy", "policies");
    let near = near.unwrap_or_default();
    let hint = format!(
        "is it the right path?{near} the record has {policies}, and a tree that isn't there deletes none of them"
    );
    Err(Fault { exit: Exit::Refused, ..fault }.hint(hint))
}
