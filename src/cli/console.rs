//! What is written, and where: the result to standard output, everything else to standard error.

use std::io::{IsTerminal as _, Write as _};

use anstream::ColorChoice;

use crate::domain::{Finding, ScopeName, SystemClock};
use crate::report::style::Role;
use crate::report::{self, LogEvent, LogLevel, LogLine, Styles, escape};

use super::exit::Exit;
use super::fault::Fault;
use super::{LogFormat, environment, screen};

/// The process's two outputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Console {
    quiet: bool,
    verbose: u8,
    log: LogFormat,
    result_styles: Styles,
    talk_styles: Styles,
}

impl Console {
    pub(super) fn new(quiet: bool, verbose: u8, log: LogFormat) -> Self {
        // anstream knows NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM=dumb and what a terminal is.
        let result = anstream::AutoStream::choice(&std::io::stdout());
        let talk = match log {
            LogFormat::Text => anstream::AutoStream::choice(&std::io::stderr()),
            LogFormat::Json => ColorChoice::Never,
        };
        Self { quiet, verbose, log, result_styles: styles(result), talk_styles: styles(talk) }
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

    /// Whether the log is for programs.
    pub(super) fn is_for_programs(&self) -> bool {
        self.log == LogFormat::Json
    }

    /// Whether someone sits here, to be asked.
    pub(super) fn is_attended(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Whether someone can answer a question; a question is no line of a log for programs.
    pub(super) fn can_ask(&self) -> bool {
        self.is_attended() && !self.is_for_programs()
    }

    /// Whether progress can be drawn.
    pub(super) fn can_draw(&self) -> bool {
        let is_dumb = || environment::variable("TERM").is_none_or(|term| term == "dumb");
        !self.quiet && !self.is_for_programs() && std::io::stderr().is_terminal() && !is_dumb()
    }

    /// Writes the result. A reader that went away is no error: what is to be done is done all the same.
    pub(super) fn result(&self, text: &str) -> Result<(), Fault> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                let wrong = Fault::new(Exit::Failure, "can't write the result to standard output").because(error);
                Err(wrong.hint("look at where the output goes; what was done before it stays done"))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Tells something on the way; nothing with `--quiet`. The text must be escaped already.
    pub(super) fn say(&self, text: &str) {
        self.tell(LogLine::new(LogLevel::Info, LogEvent::Note, text));
    }

    /// Tells a step, for `-vv`. The text must be escaped already.
    pub(super) fn step(&self, text: &str) {
        self.tell(LogLine::new(LogLevel::Debug, LogEvent::Step, text));
    }

    /// Tells a line of the log to whom it is for: a problem to everyone, what happens unless `--quiet` is said, calls with
    /// `-v`, steps and settings with `-vv`. For people only the message is shown.
    pub(super) fn tell(&self, line: LogLine) {
        let is_told = match (line.level, line.event) {
            (LogLevel::Error | LogLevel::Warning, _) => true,
            (_, LogEvent::Step | LogEvent::Setting) => self.verbose > 1,
            (_, LogEvent::Call | LogEvent::Git) => self.verbose > 0,
            _ => !self.quiet,
        };
        if is_told {
            self.write(line);
        }
    }

    /// Tells a text of several lines also with `--quiet`: for people alone. The text must be escaped already.
    pub(super) fn say_always(&self, text: &str) {
        screen::line(text.trim_end_matches('\n'));
    }

    /// Tells a record, whole: its only copy.
    pub(super) fn record(&self, org: &ScopeName, record: &str) {
        match self.is_for_programs() {
            false => self.say_always(record),
            true => self.write(LogLine {
                org: Some(org.to_string()),
                record: Some(record.to_owned()),
                ..LogLine::new(LogLevel::Error, LogEvent::Record, format!("the record of {org}"))
            }),
        }
    }

    /// Tells something that must not be missed.
    pub(super) fn warn(&self, text: &str) {
        let text = escape::line(text);
        if self.is_for_programs() {
            return self.write(LogLine::new(LogLevel::Warning, LogEvent::Warning, text));
        }
        let mark = self.talk_styles.paint(Role::Warning, "warning");
        screen::line(&format!("{mark}: {text}"));
    }

    /// Tells findings to programs, a line each; `path` makes a file's path one that people are shown.
    pub(super) fn findings(&self, findings: &[Finding], path: impl Fn(&str) -> String) {
        for finding in findings {
            self.write(LogLine::finding(finding, path(&finding.place.file)));
        }
    }

    /// Tells why the process fails, layer by layer, and what to do.
    pub(super) fn fault(&self, fault: &Fault) {
        let message = escape::line(&fault.error.to_string()).into_owned();
        let causes = fault.error.chain().skip(1).map(|cause| escape::line(&cause.to_string()).into_owned());
        if self.is_for_programs() {
            self.findings(&fault.found, str::to_owned);
            return self.write(LogLine {
                causes: causes.collect(),
                hint: Some(escape::line(&fault.hint).into_owned()),
                exit_code: Some(i32::from(fault.exit as u8)),
                ..LogLine::new(LogLevel::Error, LogEvent::Failure, message)
            });
        }
        if !fault.found.is_empty() {
            // Without their lines: a settings file may hold, where it should not, a token or a password.
            let found = report::excerpts_text(&fault.found, "", &|_| None, &self.talk_styles);
            screen::line(found.strip_suffix('\n').unwrap_or(&found));
        }
        let mut text = format!("{}: {message}", self.talk_styles.paint(Role::Error, "error"));
        causes.for_each(|cause| text.push_str(&format!("\n  because: {cause}")));
        let mark = self.talk_styles.paint(Role::Hint, "hint");
        text.push_str(&format!("\n  {mark}: {}", escape::line(&fault.hint)));
        screen::line(&text);
    }

    /// A fault of this program itself is a line too, where the log is for programs.
    pub(super) fn hear_panics(&self) {
        if self.is_for_programs() {
            let console = *self;
            std::panic::set_hook(Box::new(move |panic| {
                let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
                let wrong = Fault::new(Exit::Failure, format!("policysync broke one of its own laws{place}"));
                console.fault(&wrong.hint(crate::apply::OUR_FAULT));
            }));
        }
    }

    fn write(&self, line: LogLine) {
        if !self.is_for_programs() {
            return screen::line(&line.message);
        }
        // What is set apart for people by an empty line or an indent is a line of its own here anyway.
        let message = line.message.trim().to_owned();
        let time = format!("{:.3}", SystemClock.to_the_millisecond());
        let line = report::log_json(&LogLine { time, message, ..line });
        screen::line(line.trim_end_matches('\n'));
    }
}

fn styles(choice: ColorChoice) -> Styles {
    match choice {
        ColorChoice::Never => Styles::plain(),
        ColorChoice::Auto | ColorChoice::Always | ColorChoice::AlwaysAnsi => Styles::coloured(),
    }
}
