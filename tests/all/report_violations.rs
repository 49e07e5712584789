//! Violations counted: the laws of counting, and what a report shows of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policysync::api::{Details, Person, Violation};
use policysync::apply::{ChangeOutcome, ChangeResult, Failure, Outcome};
use policysync::domain::{Address, PolicyId, RepoId, UserId};
use policysync::plan::{Account, Counts, Gap, Impact, Impacts, Known, Plan, Tally, newest_of, tally};
use policysync::report::{
    Frame, Links, Proposal, Styles, ViolationsReport, apply_annotations, apply_html, apply_json, apply_markdown,
    plan_annotations, plan_html, plan_json, plan_markdown, plan_sarif, plan_text, violations_json, violations_markdown,
    violations_text,
};
use proptest::prelude::*;

use super::world::{id_with, outcome_saying, plan_saying, tree_saying};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn violation(id: &str, at: &str, policy: &str, blocked: Option<bool>) -> Violation {
    Violation {
        id: id.to_owned(),
        at: Some(time(at)),
        policy: Some(PolicyId::new(policy).expect("an id")),
        policy_name: format!("Rule {policy}"),
        repo: Some(RepoId::new("r1").expect("an id")),
        repo_name: "billing".to_owned(),
        severity: "HIGH".to_owned(),
        blocked,
        user: None,
        explanation: None,
    }
}

fn account(violations: Vec<Violation>, details: Details, gaps: Vec<Gap>) -> Account {
    let newest = if details.explanations { 20 } else { 0 };
    Account {
        endpoint: "https://policy.example".parse().expect("an endpoint"),
        of: Some("acme/production".to_owned()),
        since: time("2026-11-01T00:00:00Z"),
        until: time("2026-11-08T00:00:00Z"),
        details,
        tally: tally(violations, &Known::default(), details.users, newest),
        gaps,
    }
}

/// An account with a text in every field that takes one.
pub(super) fn account_saying(text: &str) -> Account {
    let id = id_with(text);
    let words = text.to_owned();
    let one = Violation {
        id: words.clone(),
        at: None,
        policy: PolicyId::new(id.clone()).ok(),
        policy_name: words.clone(),
        repo: RepoId::new(id.clone()).ok(),
        repo_name: words.clone(),
        severity: words.clone(),
        blocked: None,
        user: UserId::new(id.clone()).ok().map(|id| Person { id, name: words.clone() }),
        explanation: Some(words.clone()),
    };
    let nameless = Violation { id: format!("{text}2"), policy: None, repo: None, user: None, ..one.clone() };
    let other = Violation { explanation: None, ..violation("v", "2026-11-03T10:00:00Z", "p", Some(true)) };
    let gaps = vec![
        Gap::Failed { workspace: Some(id), why: words.clone() },
        Gap::Failed { workspace: None, why: words.clone() },
    ];
    let details = Details { users: true, explanations: true };
    Account { of: Some(words), ..account(vec![one, nameless, other], details, gaps) }
}

/// What was learnt of every change of a plan, and of what came of one, with a text where one can be.
pub(super) fn impacts_saying(plan: &Plan, text: &str) -> Impacts {
    let outcome = outcome_saying("x");
    let ended = outcome.changes.iter().map(|change| &change.address);
    let changes = plan.changes.iter().map(|change| &change.address).chain(ended);
    let unknown = |address: &Address| (address.clone(), Impact::Unknown(text.to_owned()));
    Impacts { days: 30, changes: changes.map(unknown).collect() }
}

pub(super) fn texts(text: &str, other: &str, styles: &Styles) -> Vec<String> {
    let plan = plan_saying(other, other);
    let impacts = impacts_saying(&plan, text);
    vec![violations_text(&account_saying(text), styles), plan_text(Proposal::new(&plan, Some(&impacts)), styles)]
}

