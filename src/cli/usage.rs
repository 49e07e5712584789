//! The command line, read: what clap leaves open about variables of the environment, and how wrong usage ends.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write as _;

use clap::ValueEnum as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

use super::args::LOG_FORMAT;
use super::console::Console;
use super::fault::Fault;
use super::{Cli, Exit, LogFormat, environment};

/// Reads the command line; where it says nothing to do, or something that can't be done, tells that and how it ends.
pub(super) fn read() -> Result<Cli, Exit> {
    let matches = without_empty(Cli::command()).try_get_matches();
    let cli = matches.and_then(|matches| match contradiction(&matches) {
        Some(error) => Err(error),
        None => Cli::from_arg_matches(&matches).map(|mut cli| {
            cli.global.flags = flags(&matches);
            cli
        }),
    });
    cli.map_err(|error| told(&with_variable(error)))
}

/// The same error; where the value that can't be used comes from a variable of the environment, that is said.
fn with_variable(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return error };
    let Some(long) = argument.strip_prefix("--").and_then(|rest| rest.split([' ', '=', '[']).next()) else {
        return error;
    };
    let is_said = std::env::args_os().any(|word| {
        word.to_str().and_then(|word| word.strip_prefix("--")).is_some_and(|word| word.split('=').next() == Some(long))
    });
    if is_said || !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        return error;
    }
    let command = asked(std::env::args_os());
    let variable = command.get_arguments().find(|arg| arg.get_long() == Some(long)).and_then(clap::Arg::get_env);
    if let Some(variable) = variable.map(|name| name.to_string_lossy().into_owned()) {
        let tip = StyledStr::from(format!("it comes from the environment: look at {variable}"));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// The names of the arguments that stand on the command line, of the commands it leads to.
fn flags(matches: &ArgMatches) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for matches in std::iter::successors(Some(matches), |above| above.subcommand().map(|(_, below)| below)) {
        let is_flag = |name: &&str| matches.value_source(name) == Some(ValueSource::CommandLine);
        found.extend(matches.ids().map(clap::Id::as_str).filter(is_flag).map(str::to_owned));
    }
    found
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

/// Who is told of wrong usage: the log's form, as far as the command line or the environment says it.
pub(super) fn console() -> Console {
    let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let said = said(&words).or_else(|| environment::variable(LOG_FORMAT));
    let log = said.and_then(|said| LogFormat::from_str(&said, false).ok()).unwrap_or(LogFormat::Text);
    Console::new(false, 0, log)
}

/// What `--log-format` says among words that are not understood as a whole.
fn said(words: &[String]) -> Option<String> {
    let flags: Vec<&str> = words.iter().map(String::as_str).take_while(|word| *word != "--").collect();
    let (mut beside, joined) = (flags.windows(2), flags.iter().find_map(|word| word.strip_prefix("--log-format=")));
    let beside = beside.find(|two| two.first() == Some(&"--log-format")).and_then(|two| two.last().copied());
    joined.or(beside).map(str::to_owned)
}

/// Wrong usage as a failure: what is wrong, and what clap would advise.
fn fault(error: &clap::Error) -> Fault {
    let text = match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let fault = Fault::new(Exit::Usage, "a command is missing");
            return fault.hint("`policysync help` lists the commands");
        }
        _ => error.render().to_string(),
    };
    let one_line = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts: Vec<String> = text.split("\n\n").map(one_line).collect();
    let message = parts.first().map_or("", |first| first.trim_start_matches("error: "));
    let tips: Vec<&str> = parts.iter().filter_map(|part| part.strip_prefix("tip: ")).collect();
    let fault = Fault::new(Exit::Usage, message);
    match tips.is_empty() {
        true => fault.hint("--help behind a command says what it takes"),
        false => fault.hint(tips.join("; ").replace(" tip: ", "; ")),
    }
}

/// Tells what clap has to say: the help that was asked for, or what is wrong.
fn told(error: &clap::Error) -> Exit {
    let console = console();
    let is_asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if console.is_for_programs() && !is_asked_for {
        console.fault(&fault(error));
        return Exit::Usage;
    }
    // Nothing can be done about a terminal that can't be written to.
    let _ = match error.kind() {
        // clap shows the help only where no variable is set.
        ErrorKind::MissingSubcommand => {
            write!(anstream::stderr(), "{}", asked(std::env::args_os()).render_help().ansi())
        }
        _ => error.print(),
    };
    if is_asked_for { Exit::Done } else { Exit::Usage }
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
