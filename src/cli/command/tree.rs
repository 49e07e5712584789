//! `policysync tree`: the scopes and how many policies each has.

use crate::cli::args::TreeArgs;
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Fault};
use crate::cli::settings::Settings;
use crate::cli::{Format, Global};
use crate::report;

pub(in crate::cli) fn run(global: &Global, args: &TreeArgs, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(args), None)?;
    let tree = crate::tree::read(&settings.tree)?;
    if let Some(exit) = super::validated(&tree, &settings, global.format, console)? {
        return Ok(exit);
    }
    console.result(&match global.format {
        Format::Text => report::tree_text(&tree, console.result_styles()),
        Format::Json => report::tree_json(&tree),
    })?;
    Ok(Exit::Done)
}