pub(super) fn markdowns(text: &str, other: &str, frame: Frame<'_>) -> Vec<(&'static str, String)> {
    let plan = plan_saying(other, other);
    let impacts = impacts_saying(&plan, text);
    vec![
        ("violations", violations_markdown(&account_saying(text), frame)),
        ("impact", plan_markdown(Proposal::new(&plan, Some(&impacts)), frame)),
        ("impact of apply", apply_markdown(Proposal::new(&plan, Some(&impacts)), &outcome_saying(other), frame)),
    ]
}

pub(super) fn documents(text: &str, other: &str) -> Vec<String> {
    let plan = plan_saying(other, other);
    let impacts = impacts_saying(&plan, text);
    vec![
        violations_json(&account_saying(text)),
        plan_json(Proposal::new(&plan, Some(&impacts)), "policies"),
        apply_json(&outcome_saying(other), Some(&impacts)),
    ]
}

/// One with everything, one with as little as can be.
pub(super) fn of_schema() -> Vec<String> {
    vec![violations_json(&account_saying("text")), violations_json(&account(vec![], Details::default(), vec![]))]
}

/// A plan with numbers, and one without.
pub(super) fn of_plan_schema() -> Vec<String> {
    let plan = plan_saying("a", "b");
    let counted =
        |change: &policysync::plan::Change| (change.address.clone(), Impact::Counted { blocked: 312, let_through: 4 });
    let impacts = Impacts { days: 30, changes: plan.changes.iter().map(counted).collect() };
    vec![plan_json(Proposal::new(&plan, Some(&impacts)), "policies"), documents("a", "b").remove(1)]
}

/// What came of a run: with numbers, with none, and of one that had nothing to do.
pub(super) fn of_apply_schema() -> Vec<String> {
    let (outcome, unknown) = (outcome_saying("text"), impacts_saying(&plan_saying("a", "b"), "text"));
    let counted = |address: &Address| (address.clone(), Impact::Counted { blocked: 312, let_through: 4 });
    let numbers = Impacts { days: 30, changes: unknown.changes.keys().map(counted).collect() };
    vec![
        apply_json(&outcome, Some(&numbers)),
        apply_json(&outcome, Some(&unknown)),
        apply_json(&Outcome::default(), None),
    ]
}

fn sum(counts: impl IntoIterator<Item = Counts>) -> Counts {
    counts.into_iter().fold(Counts::default(), |sum, more| Counts {
        blocked: sum.blocked + more.blocked,
        let_through: sum.let_through + more.let_through,
        untold: sum.untold + more.untold,
    })
}

fn any_violation() -> impl Strategy<Value = Violation> {
    let person = |number: u8| Person { id: UserId::new(format!("u{number}")).unwrap(), name: format!("U {number}") };
    (
        0u8..40,
        prop::option::of(0i64..20),
        prop::option::of(0u8..4),
        prop::option::of(0u8..3),
        prop::option::of(any::<bool>()),
        0u8..3,
    )
        .prop_map(move |(number, day, policy, repo, blocked, user)| Violation {
            id: format!("v{number}"),
            // Of one id there is one violation: all else follows from it, but for what a test changes on purpose.
            at: day.map(|day| time("2026-11-01T23:30:00Z") + jiff::SignedDuration::from_hours(day * 7)),
            policy: policy.map(|number| PolicyId::new(format!("p{number}")).unwrap()),
            policy_name: format!("P {policy:?}"),
            repo: repo.map(|number| RepoId::new(format!("r{number}")).unwrap()),
            repo_name: format!("R {repo:?}"),
            severity: ["LOW", "HIGH", ""][usize::from(user)].to_owned(),
            blocked,
            user: (user > 0).then(|| person(user)),
            explanation: None,
        })
}

/// Violations of which no two have the same id.
fn violations() -> impl Strategy<Value = Vec<Violation>> {
    prop::collection::vec(any_violation(), 0..60).prop_map(|all| {
        let by_id: BTreeMap<String, Violation> = all.into_iter().map(|one| (one.id.clone(), one)).collect();
        by_id.into_values().collect()
    })
}

