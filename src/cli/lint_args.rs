//! What the commands can be told that ask the service about wordings.

use std::time::Duration;

use clap::Args;

use super::args::{CallArgs, ReportArgs, TreeArgs, TreeFlag, duration, scope_path};
use super::complete;
use crate::domain::{ScopeName, ScopePath};

/// `policysync lint`
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// Send the texts to the service, and show its scores and advice; needs a token
    #[arg(long)]
    pub remote: bool,
    /// Exit with 3 if a text scores less than this, 0 to 100
    #[arg(long, value_name = "N", requires = "remote", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub min_score: Option<u8>,
    /// All texts, not only those that are new or changed since they were applied
    #[arg(long)]
    pub all: bool,
    /// Only this organization
    #[arg(long, value_name = "NAME", add = complete::organizations())]
    pub org: Option<ScopeName>,
    /// What it leads to.
    #[command(flatten)]
    pub report: ReportArgs,
    /// How it calls.
    #[command(flatten)]
    pub calls: AskArgs,
}

/// `policysync recommend`
#[derive(Debug, Args)]
pub struct RecommendArgs {
    /// The scope that the drafts are for: organization[/workspace[/repository]]
    #[arg(value_parser = scope_path, add = complete::scopes())]
    pub scope: ScopePath,
    /// What is done there, in a sentence or more; `-` reads it from standard input
    #[arg(value_name = "WHAT")]
    pub prompt: String,
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeFlag,
    /// Show the drafts; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The time limit of the call [default: 60s]
    #[arg(long, value_name = "TIME", env = "POLICYSYNC_TIMEOUT", hide_env_values = true, value_parser = duration)]
    pub timeout: Option<Duration>,
}

impl RecommendArgs {
    /// How it calls.
    pub(super) fn calls(&self) -> AskArgs {
        AskArgs { concurrency: None, timeout: self.timeout }
    }
}

/// How the service is asked where a language model answers: that takes longer, and fewer at a time.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// How many calls at a time, at most [default: 4]
    #[arg(long, value_name = "N", env = "POLICYSYNC_CONCURRENCY", hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: Option<u16>,
    /// The time limit of one call [default: 60s]
    #[arg(long, value_name = "TIME", env = "POLICYSYNC_TIMEOUT", hide_env_values = true, value_parser = duration)]
    pub timeout: Option<Duration>,
}

impl AskArgs {
    /// The same for [`Settings::reading_pace`](super::settings::Settings::reading_pace), the defaults filled in behind what the settings file says.
    pub(super) fn calls(&self, file: (Option<u16>, Option<Duration>)) -> CallArgs {
        CallArgs {
            concurrency: self.concurrency.or(file.0).or(Some(4)),
            timeout: self.timeout.or(file.1).or(Some(Duration::from_secs(60))),
        }
    }
}
