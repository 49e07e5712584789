//! Floor 6: what the user said → settings, verdict, exit code.
//!
//! Effects begin here: the environment, the disk, the network and the clock are handed to the floors below. Standard output
//! carries the result, standard error everything else; a format never changes the exit code.

mod action;
mod args;
mod author_args;
mod call_log;
mod ci;
mod codes;
mod command;
mod complete;
mod config;
mod config_schema;
mod console;
mod editor;
mod environment;
mod exit;
mod fault;
mod files;
mod formats;
mod impact;
mod in_force;
mod life_args;
mod lint_args;
mod live;
mod making;
mod plan_args;
mod questions;
mod reading;
mod records;
mod rescue;
mod reviewed;
mod sandbox_args;
mod sandbox_files;
mod schemas;
mod screen;
mod settings;
mod signals;
mod slow_store;
mod state_args;
mod stretch;
mod target;
mod usage;
mod version;
mod violations_args;
mod watch;

pub use args::{Cli, Command, Format, Global, LogFormat};
pub use codes::{codes, pages};
pub use exit::Exit;
pub use schemas::{FILES, schema};

use action::{Doing, Witness};
use args::Plain;
use console::Console;
use fault::Fault;
use state_args::StateCommand;

/// Reads the command line and does what it says.
#[must_use]
pub fn main() -> Exit {
    if let Some(exit) = complete::answer() {
        return exit;
    }
    let cli = match usage::read() {
        Ok(cli) => cli,
        Err(exit) => {
            Witness::new(Doing::Other, usage::console()).tell(&Ok(exit));
            return exit;
        }
    };
    let console = Console::new(cli.global.quiet, cli.global.verbose, cli.global.log_format);
    console.hear_panics();
    let witness = Witness::new(Doing::of(&cli.command), console);
    let ended = run(cli, &console, &witness);
    let exit = match &ended {
        Ok(exit) => *exit,
        Err(fault) => {
            console.fault(fault);
            fault.exit
        }
    };
    witness.tell(&ended);
    exit
}

fn run(cli: Cli, console: &Console, witness: &Witness) -> Result<Exit, Fault> {
    let Cli { command, global } = cli;
    environment::refuse_token_flag(&global)?;
    formats::refuse(&command, global.format)?;
    match command {
        Command::Validate(args) => to_its_end(command::validate::run(&global, &args, console, witness)),
        Command::Init(args) => to_its_end(command::init::run(&global, &args, console)),
        Command::New(args) => command::new::run(&global, &args, console),
        Command::Completions(args) => command::completions::run(&args, console),
        Command::Man(args) => command::man::run(&args, console),
        Command::Schema(args) => command::schema::run(&args, console),
        Command::Fmt(args) => command::fmt::run(&global, &args, console),
        Command::Doctor(args) => to_its_end(command::doctor::run(&global, &args, console)),
        Command::Lint(args) => to_its_end(command::lint::run(&global, &args, console)),
        Command::Recommend(args) => to_its_end(command::recommend::run(&global, &args, console)),
        Command::Explain(args) => command::explain::run(&global, &args, console),
        Command::Tree(args) => command::tree::run(&global, &args, console),
        Command::Drift(args) => to_its_end(command::drift::run(&global, &args, console, witness)),
        Command::Violations(args) => to_its_end(command::violations::run(&global, &args, console)),
        Command::Pull(args) => to_its_end(command::pull::run(&global, &args, console)),
        Command::Effective(args) => to_its_end(command::effective::run(&global, &args, console)),
        Command::Plan(args) => to_its_end(command::plan::run(&global, &args, console, witness)),
        Command::Apply(args) => to_its_end(command::apply::run(&global, &args, console, witness)),
        Command::State(StateCommand::List { org }) => to_its_end(command::state::list(&global, org.as_ref(), console)),
        Command::State(StateCommand::Show { address }) => to_its_end(command::state::show(&global, &address, console)),
        Command::State(StateCommand::Mv { from, to }) => to_its_end(command::mend::mv(&global, &from, &to, console)),
        Command::State(StateCommand::Rm { addresses }) => to_its_end(command::mend::rm(&global, addresses, console)),
        Command::State(StateCommand::Resolve { address, adopt, forget: _ }) => {
            to_its_end(command::mend::resolve(&global, &address, adopt.as_ref(), console))
        }
        Command::State(StateCommand::Unlock { lease }) => to_its_end(command::mend::unlock(&global, lease, console)),
        Command::State(StateCommand::Push { file }) => to_its_end(command::push::push(&global, &file, console)),
        Command::Sandbox(args) => to_its_end(command::sandbox::run(&args, console)),
    }
}

/// How long what is still at work on other threads may hold up the end: a push that hangs, after an interrupt.
const LINGER: std::time::Duration = std::time::Duration::from_millis(200);

fn to_its_end(command: impl Future<Output = Result<Exit, Fault>>) -> Result<Exit, Fault> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.enable_all().build().map_err(|error| {
        let wrong = Fault::new(Exit::Failure, "the system gives no threads to work with").because(error);
        wrong.hint("end other programs, then run it again")
    })?;
    let ended = runtime.block_on(command);
    runtime.shutdown_timeout(LINGER);
    ended
}
