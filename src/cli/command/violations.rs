//! `policysync violations`: what went against the policies, counted. Reads only.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::violations_of::Subject;
use super::violations_progress::HowFar;
use crate::api::{ApiError, Asked, Details, End, Of, Reader, Violation, Violations};
use crate::cli::call_log::CallLog;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::settings::{Pace, Settings};
use crate::cli::target::Target;
use crate::cli::violations_args::{ViolationsArgs, When};
use crate::cli::{Format, Global, records, target};
use crate::domain::{Clock as _, ScopeName, SystemClock};
use crate::plan::{self, Account, Gap, Known};
use crate::report::{self, Frame, Links, escape};
use crate::state::{Record, Store};
use crate::tree::{Tree, TreeError};

/// How many of the newest are shown one by one, where that is asked for.
const NEWEST: usize = 20;

pub(in crate::cli) async fn run(global: &Global, args: &ViolationsArgs, console: &Console) -> Result<Exit, Fault> {
    let settings = Settings::read(global, Some(&args.tree.in_its_place()), None)?;
    let pace = settings.reading_pace(&args.calls)?;
    let span = Span::of(args, SystemClock.now())?;
    let store = target::watched_store(&settings, console)?;
    let tree = match crate::tree::read(&settings.tree) {
        // Its folders only say which scope is meant, and a repository's name.
        Err(TreeError::Missing(_)) => Tree::default(),
        read => read?,
    };
    let records = recorded(args.address.as_deref(), store.as_ref(), &settings).await?;
    let subject = Subject::of(args.address.as_deref(), &tree, &records)?;
    let target = Target::open(&settings, &pace, Arc::new(CallLog(*console))).await?;
    let reading = Reading { args, span, settings: &settings, pace: &pace, console, reader: target.session.reader() };
    let read = reading.all(&subject, &tree, &records).await;
    target.close().await?;
    let (violations, gaps) = read?;
    let account = Account {
        endpoint: settings.endpoint.clone(),
        of: subject.shown(),
        since: span.since,
        until: span.until.unwrap_or(span.now),
        details: reading.details(),
        tally: plan::tally(violations, &Known::of(&tree, &records), args.users, reading.newest()),
        gaps,
    };
    let links = Links::none(&settings.shown_tree(), None);
    console.result(&match global.format {
        Format::Json => report::violations_json(&account),
        Format::Markdown => report::violations_markdown(&account, Frame::whole(&links)),
        // The others are refused for this command.
        Format::Text | Format::Html | Format::Sarif | Format::Github => {
            report::violations_text(&account, console.result_styles())
        }
    })?;
    // That few were found says little where something could not be read.
    Ok(if account.gaps.iter().all(Gap::is_wanted) { Exit::Done } else { Exit::Failure })
}

/// The records: the one of an address's organization, all of them without an address.
async fn recorded(
    address: Option<&str>,
    store: &dyn Store,
    settings: &Settings,
) -> Result<BTreeMap<ScopeName, Record>, Fault> {
    let said = address.and_then(|address| ScopeName::new(address.split('/').next().unwrap_or_default()).ok());
    let only = match said {
        Some(said) if store.orgs().await?.contains(&said) => Some(said),
        Some(_) | None => None,
    };
    records::load(store, only.as_ref(), &settings.endpoint).await
}

/// Which time is looked at.
#[derive(Debug, Clone, Copy)]
struct Span {
    since: Timestamp,
    /// Nothing: to the end; the service's clock may be ahead of ours.
    until: Option<Timestamp>,
    now: Timestamp,
}

impl Span {
    fn of(args: &ViolationsArgs, now: Timestamp) -> Result<Self, Fault> {
        let time = |flag: &str, when: When| {
            when.seen_from(now).ok_or_else(|| {
                Fault::new(Exit::Usage, format!("{flag} lies before all time"))
                    .hint("give a nearer one, as in 30d or 2026-11-01")
            })
        };
        let since = time("--since", args.since)?;
        let until = args.until.map(|when| time("--until", when)).transpose()?;
        let end = until.unwrap_or(now);
        if since >= end && !(since == end && until.is_none()) {
            let until = if until.is_some() { "--until" } else { "now" };
            return Err(Fault::new(Exit::Usage, format!("--since ({since}) is not before {until} ({end})"))
                .hint("days and times are in UTC; --since 7d is a week ago"));
        }
        Ok(Self { since, until, now })
    }
}

