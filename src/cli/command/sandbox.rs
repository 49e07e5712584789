//! `policysync sandbox`: the service's API on this machine, until it is stopped.

use crate::cli::console::Console;
use crate::cli::exit::{Exit, Fault};
use crate::cli::sandbox_args::SandboxArgs;
use crate::cli::{environment, signals};
use crate::sandbox::{FaultPlan, Options, Sandbox};

pub(in crate::cli) async fn run(args: &SandboxArgs, console: &Console) -> Result<Exit, Fault> {
    let faults = match &args.faults {
        None => FaultPlan::default(),
        Some(file) => {
            #[expect(clippy::disallowed_methods, reason = "a file that the user named on the command line")]
            let text = std::fs::read_to_string(file)
                .map_err(|error| anyhow::Error::from(error).context(format!("can't read {}", file.display())))?;
            let read = FaultPlan::from_yaml(&text);
            read.map_err(|error| anyhow::Error::from(error).context(format!("can't use {}", file.display())))?
        }
    };
    let options = Options {
        listen: args.listen,
        data: args.data.clone(),
        journal: args.journal.clone(),
        list: args.list,
        latency: args.latency.unwrap_or_default(),
        faults,
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
