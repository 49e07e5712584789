//! `policysync init`: settings, folders and a first policy for who begins. What is there is never replaced, only told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::author_args::{Folder, InitArgs, Workflows};
use crate::cli::config::{self, Config};
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::making::{self, Making};
use crate::cli::questions;
use crate::cli::schemas::{self, FILES};
use crate::cli::settings::{self, STATE_FOLDER, Settings, location};
use crate::cli::{Format, Global};
use crate::domain::{Endpoint, OrgId, Scope, ScopeName, ScopePath};
use crate::plan::{Doing, Folders};
use crate::report::FileDid;
use crate::state::Location;
use crate::tree::templates::{TEMPLATES, Template};
use crate::tree::{Tree, TreeError, writing};

use super::init_files::{PLACEHOLDER, SettingsFile, scope_file, workflow_files};
use super::{new, pull};

pub(in crate::cli) async fn run(global: &Global, args: &InitArgs, console: &Console) -> Result<Exit, Fault> {
    let template = match &args.template {
        Some(name) => new::template(name)?,
        None => TEMPLATES[0],
    };
    let wanted = wanted(global, args, console)?;
    let there = Config::read(global.config.as_deref())?;
    let tree = args.tree.path.clone().or_else(|| there.tree.clone()).unwrap_or_else(|| PathBuf::from("policies"));
    let mut work = Work { global, args, console, tree, making: Making::default(), has_tree_setting: true };
    work.settings(&wanted, &there)?;
    if args.schemas {
        work.schemas()?;
    }
    let exit = match args.from_live {
        true => work.take_over_live(&wanted).await?,
        false => {
            work.folders(&wanted.folders)?;
            work.first_policy(&wanted, template)?;
            Exit::Done
        }
    };
    // What was left in the service is told, and no reason against the rest.
    if matches!(exit, Exit::Done | Exit::Partial) {
        work.workflows(&wanted)?;
    }
    work.finish(exit)
}

/// What is to be done with a workflow file before it can run.
const FILL_IN: &str = "name the action's repository and commit where it says your-org";

/// What is to be made.
struct Wanted {
    /// Each folder and its id as it was said; those above it too.
    folders: BTreeMap<ScopePath, Option<String>>,
    /// The organization that was named first.
    top: ScopeName,
    /// Where the record is to live, if that was said.
    state: Option<String>,
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
struct Work<'a> {
    global: &'a Global,
    args: &'a InitArgs,
    console: &'a Console,
    tree: PathBuf,
    making: Making,
    /// Whether the settings file names the tree, so that no command needs its path.
    has_tree_setting: bool,
}

impl Work<'_> {
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
        for (path, id, text) in texts {
            let (folder, file) = (path.as_str(), format!("{path}/_scope.yaml"));
            if !making::exists(&self.tree, folder) {
                self.making.scope(&self.tree, folder, &text)?;
            } else if ["_scope.yaml", "_scope.yml"]
                .iter()
                .any(|name| making::exists(&self.tree, &format!("{path}/{name}")))
            {
                self.making.tell(&self.tree, &file, FileDid::Kept, Some("it is there already"));
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

    /// What the service holds: policies by `pull`, then a folder for each scope that has none yet.
    async fn take_over_live(&mut self, wanted: &Wanted) -> Result<Exit, Fault> {
        let path = ScopePath::organization(&wanted.top);
        let said = wanted.folders.get(&path).cloned().flatten();
        let pulling = self.pulling(path, said)?;
        let settings = Settings::read(self.global, Some(&pulling.tree.in_its_place()), None)?;
        let done = match pull::pulled(self.global, &pulling, &settings, self.console).await? {
            Ok(done) => done,
            Err(exit) => return Ok(exit),
        };
        if self.global.format == Format::Text {
            let styles = self.console.result_styles();
            self.console.result(&crate::report::pull_text(&done.pull, &settings.shown_tree(), false, styles))?;
        } else {
            let made = done.pull.folders.iter().filter(|folder| folder.scope_file.is_some());
            let made = made.map(|folder| format!("{}/_scope.yaml", folder.path));
            let files = done.pull.pulled.iter().filter(|pulled| pulled.doing != Doing::Right);
            for file in made.chain(files.map(|pulled| pulled.file.clone())) {
                self.making.tell(&self.tree, &file, FileDid::Written, None);
            }
        }
        self.empty_scopes(&wanted.top, &done)?;
        Ok(done.exit())
    }

    fn pulling(&self, path: ScopePath, id: Option<String>) -> Result<crate::cli::life_args::PullArgs, Fault> {
        let id = id.map(OrgId::new).transpose().map_err(|error| {
            Fault::new(Exit::Usage, error).hint("give the id that the service's console shows: FOLDER=ID")
        })?;
        let tree = crate::cli::args::TreeFlag { path: Some(self.tree.clone()) };
        let crate::cli::args::CallArgs { concurrency, timeout } = self.args.calls;
        let calls = crate::cli::args::CallArgs { concurrency, timeout };
        Ok(crate::cli::life_args::PullArgs {
            scope: Some(path),
            id,
            tree,
            overwrite: false,
            dry_run: false,
            calls,
            settle: None,
        })
    }

    /// Folders for the scopes in which nothing was to be pulled.
    fn empty_scopes(&mut self, top: &ScopeName, done: &pull::Done) -> Result<(), Fault> {
        let tree = read(&self.tree)?;
        let root = ScopePath::organization(top);
        let in_tree = tree.scopes.get(&root).map(|desired| desired.scope.org().clone());
        let org = match in_tree {
            Some(org) => org,
            None => match done.directory.names.keys().next().map(Scope::org) {
                Some(org) => org.clone(),
                None => return Ok(()),
            },
        };
        let folders = Folders::of(&tree, None, &done.directory, top, &org);
        let mut new: Vec<(&ScopePath, &Scope)> = folders
            .scopes()
            .filter_map(|scope| folders.path(scope).map(|path| (path, scope)))
            .filter(|(path, _)| !folders.is_in_tree(path))
            .collect();
        new.sort();
        for (path, scope) in new {
            let file = format!("{path}/_scope.yaml");
            let said = folders.scope_file(scope, &done.directory);
            // Git keeps no folder without a file.
            let said = said.and_then(|text| text.map_or_else(|| writing::said_of_scope(Some(scope.id()), None), Ok));
            match said {
                Ok(text) => {
                    let text = format!("{}{text}", making::schema_line(&self.tree, &file, "scope"));
                    self.making.scope(&self.tree, path.as_str(), &text)?;
                }
                Err(why) => self.making.tell(&self.tree, &file, FileDid::Kept, Some(&format!("not written: {why}"))),
            }
        }
        Ok(())
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
fn read(root: &Path) -> Result<Tree, Fault> {
    match crate::tree::read(root) {
        Err(TreeError::Missing(_)) => Ok(Tree::default()),
        read => Ok(read?),
    }
}
