//! Annotations as GitHub's runner reads them, and SARIF as its schema and its readers do.

use std::path::Path;

use policysync::report::{
    Links, Proposal, apply_annotations, drift_annotations, escape, findings_annotations, findings_sarif,
    lint_annotations, lint_sarif, plan_annotations, plan_sarif,
};
use policysync::tree;
use proptest::prelude::*;
use serde_json::Value;

use super::laws::hostile;
use super::lint::with_lint;
use super::live::of_drift;
use super::world::{outcome_saying, plan_saying, tree_saying};

/// Every SARIF document of what says `text`.
pub(super) fn sarifs(text: &str, other: &str) -> Vec<String> {
    let links = Links::none(text, None);
    let source = |_: &str| Some(format!("{text}\n{other}"));
    vec![
        findings_sarif(&tree_saying(text), &links, &source),
        with_lint(text, other, |lint| lint_sarif(&lint.findings(), &links, &source)),
        plan_sarif(&plan_saying(text, other), &links, &source),
    ]
}

/// Every set of annotations of what says `text`.
fn annotations(text: &str, other: &str) -> Vec<String> {
    let links = Links::none(other, None);
    let plan = plan_saying(text, other);
    let impacts = super::violations::impacts_saying(&plan, text);
    let shown = Proposal::new(&plan, Some(&impacts));
    vec![
        findings_annotations(&tree_saying(text), &links),
        plan_annotations(&plan, &links),
        apply_annotations(&plan, &outcome_saying(text), &links),
        apply_annotations(shown, &outcome_saying(text), &links),
        of_drift(text, other, |drift, _| drift_annotations(drift, &links)),
        with_lint(text, other, |lint| lint_annotations(&lint, &links)),
    ]
}

/// The properties of a command, by their order.
pub(super) type Properties = Vec<(String, String)>;

