//! What the action's inputs say about telling.

use crate::cli::console::Console;
use crate::cli::environment;
use crate::github::Label;

/// When the pull request gets a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comment {
    Always,
    /// Not where there is nothing to do, unless there is a comment already.
    Changes,
    Never,
}

/// What is wanted of a run's telling.
pub(super) struct Wanted {
    pub(super) comment: Comment,
    pub(super) label: Label,
    pub(super) issue: bool,
}

impl Wanted {
    /// Reads them. One that says nothing known is told, and taken as its default: what is done is not theirs to decide.
    pub(super) fn read(console: &Console) -> Self {
        let comment = match environment::variable("POLICYSYNC_COMMENT").as_deref() {
            None | Some("always" | "true") => Comment::Always,
            Some("changes") => Comment::Changes,
            Some("never" | "false") => Comment::Never,
            Some(other) => {
                console.warn(&format!("comment is {other:?}, not always, changes or never; taken as always"));
                Comment::Always
            }
        };
        let issue = match environment::variable("POLICYSYNC_ISSUE").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                console.warn(&format!("issue is {other:?}, not true or false; taken as false"));
                false
            }
        };
        Self { comment, label: label().unwrap_or_else(|why| warned(console, &why)), issue }
    }
}

fn warned(console: &Console, why: &str) -> Label {
    console.warn(&format!("{why}; taken as {}", Label::default().as_str()));
    Label::default()
}

/// The label of the comment; why it can't be one.
pub(super) fn label() -> Result<Label, String> {
    match environment::variable("POLICYSYNC_LABEL") {
        None => Ok(Label::default()),
        Some(text) => text.parse().map_err(|why| format!("the label {text:?} can't be one: {why}")),
    }
}
