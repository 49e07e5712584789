//! `policysync drift`: what is live and not as recorded. Reads only: there is no way to write from here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api::Snapshot;
use crate::cli::action::Witness;
use crate::cli::args::DriftArgs;
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Fault};
use crate::cli::settings::Settings;
use crate::cli::target::Target;
use crate::cli::watch::CallLog;
use crate::cli::{Format, Global, formats, records, target};
use crate::domain::{PolicyId, Scope, ScopeName};
use crate::plan;
use crate::report::{self, Frame};
use crate::state::Record;
use crate::tree::Tree;

pub(in crate::cli) async fn run(
    global: &Global,
    args: &DriftArgs,
    console: &Console,
    witness: &Witness,
) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree), None)?;
    let pace = settings.reading_pace(&args.calls)?;
    let links = formats::links(&args.report, &settings)?;
    let store = target::store(&settings)?;
    let loading = records::Loading::begin(&store);
    let tree = super::plan::read_tree(&settings, store.as_ref()).await?;
    witness.read(&tree, &settings, &links);
    if let Some(exit) = super::validated_for(&tree, &settings, &links, global.format, console)? {
        return Ok(exit);
    }
    let only = args.org.as_ref();
    let records = loading.for_plan(store.as_ref(), &tree, only, &settings.endpoint).await?;
    let (scopes, ids) = looked_at(&tree, &records, only);
    let target = Target::open(&settings, &pace, Arc::new(CallLog(*console))).await?;
    let taken = Snapshot::take(&target.session.reader(), &scopes, &ids, pace.concurrency).await;
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

/// The scopes of the tree and of the records, and the ids that are recorded.
fn looked_at(
    tree: &Tree,
    records: &BTreeMap<ScopeName, Record>,
    only: Option<&ScopeName>,
) -> (BTreeSet<Scope>, BTreeSet<PolicyId>) {
    let wanted = |org: &ScopeName| only.is_none_or(|only| only == org);
    let entries = || records.iter().filter(|(org, _)| wanted(org)).flat_map(|(_, record)| record.policies.values());
    let folders = tree.scopes.iter().filter(|(path, _)| wanted(&path.org())).map(|(_, desired)| desired.scope.clone());
    let scopes = folders.chain(entries().map(|entry| entry.sent.scope.clone())).collect();
    (scopes, entries().map(|entry| entry.id.clone()).collect())
}
