use policysync::apply::{ChangeResult, Outcome, Stop};
use policysync::domain::{ActionType, ChangeKind, Direction, PolicyId, RiskType, ScopeName};
use policysync::plan::{Guard, Notice, NoticeCode, Plan, Verdict};
use policysync::report::{Styles, apply_json, apply_text, plan_json, plan_text};

use super::world::{address, applied, change, ended, failure, plan, policy};

const CARDS: &str = "Never send card numbers to a model.\nMask all but the last four digits.\n\nThis covers:\n- PAN\n- CVV\n- expiry dates\n- track data\n- PINs\n";

fn sample() -> Plan {
    let at = "acme/production/billing-api/cardholder-data";
    let create = change(at, None, Some(policy(at, "Cardholder data", RiskType::High, ActionType::Block, CARDS)));
    let at = "acme/pii-protection";
    let update = change(
        at,
        Some(policy(at, "PII", RiskType::Medium, ActionType::Alert, "Do not share personal data.\nEver.\n")),
        Some(policy(
            at,
            "PII protection",
            RiskType::High,
            ActionType::Alert,
            "Do not share personally identifiable data.\nEver.\n",
        )),
    );
    let at = "acme/production/no-source-code";
    let weaken = change(
        at,
        Some(policy(at, "No source code", RiskType::High, ActionType::Block, "No code.\n")),
        Some(policy(at, "No source code", RiskType::High, ActionType::Log, "No code.\n")),
    );
    let at = "acme/secrets";
    let secrets = policy(at, "Secrets", RiskType::High, ActionType::Block, "No secrets.\n");
    let mut rename = change(at, Some(secrets.clone()), Some(secrets));
    (rename.kind, rename.from) = (ChangeKind::Rename, Some(address("acme/no-secrets")));
    let at = "acme/old";
    let delete = change(at, Some(policy(at, "Old", RiskType::Low, ActionType::Log, "Old.\n")), None);
    plan(vec![create, rename, update, weaken, delete], 3)
}

#[test]
fn a_plan_is_short_and_names_what_gets_weaker() {
    insta::assert_snapshot!(plan_text(&sample(), &Styles::plain()));
}

#[test]
fn a_text_whose_lines_only_break_elsewhere_is_said_to_have_the_same_words() {
    let at = "acme/pii";
    let text = |content| Some(policy(at, "PII", RiskType::High, ActionType::Block, content));
    let said = |old, new| plan_text(&plan(vec![change(at, text(old), text(new))], 0), &Styles::plain());
    let same = "content     the same words; only spaces and line breaks changed";
    let reflowed = said("No names,\nno addresses.\n", "No names, no\naddresses.\n");
    assert!(reflowed.contains(same), "{reflowed}");
    assert!(!said("No names,\nno addresses.\n", "No names,\nno address.\n").contains(same));
}

#[test]
fn an_empty_plan_says_so() {
    assert_eq!(plan_text(&plan(vec![], 14), &Styles::plain()), "No changes. 14 policies are as recorded.\n");
    assert_eq!(plan_text(&plan(vec![], 1), &Styles::plain()), "No changes. 1 policy is as recorded.\n");
    assert_eq!(plan_text(&plan(vec![], 0), &Styles::plain()), "No changes. There are no policies.\n");
}

#[test]
fn notices_and_guards_come_after_the_summary() {
    let mut plan = plan(vec![], 2);
    plan.notices = vec![Notice {
        address: address("acme/old"),
        code: NoticeCode::NoLongerManaged,
        message: "no file asks for it any more; it stays live as 17; --prune deletes it".into(),
    }];
    let verdict = |allowed| Verdict {
        guard: Guard::EmptyTree,
        found: 3,
        allowed,
        message: "the tree has no policy of organization acme, and its record has 3 policies".into(),
        hint: "if all of them should go, say so with --allow empty-tree=3".into(),
    };
    plan.guards = vec![verdict(false), verdict(true)];
    insta::assert_snapshot!(plan_text(&plan, &Styles::plain()));
}

#[test]
fn a_plan_as_json() {
    let mut changes = sample().changes;
    let plan = plan(changes.drain(1..=2).collect(), 3);
    insta::assert_snapshot!(plan_json(&plan, "policies"));
}

pub(super) fn outcome() -> Outcome {
    let refused =
        failure("the service answered 403: no rights on workspace production", Some("ask for the role Policy Admin"));
    let candidates = ["p-1", "p-2"].map(|id| PolicyId::new(id).expect("an id")).to_vec();
    let unclear = failure(
        "several live policies could be the one that was created",
        Some("decide with `policysync state resolve acme/c --adopt ID`"),
    );
    Outcome {
        changes: vec![
            ended("acme/a", ChangeKind::Create, Direction::Stronger, applied("p-7", None)),
            ended("acme/production/b", ChangeKind::Update, Direction::Neutral, ChangeResult::Failed(refused)),
            ended(
                "acme/c",
                ChangeKind::Create,
                Direction::Stronger,
                ChangeResult::Undecided { candidates, failure: unclear },
            ),
            ended(
                "acme/d",
                ChangeKind::Update,
                Direction::Weaker,
                applied("p-8", Some("the service keeps another text than it was sent")),
            ),
            ended("acme/e", ChangeKind::Delete, Direction::Weaker, ChangeResult::Untried),
        ],
        stops: vec![(ScopeName::new("acme").expect("a name"), Stop::OutOfTime)],
        warnings: vec!["acme/z has an unmanaged twin".into()],
        unsaved: vec![],
    }
}

#[test]
fn an_outcome_tells_what_failed_and_why() {
    insta::assert_snapshot!(apply_text(&outcome(), "policies", &Styles::plain()));
}

#[test]
fn an_outcome_as_json() {
    insta::assert_snapshot!(apply_json(&outcome(), None));
}

#[test]
fn an_outcome_in_one_line() {
    let done = ended("acme/a", ChangeKind::Create, Direction::Stronger, applied("p-7", None));
    let all = Outcome { changes: vec![done.clone()], ..Outcome::default() };
    let text = |outcome: &Outcome| apply_text(outcome, "policies", &Styles::plain());
    assert_eq!(text(&all), "done  create acme/a (p-7)\n\nApplied: 1 change.\n");
    assert_eq!(text(&Outcome::default()), "Nothing to apply.\n");
    let stops = vec![(ScopeName::new("acme").unwrap(), Stop::Interrupted)];
    let interrupted = text(&Outcome { changes: vec![done], stops, ..Outcome::default() });
    assert!(interrupted.ends_with("Interrupted: 1 done. The record is saved.\n"), "{interrupted}");
}

#[test]
fn nothing_is_said_to_be_saved_that_was_lost() {
    let lost = Stop::LeaseLost(failure("another run took the record over", None));
    let org = || ScopeName::new("acme").expect("a name");
    let stops = vec![(org(), Stop::Interrupted), (org(), lost)];
    let text = apply_text(&Outcome { stops, ..Outcome::default() }, "policies", &Styles::plain());
    assert!(text.ends_with("Interrupted: 0 done.\n"), "{text}");
}

#[test]
fn what_gets_weaker_stands_out_in_colour() {
    let coloured = plan_text(&sample(), &Styles::coloured());
    for line in coloured.lines().filter(|line| line.contains("WEAKER") || line.contains("weaker")) {
        assert!(line.contains("\u{1b}[1m\u{1b}[7m\u{1b}[91m"), "{line:?}");
    }
    assert!(!plan_text(&sample(), &Styles::plain()).contains('\u{1b}'));
}
