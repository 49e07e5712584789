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

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\n::add-mask::x\r%0A::error::y ##[group]z @acme/all </details> <b>";

    #[test]
    fn an_annotation_is_one_command_whatever_it_says() {
        for text in [error_annotation(HOSTILE), warning_annotation(HOSTILE)] {
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(text.ends_with('\n') && !text.contains('\r') && !text.contains("##["), "{text}");
            assert!(text.contains("%250A"), "a percent sign that was written is not read as one of ours: {text}");
        }
    }

    #[test]
    fn a_failure_and_a_note_hold_nothing_but_words_and_code() {
        let layers = [HOSTILE.to_owned(), HOSTILE.to_owned()];
        for text in [failure_markdown("Not applied", &layers, Some(HOSTILE)), note_markdown("Not posted", HOSTILE)] {
            assert!(
                text.lines().all(|line| line.is_empty() || line.starts_with("> ") || line.starts_with("## ")),
                "{text}"
            );
            for bad in [" @acme", " </details>", " <b>"] {
                assert!(!text.contains(bad), "{bad} stands outside of code in: {text}");
            }
        }
    }
}
