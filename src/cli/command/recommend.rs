//! `policysync recommend`: the service drafts policies for a scope, and each becomes a file that is marked as a draft. Nothing
//! that is there is replaced, and nothing is changed in the service.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use crate::cli::call_log::CallLog;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::lint_args::RecommendArgs;
use crate::cli::making;
use crate::cli::settings::Settings;
use crate::cli::stretch::{BETWEEN_LINES, Stretch};
use crate::cli::target::Target;
use crate::cli::{Global, Plain};
use crate::domain::ScopePath;
use crate::plan::{self, DraftFile, Drafting};
use crate::report::{self, DraftDid, DraftReport, RecommendReport};
use crate::tree::writing::names::Taken;
use crate::tree::writing::{Over, Writing};
use crate::tree::{Tree, TreeError};

use super::{effective, new};

/// The longest description, in bytes; as long as a policy's text can be.
const LONGEST: usize = 32 * 1024;

pub(in crate::cli) async fn run(global: &Global, args: &RecommendArgs, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree.in_its_place()), None)?;
    let tree = read(&settings, &args.scope)?;
    if !tree.scopes.contains_key(&args.scope)
        && let Some(exit) = super::validated(&tree, &settings, global.format, console)?
    {
        return Ok(exit);
    }
    effective::known(&tree, &args.scope, &settings)?;
    let Some(scope) = tree.scopes.get(&args.scope).map(|desired| &desired.scope) else { return Ok(Exit::Usage) };
    let prompt = prompt(&args.prompt)?;
    let pace = settings.asking_pace(&args.calls())?;
    let target = Target::open(&settings, &pace, Arc::new(CallLog(*console))).await?;
    console.say(&format!("asking {} for drafts for {}", settings.endpoint, args.scope));
    let asking = Stretch::begin(console, "asking the service", BETWEEN_LINES);
    let recommended = target.session.reader().recommend(scope, &prompt).await;
    drop(asking);
    target.close().await?;
    let asked = format!("{} was asked for drafts", settings.endpoint);
    let recommended = recommended.map_err(|error| Fault::from(error).while_doing(asked))?;

    let folder = settings.tree.join(args.scope.as_str());
    let head = making::schema_line(&settings.tree, &format!("{}/x", args.scope), "policy");
    let drafts = plan::drafts(&tree, &args.scope, &recommended.drafts, taken(&folder)?, &head);
    let mut report = RecommendReport {
        tokens_in: recommended.tokens_in,
        tokens_out: recommended.tokens_out,
        odd: recommended.odd,
        ..RecommendReport::of(&args.scope, args.dry_run)
    };
    report.drafts = written(&drafts, &settings, args.dry_run)?;
    console.result(&match global.format.plain() {
        Plain::Text => report::recommend_text(&report, console.result_styles()),
        Plain::Json => report::recommend_json(&report),
    })?;
    let whole = report.drafts.iter().all(|draft| draft.did != DraftDid::Refused);
    Ok(if whole { Exit::Done } else { Exit::Partial })
}

fn read(settings: &Settings, scope: &ScopePath) -> Result<Tree, Fault> {
    match crate::tree::read(&settings.tree) {
        Err(TreeError::Missing(_)) => {
            let message = format!("there is no tree yet: {} does not exist", settings.shown_tree());
            Err(Fault::new(Exit::Usage, message).hint(new::begin(scope)))
        }
        read => Ok(read?),
    }
}

/// What was said, or what standard input holds.
fn prompt(said: &str) -> Result<String, Fault> {
    let wrong = |message: &str| {
        let hint = "say in a sentence or more what is done there: \"a payment API; it takes card numbers\"";
        Fault::new(Exit::Usage, message).hint(hint)
    };
    let bytes = if said == "-" {
        let mut bytes = Vec::new();
        let limit = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
        let read = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
        read.map_err(|error| {
            let wrong = Fault::new(Exit::Failure, "can't read standard input").because(error);
            wrong.hint("give the description as an argument")
        })?;
        bytes
    } else {
        said.as_bytes().to_vec()
    };
    if bytes.len() > LONGEST {
        return Err(wrong("the description is longer than 32 KiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("the description is not UTF-8"))?;
    if text.trim().is_empty() {
        return Err(wrong("the description is empty"));
    }
    Ok(text.trim().to_owned())
}

/// The names in a folder, each without its ending: none of them is a draft's, whatever lies there.
fn taken(folder: &Path) -> Result<Taken, Fault> {
    let failed = |error| {
        let wrong = Fault::new(Exit::Failure, format!("can't read {}", folder.display())).because(error);
        wrong.hint("let this user read the scope's folder, then run it again")
    };
    let mut taken = Taken::default();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        for name in [path.file_name(), path.file_stem()].into_iter().flatten() {
            taken.take(&name.to_string_lossy());
        }
    }
    Ok(taken)
}

/// Writes what is to be written. One that can't be doesn't keep the others from it: the answer was paid for.
fn written(drafts: &[DraftFile], settings: &Settings, dry_run: bool) -> Result<Vec<DraftReport>, Fault> {
    let root = settings.shown_tree();
    let mut writing = Writing::into(&settings.tree)?;
    let mut one = |draft: &DraftFile| match &draft.doing {
        Drafting::Write(_) if dry_run => (DraftDid::Drafted, None),
        Drafting::Write(text) => match writing.file(&draft.file, text, Over::Nothing) {
            Ok(_) => (DraftDid::Written, None),
            Err(why) => (DraftDid::Refused, Some(why.to_string())),
        },
        Drafting::There => (DraftDid::Kept, Some("it says the same".to_owned())),
        Drafting::Unusable(why) => (DraftDid::Refused, Some(why.clone())),
    };
    let reports = drafts.iter().map(|draft| {
        let (did, why) = one(draft);
        DraftReport::of(draft, &root, did, why)
    });
    let reports = reports.collect();
    writing.finish()?;
    Ok(reports)
}