/// A command as the runner takes it from a line (`ActionCommand.TryParseV2`): its name, its properties, its message.
pub(super) fn command(line: &str) -> Option<(String, Properties, String)> {
    let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let back = |text: &str| {
        text.replace("%3A", ":").replace("%2C", ",").replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    };
    let properties = properties.split(',').filter_map(|property| property.split_once('='));
    let properties = properties.map(|(key, value)| (key.to_owned(), back(value))).collect();
    Some((name.to_owned(), properties, back(message)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_command_is_ours_and_says_just_what_was_said(text in hostile(), other in hostile()) {
        for annotations in annotations(&text, &other) {
            let lines: Vec<&str> = annotations.split(['\n', '\r', '\u{85}', '\u{2028}']).filter(|line| !line.is_empty()).collect();
            let (last, commands) = lines.split_last().expect("there is a last line");
            prop_assert_eq!(command(last), None);
            prop_assert!(commands.len() <= 10);
            for line in commands {
                let (name, properties, message) = command(line).expect("a command");
                prop_assert!(["error", "warning", "notice"].contains(&name.as_str()), "{}", line);
                let keys: Vec<&str> = properties.iter().map(|(key, _)| key.as_str()).collect();
                prop_assert!(["title", "file,title", "file,line,col,title"].contains(&keys.join(",").as_str()), "{}", line);
                // The message comes from what is said, and from nothing that it could be cut into.
                prop_assert!(!message.contains('\r') && !line.contains("##[") && !line.contains("##vso["));
                for (key, value) in &properties {
                    prop_assert!(!["line", "col"].contains(&key.as_str()) || value.parse::<usize>().is_ok_and(|number| number > 0));
                }
            }
        }
    }

    #[test]
    fn a_value_of_a_command_reads_back(text in hostile()) {
        let shown = escape::line(&text).into_owned();
        let line = format!("::error title={},file=x::{}", escape::workflow_property(&text), escape::workflow_message(&text));
        let (_, properties, message) = command(&line).expect("a command");
        prop_assert_eq!(&properties, &vec![("title".to_owned(), shown.clone()), ("file".to_owned(), "x".to_owned())]);
        prop_assert_eq!(message, shown);
    }

    #[test]
    fn any_text_gives_valid_sarif_without_links_and_placeholders(text in hostile(), other in hostile()) {
        for document in sarifs(&text, &other) {
            let document: Value = serde_json::from_str(&document).expect("JSON");
            prop_assert!(validator().is_valid(&document), "{:#}", document);
            for result in document["runs"][0]["results"].as_array().expect("results") {
                let message = result["message"]["text"].as_str().expect("a text");
                let is_link = |(at, _): (usize, &str)| !message[..at].ends_with('\\');
                prop_assert!(!message.match_indices("](").any(is_link), "{}", message);
                let braces = message.replace("{{", "").replace("}}", "");
                prop_assert!(!braces.contains(['{', '}']), "{}", message);
            }
        }
    }
}

pub(super) fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: std::sync::OnceLock<jsonschema::Validator> = std::sync::OnceLock::new();
    VALIDATOR.get_or_init(|| {
        // As published, but for a pattern (of a field that we don't write) that is no regular expression in ECMAScript.
        let published = include_str!("../sarif-2.1.0.schema.json");
        let mended = published.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
        let schema: Value = serde_json::from_str(&mended).expect("JSON");
        jsonschema::draft7::new(&schema).expect("a schema")
    })
}

/// What stands in a text between two places, found by walking it: lines end at a line feed, columns count characters.
fn text_at(text: &str, region: &Value) -> String {
    let number = |key: &str| usize::try_from(region[key].as_u64().expect(key)).expect("a small number");
    let (start, end) = ((number("startLine"), number("startColumn")), (number("endLine"), number("endColumn")));
    let (mut at, mut out) = ((1, 1), String::new());
    for c in text.chars() {
        if at >= start && at < end {
            out.push(c);
        }
        at = match c {
            '\n' => (at.0 + 1, 1),
            // A byte order mark is no character of the first line.
            '\u{feff}' if at == (1, 1) => at,
            _ => (at.0, at.1 + 1),
        };
    }
    out
}

#[test]
fn a_regions_text_is_the_text_at_that_place() {
    let cases =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/validate")).expect("the cases");
    let (mut regions, mut whole) = (0, 0);
    for case in cases {
        let root = case.expect("readable").path().join("tree");
        if !root.is_dir() {
            continue;
        }
        let read = tree::read(&root).expect("a tree");
        let source = |file: &str| tree::source(&root, file);
        let links = Links::none("tree", Some("tree"));
        let document: Value = serde_json::from_str(&findings_sarif(&read, &links, &source)).expect("JSON");
        let errors: Vec<String> = validator().iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", root.display());
        let results = document["runs"][0]["results"].as_array().expect("results");
        assert_eq!(results.len(), read.findings.len());
        for result in results {
            let rule = &document["runs"][0]["tool"]["driver"]["rules"]
                [usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            let related = result["relatedLocations"].as_array().cloned().unwrap_or_default();
            for location in result["locations"].as_array().unwrap().iter().chain(&related) {
                let at = &location["physicalLocation"];
                let uri = at["artifactLocation"]["uri"].as_str().unwrap();
                let file = percent_encoding::percent_decode_str(uri).decode_utf8().unwrap();
                let Some(region) = at.get("region") else {
                    whole += 1;
                    continue;
                };
                let Some(text) = source(file.strip_prefix("tree/").unwrap()) else { continue };
                // Of what is no text nobody can say where a text is.
                if text.contains('\u{fffd}') {
                    continue;
                }
                let snippet =
                    region["snippet"]["text"].as_str().unwrap_or_else(|| panic!("{}: no text of {at}", root.display()));
                assert_eq!(text_at(&text, region), snippet, "{} {region}", root.display());
                regions += 1;
            }
        }
    }
    println!("{regions} regions, {whole} files as a whole");
    assert!(regions > 100, "{regions}");
}

#[test]
fn the_nine_worst_stand_on_their_lines_and_the_rest_is_counted() {
    let mut tree = tree_saying("x");
    let one = |line: usize| tree.findings[usize::from(line.is_multiple_of(2))].clone();
    let findings: Vec<_> = (1..=30)
        .map(|line| {
            let mut found = one(line);
            found.place.line = line;
            found
        })
        .collect();
    tree.findings = findings;
    let shown = findings_annotations(&tree, &Links::none("policies", None));
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 11, "{shown}");
    assert!(lines[..9].iter().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")), "{shown}");
    let (name, _, message) = command(lines[9]).expect("a command");
    assert_eq!((name.as_str(), message.as_str()), ("error", "and 21 more"));
    assert_eq!(lines[10], "30 findings in 2 files.");
}

#[test]
fn annotations_of_a_plan_and_of_findings() {
    insta::assert_snapshot!(annotations("text", "other").join("\n"));
}

#[test]
fn a_plan_as_sarif() {
    insta::assert_snapshot!(sarifs("text", "other").pop().unwrap().replace(env!("CARGO_PKG_VERSION"), "[version]"));
}
