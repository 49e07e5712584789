//! Trees and what is found in them: each folder of `tests/cases/validate` has a `tree` and an `expected.txt`.
//!
//! `UPDATE_CASES=1 cargo test --test all tree_cases` writes the expectations anew; review them like code. What no
//! repository can hold (links, FIFOs, names that some systems can't tell apart) is in `tree_hostile.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use policysync::domain::{Finding, Level, Place};
use policysync::tree::{self, Tree};

/// Codes that no case in the repository can produce, and the test that does.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("symbolic-link", "tests/all/tree_hostile.rs", "links_are_refused_by_name_and_not_read"),
    ("name-not-utf-8", "tests/all/tree_hostile.rs", "names_that_are_not_utf_8_are_refused"),
    ("duplicate-name", "tests/all/tree_hostile.rs", "names_that_some_system_joins_are_told_apart_nowhere"),
    ("file-too-large", "tests/all/tree_hostile.rs", "a_huge_file_is_refused_by_its_size"),
    ("not-a-list", "src/tree/yaml/fields_tests.rs", "each_kind_of_field_says_what_is_due"),
    ("not-a-number", "src/tree/yaml/fields_tests.rs", "each_kind_of_field_says_what_is_due"),
];

/// What the parser calls things, and nobody else does.
const PARSERS_OWN: &[&str] = &["mapping", "scalar", "sequence", "indicator", "flow", "node", "while parsing", "token"];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[expect(clippy::disallowed_methods, reason = "reads this project's own files")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn cases() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(here("tests/cases/validate")).expect("the cases are there");
    let mut cases: Vec<PathBuf> =
        folder.map(|entry| entry.expect("readable").path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

fn at(place: &Place) -> String {
    format!("{}:{}:{}", place.file, place.line, place.column)
}

/// A tree as text: a line for each finding, then one for each policy that could be proven.
pub(crate) fn shown(tree: &Tree) -> String {
    let mut out = String::new();
    for Finding { place, code, level, message, hint, related } in &tree.findings {
        let hint = hint.as_ref().map(|hint| format!(" | {hint}")).unwrap_or_default();
        writeln!(out, "{level} {code} {} {message}{hint}", at(place)).expect("a text takes more");
        for other in related {
            writeln!(out, "  {} {}", at(&other.place), other.message).expect("a text takes more");
        }
    }
    for (address, desired) in &tree.policies {
        let policy = &desired.scoped.policy;
        let cut: String = policy.content().chars().take(40).collect();
        write!(out, "policy {address} = {} {} {}", desired.scoped.scope, policy.risk_type(), policy.action_type())
            .expect("a text takes more");
        write!(out, " {:?} {cut:?} {}", policy.name(), at(&desired.place)).expect("a text takes more");
        if desired.protected {
            write!(out, " protected").expect("a text takes more");
        }
        if !desired.metadata.is_empty() {
            write!(out, " {:?}", desired.metadata).expect("a text takes more");
        }
        out.push('\n');
    }
    out
}

/// What holds for the findings of any tree.
pub(crate) fn assert_laws(root: &Path, tree: &Tree) {
    assert!(tree.findings.is_sorted(), "findings are sorted by place");
    let known: BTreeMap<&str, Level> = tree::codes::ALL.iter().map(|(code, level, _)| (code.0, *level)).collect();
    let mut files = BTreeMap::new();
    for finding in &tree.findings {
        assert_eq!(known.get(finding.code.0), Some(&finding.level), "{finding:?} is in the table");
        let said = [Some(&finding.message), finding.hint.as_ref()].into_iter().flatten();
        for text in said.chain(finding.related.iter().map(|other| &other.message)) {
            let raw = |c: char| c.is_control() || tree::yaml::is_invisible(c);
            assert!(!text.contains(raw), "nothing raw reaches a message: {text:?}");
            assert!(text.len() < 500, "a message is one sentence: {text}");
        }
        let help = finding.hint.as_deref().unwrap_or_default();
        assert!(!help.is_empty(), "a finding says what to do: {finding:?}");
        assert!(!help.ends_with('.') && !finding.message.ends_with('.'), "a sentence without its end: {finding:?}");
        for word in PARSERS_OWN {
            let said = finding.message.to_lowercase();
            assert!(!said.contains(word), "{word} is a word of the parser: {finding:?}");
        }
        for place in std::iter::once(&finding.place).chain(finding.related.iter().map(|other| &other.place)) {
            assert_place(root, place, &mut files);
        }
    }
    for desired in tree.policies.values() {
        assert_place(root, &desired.place, &mut files);
        assert_place(root, &desired.text, &mut files);
    }
}

/// Line, column and bytes are the same place. `files` keeps the texts that were read.
fn assert_place(root: &Path, place: &Place, files: &mut BTreeMap<String, Option<String>>) {
    let text = files.entry(place.file.clone()).or_insert_with(|| {
        let path = root.join(&place.file);
        // Nothing but a file of a usual size is read, here as there.
        let usual = |meta: &std::fs::Metadata| meta.is_file() && meta.len() <= 256 * 1024;
        let readable = std::fs::symlink_metadata(&path).is_ok_and(|meta| usual(&meta));
        let bytes = if readable { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
        let shown = tree::source(root, &place.file);
        assert_eq!(shown.is_some(), readable && !place.file.contains('\u{fffd}'), "{place:?} can be shown");
        // A file that isn't UTF-8 is shown with other bytes than it has.
        let text = String::from_utf8(bytes).ok()?;
        assert_eq!(shown.unwrap_or_default(), text, "{place:?}: what is shown is the file");
        Some(text)
    });
    let Some(text) = text else { return };
    assert!(place.start <= place.end && place.end <= text.len(), "{place:?} lies within the text");
    assert!(text.is_char_boundary(place.start), "{place:?} begins a character");
    let before = &text[..place.start];
    assert!(text.is_char_boundary(place.end), "{place:?} ends with a character");
    let line = before.rsplit('\n').next().unwrap_or_default();
    let line = if before.contains('\n') { line } else { line.trim_start_matches('\u{feff}') };
    assert_eq!(place.line, before.matches('\n').count() + 1, "{place:?}");
    assert_eq!(place.column, line.chars().count() + 1, "{place:?}");
}

#[test]
fn every_case_finds_what_is_expected() {
    #[expect(clippy::disallowed_methods, reason = "asked by the person who runs the tests")]
    let update = std::env::var("UPDATE_CASES").is_ok();
    let mut wrong = Vec::new();
    for case in cases() {
        let root = case.join("tree");
        let tree = tree::read(&root).expect("a case's tree is readable");
        assert_laws(&root, &tree);
        let (found, expected) = (shown(&tree), case.join("expected.txt"));
        if update {
            #[expect(clippy::disallowed_methods, reason = "writes the expectations anew, as asked")]
            std::fs::write(&expected, &found).expect("the case is writable");
        } else if read(&expected) != found {
            let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
            wrong.push(format!("{name}:\n--- expected\n{}--- found\n{found}", read(&expected)));
        }
    }
    assert!(wrong.is_empty(), "cases that find something else:\n{}", wrong.join("\n"));
}

#[test]
fn every_code_is_shown_by_a_case_or_a_test() {
    let mut shown = BTreeSet::new();
    for case in cases() {
        let expected = read(&case.join("expected.txt"));
        let lines = expected.lines().filter(|line| line.starts_with("error ") || line.starts_with("warning "));
        shown.extend(lines.filter_map(|line| line.split(' ').nth(1).map(str::to_owned)));
    }
    for (code, file, test) in ELSEWHERE {
        assert!(read(&here(file)).contains(&format!("fn {test}()")), "{file} has the test {test}");
        assert!(!shown.contains(*code), "{code} has a case, and needs no other test");
        shown.insert((*code).to_owned());
    }
    let known: BTreeSet<String> = tree::codes::ALL.iter().map(|(code, ..)| code.0.to_owned()).collect();
    assert_eq!(shown, known);
}

/// The lines that a message shows in backticks as they should be: `` `name: PII` ``.
fn examples(hint: &str) -> impl Iterator<Item = &str> {
    hint.split('`').skip(1).step_by(2).filter(|said| said.contains(": ") && !said.ends_with('…'))
}

#[test]
fn a_line_that_a_message_shows_is_right_in_its_place() {
    let mut tried = 0;
    for case in cases() {
        let root = case.join("tree");
        let found = tree::read(&root).expect("a case's tree is readable").findings;
        for finding in found.iter().filter(|finding| finding.code == tree::yaml::SYNTAX) {
            let text = read(&root.join(&finding.place.file));
            let line = text.lines().nth(finding.place.line - 1).unwrap_or_default();
            for example in examples(finding.hint.as_deref().unwrap_or_default()) {
                let name = example.split(':').next().unwrap_or_default();
                if !line.trim_start_matches('\u{feff}').trim_start().starts_with(name) {
                    continue;
                }
                tried += 1;
                let mut lines: Vec<&str> = text.lines().collect();
                lines[finding.place.line - 1] = example;
                let mended = lines.join("\n") + "\n";
                let documents = tree::yaml::parse(&tree::yaml::Text::new(&finding.place.file, &mended));
                let again = documents.iter().flat_map(|document| &document.findings);
                let again: Vec<_> = again.filter(|again| again.place.line == finding.place.line).collect();
                assert!(again.is_empty(), "{finding:?}\nmended as {example:?}: {again:?}");
            }
        }
    }
    assert!(tried > 40, "{tried} lines were tried");
}

/// The name and the title of a section, which has an example and says what to do.
fn head(section: &str) -> String {
    let mut lines = section.lines().filter(|line| !line.is_empty());
    let (code, title) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    assert!(section.contains("```"), "{code} has an example");
    assert!(section.contains("\n**What to do:** "), "{code} says what to do");
    format!("{code}: {title}")
}

#[test]
fn the_page_of_findings_is_the_table() {
    let page = read(&here("docs/findings.md"));
    let mut told = Vec::new();
    for section in page.split("\n## ").skip(1) {
        told.push(head(section));
    }
    for (page, word) in [("docs/guards.md", "Guard"), ("docs/notices.md", "Notice")] {
        let page = read(&here(page));
        let told: Vec<String> = page.split("\n## ").skip(1).map(head).collect();
        let of = policysync::cli::pages().filter(|page| page.of.as_str().eq_ignore_ascii_case(word));
        let table: Vec<String> = of.map(|page| format!("{}: {word}. {}.", page.code, page.title)).collect();
        assert_eq!(told, table);
    }
    let level = |level: &Level| if *level == Level::Error { "Error" } else { "Warning" };
    let all = policysync::cli::codes();
    let table: Vec<String> = all.map(|(code, of, title)| format!("{code}: {}. {title}.", level(of))).collect();
    assert_eq!(told, table);
}

#[test]
fn a_code_is_one_plain_word_and_stands_once() {
    let mut seen = BTreeSet::new();
    for (code, _, title) in tree::codes::ALL {
        assert!(code.0.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{code}");
        assert!(seen.insert(code.0), "{code} stands twice");
        assert!(!title.ends_with('.'), "{title}");
    }
}
