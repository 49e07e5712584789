//! Which command writes which format, and what a report's links lead to.

use std::path::{Component, Path, PathBuf};

use crate::report::{InvalidLink, Links};

use super::args::{Command, Format, ReportArgs};
use super::environment;
use super::exit::Exit;
use super::fault::Fault;
use super::settings::Settings;

/// Refuses a format that the command doesn't write, before it does anything.
pub(super) fn refuse(command: &Command, format: Format) -> Result<(), Fault> {
    let (suits, known) = match command {
        Command::Validate(_) | Command::Plan(_) => (true, "text, json, markdown, html, sarif and github"),
        Command::Lint(_) => (format != Format::Html, "text, json, markdown, sarif and github"),
        Command::Apply(_) | Command::Drift(_) => (format != Format::Sarif, "text, json, markdown, html and github"),
        Command::Violations(_) => {
            (matches!(format, Format::Text | Format::Json | Format::Markdown), "text, json and markdown")
        }
        _ => (matches!(format, Format::Text | Format::Json), "text and json"),
    };
    if suits {
        return Ok(());
    }
    let word = match format {
        Format::Text => "text",
        Format::Json => "json",
        Format::Markdown => "markdown",
        Format::Html => "html",
        Format::Sarif => "sarif",
        Format::Github => "github",
    };
    Err(Fault::new(Exit::Usage, format!("this command does not write the format {word}"))
        .hint(format!("it writes {known}")))
}

/// What a report's links lead to: as the user says, else as the CI does.
pub(super) fn links(args: &ReportArgs, settings: &Settings) -> Result<Links, Fault> {
    let below = in_repository(&settings.tree, std::env::current_dir().ok(), environment::workspace().as_deref());
    let links = Links::none(&settings.shown_tree(), below.as_deref());
    match args.repository_url.as_deref().filter(|url| !url.is_empty()) {
        Some(url) => links
            .to(url)
            .map_err(|error| Fault::new(Exit::Usage, format!("--repository-url: {error}")).hint(InvalidLink::HINT)),
        // An address that nobody gave is none that anybody misses.
        None => Ok(environment::files_url().and_then(|url| links.clone().to(&url).ok()).unwrap_or(links)),
    }
}

/// The tree's folder below the repository's: the folder that the CI names, else the one that we work in.
fn in_repository(tree: &Path, working: Option<PathBuf>, workspace: Option<&Path>) -> Option<String> {
    let below = match (workspace, working) {
        (Some(workspace), Some(working)) => {
            let tree = without_steps(&working.join(tree));
            let roots = [Some(without_steps(workspace)), workspace.canonicalize().ok()];
            roots.iter().flatten().find_map(|root| tree.strip_prefix(root).ok().map(Path::to_path_buf))
        }
        (Some(_), None) => None,
        (None, _) => tree.is_relative().then(|| tree.to_path_buf()),
    }?;
    let below = below.to_str()?;
    Some(if below.is_empty() { ".".to_owned() } else { below.to_owned() })
}

/// A path with its `.` and `..` taken as they are written.
fn without_steps(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_found_in_the_repository() {
        let below = |tree: &str, working: &str, workspace: Option<&str>| {
            in_repository(Path::new(tree), Some(PathBuf::from(working)), workspace.map(Path::new))
        };
        assert_eq!(below("policies", "/w/repo", Some("/w/repo")).as_deref(), Some("policies"));
        assert_eq!(below("./p/../q", "/w/repo/sub", Some("/w/repo/")).as_deref(), Some("sub/q"));
        assert_eq!(below(".", "/w/repo", Some("/w/repo")).as_deref(), Some("."));
        assert_eq!(below("/w/repo/p", "/", Some("/w/repo")).as_deref(), Some("p"));
        assert_eq!(below("policies", "/elsewhere", Some("/w/repo")), None);
        assert_eq!(below("../p", "/w/repo", Some("/w/repo")), None);
        assert_eq!(below("policies", "/anywhere", None).as_deref(), Some("policies"));
        assert_eq!(below("/abs", "/anywhere", None), None);
    }
}
