//! What can be said to the commands with which a tree is begun, written and understood.

use clap::Args;

use super::args::{CallArgs, TreeArgs};

/// `policysync validate`
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// Ask the service too whether it has each folder's scope; needs a token
    #[arg(long)]
    pub refresh: bool,
    /// How it calls.
    #[command(flatten)]
    pub calls: CallArgs,
}

/// `policysync explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code of a finding, as in error[bad-risk-type]; without one, all are listed
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// `policysync schema`
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of which file or report; without one, all are listed
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}
