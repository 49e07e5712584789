//! The command line, read: what clap leaves open about variables of the environment, and how wrong usage ends.

use std::ffi::OsString;
use std::io::Write as _;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

use super::{Cli, Exit};

/// Reads the command line; where it says nothing to do, or something that can't be done, tells that and how it ends.
pub(super) fn read() -> Result<Cli, Exit> {
    let matches = without_empty(Cli::command()).try_get_matches();
    let cli = matches.and_then(|matches| match contradiction(&matches) {
        Some(error) => Err(error),
        None => Cli::from_arg_matches(&matches),
    });
    cli.map_err(|error| told(&error))
}

/// The command without those of its variables that are set to nothing, as an unset input of a CI job is.
fn without_empty(command: Command) -> Command {
    let is_empty = |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|arg| match arg.get_env().is_some_and(is_empty) {
        true => arg.env(None::<&str>),
        false => arg,
    });
    command.mut_subcommands(without_empty)
}

/// `--sandbox` beside the flags that name something else. The environment says nothing against it: a flag stands above.
fn contradiction(matches: &ArgMatches) -> Option<clap::Error> {
    let is_flag = |name: &&str| matches.value_source(name) == Some(ValueSource::CommandLine);
    let other = ["endpoint", "state"].into_iter().find(is_flag).filter(|_| matches.get_flag("sandbox"))?;
    let message = format!("the argument '--sandbox' cannot be used with '--{other}'");
    Some(Cli::command().error(ErrorKind::ArgumentConflict, message))
}

/// Tells what clap has to say: the help that was asked for, or what is wrong.
fn told(error: &clap::Error) -> Exit {
    // Nothing can be done about a terminal that can't be written to.
    let _ = match error.kind() {
        // clap shows the help only where no variable is set.
        ErrorKind::MissingSubcommand => {
            write!(anstream::stderr(), "{}", asked(std::env::args_os()).render_help().ansi())
        }
        _ => error.print(),
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
        _ => Exit::Usage,
    }
}

/// The command that the words lead to: `policysync state` of `policysync --quiet state`.
fn asked(words: impl Iterator<Item = OsString>) -> Command {
    let mut command = Cli::command();
    command.build();
    for word in words.skip(1) {
        if let Some(below) = command.find_subcommand(word) {
            command = below.clone();
        }
    }
    command
}