/// What is read with.
struct Reading<'a> {
    args: &'a ViolationsArgs,
    span: Span,
    settings: &'a Settings,
    pace: &'a Pace,
    console: &'a Console,
    reader: Reader,
}

impl Reading<'_> {
    fn details(&self) -> Details {
        Details { users: self.args.users, explanations: self.args.explanations }
    }

    fn newest(&self) -> usize {
        if self.args.explanations { NEWEST } else { 0 }
    }

    /// Asks all questions that the subject takes.
    async fn all(
        &self,
        subject: &Subject,
        tree: &Tree,
        records: &BTreeMap<ScopeName, Record>,
    ) -> Result<(Vec<Violation>, Vec<Gap>), Fault> {
        let questions = match subject.questions(&self.reader, tree, records).await {
            Ok(questions) if questions.is_empty() => return Ok((Vec::new(), vec![Gap::Nowhere])),
            questions => questions?,
        };
        self.say(subject, questions.len());
        let wanted = usize::try_from(self.args.at_most).unwrap_or(usize::MAX);
        let far = HowFar::begin(self.console, questions.len(), wanted);
        let answers: Vec<(&Of, Result<Violations, ApiError>)> = stream::iter(questions.iter().enumerate())
            .map(async |(number, of)| (of, self.one(of, wanted, &|read, total| far.tell(number, read, total)).await))
            .buffered(self.pace.concurrency)
            .collect()
            .await;
        drop(far);
        let is_one = answers.len() == 1;
        let (mut found, mut gaps, mut said, mut is_cut) = (Vec::new(), Vec::new(), Some(0u64), false);
        for (of, answer) in answers {
            let workspace = match of {
                Of::Workspace(workspace) if !is_one => Some(workspace.to_string()),
                _ => None,
            };
            let Violations { found: more, unreadable, total, end } = match answer {
                Ok(answer) => answer,
                // One workspace's refusal says nothing of the others.
                Err(error @ ApiError::Refused(_)) if !is_one => {
                    gaps.push(Gap::Failed { workspace, why: error.to_string() });
                    continue;
                }
                Err(error) => return Err(refused(subject, error)),
            };
            found.extend(more);
            said = said.zip(total).map(|(all, total)| all.saturating_add(total));
            if unreadable > 0 {
                gaps.push(Gap::Unreadable(unreadable));
            }
            match end {
                End::Whole => {}
                End::AtMost => is_cut = true,
                End::Repeats => gaps.push(Gap::Repeats),
                End::Short { said, given } => gaps.push(Gap::Short { said, given }),
                End::Failed(error) => gaps.push(Gap::Failed { workspace, why: error.to_string() }),
            }
        }
        // Each question gave its newest, so that the newest of them all are among these.
        let (found, is_cut_here) = plan::newest_of(found, wanted);
        if is_cut || is_cut_here {
            let oldest = found.iter().filter_map(|violation| violation.at).min();
            gaps.insert(0, Gap::AtMost { wanted: found.len(), said, oldest });
        }
        Ok((found, gaps))
    }

    async fn one(
        &self,
        of: &Of,
        wanted: usize,
        so_far: &(dyn Fn(u64, Option<u64>) + Sync),
    ) -> Result<Violations, ApiError> {
        let Span { since, until, now: _ } = self.span;
        let asked = Asked { of: of.clone(), since, until, details: self.details() };
        self.reader.violations(&asked, wanted, so_far).await
    }

    fn say(&self, subject: &Subject, questions: usize) {
        let of = subject.shown().map_or_else(String::new, |of| format!(" of {of}"));
        let from = match questions {
            1 => String::new(),
            many => format!(" in {}", report::counted(many, "workspace", "workspaces")),
        };
        self.console.say(&escape::line(&format!("reading the violations{of}{from} from {}", self.settings.endpoint)));
    }
}

/// Why nothing could be read, with what to do where it is about one policy.
fn refused(subject: &Subject, error: ApiError) -> Fault {
    match (subject, &error) {
        (Subject::Policy(address, id), ApiError::NotFound) => {
            Fault::new(Exit::Failure, format!("{address} is recorded as {id}, and the service has no such policy"))
                .hint("someone deleted it there; `policysync drift` says so, and apply --refresh creates it again")
        }
        _ => error.into(),
    }
}
