//! What a step of a workflow says of itself: why it has no result, and what it could not tell.

use std::fmt::Write as _;

use super::escape;
use super::markdown::sentence;

/// Why there is no result, as Markdown: `headline` in our own words, then each layer of the failure, then what to do.
#[must_use]
pub fn failure_markdown(headline: &str, layers: &[String], hint: Option<&str>) -> String {
    let mut out = format!("## {headline}\n\n> [!CAUTION]\n");
    for (number, layer) in layers.iter().enumerate() {
        let because = if number == 0 { "Why" } else { "because" };
        let _ = writeln!(out, "> {because}: {}  ", sentence(layer));
    }
    if let Some(hint) = hint {
        let _ = writeln!(out, "> To do: {}", sentence(hint));
    }
    out.push('\n');
    out
}

/// What is not where it should be, as a note in Markdown.
#[must_use]
pub fn note_markdown(words: &str, why: &str) -> String {
    format!("> [!WARNING]\n> {words}: {}\n\n", sentence(why))
}

/// An error that is not about a line of a file, as an annotation.
#[must_use]
pub fn error_annotation(text: &str) -> String {
    format!("::error title=policysync::{}\n", escape::workflow_message(text))
}

/// The same for a warning.
#[must_use]
pub fn warning_annotation(text: &str) -> String {
    format!("::warning title=policysync::{}\n", escape::workflow_message(text))
}
