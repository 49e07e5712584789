//! Markdown reports, read by a Markdown reader of its own: whatever a text says, the structure stands, and nothing of the
//! text is more than text. And they fit.

use policysync::domain::{ActionType, RiskType};
use policysync::plan::Plan;
use policysync::report::{
    COMMENT_BYTES, Frame, LEAST_BYTES, Links, SUMMARY_BYTES, apply_markdown, drift_markdown, escape, findings_markdown,
    plan_markdown,
};
use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::laws::hostile;
use super::live::of_drift;
use super::world::{change, outcome_saying, plan, plan_saying, policy, tree_saying};

pub(super) const BASE: &str = "https://github.com/acme/rules/blob/main";

fn links() -> Links {
    Links::none("policies", Some("policies")).to(BASE).expect("an address")
}

/// Every Markdown report of what says `text`, with a name.
pub(super) fn documents(text: &str, other: &str) -> Vec<(&'static str, String)> {
    let links = links();
    let frame = Frame { marker: Some(text), budget: None, whole: Some(other), links: &links };
    let plan = plan_saying(text, other);
    let mut all = vec![
        ("plan", plan_markdown(&plan, frame)),
        ("plan back", plan_markdown(&plan_saying(other, text), frame)),
        ("apply", apply_markdown(&plan, &outcome_saying(text), frame)),
        ("drift", of_drift(text, other, |drift, _| drift_markdown(drift, frame))),
        ("findings", findings_markdown(&tree_saying(text), frame)),
        ("lint", super::lint::markdown(text, other, frame)),
    ];
    all.extend(super::violations::markdowns(text, other, frame));
    all
}

fn events(markdown: &str) -> Vec<Event<'_>> {
    let all = Options::ENABLE_TABLES
        | Options::ENABLE_GFM
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    Parser::new_ext(markdown, all).collect()
}

/// The blocks of a document, with what of HTML is in it; not what is in its code.
fn structure(markdown: &str) -> Vec<String> {
    let mut shown = Vec::new();
    let mut skip = 0;
    for event in events(markdown) {
        match event {
            Event::Start(Tag::Paragraph | Tag::Strong | Tag::Link { .. }) => {}
            Event::End(TagEnd::Paragraph | TagEnd::Strong | TagEnd::Link) => {}
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(word))) => {
                skip += 1;
                shown.push(format!("block of {word}"));
            }
            Event::End(TagEnd::CodeBlock) => skip -= 1,
            Event::Start(tag) => shown.push(format!("{tag:?}")),
            Event::End(tag) => shown.push(format!("end of {tag:?}")),
            Event::Html(html) | Event::InlineHtml(html) if skip == 0 => shown.push(tags(&html).join(" ")),
            _ => {}
        }
    }
    shown
}

/// The tags of a piece of HTML, without what stands between them; a comment is one.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|rest| rest.split(['>', ' ']).next().unwrap_or_default()).collect()
}

