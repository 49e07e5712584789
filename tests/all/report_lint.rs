//! What is said of texts, and what is drafted: values with any text in every field that takes one, in each form.

use policysync::api::{Issue, Judgement, Judging, Score};
use policysync::domain::{ActionType, RiskType};
use policysync::plan::{DraftFile, Drafting, Lint, Newness, PolicyText};
use policysync::report::{
    DraftDid, DraftReport, Frame, Links, RecommendReport, Styles, lint_annotations, lint_json, lint_markdown,
    lint_text, recommend_json, recommend_text,
};
use policysync::tree::DesiredPolicy;

use super::world::{address, desired, policy};

/// What is said of three texts: one that was judged, one that could not be, one that nobody was asked about.
pub(super) fn with_lint<T>(text: &str, other: &str, then: impl FnOnce(Lint<'_>) -> T) -> T {
    let addresses = ["acme/a", "acme/b"].map(address);
    let file = format!("acme/{}.yaml", text.replace('/', ""));
    let both: Vec<DesiredPolicy> = ["acme/a", "acme/b"]
        .iter()
        .map(|at| {
            let desired = desired(policy(at, "n", RiskType::Low, ActionType::Log, "c"), &file);
            DesiredPolicy { draft: *at == "acme/b", ..desired }
        })
        .collect();
    let texts =
        addresses.iter().zip(&both).zip([Newness::Changed, Newness::New]).map(|((address, desired), newness)| {
            let softened = (newness == Newness::Changed).then(|| text.to_owned());
            PolicyText { address, desired, newness, softened, id: address.to_string() }
        });
    let said = |text: &str, other: &str| Issue {
        kind: text.to_owned(),
        description: other.to_owned(),
        suggestion: text.to_owned(),
    };
    let judgement = Judgement {
        score: Score::new(72.into()),
        severity: text.to_owned(),
        advice: other.to_owned(),
        issues: vec![said(text, other), said(other, text), said("", ""), said("", text), said(other, "")],
        odd: vec![text.to_owned()],
    };
    let judging = Judging {
        judgements: [("acme/a".to_owned(), judgement)].into(),
        failed: [("acme/b".to_owned(), text.to_owned())].into(),
        odd: vec![other.to_owned()],
    };
    then(Lint::local(texts.collect(), 3).judged(judging, Some(80)))
}

pub(super) fn recommended(text: &str, other: &str) -> RecommendReport {
    let draft = |doing| DraftFile {
        file: format!("acme/{text}.yaml"),
        address: address("acme/a"),
        name: text.to_owned(),
        risk_type: RiskType::High,
        action_type: ActionType::Block,
        content: format!("{text}\n{other}"),
        chosen: vec![other.to_owned()],
        doing,
    };
    let all = [DraftDid::Written, DraftDid::Drafted, DraftDid::Kept, DraftDid::Refused];
    let drafts = all.map(|did| {
        let why = (did == DraftDid::Refused).then(|| text.to_owned());
        DraftReport::of(&draft(Drafting::There), other, did, why)
    });
    let none = RecommendReport::of(&"acme".to_owned().try_into().expect("a path"), false);
    RecommendReport {
        drafts: drafts.to_vec(),
        tokens_in: Some(1),
        tokens_out: Some(2),
        odd: vec![text.to_owned()],
        ..none
    }
}

pub(super) fn texts(text: &str, other: &str, styles: &Styles) -> Vec<String> {
    let (root, links) = (other.replace('/', ""), Links::none(other, None));
    with_lint(text, other, |lint| {
        vec![
            lint_text(&lint, &root, styles),
            recommend_text(&recommended(text, other), styles),
            lint_markdown(&lint, Frame::whole(&links)),
        ]
    })
}

pub(super) fn markdown(text: &str, other: &str, frame: Frame<'_>) -> String {
    with_lint(text, other, |lint| lint_markdown(&lint, frame))
}

pub(super) fn jsons(text: &str, other: &str) -> Vec<String> {
    with_lint(text, other, |lint| vec![lint_json(&lint, other), recommend_json(&recommended(text, other))])
}

/// Documents of each report, with everything optional present in one and absent in another.
pub(super) fn documents(name: &str) -> Vec<String> {
    match name {
        "lint" => vec![with_lint("a", "b", |lint| lint_json(&lint, "p")), lint_json(&Lint::default(), "p")],
        _ => {
            let none = RecommendReport::of(&"acme".to_owned().try_into().expect("a path"), true);
            vec![recommend_json(&recommended("a", "b")), recommend_json(&none)]
        }
    }
}

#[test]
fn a_kind_of_issue_that_is_no_word_does_not_stand_first_on_a_line() {
    for (kind, line) in [
        (":", "  issue: \\u{3a}: other\n"),
        (":error:", "  issue: :error:: other\n"),
        ("new-kind", "  new-kind: other\n"),
        ("", "  issue: other\n"),
    ] {
        let shown = with_lint(kind, "other", |lint| lint_text(&lint, "p", &Styles::plain()));
        assert!(shown.contains(line), "{line}\n{shown}");
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown}");
    }
}

#[test]
fn only_our_annotations_are_commands_whatever_is_said() {
    for said in ["::error::x", "\n::error::x", "a\r\n::error::b", "%0A::error::x", "##[group]x"] {
        let shown = with_lint(said, said, |lint| lint_annotations(&lint, &Links::none("policies", None)));
        let forged = |line: &&str| line.starts_with("::") && !line.contains("title=") || line.contains("##[");
        assert_eq!(shown.lines().find(forged), None, "{shown}");
        // Five issues, lost words, a low score, a text that was not judged.
        assert_eq!(shown.lines().filter(|line| line.starts_with("::")).count(), 8, "{shown}");
    }
}
