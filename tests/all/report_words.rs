use std::time::{Duration, Instant};

use policysync::report::{DiffLine, Sign, Styles, differences, differences_text};
use proptest::prelude::*;

fn shown(old: &str, new: &str) -> String {
    differences_text(old, new, "", &Styles::plain())
}

/// The text that is left when one side's lines are dropped.
fn without(lines: &[DiffLine<'_>], sign: Sign) -> String {
    let mut text = String::new();
    for line in lines.iter().filter(|line| line.sign != sign) {
        text.extend(line.parts.iter().map(|part| part.text));
        text.push_str(if line.ended { "\n" } else { "" });
    }
    text
}

#[test]
fn changed_words_are_marked_within_their_lines() {
    let old = "Never share names,\naddresses or phone numbers of customers\nwith anyone outside.\n";
    let new = "Never share names,\ne-mail addresses or bank accounts of customers\nwith anyone outside.\nAsk first.\n";
    insta::assert_snapshot!(shown(old, new));
}

#[test]
fn far_from_a_change_lines_are_folded() {
    let lines = |changed: &str| {
        (1..=30).map(|n| if n == 15 { format!("{changed}\n") } else { format!("line {n}\n") }).collect::<String>()
    };
    insta::assert_snapshot!(shown(&lines("the old line"), &lines("the new line")));
}

#[test]
fn changes_of_spaces_are_visible() {
    insta::assert_snapshot!(shown("a b\nend\nx\u{a0}y z\n\n", "a  b\nend \nx y z\n\t\n"));
}

#[test]
fn a_missing_line_feed_is_told() {
    insta::assert_snapshot!(shown("same\nlast", "same\nlast\n"));
    insta::assert_snapshot!(shown("a", "b"));
}

#[test]
fn what_is_equal_has_no_difference() {
    assert_eq!(shown("a\nb", "a\nb"), "");
    assert_eq!(shown("", ""), "");
}

#[test]
fn a_long_paragraph_shows_its_change_and_little_else() {
    let paragraph = |word: &str| format!("{} {word} {}\n", "lorem ipsum ".repeat(200), "dolor ".repeat(200));
    let out = shown(&paragraph("block"), &paragraph("log"));
    assert!(out.contains("{-block-}") && out.contains("{+log+}"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() < 500), "{out}");
}

#[test]
fn a_runners_command_split_over_marks_is_inert() {
    let out = shown("x #[set-output a]\n", "x ##[set-output a]\n");
    assert!(!out.contains("##["), "{out}");
    let out = shown("a ##\n", "a ##[error]\n");
    assert!(!out.contains("##["), "{out}");
}

#[test]
fn large_texts_are_compared_in_no_time() {
    let text = |seed: usize, lines: usize| (0..lines).map(|n| format!("{} is line {n}\n", n * seed % 7919)).collect();
    let mut nothing_alike = String::new();
    let mut other = String::new();
    for n in 0..16_000 {
        nothing_alike.push_str(&format!("{n} "));
        other.push_str(&format!("{} ", n + 100_000));
    }
    let mut seed = 1_u64;
    let mut of_four = || -> String {
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed >> 62
        };
        (0..8_000).map(|_| format!("{}\n", next())).collect()
    };
    let cases: [(String, String); 5] = [
        (of_four(), of_four()),
        (text(3, 5_000), text(5, 5_000)),
        (text(3, 5_000), text(3, 5_000).replace("line 2500\n", "row 2500\n")),
        (nothing_alike, other),
        ("a\n".repeat(16_000), "b\n".repeat(16_000)),
    ];
    for (index, (old, new)) in cases.iter().enumerate() {
        let began = Instant::now();
        let lines = differences(old, new);
        // Debug builds on a busy machine; a release build takes a twentieth.
        assert!(began.elapsed() < Duration::from_secs(5), "case {index}: {:?}", began.elapsed());
        assert_eq!(without(&lines, Sign::Added), *old);
        assert_eq!(without(&lines, Sign::Removed), *new);
        eprintln!("case {index}: {:?}", began.elapsed());
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "([a-c \t]{0,6}\n?){0,12}", "((foo|bar|baz|,| |\u{a0}|\r|##\\[|::){0,6}\n?){0,6}"]
}

proptest! {
    #[test]
    fn what_is_not_added_is_the_old_text_and_what_is_not_removed_the_new(old in text(), new in text()) {
        let lines = differences(&old, &new);
        prop_assert_eq!(without(&lines, Sign::Added), old.as_str());
        prop_assert_eq!(without(&lines, Sign::Removed), new.as_str());
    }

    #[test]
    fn a_difference_is_shown_exactly_when_there_is_one(old in text(), new in text()) {
        prop_assert_eq!(shown(&old, &new).is_empty(), old == new);
    }

    #[test]
    fn two_different_texts_never_differ_invisibly(old in "[ab \t\u{a0}]{0,8}\n?", new in "[ab \t\u{a0}]{0,8}\n?") {
        prop_assume!(old != new);
        let out = shown(&old, &new);
        let side = |sign: char| -> Vec<&str> { out.lines().filter(|line| line.starts_with(sign)).map(|line| &line[1..]).collect() };
        let plain = |lines: Vec<&str>| lines.iter().map(|line| line.replace("{-", "").replace("-}", "").replace("{+", "").replace("+}", "")).collect::<Vec<_>>();
        prop_assert!(plain(side('-')) != plain(side('+')) || out.contains("\\ no line feed"), "{}", out);
    }
}
