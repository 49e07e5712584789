//! What can be said on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use uuid::Uuid;

use super::author_args::{
    CompletionsArgs, DoctorArgs, ExplainArgs, FmtArgs, InitArgs, ManArgs, NewArgs, SchemaArgs, ValidateArgs,
};
use super::complete;
use crate::domain::{Address, Digest, InvalidId, InvalidName, OrgId, PolicyId, ScopeName, ScopePath};
use crate::plan::Allowances;
use crate::sandbox::ListReading;

use super::reviewed::ExpectReviewed;

const ABOUT: &str = "Keep AI-governance policies under version control: plan on the pull request, apply on merge";

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do           4  a guard refused
  1  failure: network, token, disk    5  applied in part
  2  there are changes                6  the record is locked, or moved on
     (plan --detailed-exitcode)      64  wrong usage
  3  the tree has errors            130  interrupted; the record is saved

The token comes from POLICYSYNC_TOKEN and from nowhere else.
Try it without an account: policysync apply examples/policies --sandbox";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "policysync", version, long_version = super::version::long(), about = ABOUT, after_help = EXIT_CODES)]
#[command(max_term_width = 80)]
#[command(propagate_version = false, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
}

/// What holds for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// How the result is written to standard output: text or json; some commands know more
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    #[arg(hide_possible_values = true)]
    pub format: Format,
    /// Where the record is kept: a folder, git:REMOTE, s3://, gs:// or az:// [default: .policysync/state]
    #[arg(long, global = true, value_name = "PLACE", env = "POLICYSYNC_STATE", hide_env_values = true)]
    pub state: Option<String>,
    /// The service [default: the vendor's reference, backend.flashback.tech]
    // Proven in `settings`: clap would show a refused value, and there may be a password in it.
    #[arg(long, global = true, value_name = "URL", env = "POLICYSYNC_ENDPOINT", hide_env_values = true)]
    pub endpoint: Option<String>,
    /// Use a built-in stand-in for the service, with a record of its own, under .policysync/sandbox
    // Against the flags `--endpoint` and `--state`; what the environment says of both is passed over (`usage`).
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// The settings file [default: policysync.yaml, where there is one]
    #[arg(long, global = true, value_name = "FILE", env = "POLICYSYNC_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Say nothing but the result and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Tell each call to the service (-vv: also each step)
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Not a flag: it would stand in the process list and in the shell's history.
    #[arg(long, global = true, hide = true, value_name = "TOKEN")]
    pub token: Option<String>,
}

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs, version 1; schemas are under schemas/
    Json,
    /// For comments, issues and job summaries
    Markdown,
    /// For people: one file, without a request to anywhere
    Html,
    /// For code scanning, version 2.1.0
    Sarif,
    /// For GitHub's runner: annotations on the lines
    Github,
}

impl Format {
    /// The form of a command that knows only two; `formats` has refused the others before it began.
    pub(super) fn plain(self) -> Plain {
        match self {
            Self::Json => Plain::Json,
            Self::Text | Self::Markdown | Self::Html | Self::Sarif | Self::Github => Plain::Text,
        }
    }
}

/// The forms that every command knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plain {
    /// For people
    Text,
    /// For programs
    Json,
}

const FORMATS: &str = "Formats: text, json, markdown, html, github (annotations)";
const FORMATS_AND_SARIF: &str = "Formats: text, json, markdown, html, sarif (2.1.0), github (annotations)";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Begin a tree here; replaces nothing
    Init(InitArgs),
    /// Write a policy file from a template
    New(NewArgs),
    /// Check the tree; show all that is wrong in it
    #[command(after_help = FORMATS_AND_SARIF)]
    Validate(ValidateArgs),
    /// Give the tree's files one form; what they mean stays the same
    Fmt(FmtArgs),
    /// Show the page of a finding: why it is one, an example, what to do
    Explain(ExplainArgs),
    /// Show what apply would change; needs no token
    #[command(after_help = FORMATS_AND_SARIF)]
    Plan(PlanArgs),
    /// Make the service match the tree
    #[command(after_help = FORMATS)]
    Apply(ApplyArgs),
    /// Show what was changed in the service by others; exits with 2 if anything was
    #[command(after_help = FORMATS)]
    Drift(DriftArgs),
    /// Write what the service holds as files, and record it
    Pull(PullArgs),
    /// Show the scopes and how many policies each has
    Tree(HierarchyArgs),
    /// Show the policies that hold in a scope, and where each comes from
    Effective(EffectiveArgs),
    /// Look at the record and mend it
    #[command(subcommand, arg_required_else_help = true)]
    State(StateCommand),
    /// Serve the API on this machine, to try policysync or test against
    Sandbox(SandboxArgs),
    /// Look whether settings, tree, record, token and service are in order
    Doctor(DoctorArgs),
    /// Print the JSON Schema of a file or of a report
    Schema(SchemaArgs),
    /// Teach a shell the commands and your addresses
    Completions(CompletionsArgs),
    /// Print a manual page, or write them all
    Man(ManArgs),
}

