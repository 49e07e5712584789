use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::super::Undecided;
use super::{message as message_with, *};
use crate::domain::{ActionType, OrgId, Policy, RiskType, Scope, ScopeName, ScopedPolicy};

fn when(minute: i8) -> Timestamp {
    format!("2026-11-22T18:{minute:02}:00Z").parse().unwrap()
}

fn address(text: &str) -> Address {
    text.to_owned().try_into().unwrap()
}

fn entry(id: &str, content: &str) -> Entry {
    let policy = Policy::new("n".into(), content.into(), RiskType::High, ActionType::Block).unwrap();
    Entry {
        id: PolicyId::new(id).unwrap(),
        sent: ScopedPolicy { scope: Scope::Organization { org: OrgId::new("acme").unwrap() }, policy },
        stored: None,
        applied_at: when(0),
        file: "acme/x.yaml".to_owned(),
        commit: Some("c0ffee".to_owned()),
        protected: false,
        moved_to: None,
    }
}

fn intent(change: ChangeKind) -> Intent {
    Intent {
        change,
        intended_at: when(0),
        id: None,
        from: None,
        replaces: None,
        before: None,
        after: None,
        file: None,
        commit: Some("c0ffee".to_owned()),
        protected: false,
        undecided: None,
    }
}

fn leased(holder: &str, id: u128, until: i8) -> Lease {
    Lease {
        id: Uuid::from_u128(id),
        holder: holder.to_owned(),
        acquired_at: when(0),
        expires_at: when(until),
        run: Some("https://ci.example/run/1".to_owned()),
        process: None,
        revoked: false,
        contested: false,
    }
}

fn record(policies: &[(&str, &str, &str)], pending: &[(&str, ChangeKind)], lease: Option<Lease>) -> Record {
    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let mut record = Record::new(Uuid::nil(), ScopeName::new("acme").unwrap(), endpoint);
    record.serial = 7;
    record.policies = policies.iter().map(|(at, id, content)| (address(at), entry(id, content))).collect();
    record.pending = pending.iter().map(|(at, change)| (address(at), intent(*change))).collect();
    record.lease = lease;
    record
}

fn message(before: Option<&Record>, after: &Record) -> String {
    message_with(before, after, None)
}

