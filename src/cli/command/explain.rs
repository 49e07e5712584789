//! `policysync explain`: the page of a finding.

use crate::cli::Global;
use crate::cli::args::Plain;
use crate::cli::author_args::ExplainArgs;
use crate::cli::codes::codes;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::domain::{Code, Level};
use crate::report::{self, Explained};
use crate::tree::yaml::{nearest, quote};

const PAGE: &str = include_str!("../../../docs/findings.md");

pub(in crate::cli) fn run(global: &Global, args: &ExplainArgs, console: &Console) -> Result<Exit, Fault> {
    let page = |(code, level, title): &(Code, Level, &str)| Explained::find(PAGE, *code, *level, title);
    let Some(said) = args.code.as_deref().map(bare) else {
        let text = match global.format.plain() {
            Plain::Text => report::codes_text(codes(), console.result_styles()),
            Plain::Json => report::explain_all_json(codes().filter_map(page)),
        };
        console.result(&text)?;
        return Ok(Exit::Done);
    };
    let found = codes().find(|(code, ..)| code.0 == said).and_then(page).ok_or_else(|| unknown(said))?;
    console.result(&match global.format.plain() {
        Plain::Text => report::explain_text(&found, console.result_styles()),
        Plain::Json => report::explain_json(&found),
    })?;
    Ok(Exit::Done)
}

/// The code in what was copied from a message: `error[bad-risk-type]:`.
fn bare(said: &str) -> &str {
    let inner = said.split_once('[').map_or(said, |(_, rest)| rest);
    inner.split(']').next().unwrap_or(inner).trim()
}

fn unknown(said: &str) -> Fault {
    let fault = Fault::new(Exit::Usage, format!("no finding has the code {}", quote(said)));
    match nearest(said, codes().map(|(code, ..)| code.0)) {
        Some(near) => fault.hint(format!("did you mean {near}?")),
        None => fault.hint("`policysync explain` lists them all"),
    }
}
