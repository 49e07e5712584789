//! What `plan` and `apply` can be told.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::args::{CallArgs, ReportArgs, ScopeArgs, TreeArgs, duration};
use super::reviewed::ExpectReviewed;
use crate::domain::Digest;

/// `policysync plan`
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// Which part.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Exit with 2 if there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Save the plan to a file, for `policysync apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How it calls, where it looks.
    #[command(flatten)]
    pub calls: CallArgs,
    /// What it leads to.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// `policysync apply`
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The tree's folder [default: policies], or the file of a saved plan (plan --out FILE)
    #[arg(value_name = "PATH|FILE")]
    pub path: Option<PathBuf>,
    /// Which part.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Apply only the plan with this digest: what was reviewed is what is applied
    #[arg(long, value_name = "DIGEST")]
    pub expect_digest: Option<Digest>,
    /// Don't ask; elsewhere than on a terminal nothing is asked anyway
    #[arg(long, short)]
    pub yes: bool,
    /// Apply only the plan that was commented on the pull request of this commit, by GitHub's runner [strictly, or-guards]
    // `or-guards`: where there was no pull request, the guards alone decide.
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "strictly", hide_possible_values = true, conflicts_with = "expect_digest")]
    pub expect_reviewed: Option<ExpectReviewed>,
    /// How it calls.
    #[command(flatten)]
    pub calls: CallArgs,
    /// How long a request without an answer may still take effect [default: timeout + 30s]
    #[arg(long, value_name = "TIME", env = "POLICYSYNC_SETTLE", hide_env_values = true, value_parser = duration)]
    pub settle: Option<Duration>,
    /// The time limit of the whole run; no call is started after it [default: 1h]
    #[arg(long, value_name = "TIME", env = "POLICYSYNC_RUN_TIMEOUT", hide_env_values = true, value_parser = duration)]
    pub run_timeout: Option<Duration>,
    /// What it leads to.
    #[command(flatten)]
    pub report: ReportArgs,
}
