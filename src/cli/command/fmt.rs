//! `policysync fmt`: the house's form for the tree's files. What would change what a file means is refused.

use crate::cli::author_args::FmtArgs;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::making::{self, Making};
use crate::cli::settings::Settings;
use crate::cli::{Format, Global};
use crate::report::{FileDid, counted};
use crate::tree::formatting::{self, Formatted};
use crate::tree::writing::{Over, Writing};

pub(in crate::cli) fn run(global: &Global, args: &FmtArgs, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree), None)?;
    let files = formatting::tree(&settings.tree)?;
    let mut writing = Writing::into(&settings.tree)?;
    let mut making = Making::default();
    let (mut same, mut changed, mut refused) = (0, 0, 0);
    for (path, formatted) in files {
        match formatted {
            Formatted::Same => same += 1,
            Formatted::Changed(_) if args.check => {
                changed += 1;
                making.tell(&settings.tree, &path, FileDid::Unformatted, None);
            }
            Formatted::Changed(text) => {
                writing.file(&path, &text, Over::Other)?;
                changed += 1;
                making.tell(&settings.tree, &path, FileDid::Formatted, None);
            }
            Formatted::Refused(why) => {
                refused += 1;
                making.tell(&settings.tree, &path, FileDid::Refused, Some(why));
            }
        }
    }
    writing.finish()?;
    let text = making::shown(&making.report(&[]), global.format, console.result_styles());
    if !text.is_empty() {
        console.result(&text)?;
    }
    if global.format == Format::Text {
        let did = if args.check { "to be formatted" } else { "formatted" };
        let left = if refused == 0 { String::new() } else { format!(", {refused} that can't be") };
        console.say(&format!("{} {did}{left}, {same} as they should be", counted(changed, "file", "files")));
    }
    Ok(match (refused, changed) {
        (0, 0) => Exit::Done,
        (0, _) if args.check => Exit::Changes,
        (0, _) => Exit::Done,
        _ => Exit::Findings,
    })
}
