//! `policysync effective`: the policies that hold in a scope, and what a plan would change of that.

use crate::cli::args::ScopeArgs;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::life_args::EffectiveArgs;
use crate::cli::settings::Settings;
use crate::cli::{Global, Plain, records, target};
use crate::domain::ScopePath;
use crate::plan::{self, Outlook};
use crate::report;
use crate::tree::Tree;

pub(in crate::cli) async fn run(global: &Global, args: &EffectiveArgs, console: &Console) -> Result<Exit, Fault> {
    let EffectiveArgs { scope, tree: folder, plan: with_plan, prune } = args;
    let tree_args = folder.in_its_place();
    let scope_args = ScopeArgs { org: Some(scope.org()), prune: prune.then_some(true), ..ScopeArgs::default() };
    let settings = Settings::read(global, Some(&tree_args), Some(&scope_args))?;
    let tree = read(&settings, Some(scope))?;
    if let Some(exit) = super::validated(&tree, &settings, global.format, console)? {
        return Ok(exit);
    }
    known(&tree, scope, &settings)?;
    let planned = match with_plan {
        true => {
            let store = target::store(&settings, console)?;
            let loading = records::Loading::begin(&store);
            let records = loading.for_plan(store.as_ref(), &tree, Some(&scope.org()), &settings.endpoint).await?;
            let plan = plan::plan(&tree, &records, None, &settings.options(&scope_args));
            Some((plan, records))
        }
        false => None,
    };
    let outlook = planned.as_ref().map(|(plan, records)| Outlook { plan, records });
    let levels = plan::effective(&tree, scope, outlook);
    console.result(&match global.format.plain() {
        Plain::Text => report::effective_text(scope, &levels, console.result_styles()),
        Plain::Json => report::effective_json(scope, &levels),
    })?;
    Ok(Exit::Done)
}

/// Reads the tree. Where it isn't there, what was given as a scope may have been meant as its folder.
pub(super) fn read(settings: &Settings, scope: Option<&ScopePath>) -> Result<Tree, Fault> {
    crate::tree::read(&settings.tree).map_err(|error| {
        let fault = Fault::from(error);
        match scope.filter(|scope| is_folder(scope)) {
            Some(folder) => fault.hint(of_tree_flag(folder)),
            None => fault,
        }
    })
}

fn is_folder(scope: &ScopePath) -> bool {
    std::path::Path::new(scope.as_str()).is_dir()
}

fn of_tree_flag(folder: &ScopePath) -> String {
    format!("{folder} is a folder; the tree's folder is given as --tree {folder}")
}

/// Refuses a scope that the tree doesn't have, naming one that was perhaps meant.
pub(super) fn known(tree: &Tree, scope: &ScopePath, settings: &Settings) -> Result<(), Fault> {
    if tree.scopes.contains_key(scope) {
        return Ok(());
    }
    let fault = Fault::new(Exit::Usage, format!("{} has no scope {scope}", settings.shown_tree()));
    let known = tree.scopes.keys().map(ScopePath::as_str);
    Err(match records::nearest(scope.as_str(), known) {
        Some(near) => fault.hint(format!("did you mean {near}?")),
        None if is_folder(scope) => fault.hint(of_tree_flag(scope)),
        None => fault.hint(format!("`policysync tree --tree {}` shows the scopes", settings.shown_tree())),
    })
}
