//! `policysync explain`: the page of a finding, a guard, a notice or an exit code.

use crate::cli::Global;
use crate::cli::args::Plain;
use crate::cli::author_args::ExplainArgs;
use crate::cli::codes::pages;
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Fault};
use crate::report;
use crate::tree::yaml::{nearest, quote};

pub(in crate::cli) fn run(global: &Global, args: &ExplainArgs, console: &Console) -> Result<Exit, Fault> {
    let Some(said) = args.code.as_deref().map(bare) else {
        let text = match global.format.plain() {
            Plain::Text => report::codes_text(pages(), console.result_styles()),
            Plain::Json => report::explain_all_json(pages()),
        };
        console.result(&text)?;
        return Ok(Exit::Done);
    };
    let found = pages().find(|page| page.code == said).ok_or_else(|| unknown(said))?;
    console.result(&match global.format.plain() {
        Plain::Text => report::explain_text(&found, console.result_styles()),
        Plain::Json => report::explain_json(&found),
    })?;
    Ok(Exit::Done)
}

/// The name in what was copied from a message: `error[bad-risk-type]:`, `refused[weaken]`, `weaken=1`.
fn bare(said: &str) -> &str {
    let inner = said.split_once('[').map_or(said, |(_, rest)| rest);
    let inner = inner.split([']', '=']).next().filter(|name| !name.is_empty()).unwrap_or(inner);
    inner.strip_prefix("exit ").unwrap_or(inner).trim()
}

/// What a plan and a look at the service show, which no page is about.
const IN_A_PLAN: &[(&[&str], &str)] = &[
    (&["+", "create", "created", "create again"], "in a plan `+` stands before a policy that is created"),
    (&["~", "update", "updated", "change"], "in a plan `~` stands before a policy whose fields are updated"),
    (
        &[">", "->", "→", "rename", "renamed", "move", "moved"],
        "in a plan `>` stands before a policy that is renamed or moved",
    ),
    (&["-"], "in a plan `-` stands before a policy that is deleted; the guard is `policysync explain delete`"),
    (&["=", "adopt", "adopted"], "in a plan `=` stands before a policy that is live already and is only recorded"),
    (&["x", "forget", "forgotten"], "in a plan `x` stands before a policy that is gone and is dropped from the record"),
    (&["edited", "gone", "drift", "unmanaged"], "that is what others did in the service"),
];

fn unknown(said: &str) -> Fault {
    let fault = Fault::new(Exit::Usage, format!("no finding, guard, notice or exit code is called {}", quote(said)));
    if let Some((_, what)) = IN_A_PLAN.iter().find(|(words, _)| words.contains(&said.to_lowercase().as_str())) {
        return fault.hint(format!("{what}; docs/life.md tells what can happen to a policy"));
    }
    let names: Vec<String> = pages().map(|page| page.code).collect();
    match nearest(said, names.iter().map(String::as_str)) {
        Some(near) => fault.hint(format!("did you mean {near}?")),
        None => fault.hint("`policysync explain` lists them all"),
    }
}
