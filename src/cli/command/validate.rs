//! `policysync validate`: all that is wrong in the tree, and with `--refresh` what the service doesn't have of it.

use std::sync::Arc;

use crate::cli::action::Witness;
use crate::cli::author_args::ValidateArgs;
use crate::cli::call_log::CallLog;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::settings::Settings;
use crate::cli::stretch::BEFORE_A_LINE;
use crate::cli::target::Target;
use crate::cli::{Format, Global, formats, live, reading};
use crate::tree::Tree;

use super::counterparts;

pub(in crate::cli) async fn run(
    global: &Global,
    args: &ValidateArgs,
    console: &Console,
    witness: &Witness,
) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree), None)?;
    let links = formats::links(&args.report, &settings)?;
    let mut tree = reading::tree(&settings, console)?;
    // What is not read can't be compared, and what is wrong comes first.
    if args.refresh && tree.errors() == 0 {
        refresh(&settings, args, &mut tree, console).await?;
    } else if args.refresh {
        console.say("the service was not asked: mend the errors first");
    }
    witness.read(&tree, &settings, &links);
    let clean = tree.findings.is_empty();
    if !(clean && console.is_quiet() && global.format == Format::Text) {
        console.result(&super::findings(&tree, &settings, &links, global.format, console.result_styles()))?;
    }
    if let (Some(first), Format::Text) = (tree.findings.first(), global.format) {
        console.say(&format!("`policysync explain {}` says more, and so for each code in brackets", first.code));
    }
    Ok(if tree.errors() == 0 { Exit::Done } else { Exit::Findings })
}

async fn refresh(settings: &Settings, args: &ValidateArgs, tree: &mut Tree, console: &Console) -> Result<(), Fault> {
    let pace = settings.reading_pace(&args.calls)?;
    let target = Target::open(settings, &pace, Arc::new(CallLog(*console))).await?;
    let reader = live::told(target.session.reader(), console, BEFORE_A_LINE);
    let found = counterparts::find(tree, None, &reader, pace.concurrency).await;
    drop(reader);
    target.close().await?;
    tree.findings.extend(found?);
    tree.findings.sort();
    Ok(())
}
