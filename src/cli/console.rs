//! What is written, and where: the result to standard output, everything else to standard error.

use std::io::{IsTerminal as _, Write as _};

use anstream::ColorChoice;

use crate::report::style::Role;
use crate::report::{self, Styles, escape};

use super::exit::Fault;

/// The process's two outputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Console {
    quiet: bool,
    verbose: u8,
    result_styles: Styles,
    talk_styles: Styles,
}

impl Console {
    pub(super) fn new(quiet: bool, verbose: u8) -> Self {
        // anstream knows NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM=dumb and what a terminal is.
        let result = anstream::AutoStream::choice(&std::io::stdout());
        let talk = anstream::AutoStream::choice(&std::io::stderr());
        Self { quiet, verbose, result_styles: styles(result), talk_styles: styles(talk) }
    }

    /// The styles for the result.
    pub(super) fn result_styles(&self) -> &Styles {
        &self.result_styles
    }

    /// The styles for standard error.
    pub(super) fn talk_styles(&self) -> &Styles {
        &self.talk_styles
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(super) fn verbosity(&self) -> u8 {
        self.verbose
    }

    /// Whether someone can answer a question.
    pub(super) fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Whether progress can be drawn.
    pub(super) fn can_draw(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Writes the result. A reader that went away is no error: what is to be done is done all the same.
    pub(super) fn result(&self, text: &str) -> Result<(), Fault> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(anyhow::Error::from(error).context("can't write the result to standard output").into())
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Tells something on the way; nothing with `--quiet`. The text must be escaped already.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            self.talk(text);
        }
    }

    /// Tells something also with `--quiet`. The text must be escaped already.
    pub(super) fn say_always(&self, text: &str) {
        self.talk(text.trim_end_matches('\n'));
    }

    /// Tells something that must not be missed.
    pub(super) fn warn(&self, text: &str) {
        let mark = self.talk_styles.paint(Role::Warning, "warning");
        self.talk(&format!("{mark}: {}", escape::line(text)));
    }

    /// Tells why the process fails, layer by layer, and what to do.
    pub(super) fn fault(&self, fault: &Fault) {
        let mark = self.talk_styles.paint(Role::Error, "error");
        if !fault.found.is_empty() {
            // Without their lines: a settings file may hold, where it should not, a token or a password.
            let found = report::excerpts_text(&fault.found, "", &|_| None, &self.talk_styles);
            self.talk(found.strip_suffix('\n').unwrap_or(&found));
        }
        let mut text = format!("{mark}: {}", escape::line(&fault.error.to_string()));
        for cause in fault.error.chain().skip(1) {
            text.push_str(&format!("\n  because: {}", escape::line(&cause.to_string())));
        }
        if let Some(hint) = &fault.hint {
            let mark = self.talk_styles.paint(Role::Hint, "hint");
            text.push_str(&format!("\n  {mark}: {}", escape::line(hint)));
        }
        self.talk(&text);
    }

    fn talk(&self, text: &str) {
        // Where standard error is closed there is nobody left to tell.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

fn styles(choice: ColorChoice) -> Styles {
    match choice {
        ColorChoice::Never => Styles::plain(),
        ColorChoice::Auto | ColorChoice::Always | ColorChoice::AlwaysAnsi => Styles::coloured(),
    }
}
