//! `policysync man`: manual pages, made from what the command line knows of itself.

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::author_args::ManArgs;
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Fault};
use crate::cli::{Cli, records};
use crate::report::escape;
use crate::tree::writing::{Over, Writing};

pub(in crate::cli) fn run(args: &ManArgs, console: &Console) -> Result<Exit, Fault> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match &args.out {
        Some(folder) => {
            let mut pages = Vec::new();
            all(&command, &mut pages);
            let mut writing = Writing::into(folder)?;
            for page in &pages {
                writing.file(&page.get_filename(), &rendered(page)?, Over::Other)?;
            }
            writing.finish()?;
            let counted = crate::report::counted(pages.len(), "page", "pages");
            console.say(&format!("{counted} in {}", escape::line(&folder.to_string_lossy())));
        }
        None => console.result(&rendered(&Man::new(find(&command, &args.command)?))?)?,
    }
    Ok(Exit::Done)
}

/// The command that the words lead to.
fn find(command: &Command, words: &[String]) -> Result<Command, Fault> {
    let mut found = command;
    for word in words {
        found = found.find_subcommand(word).ok_or_else(|| {
            let message = format!("{} has no command {word:?}", found.get_bin_name().unwrap_or_default());
            let fault = Fault::new(Exit::Usage, message);
            match records::nearest(word, found.get_subcommands().map(Command::get_name)) {
                Some(near) => fault.hint(format!("did you mean {near}?")),
                None => fault.hint("`policysync help` lists the commands"),
            }
        })?;
    }
    Ok(found.clone())
}

fn all(command: &Command, pages: &mut Vec<Man>) {
    command.get_subcommands().filter(|below| !below.is_hide_set()).for_each(|below| all(below, pages));
    pages.push(Man::new(command.clone()));
}

fn rendered(page: &Man) -> Result<String, Fault> {
    let mut out = Vec::new();
    page.render(&mut out).map_err(anyhow::Error::from)?;
    Ok(String::from_utf8(out).map_err(anyhow::Error::from)?)
}
