//! `policysync plan`: what apply would change. Needs no token and no network.

use std::collections::BTreeMap;

use crate::cli::action::Witness;
use crate::cli::args::{PlanArgs, ScopeArgs};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Fault};
use crate::cli::settings::Settings;
use crate::cli::{Format, Global, formats, records, target};
use crate::domain::ScopeName;
use crate::plan::{self, Plan};
use crate::report::{self, Frame};
use crate::state::{Record, Store};
use crate::tree::{Tree, TreeError};

pub(in crate::cli) async fn run(
    global: &Global,
    args: &PlanArgs,
    console: &Console,
    witness: &Witness,
) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree), Some(&args.scope))?;
    let links = formats::links(&args.report, &settings)?;
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
    console.result(&match global.format {
        Format::Text => report::plan_text(&plan, console.result_styles()),
        Format::Json => report::plan_json(&plan, &settings.shown_tree()),
        Format::Markdown => report::plan_markdown(&plan, Frame::whole(&links)),
        Format::Html => report::plan_html(&plan, &tree, &links),
        Format::Sarif => report::plan_sarif(&plan, &links, &|file| crate::tree::source(&settings.tree, file)),
        Format::Github => report::plan_annotations(&plan, &links),
    })?;
    Ok(if plan.refusals().next().is_some() {
        Exit::Refused
    } else if args.detailed_exitcode && !plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Done
    })
}

/// Joins the tree with the records, as the settings say.
pub(super) fn make(tree: &Tree, records: &BTreeMap<ScopeName, Record>, settings: &Settings, scope: &ScopeArgs) -> Plan {
    let options = plan::Options {
        endpoint: settings.endpoint.clone(),
        prune: settings.prune,
        allow: scope.allow.clone(),
        org: scope.org.clone(),
    };
    plan::plan(tree, records, &options)
}

/// Reads the tree. A folder that isn't there, while the record has policies, is what a mass delete by a wrong path looks
/// like: refused like an empty tree.
pub(super) async fn read_tree(settings: &Settings, store: &dyn Store) -> Result<Tree, Fault> {
    let missing = match crate::tree::read(&settings.tree) {
        Err(error @ (TreeError::Missing(_) | TreeError::NotAFolder(_))) => error,
        other => return Ok(other?),
    };
    let mut recorded = 0;
    for org in store.orgs().await? {
        recorded += store.load(&org).await?.map_or(0, |(record, _)| record.policies.len());
    }
    let fault = Fault::from(missing);
    if recorded == 0 {
        return Err(fault);
    }
    let policies = report::counted(recorded, "policy", "policies");
    let hint =
        format!("is it the right path? the record has {policies}, and a tree that isn't there deletes none of them");
    Err(Fault { exit: Exit::Refused, ..fault }.hint(hint))
}
