//! What can be said to the commands with which a tree is begun, written and understood.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::args::{CallArgs, ReportArgs, TreeArgs, TreeFlag, duration};
use super::complete;
use crate::domain::{Address, OrgId, ScopePath};

/// `policysync validate`
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// Ask the service too whether it has each folder's scope; needs a token
    #[arg(long)]
    pub refresh: bool,
    /// What it leads to.
    #[command(flatten)]
    pub report: ReportArgs,
    /// How it calls.
    #[command(flatten)]
    pub calls: CallArgs,
}

/// `policysync explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// What stands in brackets, as in error[bad-risk-type] and refused[weaken], or an exit code; without one, all are listed
    #[arg(value_name = "CODE", add = complete::codes())]
    pub code: Option<String>,
}

/// `policysync schema`
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of which file or report; without one, all are listed
    #[arg(value_name = "NAME", add = complete::schemas())]
    pub name: Option<String>,
}

const INIT: &str = "\
Examples:
  policysync init acme=org-123 acme/production=ws-9
  policysync init acme=org-123 --from-live --state git:origin";

/// `policysync init`
#[derive(Debug, Args)]
#[command(after_help = INIT)]
pub struct InitArgs {
    /// The folders to begin with, each with its id where that is another: acme=org-123
    /// acme/production acme/production/billing-api; on a terminal you are asked instead
    #[arg(value_name = "FOLDER[=ID]")]
    pub folders: Vec<Folder>,
    /// What people call the organization
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeFlag,
    /// Begin with what the service holds: its workspaces and repositories become folders, its policies files
    #[arg(long)]
    pub from_live: bool,
    /// The first policy; `policysync new --list` lists the templates
    #[arg(long, value_name = "NAME", conflicts_with = "from_live", add = complete::templates())]
    pub template: Option<String>,
    /// Write the workflow files of a CI too, github or gitlab: plan on the pull request, apply on merge, watch for
    /// drift [default: none]
    #[arg(long, value_enum, value_name = "CI", hide_possible_values = true)]
    pub workflows: Option<Workflows>,
    /// Whose action the files of --workflows github run, by its release's commit; else they hold a placeholder to be filled in
    #[arg(long, value_name = "OWNER/REPO@COMMIT")]
    pub action: Option<ActionPin>,
    /// Write JSON Schemas into .policysync/schemas, and name them in each file: editors complete and check by them
    #[arg(long)]
    pub schemas: bool,
    /// How it calls, with --from-live.
    #[command(flatten)]
    pub calls: CallArgs,
}

/// Which CI gets workflow files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Workflows {
    /// .github/workflows/policysync-….yml
    Github,
    /// .gitlab-ci.yml
    Gitlab,
    /// No files
    None,
}

/// An action by its repository and a full commit, `acme/policysync@3f2a…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPin(String);

impl ActionPin {
    /// As it stands behind `uses:`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ActionPin {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |name: &str| {
            let usable = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
            !name.is_empty() && !name.starts_with(['.', '-']) && name.bytes().all(usable)
        };
        let Some((repository, commit)) = text.split_once('@') else {
            return Err("name its repository and a commit: OWNER/REPO@COMMIT");
        };
        let Some((owner, name)) = repository.split_once('/') else {
            return Err("a repository is OWNER/REPO");
        };
        if !is_name(owner) || !is_name(name) {
            return Err("a repository is OWNER/REPO");
        }
        if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("a commit is all its 40 hexadecimal digits: a branch or a tag can be moved after a review");
        }
        if commit.bytes().all(|byte| byte == b'0') {
            return Err("that commit is the placeholder; the page of the action's release names the one to pin");
        }
        Ok(Self(text.to_owned()))
    }
}

const NEW: &str = "\
Example:
  policysync new acme/production/no-secrets --template secrets";

/// `policysync new`
#[derive(Debug, Args)]
#[command(after_help = NEW)]
pub struct NewArgs {
    /// Its address: organization[/workspace[/repository]]/key
    #[arg(required_unless_present = "list", add = complete::folders())]
    pub address: Option<Address>,
    /// What it begins with
    #[arg(long, value_name = "NAME", default_value = "personal-data", add = complete::templates())]
    pub template: String,
    /// List the templates
    #[arg(long, conflicts_with_all = ["address", "edit", "no_edit"])]
    pub list: bool,
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeFlag,
    /// Open it in $VISUAL or $EDITOR at the policy's first line; on a terminal that is done anyway
    #[arg(long)]
    pub edit: bool,
    /// Don't open it
    #[arg(long, conflicts_with = "edit")]
    pub no_edit: bool,
}

/// A folder of the tree and its id, `acme/production=ws-9`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it lies.
    pub path: ScopePath,
    /// The scope's id, where the folder's name isn't.
    pub id: Option<String>,
}

impl std::str::FromStr for Folder {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (path, id) = text.split_once('=').map_or((text, None), |(path, id)| (path, Some(id)));
        let path = ScopePath::try_from(path.trim_end_matches('/').to_owned()).map_err(|error| error.to_string())?;
        // An id is an id, whatever it is of.
        let id = id.map(|id| OrgId::new(id).map(|id| id.as_str().to_owned())).transpose();
        Ok(Self { path, id: id.map_err(|error| error.to_string().replacen("organization id", "id", 1))? })
    }
}

/// `policysync fmt`
#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// Write nothing; exit with 2 if a file would change
    #[arg(long)]
    pub check: bool,
}

/// `policysync doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Which tree.
    #[command(flatten)]
    pub tree: TreeFlag,
    /// How it calls.
    #[command(flatten)]
    pub calls: CallArgs,
    /// As apply takes it [default: timeout + 30s]
    #[arg(long, value_name = "TIME", env = "POLICYSYNC_SETTLE", hide_env_values = true, value_parser = duration)]
    pub settle: Option<Duration>,
    /// As plan and apply take it
    #[arg(long, value_name = "BOOL", env = "POLICYSYNC_PRUNE", hide_env_values = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    pub prune: Option<bool>,
}

/// `policysync completions`
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub struct CompletionsArgs {
    /// Which shell: bash (4.4 or later for lists in order), zsh, fish, powershell or elvish
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    pub shell: Shell,
}

const COMPLETIONS: &str = "\
Put this where your shell begins:
  bash        source <(policysync completions bash)            in ~/.bashrc
  zsh         source <(policysync completions zsh)             in ~/.zshrc
  fish        policysync completions fish | source             in config.fish
  powershell  policysync completions powershell | Out-String | Invoke-Expression";

/// A shell that can be taught.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash, 4.4 or later for lists in order
    Bash,
    /// Z shell
    Zsh,
    /// Fish
    Fish,
    /// PowerShell
    Powershell,
    /// Elvish
    Elvish,
}

/// `policysync man`
#[derive(Debug, Args)]
#[command(after_help = "To read one: policysync man apply | man -l -")]
pub struct ManArgs {
    /// Of which command: apply, state list; without one, of policysync itself
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Write the pages of all commands into this folder, replacing those that are there
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub out: Option<PathBuf>,
}
