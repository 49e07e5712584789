//! `policysync tree`: the scopes and how many policies each has.

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::life_args::HierarchyArgs;
use crate::cli::settings::Settings;
use crate::cli::{Global, Plain};
use crate::domain::ScopePath;
use crate::report;
use crate::tree::Tree;

pub(in crate::cli) fn run(global: &Global, args: &HierarchyArgs, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree.in_its_place()), None)?;
    let tree = super::effective::read(&settings, args.scope.as_ref())?;
    if let Some(exit) = super::validated(&tree, &settings, global.format, console)? {
        return Ok(exit);
    }
    let tree = match &args.scope {
        None => tree,
        Some(scope) => {
            super::effective::known(&tree, scope, &settings)?;
            below(tree, scope)
        }
    };
    console.result(&match global.format.plain() {
        Plain::Text => report::tree_text(&tree, console.result_styles()),
        Plain::Json => report::tree_json(&tree),
    })?;
    Ok(Exit::Done)
}

/// The tree with one scope, those above it, and what lies in it and below it.
fn below(tree: Tree, scope: &ScopePath) -> Tree {
    let inside =
        |path: &ScopePath| std::iter::successors(Some(path.clone()), ScopePath::parent).any(|path| path == *scope);
    let above = |path: &ScopePath| std::iter::successors(scope.parent(), ScopePath::parent).any(|above| above == *path);
    Tree {
        scopes: tree.scopes.into_iter().filter(|(path, _)| inside(path) || above(path)).collect(),
        policies: tree.policies.into_iter().filter(|(address, _)| inside(&address.scope())).collect(),
        ..Tree::default()
    }
}