proptest! {
    #[test]
    fn each_way_of_counting_adds_up_to_the_same(all in violations()) {
        let Tally { all: total, days, undated, severities, policies, repositories, users, newest } =
            tally(all.clone(), &Known::default(), true, 5);
        prop_assert_eq!(total.total(), all.len());
        prop_assert_eq!(sum(days.into_values().chain([undated])), total);
        prop_assert_eq!(sum(severities.into_values()), total);
        prop_assert_eq!(sum(policies.iter().map(|(_, counts)| *counts)), total);
        prop_assert_eq!(sum(repositories.iter().map(|(_, counts)| *counts)), total);
        prop_assert_eq!(sum(users.iter().map(|(_, counts)| *counts)), total);
        prop_assert_eq!(newest.len(), all.len().min(5));
        prop_assert!(policies.is_sorted_by_key(|(_, counts)| std::cmp::Reverse(counts.total())));
    }

    #[test]
    fn the_order_in_which_they_came_changes_nothing_and_one_read_twice_counts_once(
        all in violations(), seed in any::<u64>(), again in prop::collection::vec(any::<prop::sample::Index>(), 0..9)
    ) {
        let wanted = tally(all.clone(), &Known::default(), true, 7);
        let mut other = all.clone();
        if !all.is_empty() {
            other.extend(again.iter().map(|index| index.get(&all).clone()));
        }
        let mix = |one: &Violation, at: usize| {
            one.id.bytes().fold(seed ^ at as u64, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(byte.into()).rotate_left(13))
        };
        let mut numbered: Vec<(usize, Violation)> = other.into_iter().enumerate().collect();
        numbered.sort_by_key(|(at, one)| mix(one, *at));
        let mixed: Vec<Violation> = numbered.into_iter().map(|(_, one)| one).collect();
        prop_assert_eq!(tally(mixed.clone(), &Known::default(), true, 7), wanted);
        let (newest, is_cut) = newest_of(mixed, 10);
        prop_assert_eq!((newest.len(), is_cut), (all.len().min(10), all.len() > 10));
    }

    #[test]
    fn json_reads_back(text in super::laws::hostile()) {
        let account = account_saying(&text);
        let read: ViolationsReport = serde_json::from_str(&violations_json(&account)).unwrap();
        prop_assert_eq!(read, ViolationsReport::of(&account));
    }
}

fn a_week() -> Vec<Violation> {
    let mut all = Vec::new();
    for (day, policy, blocked, times) in
        [(2, "p1", true, 1), (5, "p1", true, 16), (5, "p2", false, 3), (7, "p2", false, 8), (7, "p3", true, 1)]
    {
        for number in 0..times {
            let at = format!("2026-11-0{day}T10:00:{number:02}Z");
            all.push(violation(&format!("{day}-{policy}-{number}"), &at, policy, Some(blocked)));
        }
    }
    all
}

