//! `policysync drift`: what is live and not as recorded. Reads only: there is no way to write from here.

use std::sync::Arc;

use crate::cli::action::Witness;
use crate::cli::call_log::CallLog;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::life_args::DriftArgs;
use crate::cli::settings::Settings;
use crate::cli::target::Target;
use crate::cli::{Format, Global, formats, in_force, live, records, target};
use crate::plan;
use crate::report::{self, Frame};

pub(in crate::cli) async fn run(
    global: &Global,
    args: &DriftArgs,
    console: &Console,
    witness: &Witness,
) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree), None)?;
    let pace = settings.reading_pace(&args.calls)?;
    let said = in_force::Said {
        tree: args.tree.path.is_some(),
        calls: &args.calls,
        settle: false,
        prune: None,
        without: &["settle", "prune"],
    };
    in_force::tell(global, said, &settings, &pace, console);
    let links = formats::links(&args.report, &settings)?;
    let store = target::watched_store(&settings, console)?;
    let loading = records::Loading::begin(&store);
    let tree = super::plan::read_tree(&settings, store.as_ref(), console).await?;
    witness.read(&tree, &settings, &links);
    if let Some(exit) = super::validated_for(&tree, &settings, &links, global.format, console)? {
        return Ok(exit);
    }
    let only = args.org.as_ref();
    let records = loading.for_plan(store.as_ref(), &tree, only, &settings.endpoint).await?;
    let target = Target::open(&settings, &pace, Arc::new(CallLog(*console))).await?;
    let reader = target.session.reader();
    let taken = live::look(&reader, &tree, &records, only, (&settings, &pace), console).await;
    target.close().await?;
    let snapshot = taken?;
    let drift = plan::drift(&tree, &records, &snapshot, only);
    witness.drifted(&drift, &tree, &links);
    console.result(&match global.format {
        Format::Markdown => report::drift_markdown(&drift, Frame::whole(&links)),
        Format::Html => report::drift_html(&drift, &tree, &links),
        Format::Github => report::drift_annotations(&drift, &links),
        // Refused for this command.
        Format::Text | Format::Sarif => report::drift_text(&drift, console.result_styles()),
        Format::Json => report::drift_json(&drift),
    })?;
    Ok(match drift.drifted.is_empty() {
        false => Exit::Changes,
        true if drift.is_complete() => Exit::Done,
        // That nothing was found says little where something could not be seen.
        true => Exit::Failure,
    })
}