fn subject_of(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[test]
fn a_run_reads_from_lease_to_release() {
    let lease = || Some(leased("alice@laptop (pid 1)", 5, 10));
    let idle = record(&[("acme/old", "1", "a"), ("acme/gone", "2", "a")], &[], None);
    let held = Record { lease: lease(), ..idle.clone() };
    let begun = Record {
        pending: record(
            &[],
            &[("acme/new", ChangeKind::Create), ("acme/old", ChangeKind::Update), ("acme/gone", ChangeKind::Delete)],
            None,
        )
        .pending,
        ..held.clone()
    };
    let half = Record {
        policies: record(&[("acme/old", "1", "b"), ("acme/gone", "2", "a"), ("acme/new", "3", "a")], &[], None)
            .policies,
        pending: record(&[], &[("acme/gone", ChangeKind::Delete)], None).pending,
        ..begun.clone()
    };
    let done = record(&[("acme/old", "1", "b"), ("acme/new", "3", "a")], &[], None);
    let subjects: Vec<String> = [(&idle, &held), (&held, &begun), (&begun, &half), (&half, &done)]
        .map(|(before, after)| subject_of(&message(Some(before), after)).to_owned())
        .into();
    assert_eq!(
        subjects,
        [
            "acme: lease taken by alice@laptop (pid 1)",
            "acme: 3 begun",
            "acme: 1 created, 1 updated, 1 left",
            "acme: 1 deleted"
        ]
    );
    assert_eq!(
        message(Some(&begun), &done),
        "acme: 1 created, 1 updated, 1 deleted\n\n\
         created: acme/new (3)\nupdated: acme/old (1): content\ndeleted: acme/gone (2)\n\n\
         lease of alice@laptop (pid 1) ended\n\n\
         Holder: alice@laptop (pid 1)\nRun: https://ci.example/run/1\nLease: 00000000-0000-0000-0000-000000000005\n\
         Tree-Commit: c0ffee\nRecord: acme save 7 of 00000000-0000-0000-0000-000000000000\n"
    );
    assert!(message(Some(&held), &begun).contains("\nbegun: delete acme/gone\n"));
}

#[test]
fn each_thing_that_can_happen_to_a_policy_has_its_word() {
    let one = |before: &Record, after: &Record| {
        let text = message(Some(before), after);
        text.lines().nth(2).unwrap_or_default().to_owned()
    };
    let known = record(&[("acme/a", "1", "t")], &[], None);
    let none = record(&[], &[], None);
    let intended = |change| record(&[("acme/a", "1", "t")], &[("acme/a", change)], None);
    assert_eq!(one(&none, &known), "adopted: acme/a (1)");
    assert_eq!(one(&known, &none), "forgotten: acme/a (1)");
    assert_eq!(one(&intended(ChangeKind::Delete), &none), "deleted: acme/a (1)");
    assert_eq!(one(&intended(ChangeKind::Update), &known), "not done: update acme/a");
    assert_eq!(one(&known, &record(&[("acme/b", "1", "t")], &[], None)), "renamed: acme/b (1), it was acme/a");
    assert_eq!(one(&known, &record(&[("acme/a", "1", "u")], &[], None)), "updated: acme/a (1): content");
    assert_eq!(
        one(&intended(ChangeKind::Create), &record(&[("acme/a", "9", "t")], &[], None)),
        "created: acme/a (9), in place of 1"
    );
    let mut undecided = record(&[], &[("acme/a", ChangeKind::Create)], None);
    let candidates = ["1", "2"].map(|id| PolicyId::new(id).unwrap()).into();
    undecided.pending.get_mut(&address("acme/a")).unwrap().undecided = Some(Undecided { candidates });
    let before = record(&[], &[("acme/a", ChangeKind::Create)], None);
    assert_eq!(one(&before, &undecided), "undecided: create acme/a, it could be: 1 2");
}

#[test]
fn a_lease_is_told_from_its_beginning_to_its_end() {
    let with = |lease| record(&[], &[], lease);
    let (alice, bob) = (leased("alice", 1, 10), leased("bob", 2, 12));
    let renewed = Lease { expires_at: when(20), ..alice.clone() };
    for (before, after, told) in [
        (None, Some(alice.clone()), "acme: lease taken by alice"),
        (Some(alice.clone()), Some(renewed), "acme: lease renewed by alice"),
        (Some(alice.clone()), Some(alice.clone().revoke()), "acme: lease of alice ended by someone else"),
        (Some(alice.clone()), Some(bob), "acme: lease taken over by bob"),
        (Some(alice), None, "acme: lease of alice ended"),
        (None, None, "acme: save 7"),
    ] {
        assert_eq!(subject_of(&message(Some(&with(before)), &with(after))), told);
    }
}

#[test]
fn a_first_record_and_a_large_one_are_told_too() {
    let many: Vec<(String, String)> = (0..1000).map(|n| (format!("acme/p{n}"), format!("id-{n}"))).collect();
    let many: Vec<(&str, &str, &str)> = many.iter().map(|(at, id)| (at.as_str(), id.as_str(), "t")).collect();
    let text = message(None, &record(&many, &[], None));
    assert_eq!(subject_of(&text), "acme: 1000 adopted");
    let with_a_word = message_with(None, &record(&[], &[], None), Some("The first one."));
    let facts = "Record: acme save 7 of 00000000-0000-0000-0000-000000000000\n";
    assert_eq!(with_a_word, format!("acme: save 7\n\nThe first one.\n\n{facts}"), "the facts come last");
    assert!(text.contains("\nand 800 more, all in the record\n"), "{text}");
    assert!(text.lines().count() < 220);
}

proptest! {
    #[test]
    fn whatever_others_are_called_a_message_keeps_its_shape(
        holder in any::<String>(),
        run in any::<String>(),
        commit in any::<String>(),
        org in "[a-zA-Z][a-z0-9]{0,120}",
    ) {
        let mut lease = leased(&format!("x{holder}\n\nSigned-off-by: mallory\nRun: fake"), 1, 10);
        lease.run = Some(format!("{run}\r\nHolder: mallory"));
        let mut after = record(&[], &[("acme/a", ChangeKind::Create)], Some(lease));
        after.org = ScopeName::new(org).unwrap();
        after.pending.get_mut(&address("acme/a")).unwrap().commit = Some(format!("{commit}\nLease: fake"));
        for text in [message(None, &after), message(None, &Record { pending: BTreeMap::new(), ..after.clone() })] {
            let subject = subject_of(&text);
            prop_assert!(subject.chars().count() <= WIDTH, "{}", subject);
            prop_assert_eq!(text.lines().nth(1), Some(""));
            prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{}", text);
            prop_assert_eq!(text.lines().filter(|line| line.starts_with("Holder:")).count(), 1);
            prop_assert_eq!(text.lines().filter(|line| line.starts_with("Run:")).count(), 1);
            prop_assert_eq!(text.lines().filter(|line| line.starts_with("Lease:")).count(), 1);
            prop_assert!(!text.lines().any(|line| line.starts_with("Signed-off-by")));
        }
    }
}
