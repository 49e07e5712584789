//! `policysync sandbox`: the service's API on this machine, until it is stopped.

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::sandbox_args::SandboxArgs;
use crate::cli::{environment, sandbox_files, signals};
use crate::sandbox::{Options, Sandbox};

pub(in crate::cli) async fn run(args: &SandboxArgs, console: &Console) -> Result<Exit, Fault> {
    let faults = sandbox_files::faults(args.faults.as_deref())?;
    let traffic = sandbox_files::traffic(args.traffic.as_deref())?;
    let options = Options {
        listen: args.listen,
        data: args.data.clone(),
        journal: args.journal.clone(),
        list: args.list,
        latency: args.latency.unwrap_or_default(),
        faults,
        traffic,
        tokens: environment::variable("POLICYSYNC_SANDBOX_TOKENS")
            .map(|tokens| tokens.split(',').map(str::to_owned).collect()),
        ..Options::default()
    };
    let mut interrupt = signals::hear(*console, "stopping");
    let sandbox = Sandbox::start(options).await?;
    console.result(&format!("listening on {}\n", sandbox.url()))?;
    console.say("to use it, in another terminal:");
    console.say(&format!("  export POLICYSYNC_ENDPOINT={} POLICYSYNC_TOKEN=sandbox", sandbox.url()));
    interrupt.wait().await;
    sandbox.stop().await?;
    Ok(Exit::Done)
}
