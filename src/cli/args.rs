//! What can be said on the command line.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::author_args::{
    CompletionsArgs, DoctorArgs, ExplainArgs, FmtArgs, InitArgs, ManArgs, NewArgs, SchemaArgs, ValidateArgs,
};
use super::complete;
use super::life_args::{DriftArgs, EffectiveArgs, HierarchyArgs, PullArgs};
use super::lint_args::{LintArgs, RecommendArgs};
use super::plan_args::{ApplyArgs, PlanArgs};
use super::sandbox_args::SandboxArgs;
use super::state_args::StateCommand;
use super::violations_args::ViolationsArgs;
use crate::domain::{InvalidName, ScopeName, ScopePath};
use crate::plan::Allowances;

const ABOUT: &str = "Keep AI-governance policies under version control: plan on the pull request, apply on merge";

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do           4  a guard refused
  1  failure: network, token, disk    5  applied in part
  2  there are changes                6  the record is locked, or moved on
     (plan --detailed-exitcode)      64  wrong usage
  3  the tree has errors            130  interrupted; the record is saved

The token comes from POLICYSYNC_TOKEN and from nowhere else.
Begin: policysync init
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
    /// How standard error is written: text, or json, an object a line (docs/logs.md)
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    #[arg(env = LOG_FORMAT, hide_env_values = true, hide_possible_values = true)]
    pub log_format: LogFormat,
    /// Say nothing but the result and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Tell each call: to the service, to the record's store (-vv: each step, and the settings in force)
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// The arguments that stand on the command line itself; what has a value and isn't here comes from the environment.
    #[arg(skip)]
    pub flags: BTreeSet<String>,
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

/// The variable that says how the log is written.
pub(super) const LOG_FORMAT: &str = "POLICYSYNC_LOG_FORMAT";

/// How the log is written, which is all that goes to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// For programs: one JSON object a line
    Json,
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
const FORMATS_OF_LINT: &str = "Formats: text, json, markdown, sarif (2.1.0), github (annotations)";
const FORMATS_OF_VIOLATIONS: &str = "Formats: text, json, markdown";
const FORMATS_AND_SARIF: &str = "Formats: text, json, markdown, html, sarif (2.1.0), github (annotations)";

const PLAN: &str = "\
Examples:
  policysync plan                            from the tree and the record
  policysync plan --refresh                  from what the service holds too
  policysync plan --out plan.json            then: policysync apply plan.json
Formats: text, json, markdown, html, sarif (2.1.0), github (annotations)";

const APPLY: &str = "\
On a terminal the plan is shown and you are asked; elsewhere it goes ahead.
What would let more through, or delete much, is refused (exit code 4) until
--allow says yes to just that. The next apply finishes an interrupted one.
Examples:
  policysync apply --sandbox                 nobody's policies are touched
  policysync apply plan.json                 just what was saved and reviewed
  policysync apply --allow weaken=1,delete=3
Formats: text, json, markdown, html, github (annotations)";

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
    /// Show how new and changed texts are worded
    #[command(after_help = FORMATS_OF_LINT)]
    Lint(LintArgs),
    /// Let the service draft policies from a description of what you do
    Recommend(RecommendArgs),
    /// Give the tree's files one form; what they mean stays the same
    Fmt(FmtArgs),
    /// Show what a finding, guard, notice or exit code means
    Explain(ExplainArgs),
    /// Show what apply would change; needs no token
    #[command(after_help = PLAN)]
    Plan(PlanArgs),
    /// Make the service match the tree
    #[command(after_help = APPLY)]
    Apply(ApplyArgs),
    /// Show what was changed in the service by others; exits with 2 if anything was
    #[command(after_help = FORMATS)]
    Drift(DriftArgs),
    /// Count what went against the policies: by day, policy, repository
    #[command(after_help = FORMATS_OF_VIOLATIONS)]
    Violations(ViolationsArgs),
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
    /// Let guards pass (weaken, delete, protected, empty-tree), up to a number, in the plan of a digest:
    /// weaken=1,delete=3@DIGEST
    #[arg(long, value_name = "GUARD[=N][@DIGEST]")]
    pub allow: Vec<Allowances>,
    /// Look at what the service holds, and plan from that too
    #[arg(long)]
    pub refresh: bool,
    /// Tell of each policy that is weakened or deleted how many calls it blocked in the last 30 days (with --refresh)
    #[arg(long, requires = "refresh")]
    pub impact: bool,
}

/// How the service is called.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// How many calls at a time, at most [default: 16]
    #[arg(long, value_name = "N", env = "POLICYSYNC_CONCURRENCY", hide_env_values = true, value_parser = at_a_time)]
    pub concurrency: Option<u16>,
    /// The time limit of one call [default: 15s]
    #[arg(long, value_name = "TIME", env = "POLICYSYNC_TIMEOUT", hide_env_values = true, value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// How many calls at a time: 1 to 256.
fn at_a_time(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| (1..=256).contains(number));
    number.ok_or_else(|| format!("{text:?} is not a whole number from 1 to 256"))
}

/// `15s`, `500ms`, `2m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time; write it like 15s, 500ms or 2m");
    let signed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(signed).map_err(|_| wrong())
}

/// `organization[/workspace[/repository]]`; a slash at the end is passed over.
pub(super) fn scope_path(text: &str) -> Result<ScopePath, InvalidName> {
    ScopePath::try_from(text.trim_end_matches('/').to_owned())
}
