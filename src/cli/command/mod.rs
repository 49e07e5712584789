//! The commands: each one page of what is done in which order.

pub(super) mod apply;
pub(super) mod completions;
pub(super) mod counterparts;
pub(super) mod doctor;
pub(super) mod drift;
pub(super) mod effective;
pub(super) mod explain;
pub(super) mod fmt;
pub(super) mod init;
mod init_files;
mod init_live;
pub(super) mod lint;
pub(super) mod man;
pub(super) mod mend;
pub(super) mod new;
pub(super) mod plan;
pub(super) mod pull;
mod pull_scope;
pub(super) mod push;
pub(super) mod recommend;
pub(super) mod sandbox;
mod saved;
pub(super) mod schema;
pub(super) mod state;
pub(super) mod tree;
pub(super) mod validate;
pub(super) mod violations;
mod violations_of;
mod violations_progress;

use crate::report::{self, Frame, Links};
use crate::tree::{self as tree_room, Tree};

use super::Format;
use super::console::Console;
use super::exit::Exit;
use super::fault::Fault;
use super::settings::Settings;

/// The findings of a tree, in the format asked for.
fn findings(tree: &Tree, settings: &Settings, links: &Links, format: Format, styles: &report::Styles) -> String {
    let root = settings.shown_tree();
    let source = |file: &str| tree_room::source(&settings.tree, file);
    match format {
        Format::Text => report::findings_text(tree, &root, &source, styles),
        Format::Json => report::findings_json(tree, &root),
        Format::Markdown => report::findings_markdown(tree, Frame::whole(links)),
        Format::Html => report::findings_html(tree, links, &source),
        Format::Sarif => report::findings_sarif(tree, links, &source),
        Format::Github => report::findings_annotations(tree, links),
    }
}

/// Tells the findings of a tree that is to be planned; with one of error level nothing is.
fn validated(tree: &Tree, settings: &Settings, format: Format, console: &Console) -> Result<Option<Exit>, Fault> {
    validated_for(tree, settings, &Links::none(&settings.shown_tree(), None), format, console)
}

/// The same, for a report with links.
fn validated_for(
    tree: &Tree,
    settings: &Settings,
    links: &Links,
    format: Format,
    console: &Console,
) -> Result<Option<Exit>, Fault> {
    let errors = tree.errors() > 0;
    if format != Format::Text {
        if errors {
            console.result(&findings(tree, settings, links, format, console.result_styles()))?;
        }
    } else if errors || (!tree.findings.is_empty() && !console.is_quiet()) {
        match console.is_for_programs() {
            true => {
                let root = settings.shown_tree();
                console.findings(&tree.findings, |file| report::path_below(&root, file));
            }
            false if errors => console.say_always(&findings(tree, settings, links, format, console.talk_styles())),
            false => {
                let source = |file: &str| tree_room::source(&settings.tree, file);
                let (root, styles) = (settings.shown_tree(), console.talk_styles());
                console.say_always(&report::warnings_text(tree, &root, &source, styles));
            }
        }
    }
    Ok(errors.then_some(Exit::Findings))
}
