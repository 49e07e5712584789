//! Findings as Markdown: errors first, each with its place, what it is and what to do.

use super::markdown::{Frame, List, Page, file, sentence};
use super::{counted, escape};
use crate::domain::{Finding, Level};
use crate::tree::Tree;

/// The findings of a tree for a comment, a job summary or a page, as long as the frame allows.
#[must_use]
pub fn findings_markdown(tree: &Tree, frame: Frame<'_>) -> String {
    let (errors, warnings): (Vec<_>, Vec<_>) = tree.findings.iter().partition(|finding| finding.level == Level::Error);
    let numbers = [(errors.len(), "error", "errors"), (warnings.len(), "warning", "warnings")];
    let counts =
        numbers.into_iter().filter(|(number, ..)| *number > 0).map(|(number, one, many)| counted(number, one, many));
    let counts: Vec<String> = counts.collect();
    let headline =
        if counts.is_empty() { "No findings".to_owned() } else { format!("Findings: {}", counts.join(", ")) };
    let mut page = Page::begin(frame, &headline);
    let shown = |findings: Vec<&Finding>| findings.into_iter().map(|found| one(found, &page)).collect::<Vec<_>>();
    let (errors, warnings) = (shown(errors), shown(warnings));
    let heading = "> [!CAUTION]\n> **Nothing is planned or applied while these stand:**\n>\n".to_owned();
    page.list(&List { heading, prefix: "> ", lines: errors }, 1);
    page.list(&List { heading: "Warnings:\n\n".to_owned(), prefix: "", lines: warnings }, 1);
    let (policies, files) = (tree.policies.len(), tree.files);
    page.end(&format!("{} in {}", counted(policies, "policy", "policies"), counted(files, "file", "files")))
}

fn one(finding: &Finding, page: &Page<'_>) -> String {
    let Finding { place, code, level: _, message, hint, related } = finding;
    let at = file(page.links(), &place.file, Some(place));
    let hint = hint.as_ref().map_or_else(String::new, |hint| format!("; help: {}", sentence(hint)));
    let other = related.first().map_or_else(String::new, |other| {
        format!(
            "; see also {}: {}",
            file(page.links(), &other.place.file, Some(&other.place)),
            sentence(&other.message)
        )
    });
    format!("{at} {}: {}{hint}{other}", escape::markdown_code(code.0), sentence(message))
}