/// What a reader of Markdown would make of a text that is not in code.
fn is_more_than_words(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let number = |mark: &str| {
        lower.match_indices(mark).any(|(at, _)| lower[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    [
        (text.contains('@'), "a mention"),
        (number("#") || number("gh-"), "a reference"),
        (lower.contains("://") || lower.contains("www."), "an address"),
        (text.contains('$'), "mathematics"),
        (text.contains(":smile:"), "a picture"),
    ]
    .into_iter()
    .find(|(is, _)| *is)
    .map(|(_, what)| what)
}

/// Asserts that nothing of a document is more than text but what is ours.
pub(super) fn inert(markdown: &str) -> Result<(), TestCaseError> {
    let (mut code, mut link) = (0, 0);
    for event in events(markdown) {
        match &event {
            Event::Start(Tag::CodeBlock(_)) => code += 1,
            Event::End(TagEnd::CodeBlock) => code -= 1,
            Event::Start(Tag::Link { dest_url, .. }) => {
                link += 1;
                let ours = dest_url.starts_with(BASE) || dest_url.starts_with("https://github.com/acme/run/1");
                prop_assert!(ours, "{dest_url} is linked in\n{markdown}");
            }
            Event::End(TagEnd::Link) => link -= 1,
            Event::Text(text) if code == 0 => {
                prop_assert_eq!(is_more_than_words(text), None, "{} in\n{}", text, markdown);
                prop_assert!(link == 0 || &**text == "the whole report", "{text} is a link's text");
            }
            Event::Start(Tag::Image { .. } | Tag::FootnoteDefinition(_)) | Event::FootnoteReference(_) => {
                return Err(TestCaseError::fail(format!("{event:?} in\n{markdown}")));
            }
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::TaskListMarker(_) => {
                return Err(TestCaseError::fail(format!("{event:?} in\n{markdown}")));
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let known = ["details", "/details", "summary", "/summary", "b", "/b", "code", "/code", "!--"];
                let strange: Vec<_> = tags(html).into_iter().filter(|tag| !known.contains(tag)).collect();
                prop_assert!(strange.is_empty(), "{strange:?} in\n{markdown}");
                // What GitHub would make of the text within is prevented by the element around it.
                if let Some(rest) = html.split("<code>").nth(1) {
                    prop_assert!(rest.contains("</code>"), "{html}");
                }
            }
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_of_a_text_is_more_than_text(text in hostile(), other in hostile()) {
        for (_, markdown) in documents(&text, &other) {
            inert(&markdown)?;
        }
    }

    #[test]
    fn the_structure_stands_whatever_a_text_says(text in hostile(), other in hostile()) {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        // As plain texts that are as equal as these are.
        let plain = match (format!("{text}.") == format!("{other}."), words(&format!("{text}.")) == words(&format!("{other}."))) {
            (true, _) => ("plain", "plain"),
            (false, true) => ("plain words", "plain  words"),
            (false, false) => ("plain", "other"),
        };
        for ((name, hostile), (_, harmless)) in documents(&text, &other).iter().zip(documents(plain.0, plain.1)) {
            prop_assert_eq!(structure(hostile), structure(&harmless), "{}:\n{}\n{}", name, hostile, harmless);
        }
    }

    #[test]
    fn a_policys_text_is_shown_whole(text in hostile()) {
        let text = format!("{text}.");
        let at = "acme/pii";
        let new = change(at, None, Some(policy(at, "n", RiskType::Low, ActionType::Log, &text)));
        let links = links();
        let markdown = plan_markdown(&plan(vec![new], 0), Frame::whole(&links));
        let mut block = None;
        for event in events(&markdown) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
                Event::End(TagEnd::CodeBlock) => break,
                Event::Text(text) => if let Some(block) = &mut block { block.push_str(&text) },
                _ => {}
            }
        }
        let wanted = format!("{}\n", escape::lines(&text).trim_end_matches('\n'));
        prop_assert_eq!(block.map(|block| format!("{}\n", block.trim_end_matches('\n'))), Some(wanted));
    }

    #[test]
    fn words_in_prose_are_words_and_all_else_is_code(text in hostile()) {
        let prose = format!("so: {}", escape::markdown(&text));
        inert(&prose)?;
        let allowed = |event: &Event<'_>| matches!(event, Event::Text(_) | Event::Code(_) | Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
        prop_assert!(events(&prose).iter().all(allowed), "{prose}: {:?}", events(&prose));
    }

    #[test]
    fn a_code_span_reads_back(text in hostile()) {
        let shown = escape::line(&text).into_owned();
        prop_assume!(!shown.trim_matches(' ').is_empty());
        let markdown = format!("x {} y", escape::markdown_code(&text));
        let codes: Vec<String> = events(&markdown).into_iter().filter_map(|event| match event {
            Event::Code(code) => Some(code.into_string()),
            _ => None,
        }).collect();
        prop_assert_eq!(codes, vec![shown]);
    }

    #[test]
    fn a_marker_reads_back_and_only_from_the_first_line(text in hostile(), other in hostile()) {
        let marker = escape::marker(&text);
        prop_assert_eq!(marker.matches("--").count(), 2, "{}", marker);
        prop_assert_eq!(escape::marked(&format!("{marker}\n{other}")), Some(text.clone()));
        for (_, markdown) in documents(&text, &escape::marker("forged")) {
            prop_assert_eq!(escape::marked(&markdown), Some(text.clone()));
            let links = links();
            let bare = plan_markdown(&plan_saying(&escape::marker("forged"), &text), Frame::whole(&links));
            prop_assert_eq!(escape::marked(&bare), None);
        }
    }

    #[test]
    fn a_report_fits_and_counts_what_it_leaves_out(
        weaker in 0usize..60,
        others in 0usize..60,
        length in 0usize..3_000,
        text in hostile(),
        budget in LEAST_BYTES..40_000,
    ) {
        let plan = many(weaker, others, &format!("{text} {}", "words of a rule ".repeat(length / 16)));
        fits(&plan, budget)?;
        let links = links();
        let frame = Frame { marker: Some("m"), budget: Some(budget), whole: None, links: &links };
        for markdown in [
            apply_markdown(&plan, &outcome_saying(&text.repeat(50)), frame),
            of_drift(&text.repeat(50), "x", |drift, _| drift_markdown(drift, frame)),
            findings_markdown(&tree_saying(&text.repeat(50)), frame),
        ] {
            prop_assert!(markdown.len() <= budget, "{} > {budget}", markdown.len());
        }
    }
}

/// A plan with so many changes, of which the first let more through, each with a text.
fn many(weaker: usize, others: usize, text: &str) -> Plan {
    let mut changes = Vec::new();
    for index in 0..weaker + others {
        let at = format!("acme/production/policy-{index:04}");
        let of = |action, text: &str| Some(policy(&at, &format!("Policy {index}"), RiskType::High, action, text));
        let new = format!("{text} and so on");
        changes.push(match (index < weaker, index % 3) {
            (true, 0) => change(&at, of(ActionType::Block, text), None),
            (true, _) => change(&at, of(ActionType::Block, text), of(ActionType::Log, &new)),
            (false, 0) => change(&at, None, of(ActionType::Block, text)),
            (false, _) => change(&at, of(ActionType::Block, text), of(ActionType::Block, &new)),
        });
    }
    plan(changes, 3)
}

/// Asserts that a plan's report fits, names every change that lets more through or says how many more there are, and says
/// whether something was left out.
fn fits(plan: &Plan, budget: usize) -> Result<String, TestCaseError> {
    let links = links();
    let frame = Frame {
        marker: Some("plan"),
        budget: Some(budget),
        whole: Some("https://github.com/acme/run/1"),
        links: &links,
    };
    let markdown = plan_markdown(plan, frame);
    prop_assert!(markdown.len() <= budget, "{} > {budget}", markdown.len());
    let box_of_weaker: Vec<&str> = markdown.lines().skip_while(|line| !line.contains("enforcement weaker")).collect();
    let named = |at: &str| {
        box_of_weaker.iter().take_while(|line| line.starts_with('>')).any(|line| line.contains(&format!("`{at}`")))
    };
    let unnamed = plan.weaker().filter(|change| !named(change.address.as_str())).count();
    if unnamed > 0 {
        prop_assert!(markdown.contains(&format!("> - and {unnamed} more\n")), "{unnamed} in\n{markdown}");
    }
    let whole = plan_markdown(plan, Frame { budget: None, ..frame });
    let was_cut = markdown.contains("Not everything fits here");
    prop_assert_eq!(was_cut, markdown != whole, "it says whether something was left out");
    prop_assert!(was_cut || whole.len() <= budget);
    prop_assert!(markdown.contains(&plan.digest.to_string()));
    // What is cut is cut between policies: each one's block has its end.
    let (mut blocks, mut ends, mut rows) = (0, 0, 0);
    for event in events(&markdown) {
        match event {
            Event::Html(html) => {
                blocks += tags(&html).iter().filter(|tag| **tag == "details").count();
                ends += tags(&html).iter().filter(|tag| **tag == "/details").count();
            }
            Event::Start(Tag::TableRow) => rows += 1,
            _ => {}
        }
    }
    prop_assert_eq!(blocks, ends);
    // Every change is shown, in a table, or counted.
    let mut lines = markdown.lines();
    let counted = lines.find_map(|line| line.strip_prefix("And ")?.strip_suffix(" more changes.")?.parse().ok());
    prop_assert_eq!(blocks + rows + counted.unwrap_or(0usize), plan.changes.len(), "{}", markdown);
    Ok(markdown)
}

#[test]
fn two_thousand_changes_make_a_useful_comment_and_summary() {
    for weaker in [0, 3, 2_000] {
        let plan =
            many(weaker, 2_000 - weaker, "Do not send card numbers to a model.\nMask all but the last four digits.\n");
        let comment = fits(&plan, COMMENT_BYTES).expect("a comment");
        let summary = fits(&plan, SUMMARY_BYTES).expect("a summary");
        let shown = |markdown: &str| markdown.matches("<details").count();
        println!(
            "{weaker} of 2000 weaker: comment {} bytes, {} in full; summary {} bytes, {} in full",
            comment.len(),
            shown(&comment),
            summary.len(),
            shown(&summary)
        );
        assert!(comment.len() > COMMENT_BYTES * 9 / 10, "the room there is is used: {}", comment.len());
        assert!(shown(&comment) >= 40 && shown(&summary) >= 1_000, "{} {}", shown(&comment), shown(&summary));
        assert!(comment.contains("[the whole report](<https://github.com/acme/run/1>)"));
    }
}

#[test]
fn a_text_longer_than_a_comment_is_left_out_and_the_change_is_still_told() {
    let at = "acme/long";
    let of = |action, text: &str| Some(policy(at, "Long", RiskType::High, action, text));
    let long = "A rule of many words.\n".repeat(1_400);
    let plan = plan(vec![change(at, of(ActionType::Block, &long), of(ActionType::Log, &long.to_uppercase()))], 0);
    let markdown = fits(&plan, COMMENT_BYTES).expect("a comment");
    assert!(
        markdown.contains("its text is too long to be shown here") && markdown.contains("`block` → `log`"),
        "{markdown}"
    );
}

#[test]
fn what_gets_weaker_stands_first() {
    let links = links();
    insta::assert_snapshot!(plan_markdown(&many(2, 3, "No card numbers.\n"), Frame::whole(&links)));
}

#[test]
fn an_outcome_and_an_empty_plan_as_markdown() {
    let links = links();
    let frame = Frame { marker: Some("apply acme"), ..Frame::whole(&links) };
    let nothing = plan(vec![], 14);
    insta::assert_snapshot!(apply_markdown(&nothing, &super::plan::outcome(), frame));
    let said = plan_markdown(&nothing, Frame::whole(&links));
    assert!(said.starts_with("## No changes\n\n14 policies are as recorded.\n\n"), "{said}");
}