/// Which tree.
#[derive(Debug, Args)]
pub struct TreeArgs {
    /// The tree's folder [default: policies]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
}

/// What a report leads to.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Where the repository's files can be read, for a report's links [default: as GitHub and GitLab say]
    #[arg(long, value_name = "URL", env = "POLICYSYNC_REPOSITORY_URL", hide_env_values = true)]
    pub repository_url: Option<String>,
}

/// Which tree, where the first word is a scope.
#[derive(Debug, Args)]
pub struct TreeFlag {
    /// The tree's folder [default: policies]
    #[arg(long = "tree", value_name = "PATH")]
    pub path: Option<PathBuf>,
}

impl TreeFlag {
    /// The same, as the other commands have it.
    pub(super) fn in_its_place(&self) -> TreeArgs {
        TreeArgs { path: self.path.clone() }
    }
}

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

/// What to plan.
#[derive(Debug, Clone, Default, Args)]
pub struct ScopeArgs {
    /// Only this organization
    #[arg(long, value_name = "NAME", add = complete::organizations())]
    pub org: Option<ScopeName>,
    /// Delete policies that no file asks for any more (--prune=false: only name them)
    #[arg(long, value_name = "BOOL", env = "POLICYSYNC_PRUNE", hide_env_values = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    pub prune: Option<bool>,
    /// Take over a policy of the same name that nobody manages, instead of creating another beside it (with --refresh)
    #[arg(long)]
    pub adopt_by_name: bool,
    /// Let guards pass, up to a number, in the plan of a digest: --allow weaken=1,delete=3@DIGEST
    #[arg(long, value_name = "GUARD[=N][@DIGEST]")]
    pub allow: Vec<Allowances>,
    /// Look at what the service holds, and plan from that too
    #[arg(long)]
    pub refresh: bool,
}

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

/// How the service is called.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// How many calls at a time, at most [default: 16]
    #[arg(long, value_name = "N", env = "POLICYSYNC_CONCURRENCY", hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: Option<u16>,
    /// The time limit of one call [default: 15s]
    #[arg(long, value_name = "TIME", env = "POLICYSYNC_TIMEOUT", hide_env_values = true, value_parser = duration)]
    pub timeout: Option<Duration>,
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

/// `policysync state …`
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List what is recorded
    List {
        /// Only this organization
        #[arg(long, value_name = "NAME", add = complete::organizations())]
        org: Option<ScopeName>,
    },
    /// Show what is recorded of one policy
    Show {
        /// Its address: organization[/workspace[/repository]]/key
        #[arg(add = complete::addresses())]
        address: Address,
    },
    /// Give a policy another address in the record, as if its file had been renamed; nothing changes in the service
    Mv {
        /// The address it has: organization[/workspace[/repository]]/key
        #[arg(add = complete::addresses())]
        from: Address,
        /// The address it is to have, in the same scope
        #[arg(add = complete::addresses())]
        to: Address,
    },
    /// Forget policies: they stay live and enforced, and nobody manages them any more
    Rm {
        /// Their addresses, all of one organization; all are forgotten or none
        #[arg(required = true, value_name = "ADDRESS", add = complete::addresses())]
        addresses: Vec<Address>,
    },
    /// Decide what an interrupted create has made, where several live policies could be it
    Resolve {
        /// Its address: organization[/workspace[/repository]]/key
        #[arg(add = complete::addresses())]
        address: Address,
        /// It is this one of the candidates
        #[arg(long, value_name = "ID", required_unless_present = "forget", conflicts_with = "forget", value_parser = policy_id)]
        adopt: Option<PolicyId>,
        /// It is none of them: the next apply creates it
        #[arg(long)]
        forget: bool,
    },
    /// End another run's lease: it stops at its next save, and the next apply waits until nothing of it can land any more
    Unlock {
        /// The lease's id, as the refusal names it
        lease: Uuid,
    },
    /// Put back a record that could not be saved; refused unless it is a later save of the record that is there
    Push {
        /// The file that the run left: policysync-record-….json
        file: PathBuf,
    },
}

fn scope_path(text: &str) -> Result<ScopePath, InvalidName> {
    ScopePath::try_from(text.trim_end_matches('/').to_owned())
}

fn org_id(text: &str) -> Result<OrgId, InvalidId> {
    OrgId::new(text)
}

fn policy_id(text: &str) -> Result<PolicyId, InvalidId> {
    PolicyId::new(text)
}

/// `policysync sandbox`
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Where to listen, on this machine; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4210")]
    pub listen: SocketAddr,
    /// Keep the policies in this file; else they are gone when it stops
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Write one line per request to this file
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Which policies a list call gives: those at the asked level, or also those below
    #[arg(long, value_name = "at|below", default_value = "at")]
    pub list: ListReading,
    /// Wait so long before each answer
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub latency: Option<Duration>,
    /// Fail as this file says; see docs/sandbox.md
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
}

/// `15s`, `500ms`, `2m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time; write it like 15s, 500ms or 2m");
    let signed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(signed).map_err(|_| wrong())
}
