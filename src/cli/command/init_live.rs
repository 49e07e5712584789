//! `policysync init --from-live`: what the service holds → files and folders.

use crate::cli::args::{CallArgs, TreeFlag};
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::life_args::PullArgs;
use crate::cli::settings::{Settings, location};
use crate::cli::{Format, environment, making, target};
use crate::domain::{OrgId, Scope, ScopeName, ScopePath};
use crate::plan::{Doing, Folders};
use crate::report::{self, FileDid};
use crate::tree::writing;

use super::init::{Wanted, Work, read};
use super::pull;

impl Work<'_> {
    /// What a pull can't do without, found out before anything is written: the record's place opens, and there is a token.
    pub(super) async fn can_take_over(&self, wanted: &Wanted) -> Result<(), Fault> {
        let mut settings = Settings::read(self.global, None, None)?;
        if let (None, Some(state)) = (&settings.sandbox, &wanted.state)
            && settings.config.state.is_none()
        {
            settings.state = location(state)?;
        }
        target::store(&settings, self.console)?.orgs().await?;
        match settings.sandbox {
            Some(_) => Ok(()),
            None => environment::tokens().map(drop),
        }
    }

    /// What the service holds: policies by `pull`, then a folder for each scope that has none yet.
    pub(super) async fn take_over_live(&mut self, wanted: &Wanted) -> Result<Exit, Fault> {
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
            self.console.result(&report::pull_text(&done.pull, &settings.shown_tree(), false, styles))?;
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

    fn pulling(&self, path: ScopePath, id: Option<String>) -> Result<PullArgs, Fault> {
        let id = id.map(OrgId::new).transpose().map_err(|error| {
            Fault::new(Exit::Usage, error).hint("give the id that the service's console shows: FOLDER=ID")
        })?;
        let tree = TreeFlag { path: Some(self.tree.clone()) };
        let CallArgs { concurrency, timeout } = self.args.calls;
        let calls = CallArgs { concurrency, timeout };
        Ok(PullArgs { scope: Some(path), id, tree, overwrite: false, dry_run: false, calls, settle: None })
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
}
