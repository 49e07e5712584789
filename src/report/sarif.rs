//! SARIF 2.1.0: what code scanning reads. Of a tree its findings, of a plan what a reviewer should look at.
//!
//! Laws: the document is valid by OASIS's schema; lines and columns count from 1; a region's text is the text at that place.

use std::collections::BTreeMap;

use serde::Serialize;

use super::escape;
use super::links::Links;
use super::proposal::Proposal;
use super::remarks::{self, Loudness, Remark};
use crate::domain::{Finding, Place};
use crate::tree::{self, Tree};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The root of the repository, in paths.
const ROOT: &str = "%SRCROOT%";

/// The text of a file of the tree.
type Source<'a> = &'a dyn Fn(&str) -> Option<String>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    automation_details: AutomationDetails,
    column_kind: &'static str,
    results: Vec<Outcome>,
}

/// What keeps the results of a plan and those of its tree apart.
#[derive(Serialize)]
struct AutomationDetails {
    id: String,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

/// A result; the standard's own word is taken in Rust.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    #[serde(flatten)]
    end: Option<RegionEnd>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RegionEnd {
    end_line: usize,
    end_column: usize,
    snippet: Message,
}

/// The findings of a tree; `source` gives the text of a file.
#[must_use]
pub fn findings_sarif(tree: &Tree, links: &Links, source: Source<'_>) -> String {
    document("policysync/findings/", &remarks::of_findings(&tree.findings), links, source)
}

/// What is said of texts: their findings, apart from those that a tree has by itself.
#[must_use]
pub fn lint_sarif(findings: &[Finding], links: &Links, source: Source<'_>) -> String {
    document("policysync/lint/", &remarks::of_findings(findings), links, source)
}

/// What a reviewer of a plan should look at; `source` gives the text of a file.
#[must_use]
pub fn plan_sarif<'a>(plan: impl Into<Proposal<'a>>, links: &Links, source: Source<'_>) -> String {
    document("policysync/plan/", &remarks::of_plan(plan.into()), links, source)
}

fn document(id: &str, remarks: &[Remark<'_>], links: &Links, source: Source<'_>) -> String {
    let codes: BTreeMap<&'static str, ()> = remarks.iter().map(|remark| (remark.code, ())).collect();
    let codes: Vec<&'static str> = codes.into_keys().collect();
    let rules = codes.iter().map(|code| Rule { id: code, short_description: message(described(code)) }).collect();
    let mut texts = Texts { source, last: None };
    let results = remarks.iter().map(|remark| result(remark, &codes, links, &mut texts)).collect();
    escape::json(&Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: Driver { name: "policysync", semantic_version: env!("CARGO_PKG_VERSION"), rules } },
            automation_details: AutomationDetails { id: id.to_owned() },
            column_kind: "unicodeCodePoints",
            results,
        }],
    })
}

/// What a kind is, in a few words.
fn described(code: &'static str) -> &'static str {
    let own = [
        ("guard", "A guard refuses the plan"),
        ("weaker", "A change that lets more through"),
        ("no-longer-managed", "A policy that no file asks for any more"),
        ("ambiguous-rename", "What could be a rename of more than one policy"),
        ("pending", "A change of an earlier run whose end isn't known"),
        ("undecided", "Several live policies that could be the one"),
    ];
    let findings = tree::codes::ALL
        .iter()
        .chain(crate::plan::CODES)
        .chain(crate::plan::LINT_CODES)
        .map(|(code, _, words)| (code.0, *words));
    own.into_iter().chain(findings).find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

/// The text of one file after the other, each read once: remarks come file by file.
struct Texts<'a> {
    source: Source<'a>,
    last: Option<(String, Option<String>)>,
}

impl Texts<'_> {
    fn of(&mut self, file: &str) -> Option<&str> {
        if self.last.as_ref().is_none_or(|(name, _)| name != file) {
            self.last = Some((file.to_owned(), (self.source)(file)));
        }
        self.last.as_ref()?.1.as_deref()
    }
}

fn result(remark: &Remark<'_>, codes: &[&'static str], links: &Links, texts: &mut Texts<'_>) -> Outcome {
    let Remark { loudness, code, title: _, message: text, hint, file, place, related } = remark;
    let text = hint.as_ref().map_or_else(|| text.clone(), |hint| format!("{text}; {hint}"));
    let others = related.iter().enumerate().map(|(index, other)| Location {
        id: Some(index + 1),
        physical_location: at(Some(&other.place.file), Some(&other.place), links, texts),
        message: Some(message(&other.message)),
    });
    let related_locations = others.collect();
    Outcome {
        rule_id: code,
        rule_index: codes.binary_search(code).unwrap_or_default(),
        level: match loudness {
            Loudness::Error => "error",
            Loudness::Warning => "warning",
            Loudness::Note => "note",
        },
        message: message(&text),
        locations: [Location { id: None, physical_location: at(*file, *place, links, texts), message: None }],
        related_locations,
    }
}

fn message(text: &str) -> Message {
    Message { text: escape::sarif(text) }
}

/// A place; what is about no file is about the tree's folder.
fn at(file: Option<&str>, place: Option<&Place>, links: &Links, texts: &mut Texts<'_>) -> PhysicalLocation {
    let path = links.in_repository(file.unwrap_or("."));
    let path = path.strip_suffix("/.").unwrap_or(&path);
    let uri = escape::uri_path(path);
    let artifact_location = match path.starts_with('/') {
        true => ArtifactLocation { uri: format!("file://{uri}"), uri_base_id: None },
        false => ArtifactLocation { uri, uri_base_id: Some(ROOT) },
    };
    let place = place.filter(|place| **place != Place::file(place.file.as_str()));
    let region = place.map(|place| Region {
        start_line: place.line,
        start_column: place.column,
        end: texts.of(&place.file).and_then(|text| end(text, place)),
    });
    PhysicalLocation { artifact_location, region }
}

/// Where a place ends, and its text: nothing where the file is not the one that was read.
fn end(text: &str, place: &Place) -> Option<RegionEnd> {
    let (before, marked) = (text.get(..place.start)?, text.get(place.start..place.end)?);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    let column = before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1;
    if (line, column) != (place.line, place.column) {
        return None;
    }
    let end_column = match marked.rsplit_once('\n') {
        None => column + marked.chars().count(),
        Some((_, last)) => last.chars().count() + 1,
    };
    let snippet = Message { text: marked.to_owned() };
    Some(RegionEnd { end_line: line + marked.matches('\n').count(), end_column, snippet })
}
