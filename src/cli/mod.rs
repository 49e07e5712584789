//! Floor 6: what the user said → settings, verdict, exit code.
//!
//! Effects begin here: the environment, the disk, the network and the clock are handed to the floors below. Standard output
//! carries the result, standard error everything else; a format never changes the exit code.

mod args;
mod ci;
mod command;
mod config;
mod console;
mod environment;
mod exit;

mod records;
mod rescue;
mod settings;
mod signals;
mod target;
mod usage;
mod watch;

pub use args::{Cli, Command, Format, Global};
pub use exit::Exit;

use args::StateCommand;
use console::Console;
use exit::Fault;

/// Reads the command line and does what it says.
#[must_use]
pub fn main() -> Exit {
    let cli = match usage::read() {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let console = Console::new(cli.global.quiet, cli.global.verbose);
    match run(cli, &console) {
        Ok(exit) => exit,
        Err(fault) => {
            console.fault(&fault);
            fault.exit
        }
    }
}

fn run(cli: Cli, console: &Console) -> Result<Exit, Fault> {
    let Cli { command, global } = cli;
    environment::refuse_token_flag(&global)?;
    match command {
        Command::Validate(args) => command::validate::run(&global, &args, console),
        Command::Tree(args) => command::tree::run(&global, &args, console),
        Command::Drift(args) => runtime()?.block_on(command::drift::run(&global, &args, console)),
        Command::Pull(args) => runtime()?.block_on(command::pull::run(&global, &args, console)),
        Command::Effective(args) => runtime()?.block_on(command::effective::run(&global, &args, console)),
        Command::Plan(args) => runtime()?.block_on(command::plan::run(&global, &args, console)),
        Command::Apply(args) => runtime()?.block_on(command::apply::run(&global, &args, console)),
        Command::State(StateCommand::List { org }) => {
            runtime()?.block_on(command::state::list(&global, org.as_ref(), console))
        }
        Command::State(StateCommand::Show { address }) => {
            runtime()?.block_on(command::state::show(&global, &address, console))
        }
        Command::State(StateCommand::Mv { from, to }) => {
            runtime()?.block_on(command::mend::mv(&global, &from, &to, console))
        }
        Command::State(StateCommand::Rm { addresses }) => {
            runtime()?.block_on(command::mend::rm(&global, addresses, console))
        }
        Command::State(StateCommand::Resolve { address, adopt, forget: _ }) => {
            runtime()?.block_on(command::mend::resolve(&global, &address, adopt.as_ref(), console))
        }
        Command::State(StateCommand::Unlock { lease }) => {
            runtime()?.block_on(command::mend::unlock(&global, lease, console))
        }
        Command::State(StateCommand::Push { file }) => {
            runtime()?.block_on(command::push::push(&global, &file, console))
        }
        Command::Sandbox(args) => runtime()?.block_on(command::sandbox::run(&args, console)),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.enable_all().build().map_err(anyhow::Error::from)?)
}