#[test]
fn a_week_at_a_glance() {
    let gaps = vec![Gap::AtMost { wanted: 29, said: Some(40), oldest: Some(time("2026-11-02T10:00:00Z")) }];
    let shown = violations_text(&account(a_week(), Details::default(), gaps), &Styles::plain());
    insta::assert_snapshot!(shown);
    for line in shown.lines().take_while(|line| !line.starts_with("not all")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let quiet = violations_text(&account(vec![], Details::default(), vec![]), &Styles::plain());
    assert_eq!(quiet, "No violations of acme/production\nsince 2026-11-01T00:00:00Z until 2026-11-08T00:00:00Z\n");
}

#[test]
fn a_week_as_markdown_and_as_json() {
    let links = Links::default();
    insta::assert_snapshot!(violations_markdown(&account(a_week(), Details::default(), vec![]), Frame::whole(&links)));
    let few = vec![
        violation("a", "2026-11-02T23:59:59.999Z", "p1", Some(true)),
        violation("b", "2026-11-03T00:00:00Z", "p1", None),
    ];
    insta::assert_snapshot!(violations_json(&account(few, Details::default(), vec![Gap::Repeats])));
}

#[test]
fn a_table_says_how_many_more_there_are() {
    let all = (0..25).map(|n| violation(&format!("v{n}"), "2026-11-02T10:00:00Z", &format!("p{n:02}"), Some(true)));
    let shown = violations_text(&account(all.collect(), Details::default(), vec![]), &Styles::plain());
    assert!(
        shown.contains("\"Rule p09\" (p09), which nobody manages\n                    … 15 policies more\n"),
        "{shown}"
    );
}

#[test]
fn what_a_policy_blocked_stands_beside_its_change_in_every_format() {
    let mut plan = plan_saying("a", "b");
    plan.guards.clear();
    plan.notices.clear();
    let weaker: Vec<_> = plan.weaker().map(|change| change.address.clone()).collect();
    let impact = |number: u64| Impact::Counted { blocked: 300 + number, let_through: 0 };
    let impacts = Impacts { days: 30, changes: weaker.iter().cloned().zip((0..).map(impact)).collect() };
    let (shown, links, tree) = (Proposal::new(&plan, Some(&impacts)), Links::default(), tree_saying("x"));
    assert!(weaker.len() > 1);
    let outcomes = ended_in_each_way(&plan);
    let (done, failed) = (&outcomes[0], &outcomes[1]);
    for (format, text) in [
        ("text", plan_text(shown, &Styles::plain())),
        ("markdown", plan_markdown(shown, Frame::whole(&links))),
        ("html", plan_html(shown, &tree, &links)),
        ("html of apply", apply_html(shown, done, &tree, &links)),
        ("markdown of apply", apply_markdown(shown, done, Frame::whole(&links))),
        ("markdown of what failed", apply_markdown(shown, failed, Frame::whole(&links))),
        ("annotations of apply", apply_annotations(shown, done, &links)),
        ("annotations", plan_annotations(shown, &links)),
        ("sarif", plan_sarif(shown, &links, &|_| None)),
    ] {
        for number in 300..300 + weaker.len() {
            assert!(text.contains(&format!("blocked {number} calls in 30 days")), "{format}: {number}\n{text}");
        }
    }
    let text = plan_text(shown, &Styles::plain());
    assert!(text.contains("      impact      blocked 300 calls in 30 days\n"), "{text}");
    assert!(text.contains("enforcement weaker: ") && text.contains(" (blocked 301 calls in 30 days), "), "{text}");
    for outcome in &outcomes {
        let page = apply_markdown(shown, outcome, Frame::whole(&links));
        let lines = page.lines().filter(|line| line.contains("; impact: blocked 30") && line.contains("- "));
        assert_eq!(lines.count(), weaker.len(), "once each, at its change: {page}");
        let report: serde_json::Value = serde_json::from_str(&apply_json(outcome, Some(&impacts))).expect("JSON");
        for (address, number) in weaker.iter().zip(300u64..) {
            let changes = report["changes"].as_array().expect("a list");
            let change = changes.iter().find(|change| change["address"] == address.as_str()).expect("it");
            let wanted = serde_json::json!({"days": 30, "blocked": number, "letThrough": 0});
            assert_eq!(change["impact"], wanted, "{report}");
        }
    }
    // Without them, nothing of it stands anywhere.
    let bare = plan_text(&plan, &Styles::plain());
    assert!(!bare.contains("impact") && !plan_json(&plan, "p").contains("impact"), "{bare}");
    let bare = apply_markdown(&plan, done, Frame::whole(&links));
    assert!(!bare.contains("impact") && !apply_json(done, None).contains("impact"), "{bare}");
}

/// What can come of the changes of a plan: all of them done, failed, or not tried.
fn ended_in_each_way(plan: &Plan) -> [Outcome; 3] {
    let failure =
        Failure { message: "the service answered 403".to_owned(), hint: "look at the role of the token".to_owned() };
    let id = PolicyId::new("p").expect("an id");
    let ways = [ChangeResult::Applied { id, note: None }, ChangeResult::Failed(failure), ChangeResult::Untried];
    ways.map(|way| {
        let changes = plan.changes.iter().map(|change| ChangeOutcome::of(change, way.clone())).collect();
        Outcome { changes, ..Outcome::default() }
    })
}
