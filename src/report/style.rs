//! Colours by role. The caller chooses plain or coloured; nothing here looks at the environment.
//!
//! Law: a coloured text without its colours is the plain text, byte for byte.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// What a part of a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What must be put right, what failed.
    Error,
    /// What one should know.
    Warning,
    /// What to do.
    Hint,
    /// What is right or done.
    Good,
    /// What is added.
    Add,
    /// Words added within a changed line.
    AddedWords,
    /// What is taken away.
    Remove,
    /// Words taken away within a changed line.
    RemovedWords,
    /// What becomes different.
    Change,
    /// What lets more through.
    Weaker,
    /// Line numbers, gutters, arrows.
    Frame,
    /// What matters less than the rest.
    Muted,
    /// Names and headings.
    Bold,
}

/// The style of each role: all plain, or coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Styles {
    coloured: bool,
}

impl Styles {
    /// No colours: for files, pipes, `NO_COLOR`.
    #[must_use]
    pub const fn plain() -> Self {
        Self { coloured: false }
    }

    /// Colours, from the sixteen that every terminal's theme defines.
    #[must_use]
    pub const fn coloured() -> Self {
        Self { coloured: true }
    }

    /// The style of a role.
    #[must_use]
    pub const fn of(&self, role: Role) -> Style {
        if !self.coloured {
            return Style::new();
        }
        match role {
            Role::Error => AnsiColor::BrightRed.on_default().bold(),
            Role::Warning => AnsiColor::Yellow.on_default().bold(),
            Role::Hint => AnsiColor::BrightCyan.on_default().bold(),
            Role::Good => AnsiColor::Green.on_default().bold(),
            Role::Add => AnsiColor::Green.on_default(),
            Role::AddedWords => AnsiColor::Green.on_default().bold().underline(),
            Role::Remove => AnsiColor::Red.on_default(),
            Role::RemovedWords => AnsiColor::Red.on_default().bold().underline(),
            Role::Change => AnsiColor::Yellow.on_default(),
            Role::Weaker => AnsiColor::BrightRed.on_default().bold().invert(),
            Role::Frame => AnsiColor::BrightBlue.on_default().bold(),
            Role::Muted => Style::new().dimmed(),
            Role::Bold => Style::new().bold(),
        }
    }

    /// A text in a role's style, to be displayed. The text must be escaped already.
    #[must_use]
    pub fn paint<T: Display>(&self, role: Role, text: T) -> Painted<T> {
        Painted { style: self.of(role), text }
    }
}

/// A text in a style.
#[derive(Debug, Clone, Copy)]
pub struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { style, text } = self;
        write!(f, "{style}{text}{style:#}")
    }
}
