//! What holds for any text in any field.

use policysync::domain::ScopedPolicy;
use policysync::report::{
    ApplyReport, FindingsReport, PlanReport, Styles, TreeReport, apply_json, apply_text, escape, findings_json,
    findings_text, mend_json, plan_json, plan_text, state_json, state_text, tree_json, tree_text, warnings_text,
};
use proptest::prelude::*;

use super::world::{held, left, mended_saying, outcome_saying, plan_saying, policy, records_saying, tree_saying};

/// Texts that someone would try, and any others.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("\u{1b}[2K"),
        Just("\u{1b}]8;;https://evil.example\u{7}"),
        Just("\r"),
        Just("\n"),
        Just("\t"),
        Just("\u{9b}31m"),
        Just("\u{7f}"),
        Just("\u{202e}"),
        Just("\u{2066}"),
        Just("\u{200b}"),
        Just("\u{e0041}"),
        Just("\u{fe0f}"),
        Just("\u{ad}"),
        Just("\u{2028}"),
        Just("\u{85}"),
        Just("::error::"),
        Just(" \u{a0}::error::"),
        Just("\n\t::error::"),
        Just("::"),
        Just(":"),
        Just("##[set-output name=x]"),
        Just("##"),
        Just("#"),
        Just("["),
        Just("]"),
        Just("##vso[task.setvariable]"),
        Just("\\"),
        Just("\\u{1b}"),
        Just("u{1b}"),
        Just("\\n"),
        Just("n"),
        Just(" "),
        Just("word"),
        Just("東京"),
        Just("\""),
        // For Markdown, HTML, commands and SARIF.
        Just("`"),
        Just("```"),
        Just("\n```\n"),
        Just("</details>"),
        Just("\n</details>\n\n# x\n"),
        Just("<script>alert(1)</script>"),
        Just("\" onload=alert(1) x=\""),
        Just("</style>"),
        Just("<!-- policysync:forged -->"),
        Just("-->"),
        Just("@acme/team"),
        Just("#1"),
        Just("GH-1"),
        Just("![x](http://evil.example/x.png)"),
        Just("[x](http://evil.example)"),
        Just("[x]: http://evil.example"),
        Just("https://evil.example"),
        Just("www.evil.example"),
        Just("|"),
        Just("**"),
        Just("~~"),
        Just("_x_"),
        Just("$x$"),
        Just(":smile:"),
        Just("&lt;"),
        Just("\n- [ ] x"),
        Just("\n    x"),
        Just("%0A::error::"),
        Just(",line=1"),
        Just("{0}"),
        Just("](1)"),
    ];
    prop_oneof![any::<String>(), proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())]
}

