//! `policysync init`: settings, folders and a first policy for who begins. What is there is never replaced, only told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::Global;
use crate::cli::author_args::{Folder, InitArgs, Workflows};
use crate::cli::config::{self, Config};
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::making::{self, Making};
use crate::cli::questions;
use crate::cli::schemas::{self, FILES};
use crate::cli::settings::{self, STATE_FOLDER, location};
use crate::domain::{Endpoint, ScopeName, ScopePath};
use crate::report::FileDid;
use crate::state::Location;
use crate::tree::templates::{TEMPLATES, Template};
use crate::tree::{Tree, TreeError, writing};

use super::init_files::{PLACEHOLDER, SettingsFile, scope_file, workflow_files};
use super::new;

pub(in crate::cli) async fn run(global: &Global, args: &InitArgs, console: &Console) -> Result<Exit, Fault> {
    let template = match &args.template {
        Some(name) => new::template(name)?,
        None => TEMPLATES[0],
    };
    let wanted = wanted(global, args, console)?;
    let there = Config::read(global.config.as_deref())?;
    let tree = args.tree.path.clone().or_else(|| there.tree.clone()).unwrap_or_else(|| PathBuf::from("policies"));
    let mut work = Work { global, args, console, tree, making: Making::default(), has_tree_setting: true };
    if args.from_live {
        work.can_take_over(&wanted).await?;
    }
    match work.make(&wanted, template, &there).await {
        Ok(exit) => work.finish(exit),
        Err(fault) => Err(work.failed(fault)),
    }
}

/// What is to be done with a workflow file before it can run.
const FILL_IN: &str = "name the action's repository and commit where it says your-org";

/// What is to be made.
pub(super) struct Wanted {
    /// Each folder and its id as it was said; those above it too.
    pub(super) folders: BTreeMap<ScopePath, Option<String>>,
    /// The organization that was named first.
    pub(super) top: ScopeName,
    /// Where the record is to live, if that was said.
    pub(super) state: Option<String>,
    /// Whose workflow files are written.
    workflows: Workflows,
}

/// What to say instead of answering.
const ANSWERS: &str = "name its folder, and its id where that is another: `policysync init acme=org-123`";

/// As said by arguments, else as answered on a terminal.
fn wanted(global: &Global, args: &InitArgs, console: &Console) -> Result<Wanted, Fault> {
    let (said, state, workflows) = if !args.folders.is_empty() {
        (args.folders.clone(), global.state.clone(), args.workflows.unwrap_or(Workflows::None))
    } else if console.can_ask() {
        let in_git = has_origin();
        let mut err = std::io::stderr();
        let answers =
            questions::ask(&mut std::io::stdin().lock(), &mut err, in_git, args.from_live).map_err(|error| {
                let wrong = Fault::new(Exit::Failure, "nothing was written: there was no answer").because(error);
                wrong.hint(ANSWERS)
            })?;
        (answers.folders, Some(answers.state), args.workflows.unwrap_or(answers.workflows))
    } else {
        return Err(Fault::new(Exit::Usage, "which organization? Nobody can be asked here").hint(ANSWERS));
    };
    let Some(top) = said.first().map(|folder| folder.path.org()) else {
        return Err(Fault::new(Exit::Usage, "which organization?").hint(ANSWERS));
    };
    let mut folders: BTreeMap<ScopePath, Option<String>> = BTreeMap::new();
    for Folder { path, id } in said {
        for above in std::iter::successors(path.parent(), ScopePath::parent) {
            folders.entry(above).or_default();
        }
        let slot = folders.entry(path.clone()).or_default();
        if let (Some(one), Some(other)) = (&slot, &id)
            && one != other
        {
            let message = format!("{path} is given two ids, {one} and {other}");
            return Err(
                Fault::new(Exit::Usage, message).hint("a folder stands for one scope: give each its own folder")
            );
        }
        *slot = id.or(slot.take());
    }
    if args.from_live && folders.len() > 1 {
        let message = "--from-live takes one organization; its workspaces and repositories come from the service";
        return Err(Fault::new(Exit::Usage, message).hint("name the organization alone; init the next one after it"));
    }
    let place = state.as_deref().map(location).transpose()?;
    // What a run on a runner records must outlast the runner.
    let state = match (workflows, place) {
        (Workflows::None, _) | (_, Some(Location::Git { .. } | Location::Bucket { .. })) => state,
        (_, None) => Some("git:origin".to_owned()),
        (_, Some(Location::Folder(_))) => {
            let message = "--workflows: a record in a folder is gone with the runner";
            return Err(Fault::new(Exit::Usage, message).hint("keep it elsewhere: --state git:origin, or a bucket"));
        }
    };
    if args.action.is_some() && workflows != Workflows::Github {
        return Err(
            Fault::new(Exit::Usage, "--action is for the workflow files of GitHub").hint("say --workflows github too")
        );
    }
    if let Some(name) = args.name.as_deref() {
        writing::said_of_scope(None, Some(name)).map_err(|why| {
            Fault::new(Exit::Usage, format!("--name: {why}")).hint("give the name as the console shows it, in one line")
        })?;
    }
    Ok(Wanted { folders, top, state, workflows })
}

