//! `policysync validate`: all that is wrong in the tree.

use crate::cli::action::Witness;
use crate::cli::args::ValidateArgs;
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Fault};
use crate::cli::settings::Settings;
use crate::cli::{Format, Global, formats};

pub(in crate::cli) fn run(
    global: &Global,
    args: &ValidateArgs,
    console: &Console,
    witness: &Witness,
) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree), None)?;
    let links = formats::links(&args.report, &settings)?;
    let tree = crate::tree::read(&settings.tree)?;
    witness.read(&tree, &settings, &links);
    let clean = tree.findings.is_empty();
    if !(clean && console.is_quiet() && global.format == Format::Text) {
        console.result(&super::findings(&tree, &settings, &links, global.format, console.result_styles()))?;
    }
    Ok(if tree.errors() == 0 { Exit::Done } else { Exit::Findings })
}
