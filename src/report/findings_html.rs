//! Findings as a page: file by file, each with its line.

use std::collections::BTreeMap;

use askama::Template;

use super::excerpt::{Excerpt, excerpt, line_of, span_in};
use super::links::Links;
use super::page::Frame;
use super::{counted, escape};
use crate::domain::{Finding, Level, Place};
use crate::tree::{Tree, formatting};

#[derive(Template)]
#[template(path = "findings.html")]
struct Page {
    frame: Frame,
    files: Vec<(String, Vec<Found>)>,
}

struct Found {
    tone: &'static str,
    level: String,
    code: &'static str,
    url: Option<String>,
    line: usize,
    column: usize,
    /// HTML already, and so the next two.
    message: String,
    hint: Option<String>,
    excerpt: String,
    related: Vec<Related>,
}

struct Related {
    url: Option<String>,
    /// File and line.
    place: String,
    /// HTML already.
    message: String,
}

/// The findings of a tree as one HTML file; `source` gives the text of a file.
#[must_use]
pub fn findings_html(tree: &Tree, links: &Links, source: &dyn Fn(&str) -> Option<String>) -> String {
    let errors = tree.errors();
    let warnings = tree.findings.len() - errors;
    let title = if tree.findings.is_empty() { "No findings" } else { "Findings" };
    let files = counted(tree.files, "file", "files");
    let (errors, warnings) = (counted(errors, "error", "errors"), counted(warnings, "warning", "warnings"));
    let frame = Frame::new(title.to_owned(), format!("{errors} and {warnings} in {files}."), "findings", false);
    let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &tree.findings {
        by_file.entry(&finding.place.file).or_default().push(finding);
    }
    let files = by_file.into_iter().map(|(file, findings)| {
        let text = source(file);
        let found = findings.into_iter().map(|finding| found(finding, text.as_deref(), links)).collect();
        (links.shown(file), found)
    });
    let page = Page { frame, files: files.collect() };
    page.render().expect("a template of plain values fails nowhere, and memory takes every write")
}

fn found(finding: &Finding, text: Option<&str>, links: &Links) -> Found {
    let Finding { place, code, level, message, hint, related } = finding;
    let is_whole = *place == Place::file(place.file.as_str());
    let line = text.filter(|_| !is_whole).and_then(|text| line_of(text, place.line));
    Found {
        tone: match level {
            Level::Error => "error",
            Level::Warning => "warning",
        },
        level: level.to_string(),
        code: code.0,
        url: links.url(&place.file, Some(place.line)),
        line: place.line,
        column: place.column,
        message: sentence(message),
        hint: hint.as_deref().map(sentence),
        excerpt: line.map(|line| marked(line, place)).unwrap_or_default(),
        related: related
            .iter()
            .map(|other| Related {
                url: links.url(&other.place.file, Some(other.place.line)),
                place: format!("{}:{}", links.shown(&other.place.file), other.place.line),
                message: sentence(&other.message),
            })
            .collect(),
    }
}

fn sentence(text: &str) -> String {
    escape::html_sentence(text, formatting::POLICY)
}

/// The line of source with what is meant marked in it.
fn marked(line: &str, place: &Place) -> String {
    let Excerpt { line: shown, marked } = excerpt(line, span_in(line, place));
    let [before, mark, after] =
        [&shown[..marked.start], &shown[marked.clone()], &shown[marked.end..]].map(escape::entities);
    let mark = if mark.is_empty() { String::new() } else { format!("<mark>{mark}</mark>") };
    let number = place.line;
    format!(
        "<div class=\"row source\"><span class=\"gutter\" aria-hidden=\"true\">{number}</span><span>{before}{mark}{after}</span></div>"
    )
}
