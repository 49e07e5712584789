//! `policysync new`: a policy file from a template, opened where there is something to write.

use std::path::Path;

use crate::cli::author_args::NewArgs;
use crate::cli::console::Console;
use crate::cli::editor::Editor;
use crate::cli::exit::Exit;
use crate::cli::fault::Fault;
use crate::cli::making::{self, Making};
use crate::cli::settings::Settings;
use crate::cli::{Format, Global, records};
use crate::domain::{Address, ScopePath};
use crate::report::{self, escape};
use crate::tree::templates::{TEMPLATES, Template};
use crate::tree::writing::line;
use crate::tree::yaml::{nearest, quote};
use crate::tree::{Tree, TreeError};

pub(in crate::cli) fn run(global: &Global, args: &NewArgs, console: &Console) -> Result<Exit, Fault> {
    let Some(address) = args.address.as_ref().filter(|_| !args.list) else {
        console.result(&listed())?;
        return Ok(Exit::Done);
    };
    let template = template(&args.template)?;
    let settings = Settings::read(global, Some(&args.tree.in_its_place()), None)?;
    let tree = match crate::tree::read(&settings.tree) {
        Err(TreeError::Missing(_)) => {
            let message = format!("there is no tree yet: {} does not exist", settings.shown_tree());
            return Err(Fault::new(Exit::Usage, message).hint(begin(&address.scope())));
        }
        read => read?,
    };
    let file = free(&tree, &settings.tree, address)?;
    let wanted = args.edit || (!args.no_edit && global.format == Format::Text && console.can_ask());
    let editor = if wanted { Editor::find(args.edit)? } else { None };
    let schema_line = making::schema_line(&settings.tree, &file, "policy");
    let text = format!("{schema_line}{}", template.text);
    let mut making = Making::default();
    making.file(&settings.tree, &file, &text)?;
    let path = report::path_below(&settings.shown_tree(), &file);
    let number = template.first_line() + schema_line.lines().count();
    let next = [
        (format!("policysync validate{}", tree_argument(args)), "checks it"),
        (format!("policysync plan{}", tree_argument(args)), "shows what apply would do"),
    ];
    console.result(&making::shown(&making.report(&next), global.format, console.result_styles()))?;
    match editor {
        Some(editor) => editor.open(Path::new(&path), number).map(|()| Exit::Done),
        None => Ok(Exit::Done),
    }
}

fn tree_argument(args: &NewArgs) -> String {
    args.tree.path.as_ref().map(|path| format!(" {}", path.to_string_lossy())).unwrap_or_default()
}

/// The template of a name.
pub(super) fn template(name: &str) -> Result<Template, Fault> {
    Template::named(name).ok_or_else(|| {
        let fault = Fault::new(Exit::Usage, format!("there is no template {}", quote(name)));
        match nearest(name, TEMPLATES.iter().map(|template| template.name)) {
            Some(near) => fault.hint(format!("did you mean {near}?")),
            None => fault.hint("`policysync new --list` lists them"),
        }
    })
}

fn listed() -> String {
    TEMPLATES.iter().map(|template| format!("{:22}  {}\n", template.name, template.title())).collect()
}

pub(super) fn begin(scope: &ScopePath) -> String {
    format!(
        "`policysync init {scope}` makes it; with {scope}=ID, if its id at the service is not {}",
        line(scope.name())
    )
}

/// The file for a policy of that address: its scope has a folder, and no policy is there by that name.
fn free(tree: &Tree, root: &Path, address: &Address) -> Result<String, Fault> {
    let (scope, key) = (address.scope(), address.key());
    if !making::exists(root, scope.as_str()) {
        let fault = Fault::new(Exit::Usage, format!("there is no folder for {scope} in the tree"));
        let known: Vec<&str> = tree.scopes.keys().map(ScopePath::as_str).collect();
        let near = records::nearest(scope.as_str(), known.into_iter());
        return Err(match near {
            Some(near) => fault.hint(format!("did you mean {near}/{key}? Else {}", begin(&scope))),
            None => fault.hint(begin(&scope)),
        });
    }
    let taken = |file: &str| {
        let message = format!("{address} is there already, in {}", escape::line(file));
        Fault::new(Exit::Usage, message).hint("give it another key, or change that file")
    };
    if let Some(policy) = tree.policies.get(address) {
        return Err(taken(&policy.place.file));
    }
    let files = ["yaml", "yml"].map(|ending| format!("{address}.{ending}"));
    match files.iter().find(|file| making::exists(root, file)) {
        Some(file) => Err(taken(file)),
        None => Ok(format!("{address}.yaml")),
    }
}
