//! `policysync schema`: JSON Schemas, for editors and for programs that read reports.

use crate::cli::author_args::SchemaArgs;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::schemas::{self, FILES};
use crate::report;
use crate::tree::yaml::{nearest, quote};

pub(in crate::cli) fn run(args: &SchemaArgs, console: &Console) -> Result<Exit, Fault> {
    let text = match &args.name {
        Some(name) => schemas::schema(name).ok_or_else(|| unknown(name))?,
        None => {
            let files = FILES.iter().map(|(name, what)| format!("{name:9}  {what}\n"));
            let what = |name| if name == "log" { "a line of --log-format json" } else { "the report of --format json" };
            let reports = report::SCHEMAS.iter().map(|name| format!("{name:9}  {}\n", what(*name)));
            files.chain(reports).collect()
        }
    };
    console.result(&text)?;
    Ok(Exit::Done)
}

fn unknown(name: &str) -> Fault {
    let fault = Fault::new(Exit::Usage, format!("there is no schema {}", quote(name)));
    match nearest(name, schemas::names()) {
        Some(near) => fault.hint(format!("did you mean {near}?")),
        None => fault.hint(format!("there are: {}", schemas::names().collect::<Vec<_>>().join(", "))),
    }
}
