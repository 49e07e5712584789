//! What the commands can be told that look at what the service holds, or at who has what.

use std::time::Duration;

use clap::Args;

use super::args::{CallArgs, ReportArgs, TreeArgs, TreeFlag, duration, scope_path};
use super::complete;
use crate::domain::{InvalidId, OrgId, ScopeName, ScopePath};

/// `policysync tree`
#[derive(Debug, Args)]
pub struct HierarchyArgs {
    /// Only this scope: organization[/workspace[/repository]]
    #[arg(value_parser = scope_path, add = complete::scopes())]
    pub scope: Option<ScopePath>,
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeFlag,
}

/// `policysync effective`
#[derive(Debug, Args)]
pub struct EffectiveArgs {
    /// The scope: organization[/workspace[/repository]]
    #[arg(value_parser = scope_path, add = complete::scopes())]
    pub scope: ScopePath,
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeFlag,
    /// Show also what a plan would change of it
    #[arg(long)]
    pub plan: bool,
    /// In the plan, delete policies that no file asks for any more
    #[arg(long, requires = "plan")]
    pub prune: bool,
}

/// `policysync drift`
#[derive(Debug, Args)]
pub struct DriftArgs {
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// Only this organization
    #[arg(long, value_name = "NAME", add = complete::organizations())]
    pub org: Option<ScopeName>,
    /// How it calls.
    #[command(flatten)]
    pub calls: CallArgs,
    /// What it leads to.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// `policysync pull`
#[derive(Debug, Args)]
pub struct PullArgs {
    /// The scope, by its folders: organization[/workspace[/repository]]; without a folder yet, by its id
    #[arg(value_parser = scope_path, required_unless_present = "id", add = complete::scopes())]
    pub scope: Option<ScopePath>,
    /// The organization's id, where its folder is to have another name [default: what the service calls it]
    #[arg(long, value_name = "ID", value_parser = org_id)]
    pub id: Option<OrgId>,
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeFlag,
    /// Replace files that say something else than the service
    #[arg(long)]
    pub overwrite: bool,
    /// Show what would be written; write and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How it calls.
    #[command(flatten)]
    pub calls: CallArgs,
    /// How long an earlier run's request may still take effect [default: timeout + 30s]
    #[arg(long, value_name = "TIME", env = "POLICYSYNC_SETTLE", hide_env_values = true, value_parser = duration)]
    pub settle: Option<Duration>,
}

fn org_id(text: &str) -> Result<OrgId, InvalidId> {
    OrgId::new(text)
}