/// What an init works with.
pub(super) struct Work<'a> {
    pub(super) global: &'a Global,
    pub(super) args: &'a InitArgs,
    pub(super) console: &'a Console,
    pub(super) tree: PathBuf,
    pub(super) making: Making,
    /// Whether the settings file names the tree, so that no command needs its path.
    has_tree_setting: bool,
}

impl Work<'_> {
    async fn make(&mut self, wanted: &Wanted, template: Template, there: &Config) -> Result<Exit, Fault> {
        self.settings(wanted, there)?;
        if self.args.schemas {
            self.schemas()?;
        }
        let exit = match self.args.from_live {
            true => self.take_over_live(wanted).await?,
            false => {
                self.folders(&wanted.folders)?;
                self.first_policy(wanted, template)?;
                Exit::Done
            }
        };
        // What was left in the service is told, and no reason against the rest.
        if matches!(exit, Exit::Done | Exit::Partial) {
            self.workflows(wanted)?;
        }
        Ok(exit)
    }

    fn settings(&mut self, wanted: &Wanted, there: &Config) -> Result<(), Fault> {
        let path = self.global.config.as_deref().unwrap_or(Path::new(config::DEFAULT));
        let (root, name) = (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or_default());
        let (root, name) = (if root == Path::new("") { Path::new(".") } else { root }, name.to_string_lossy());
        let shown = self.tree.to_string_lossy().into_owned();
        if making::exists(root, &name) {
            let said = there.tree.as_deref().unwrap_or(Path::new("policies"));
            self.has_tree_setting = said == self.tree;
            let other = |field, said: Option<&str>, asked: &str| {
                (said != Some(asked)).then(|| format!("it is there already; for what you said add `{field}: {asked}`"))
            };
            let state = wanted.state.as_deref().and_then(|asked| other("state", there.state.as_deref(), asked));
            let tree = (!self.has_tree_setting).then(|| other("tree", None, &shown)).flatten();
            let why = tree.or(state).unwrap_or_else(|| "it is there already".to_owned());
            self.making.tell(root, &name, FileDid::Kept, Some(&why));
            return Ok(());
        }
        let endpoint = self.global.endpoint.as_deref().map(str::parse::<Endpoint>).transpose();
        let endpoint = endpoint.map_err(|error| settings::not_an_endpoint(&error))?;
        let state = wanted.state.as_deref().unwrap_or(STATE_FOLDER);
        let file = SettingsFile { tree: &shown, state, endpoint: endpoint.as_ref() };
        // Written before the schemas are: the line holds once they are there.
        let schema_line = match self.args.schemas && root == Path::new(".") {
            true => format!("# yaml-language-server: $schema={}/config.schema.json\n", making::SCHEMAS),
            false => String::new(),
        };
        Ok(self.making.file(root, &name, &file.text(&schema_line))?)
    }

    fn schemas(&mut self) -> Result<(), Fault> {
        for (name, _) in FILES {
            let text = schemas::schema(name).unwrap_or_default();
            self.making.file(Path::new("."), &format!("{}/{name}.schema.json", making::SCHEMAS), &text)?;
        }
        Ok(())
    }

    /// The folders, upper ones first, each with its `_scope.yaml`.
    fn folders(&mut self, folders: &BTreeMap<ScopePath, Option<String>>) -> Result<(), Fault> {
        let name = |path: &ScopePath| self.args.name.as_deref().filter(|_| path.parent().is_none());
        let mut texts = Vec::new();
        for (path, id) in folders {
            let file = format!("{path}/_scope.yaml");
            let schema_line = making::schema_line(&self.tree, &file, "scope");
            let text = scope_file(path, id.as_deref(), name(path), &schema_line);
            texts.push((
                path,
                id,
                text.map_err(|why| {
                    Fault::new(Exit::Usage, format!("{path}: {why}")).hint("give its id without that: FOLDER=ID")
                })?,
            ));
        }
        let tree = read(&self.tree)?;
        for (path, id, text) in texts {
            let (folder, file) = (path.as_str(), format!("{path}/_scope.yaml"));
            if !making::exists(&self.tree, folder) {
                self.making.scope(&self.tree, folder, &text)?;
            } else if ["_scope.yaml", "_scope.yml"]
                .iter()
                .any(|name| making::exists(&self.tree, &format!("{path}/{name}")))
            {
                let there = tree.scopes.get(path).map(|desired| desired.scope.id());
                let other = there.zip(id.as_deref()).filter(|(there, said)| there != said);
                let why = other.map_or_else(
                    || "it is there already".to_owned(),
                    |(there, said)| format!("it is there already, with the id {there}; what you said is {said}"),
                );
                self.making.tell(&self.tree, &file, FileDid::Kept, Some(&why));
            } else if id.as_deref().is_some_and(|id| id != path.name()) {
                // What is there may be recorded by the id that the folder's name is.
                let why = "not written: the folder is there, and its name has been its id so far";
                self.making.tell(&self.tree, &file, FileDid::Kept, Some(why));
            }
        }
        Ok(())
    }

    /// A first policy, where the organization has none.
    fn first_policy(&mut self, wanted: &Wanted, template: Template) -> Result<(), Fault> {
        let has_policies = read(&self.tree)?.policies.keys().any(|address| address.is_in(&wanted.top));
        if has_policies && self.args.template.is_none() {
            return Ok(());
        }
        let file = format!("{}/{}.yaml", wanted.top, template.name);
        let text = format!("{}{}", making::schema_line(&self.tree, &file, "policy"), template.text);
        Ok(self.making.file(&self.tree, &file, &text)?)
    }

    fn workflows(&mut self, wanted: &Wanted) -> Result<(), Fault> {
        let (tree, state) = (self.tree.to_string_lossy(), wanted.state.as_deref().unwrap_or(STATE_FOLDER));
        for (path, text) in workflow_files(wanted.workflows, &tree, state, self.args.action.as_ref()) {
            let is_new = !making::exists(Path::new("."), path);
            self.making.file(Path::new("."), path, &text)?;
            if is_new && text.contains(PLACEHOLDER) {
                self.making.explain(FILL_IN);
            }
        }
        Ok(())
    }

    /// The same failure, after what was made before it was told.
    fn failed(self, fault: Fault) -> Fault {
        if self.making.is_empty() {
            return fault;
        }
        let report = self.making.report(&[]);
        // That the output is broken, too, is the smaller failure.
        let _ = self.console.result(&making::shown(&report, self.global.format, self.console.result_styles()));
        fault
    }

    fn finish(self, exit: Exit) -> Result<Exit, Fault> {
        let Self { global, args, console, tree, making, has_tree_setting } = self;
        let path = if has_tree_setting { String::new() } else { format!(" {}", tree.to_string_lossy()) };
        let command = |name: &str| format!("policysync {name}{path}");
        let next = match args.from_live {
            true => [
                (command("validate"), "checks the tree"),
                (command("plan"), "shows what apply would do: nothing yet"),
                (command("drift"), "shows what others change in the service from now on"),
            ],
            false => [
                (command("validate"), "checks the tree, also while you write"),
                (format!("{} --sandbox", command("apply")), "tries it on this machine, with no account"),
                (command("plan"), "shows what apply would do in the service"),
            ],
        };
        let report = making.report(if exit == Exit::Done { &next } else { &[] });
        console.result(&making::shown(&report, global.format, console.result_styles()))?;
        Ok(exit)
    }
}

/// Whether this is a Git repository with a remote `origin`, so that the record can live on a branch of it.
fn has_origin() -> bool {
    let config = config::text(Path::new(".git/config"));
    config.is_ok_and(|config| config.lines().any(|line| line.trim() == "[remote \"origin\"]"))
}

/// The tree as far as there is one.
pub(super) fn read(root: &Path) -> Result<Tree, Fault> {
    match crate::tree::read(root) {
        Err(TreeError::Missing(_)) => Ok(Tree::default()),
        read => Ok(read?),
    }
}
