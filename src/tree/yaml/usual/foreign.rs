//! What doesn't belong into the file at all: marks of git, of Markdown, of other languages.

use granit_parser::ErrorKind;

use super::names::known;
use super::{Line, Spot, Told, blocks, told};

pub(super) fn merge_conflict(spot: &Spot<'_>) -> Option<Told> {
    let is_mark = |line: &&Line<'_>| {
        ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.said.starts_with(mark)) || line.said == "======="
    };
    let line = near(spot).find(is_mark)?;
    told("a merge conflict is left here", "decide which side holds, and take the marks away", line.range())
}

/// Lines as a diff shows them: `+name: PII`.
pub(super) fn marks_of_a_diff(spot: &Spot<'_>) -> Option<Told> {
    let is_of_a_diff = |line: &&Line<'_>| {
        let rest = line.said.strip_prefix(['+', '-']).and_then(|rest| rest.split_once(':'));
        rest.is_some_and(|(name, _)| known(name).is_some())
    };
    let first = spot.upwards().filter(is_of_a_diff).last()?;
    let hint = "take the `+` or the space at the beginning of each line away, and the lines that begin with `-`";
    told("the marks of a diff are left here", hint, first.range())
}

/// Signs of another language on the line, or on the one above it.
pub(super) fn of_another_kind(spot: &Spot<'_>) -> Option<Told> {
    near(spot).find_map(|line| {
        let body = line.body();
        if body.starts_with("```") {
            return told("this is no YAML, but Markdown around it", "take the lines with ``` away", line.range());
        }
        if body.starts_with("{{") || body.starts_with("{%") {
            let hint = "files are read as they are: write the value that the template would give";
            return told("a template's braces can't stand here; nothing fills them in", hint, line.range());
        }
        if is_separator(body) {
            let hint = "documents are set apart by three dashes, `---`; a comment begins with `#`";
            return told("a line like this can't stand here", hint, line.range());
        }
        if ["//", "/*", "<!--", "--", ";"].iter().any(|mark| body.starts_with(mark)) {
            return told("a comment of another language can't stand here", "begin it with `#`", line.range());
        }
        let is_table = spot.kind == &ErrorKind::ExpectedDocumentStart && body.starts_with('[') && body.ends_with(']');
        if (is_table || body.len() > 1 && body.ends_with('{')) && !body.contains(':') {
            let hint = "write a field a line, `name: PII`, and nothing around them";
            return told("this is how other tools group their fields", hint, line.range());
        }
        None
    })
}

/// A line that is drawn: `----`, `====`.
fn is_separator(body: &str) -> bool {
    let mut marks = body.chars();
    let Some(first) = marks.next().filter(|c| matches!(c, '-' | '=' | '_' | '*' | '~')) else { return false };
    body != "---" && body.len() >= 3 && marks.all(|c| c == first)
}

/// The line itself and the one above it, where they are no text of a policy.
fn near<'s, 't>(spot: &'s Spot<'t>) -> impl Iterator<Item = &'s Line<'t>> {
    let lines = spot.upwards().take(2).enumerate();
    lines.filter(|(number, line)| !line.is_marker() && !blocks::is_text(spot, *number)).map(|(_, line)| line)
}
