//! A line that a message shows as it should be is right in its place: random fields with a slip, mended as they are told to be.

use std::path::Path;

use policysync::tree::{self, yaml};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::plan_laws::seed;

/// How many lines are tried.
const LINES: usize = 1500;

const NAMES: &[&str] =
    &["name", "NAME", "riskType", "RISK_TYPE", "risk-type", "content", "key", "protected", "metadata"];

/// What stands where `: ` is due.
const SLIPS: &[&str] = &["=", " = ", "= ", " ", ":", "\u{ff1a}", ":\u{a0}", ": "];

/// Of what values are made: words, and all that means something to YAML.
const PIECES: &[&str] = &[
    "x", "HIGH", " y", "\"", "'", "[", "]", "{", "}", "@", "%", "!", ">", "|", "&", "*", "#", " #", ": ", ":", "\\",
    "`", "-", "- ", "? ", "~", "null", "true", "é", "e\u{301}", "\u{202e}", "\u{85}", ", ", "''",
];

fn line() -> impl Strategy<Value = String> {
    let value = proptest::collection::vec(proptest::sample::select(PIECES), 0..4);
    let (names, slips) = (proptest::sample::select(NAMES), proptest::sample::select(SLIPS));
    (names, slips, value).prop_map(|(name, slip, value)| format!("{name}{slip}{}", value.concat()))
}

fn plain(word: &str) -> String {
    word.replace(['-', '_'], "").to_ascii_lowercase()
}

/// The line that a finding shows for the one that it stands on.
fn mended(finding: &policysync::domain::Finding, line: &str) -> Option<String> {
    let hint = finding.hint.as_deref()?;
    // What stands in backticks. Below `content: |` the text is to be written, so that is no whole field.
    let shown = hint.split('`').skip(1).step_by(2).find(|said| said.contains(": ") && *said != "content: |")?;
    let name = shown.split(':').next()?;
    plain(line).starts_with(&plain(name)).then(|| shown.to_owned())
}

fn file(line: &str) -> String {
    format!("actionType: block\n{line}\norgId: acme\n")
}

#[expect(clippy::disallowed_methods, reason = "writes a tree of its own")]
fn written(root: &Path, lines: &[String]) {
    std::fs::create_dir_all(root.join("acme")).expect("a folder of our own");
    for (number, line) in lines.iter().enumerate() {
        std::fs::write(root.join(format!("acme/p{number:04}.yaml")), file(line)).expect("it is ours");
    }
}

#[test]
fn a_line_that_is_shown_mended_has_no_such_finding_any_more() {
    let config = ProptestConfig { rng_seed: seed(), ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let strategy = line();
    let lines: Vec<String> =
        (0..LINES).map(|_| strategy.new_tree(&mut runner).expect("a line is made").current()).collect();
    let folder = tempfile::tempdir().expect("a folder of our own");
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    written(&before, &lines);
    let found = tree::read(&before).expect("it is readable").findings;
    let mut tried = lines.clone();
    let mut changed = vec![false; LINES];
    // Whether the name is a part of what is mended.
    let mut named = vec![false; LINES];
    for finding in found.iter().filter(|finding| finding.code == yaml::SYNTAX && finding.place.line == 2) {
        let number = finding.place.file.trim_start_matches("acme/p").trim_end_matches(".yaml");
        let number: usize = number.parse().expect("files are numbered");
        if let Some(mended) = mended(finding, &lines[number]) {
            tried[number] = mended;
            changed[number] = true;
            named[number] = finding.message.contains("` has ");
        }
    }
    let count = changed.iter().filter(|changed| **changed).count();
    assert!(count > LINES / 10, "{count} lines were mended");
    written(&after, &tried);
    for finding in tree::read(&after).expect("it is readable").findings {
        let number = finding.place.file.trim_start_matches("acme/p").trim_end_matches(".yaml");
        let Ok(number) = number.parse::<usize>() else { continue };
        let is_of_a_kind = [yaml::SYNTAX, yaml::EMPTY_VALUE].contains(&finding.code)
            || (named[number] && finding.code == yaml::UNKNOWN_FIELD);
        assert!(
            !(changed[number] && finding.place.line == 2 && is_of_a_kind),
            "{:?} was mended as {:?}: {finding:?}",
            lines[number],
            tried[number]
        );
    }
}
