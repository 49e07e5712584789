//! `policysync man`: manual pages, made from what the command line knows of itself.

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::author_args::ManArgs;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::{Cli, records, version};
use crate::report::escape;
use crate::tree::writing::{Over, Writing};
use crate::tree::yaml::quote;

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
            let message = format!("{} has no command {}", found.get_bin_name().unwrap_or("policysync"), quote(word));
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
    page.render(&mut out).map_err(Fault::ours)?;
    Ok(tidy(&String::from_utf8(out).map_err(Fault::ours)?, &page.get_filename()))
}

/// A page that no reader of it complains about: with a title line of its own (the one that is made leaves an empty date out, and
/// what follows takes its place), without line breaks beside an empty line, and in ASCII.
fn tidy(page: &str, file: &str) -> String {
    let lines: Vec<&str> = page.lines().collect();
    let is_space = |at: Option<usize>| at.and_then(|at| lines.get(at)) == Some(&".sp");
    let mut tidied = String::with_capacity(page.len());
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with(".TH ") {
            let name = file.strip_suffix(".1").unwrap_or(file);
            let (day, number) = (version::day().unwrap_or_default(), version::NUMBER);
            tidied.push_str(&format!(".TH {name} 1 \"{day}\" \"policysync {number}\" \"User Commands\""));
        } else if *line == ".br" && (is_space(at.checked_sub(1)) || is_space(Some(at + 1))) {
            continue;
        } else {
            for c in line.chars() {
                match c.is_ascii() {
                    true => tidied.push(c),
                    false => tidied.push_str(&format!("\\[u{:04X}]", u32::from(c))),
                }
            }
        }
        tidied.push('\n');
    }
    tidied
}