/// What would act on a terminal or a runner, told independently of the code under test.
pub(super) fn acts(text: &str) -> Option<String> {
    let bad = |c: char| {
        (c < ' ' && c != '\n')
            || ('\u{7f}'..='\u{9f}').contains(&c)
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    if let Some(c) = text.chars().find(|c| bad(*c)) {
        return Some(format!("{c:?} is shown raw in {text}"));
    }
    // As the runner does: culture-sensitive comparison passes over what can't be seen, which is gone already.
    let command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[");
    text.lines().find(|line| command(line)).map(|line| format!("{line:?} is a command"))
}

fn without_colours(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Every text report of what says `text`, by style.
fn reports(text: &str, other: &str, styles: &Styles) -> Vec<String> {
    let source = format!("{text}\n{other}\n{text}{other}");
    let root = other.replace('/', "");
    let tree = tree_saying(text);
    let plan = plan_saying(text, other);
    let mut all = vec![
        findings_text(&tree, &root, &|_| Some(source.clone()), styles),
        findings_text(&tree, &root, &|_| None, styles),
        warnings_text(&tree, &root, &|_| Some(source.clone()), styles),
        tree_text(&tree, styles),
        plan_text(&plan, styles),
        plan_text(&plan_saying(other, text), styles),
        apply_text(&outcome_saying(text), &root, styles),
        state_text(&records_saying(text), &held, styles),
        state_text(&records_saying(text), &left, styles),
    ];
    all.extend(super::live::texts(text, other, styles));
    all.extend(super::lint::texts(text, other, styles));
    all.extend(super::violations::texts(text, other, styles));
    all.extend(super::markdown::documents(text, other).into_iter().map(|(_, shown)| shown));
    all.extend(super::html::documents(text, other));
    all
}

fn json_reports(text: &str, other: &str) -> Vec<String> {
    let mut all = vec![
        findings_json(&tree_saying(text), other),
        tree_json(&tree_saying(text)),
        plan_json(&plan_saying(text, other), text),
        apply_json(&outcome_saying(text), None),
        state_json(&records_saying(text), &held),
        mend_json(&mended_saying(text)),
    ];
    all.extend(super::machines::sarifs(text, other));
    all.extend(super::live::documents(text, other));
    all.extend(super::lint::jsons(text, other));
    all.extend(super::violations::documents(text, other));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_acts_on_a_terminal_or_a_runner(text in hostile(), other in hostile()) {
        for report in reports(&text, &other, &Styles::plain()) {
            // Policy texts keep their tabs.
            prop_assert_eq!(acts(&report.replace('\t', " ")), None);
        }
        for report in json_reports(&text, &other) {
            prop_assert_eq!(acts(&report), None);
        }
    }

    #[test]
    fn an_escaped_text_is_inert_wherever_it_stands(text in hostile(), before in "[ \t\u{a0}\u{3000}]{0,2}") {
        for shown in [escape::line(&text), escape::lines(&text)] {
            prop_assert_eq!(acts(&format!("{before}{shown}").replace('\t', " ")), None);
        }
    }

    #[test]
    fn colours_are_all_that_colours_add(text in hostile(), other in hostile()) {
        for (plain, coloured) in reports(&text, &other, &Styles::plain()).iter().zip(reports(&text, &other, &Styles::coloured())) {
            prop_assert_eq!(plain, &without_colours(&coloured));
        }
    }

    #[test]
    fn json_reads_back_to_equal_values(text in hostile(), other in hostile()) {
        let tree = tree_saying(&text);
        prop_assert_eq!(serde_json::from_str::<FindingsReport>(&findings_json(&tree, &other)).unwrap(), FindingsReport::of(&tree, &other));
        prop_assert_eq!(serde_json::from_str::<TreeReport>(&tree_json(&tree)).unwrap(), TreeReport::of(&tree));
        let plan = plan_saying(&text, &other);
        prop_assert_eq!(serde_json::from_str::<PlanReport>(&plan_json(&plan, "p")).unwrap(), PlanReport::of(&plan, "p"));
        let outcome = outcome_saying(&text);
        let impacts = super::violations::impacts_saying(&plan, &text);
        let applied = serde_json::from_str::<ApplyReport>(&apply_json(&outcome, Some(&impacts))).unwrap();
        prop_assert_eq!(applied, ApplyReport::of(&outcome, Some(&impacts)));
    }

    #[test]
    fn policies_in_a_plan_are_written_as_the_domain_writes_them(text in "\\PC{1,20}") {
        let plan = plan_saying(&text, "x");
        let json: serde_json::Value = serde_json::from_str(&plan_json(&plan, "p")).unwrap();
        for (change, shown) in plan.changes.iter().zip(json["changes"].as_array().unwrap()) {
            let wanted = |policy: &Option<ScopedPolicy>| serde_json::to_value(policy).unwrap();
            prop_assert_eq!(&shown["before"], &wanted(&change.before));
            prop_assert_eq!(&shown["after"], &wanted(&change.after));
        }
    }

    #[test]
    fn each_finding_shows_its_place(text in hostile()) {
        let tree = tree_saying(&text);
        for source in [None, Some(text.clone())] {
            let out = findings_text(&tree, "policies", &|_| source.clone(), &Styles::plain());
            for finding in &tree.findings {
                let place = &finding.place;
                let file = format!("policies/{}", place.file);
                let shown = format!("--> {}:{}:{}\n", escape::line(&file), place.line, place.column);
                prop_assert!(out.contains(&shown), "{} is not in\n{}", shown, out);
            }
        }
    }

    #[test]
    fn two_texts_never_look_the_same(one in hostile(), other in hostile()) {
        prop_assume!(one != other);
        prop_assert_ne!(escape::line(&one), escape::line(&other));
        prop_assert_ne!(escape::lines(&one), escape::lines(&other));
    }

    #[test]
    fn an_escaped_text_reads_back(text in hostile()) {
        prop_assert_eq!(unescaped(&escape::line(&text), true), text.clone());
        prop_assert_eq!(unescaped(&escape::lines(&text), false), text);
    }

    #[test]
    fn ordinary_text_is_left_alone(text in "[A-Za-z0-9 .,;!?()'äöüßéÀ東京Ω-]{0,60}") {
        prop_assert_eq!(escape::line(&text), text.as_str());
    }
}

/// The inverse of the escaping: that there is one means that no two texts look the same.
fn unescaped(shown: &str, one_line: bool) -> String {
    let mut out = String::new();
    let mut rest = shown;
    while !rest.is_empty() {
        let run = rest.len() - rest.trim_start_matches('\\').len();
        if run == 0 {
            let c = rest.chars().next().expect("it is not empty");
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let after = &rest[run..];
        let escape = after.starts_with("u{") || (one_line && after.starts_with(['n', 't']));
        if !escape {
            out.push_str(&rest[..run]);
            rest = after;
            continue;
        }
        out.push_str(&"\\".repeat(run / 2));
        rest = after;
        if run % 2 == 1 {
            if let Some(hex) = after.strip_prefix("u{") {
                let (hex, behind) = hex.split_once('}').expect("an escape is closed");
                let number = u32::from_str_radix(hex, 16).expect("hexadecimal digits");
                out.push(char::from_u32(number).expect("a character"));
                rest = behind;
            } else {
                out.push(if after.starts_with('n') { '\n' } else { '\t' });
                rest = &after[1..];
            }
        }
    }
    out
}

#[test]
fn a_policy_is_told_from_another_that_only_looks_like_it() {
    let one =
        policy("acme/pii", "PII", policysync::domain::RiskType::Low, policysync::domain::ActionType::Log, "a\u{200b}");
    let shown = escape::json(&one);
    assert!(shown.contains("a\\u200b"), "{shown}");
}
