use policysync::domain::{Code, Finding, Place};
use policysync::report::{Styles, findings_json, findings_text, warnings_text};
use policysync::tree::Tree;

use super::world::{place_of, tree, tree_with};

const FILE: &str = "acme/production/pii.yaml";

fn shown(text: &str, findings: Vec<Finding>) -> String {
    findings_text(&tree_with(findings), "policies", &|_| Some(text.to_owned()), &Styles::plain())
}

#[test]
fn a_finding_shows_its_line_as_rustc_does() {
    let text = "# PII\nname: PII\n\nriskType: hihg\nactionType: block\n";
    let finding = Finding::error(
        Code("bad-risk-type"),
        place_of(FILE, text, "hihg", 0),
        "riskType \"hihg\" is not LOW, MEDIUM or HIGH",
    )
    .hint("did you mean HIGH?");
    insta::assert_snapshot!(shown(text, vec![finding]));
}

#[test]
fn related_places_are_shown_with_it() {
    let text = "name: a\nriskType: LOW\nactionType: 0\ncontent: x\n\n\nname: b\n";
    let twice = Finding::error(Code("duplicate-key"), place_of(FILE, text, "name", 1), "`name` is given twice")
        .related(place_of(FILE, text, "name", 0), "first given here");
    let elsewhere = Finding::warning(Code("same-policy"), place_of(FILE, text, "name: b", 0), "two policies are equal")
        .related(place_of("acme/other.yaml", text, "name: a", 0), "the other one")
        .hint("remove one of them");
    insta::assert_snapshot!(shown(text, vec![twice, elsewhere]));
}

#[test]
fn without_a_source_heading_and_place_stand_alone() {
    let text = "name: a\n";
    let findings = vec![
        Finding::error(Code("symlink"), Place::file("acme/link.yaml"), "a symbolic link is not read"),
        Finding::warning(Code("odd"), place_of(FILE, text, "a", 0), "odd")
            .related(place_of("acme/b.yaml", text, "name", 0), "as here")
            .hint("look"),
    ];
    let out = findings_text(&tree_with(findings), "policies/", &|_| None, &Styles::plain());
    insta::assert_snapshot!(out);
}

#[test]
fn escapes_tabs_and_wide_characters_keep_the_caret_in_its_place() {
    let text = "\tname: \u{1b}[2K東京\u{202e} oops \u{9b}\n";
    let finding = |what: &str| Finding::error(Code("hidden"), place_of(FILE, text, what, 0), "look");
    insta::assert_snapshot!(shown(text, vec![finding("\u{202e}"), finding("oops"), finding("京")]));
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!("content: \"{} riskTpye {}\"\n", "lorem ipsum ".repeat(2_000), "dolor ".repeat(2_000));
    let out = shown(&text, vec![Finding::error(Code("long"), place_of(FILE, &text, "riskTpye", 0), "found")]);
    insta::assert_snapshot!(out);
    assert!(out.lines().all(|line| line.chars().count() < 140));
}

#[test]
fn a_place_outside_of_the_source_is_no_panic() {
    for (line, column, start, end) in
        [(1, 99, 98, 200), (2, 1, 4, 9), (7, 3, 50, 60), (0, 0, 9, 3), (1, 4, 3, 3), (1, 1, 0, 4_000)]
    {
        let place = Place { file: FILE.into(), line, column, start, end };
        let finding = Finding::error(Code("odd"), place.clone(), "odd").related(place, "there");
        for text in ["", "abc", "abc\n", "é\u{1f600}\r\nb"] {
            let out = shown(text, vec![finding.clone()]);
            assert!(out.contains(&format!("policies/{FILE}:{line}:{column}")), "{out}");
        }
    }
}

#[test]
fn a_clean_tree_says_so() {
    let clean = tree(&[("acme", "acme", None)], &[]);
    let none = |_: &str| None;
    let out = findings_text(&Tree { files: 16, ..clean }, "policies", &none, &Styles::plain());
    assert_eq!(out, "ok: 0 policies in 16 files, no findings\n");
}

/// As before a plan: a hundred times the same would hide it, and one of another kind among them must not be hidden by it.
#[test]
fn of_many_warnings_of_one_code_the_first_are_told_and_how_many_more_there_are() {
    let warning = |code: &'static str, line: usize| {
        Finding::warning(Code(code), Place { line, ..Place::file(FILE) }, format!("{code} in line {line}"))
    };
    let mut many: Vec<_> = (1..=100).map(|line| warning("repeated-text", line)).collect();
    many.push(warning("fields-order", 101));
    let shown =
        |findings: &[Finding]| warnings_text(&tree_with(findings.to_vec()), "policies", &|_| None, &Styles::plain());
    let out = shown(&many);
    for line in 1..=5 {
        assert!(out.contains(&format!("repeated-text in line {line}\n")), "{out}");
    }
    assert!(!out.contains("repeated-text in line 6\n") && out.contains("fields-order in line 101\n"), "{out}");
    let end = "\nwarning: 95 more of repeated-text\nwarning: 101 warnings in 2 files (0 policies); \
               `policysync validate` shows them all\n";
    assert!(out.ends_with(end), "{out}");
    // Where few are told, all are: as `validate` tells them.
    let few = [many[..5].to_vec(), many[100..].to_vec()].concat();
    let whole = findings_text(&tree_with(few.clone()), "policies", &|_| None, &Styles::plain());
    assert_eq!(shown(&few), whole);
}

#[test]
fn findings_as_json() {
    let text = "name: a\nname: b\n";
    let finding = Finding::error(Code("duplicate-key"), place_of(FILE, text, "name", 1), "`name` is given twice")
        .hint("remove one")
        .related(place_of(FILE, text, "name", 0), "first given here");
    insta::assert_snapshot!(findings_json(&tree_with(vec![finding]), "./policies"));
}
