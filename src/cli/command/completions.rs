//! `policysync completions`: the script that teaches a shell.

use std::path::Path;

use crate::cli::author_args::CompletionsArgs;
use crate::cli::complete;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;

pub(in crate::cli) fn run(args: &CompletionsArgs, console: &Console) -> Result<Exit, Fault> {
    let script = complete::script(args.shell, &completer()).map_err(Fault::ours)?;
    console.result(&String::from_utf8(script).map_err(Fault::ours)?)?;
    Ok(Exit::Done)
}

/// How the shell is to call policysync: as it was called just now, a path made whole.
fn completer() -> String {
    let said = std::env::args_os().next().unwrap_or_default();
    let path = Path::new(&said);
    match path.components().count() {
        0 => env!("CARGO_PKG_NAME").to_owned(),
        1 => path.to_string_lossy().into_owned(),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).to_string_lossy().into_owned(),
    }
}
