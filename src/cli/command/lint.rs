//! `policysync lint`: how texts are worded. Without `--remote` nothing leaves this machine; with it the texts are sent to the
//! service, which judges them and changes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::Wording;
use crate::cli::call_log::CallLog;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::lint_args::LintArgs;
use crate::cli::settings::Settings;
use crate::cli::stretch::{BETWEEN_LINES, Stretch};
use crate::cli::target::Target;
use crate::cli::{Format, Global, formats, reading, records, target};
use crate::domain::{Finding, Level, Tally as _};
use crate::plan::{self, Lint, Newness};
use crate::report::{self, Frame, Links, counted};
use crate::tree::{DRAFT, Tree};

pub(in crate::cli) async fn run(global: &Global, args: &LintArgs, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree), None)?;
    let links = formats::links(&args.report, &settings)?;
    let store = target::watched_store(&settings, console)?;
    let loading = records::Loading::begin(&store);
    let tree = reading::tree(&settings, console)?;
    if let Some(exit) = refused(&tree, &settings, &links, global.format, console)? {
        return Ok(exit);
    }
    let only = args.org.as_ref();
    let records = loading.for_plan(store.as_ref(), &tree, only, &settings.endpoint).await?;
    let all = plan::texts(&tree, &records, only);
    let (texts, applied): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|text| args.all || text.newness != Newness::Applied);
    let lint = Lint::local(texts, applied.len());
    let lint = if args.remote { ask(lint, args, &settings, console).await? } else { lint };
    tell(&lint, &settings, &links, global.format, console)?;
    hint(&lint, args, global.format, console);
    verdict(&lint, console)
}

/// Refuses a tree with errors, and tells them; drafts are there to be judged.
fn refused(
    tree: &Tree,
    settings: &Settings,
    links: &Links,
    format: Format,
    console: &Console,
) -> Result<Option<Exit>, Fault> {
    let stands = |finding: &&Finding| finding.level == Level::Error && finding.code != DRAFT;
    let errors: Vec<Finding> = tree.findings.iter().filter(stands).cloned().collect();
    if errors.is_empty() {
        return Ok(None);
    }
    super::validated_for(&Tree { findings: errors, ..tree.clone() }, settings, links, format, console)
}

/// Has the service judge the texts; with none to judge it is not asked.
async fn ask<'t>(lint: Lint<'t>, args: &LintArgs, settings: &Settings, console: &Console) -> Result<Lint<'t>, Fault> {
    let pace = settings.asking_pace(&args.calls)?;
    if lint.texts.is_empty() {
        return Ok(lint.judged(crate::api::Judging::default(), args.min_score));
    }
    let target = Target::open(settings, &pace, Arc::new(CallLog(*console))).await?;
    console.say(&format!("asking {} to judge {}", settings.endpoint, counted(lint.texts.len(), "text", "texts")));
    let wordings: Vec<Wording<'_>> = lint
        .texts
        .iter()
        .map(|linted| Wording { id: &linted.text.id, content: linted.text.desired.scoped.policy.content() })
        .collect();
    let asking = Stretch::begin(console, "asking the service", BETWEEN_LINES);
    asking.ahead(wordings.len(), "texts");
    let judging = target.session.reader().judge(&wordings, pace.concurrency, &progress(&asking)).await;
    drop(asking);
    drop(wordings);
    target.close().await?;
    let judging = judging.map_err(|error| {
        Fault::from(error).while_doing(format!("{} was asked to judge the texts", settings.endpoint))
    })?;
    Ok(lint.judged(judging, args.min_score))
}

/// Tells how far it is: so many are done.
fn progress(asking: &Stretch) -> impl Fn(usize) {
    move |done| {
        while asking.counted().0 < done as u64 {
            asking.done();
        }
    }
}

fn tell(lint: &Lint<'_>, settings: &Settings, links: &Links, format: Format, console: &Console) -> Result<(), Fault> {
    let root = settings.shown_tree();
    if matches!(format, Format::Sarif | Format::Github) {
        // There is no line of a file that these belong to.
        let odd = lint.texts.iter().filter_map(plan::Linted::judgement).flat_map(|judgement| &judgement.odd);
        odd.chain(&lint.odd).collect::<BTreeSet<_>>().into_iter().for_each(|odd| console.warn(odd));
    }
    console.result(&match format {
        Format::Text | Format::Html => report::lint_text(lint, &root, console.result_styles()),
        Format::Json => report::lint_json(lint, &root),
        Format::Markdown => report::lint_markdown(lint, Frame::whole(links)),
        Format::Sarif => report::lint_sarif(&lint.findings(), links, &|file| crate::tree::source(&settings.tree, file)),
        Format::Github => report::lint_annotations(lint, links),
    })
}

/// Says what to do next, to people.
fn hint(lint: &Lint<'_>, args: &LintArgs, format: Format, console: &Console) {
    if format != Format::Text {
        return;
    }
    if lint.texts.is_empty() && lint.applied > 0 {
        console.say("no text is new or changed since it was applied; --all looks at all of them");
    } else if !args.remote && !lint.texts.is_empty() {
        console.say("--remote sends these texts to the service and shows what it thinks of them");
    }
}

/// A score is advice, unless one was asked for. What could not be judged is work that was not done.
fn verdict(lint: &Lint<'_>, console: &Console) -> Result<Exit, Fault> {
    let unjudged: Vec<_> = lint.unjudged().collect();
    let too_low = lint.too_low().next().is_some();
    let Some((first, why)) = unjudged.first() else {
        return Ok(if too_low { Exit::Findings } else { Exit::Done });
    };
    let texts = counted(lint.texts.len(), "text", "texts");
    let message = format!("{} of {texts} could not be judged, {} first: {why}", unjudged.len(), first.text.address);
    if too_low {
        console.warn(&message);
        return Ok(Exit::Findings);
    }
    Err(Fault::new(Exit::Failure, message).hint("run it again; --timeout gives a call more time"))
}
