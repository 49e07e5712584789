//! What holds for every plan, over trees and records made by chance. A failure prints its seed and the smallest case.

use std::collections::BTreeSet;

use policysync::domain::{Address, ChangeKind, Digest, Direction};
use policysync::plan::{Change, Options, Rank, plan};
use policysync::report::{Styles, plan_json, plan_text};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::plan_world::{Model, address, apply, between, endpoint, lines, model, policy, pruning, records, tree};

/// Another one each time, unless `PROPTEST_RNG_SEED` says which; printed with a failure.
#[expect(clippy::print_stdout, reason = "shown where the test fails")]
pub fn seed() -> RngSeed {
    match ProptestConfig::default().rng_seed {
        RngSeed::Random => {
            let seed = uuid::Uuid::new_v4().as_u64_pair().0;
            println!("PROPTEST_RNG_SEED={seed}");
            RngSeed::Fixed(seed)
        }
        fixed @ RngSeed::Fixed(_) => fixed,
    }
}

/// Few addresses, texts and names, so that they meet: renames, doubts and equal policies are common.
pub fn some_policies() -> impl Strategy<Value = Model> {
    let scope = prop::sample::select(vec!["acme", "acme/east", "acme/east/one", "beta", "beta/x"]);
    let key = prop::sample::select(vec!["a", "b", "c", "d", "e"]);
    let risk = prop::sample::select(vec!["LOW", "MEDIUM", "HIGH"]);
    let action = prop::sample::select(vec!["log", "alert", "block"]);
    let one = (scope, key, risk, action, 0..4, 0..4);
    prop::collection::vec(one, 0..14).prop_map(|policies| {
        let read = |(scope, key, risk, action, text, name): (&str, &str, &str, &str, i32, i32)| {
            policy(&format!("{scope}/{key}"), &format!("{risk} {action} text{text} name{name}"))
        };
        policies.into_iter().map(read).collect()
    })
}

/// What is recorded, and a tree that differs from it in a few places.
pub fn before_and_after() -> impl Strategy<Value = (Model, Model)> {
    (some_policies(), some_policies(), prop::collection::vec(any::<bool>(), 14)).prop_map(|(recorded, other, keep)| {
        let kept = recorded.iter().zip(keep).filter(|(_, keep)| *keep).map(|((at, p), _)| (at.clone(), p.clone()));
        let wanted = kept.chain(other).collect();
        (recorded, wanted)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: seed(), ..ProptestConfig::default() })]

    #[test]
    fn a_tree_that_equals_its_record_has_an_empty_plan(same in some_policies()) {
        let plan = between(&same, &same);
        prop_assert!(plan.is_empty() && plan.notices.is_empty() && plan.guards.is_empty(), "{:?}", plan);
        prop_assert_eq!(plan.unchanged, same.len());
    }

    #[test]
    fn planning_twice_gives_the_same_bytes((recorded, wanted) in before_and_after()) {
        let (one, two) = (between(&recorded, &wanted), between(&recorded, &wanted));
        prop_assert_eq!(&one, &two);
        prop_assert_eq!(plan_json(&one, "policies"), plan_json(&two, "policies"));
        for styles in [Styles::plain(), Styles::coloured()] {
            prop_assert_eq!(plan_text(&one, &styles), plan_text(&two, &styles));
        }
    }

    #[test]
    fn what_protects_comes_first_and_deletes_come_last((recorded, wanted) in before_and_after()) {
        let plan = between(&recorded, &wanted);
        for pair in plan.changes.windows(2) {
            let [one, next] = pair else { unreachable!() };
            prop_assert!(one.rank() <= next.rank(), "{:?}", lines(&plan));
            prop_assert!(!(one.direction == Direction::Weaker && next.direction == Direction::Stronger));
            prop_assert!(one.kind != ChangeKind::Delete || next.kind == ChangeKind::Delete);
            prop_assert!(one.rank() != next.rank() || one.address < next.address, "{:?}", lines(&plan));
        }
        for change in &plan.changes {
            prop_assert_eq!(change.direction, Direction::between(change.before.as_ref(), change.after.as_ref()));
            prop_assert_eq!(change.rank() == Rank::Delete, change.kind == ChangeKind::Delete);
        }
    }

    #[test]
    fn the_whole_plan_applied_makes_the_record_equal_the_tree((recorded, wanted) in before_and_after()) {
        let plan = between(&recorded, &wanted);
        let mut after = records(&recorded);
        plan.changes.iter().for_each(|change| apply(&mut after, change));
        let held: Model = after.values().flat_map(|record| &record.policies)
            .map(|(at, entry)| (at.clone(), entry.sent.clone())).collect();
        prop_assert_eq!(held, wanted);
    }

    #[test]
    fn any_prefix_applied_leaves_exactly_the_rest_to_plan((recorded, wanted) in before_and_after()) {
        let (plan, mut now) = (between(&recorded, &wanted), records(&recorded));
        for (done, change) in plan.changes.iter().enumerate() {
            apply(&mut now, change);
            let rest = policysync::plan::plan(&tree(&wanted, &[]), &now, None, &pruning());
            prop_assert_eq!(&rest.changes, &plan.changes[done + 1..], "after {} of {:?}", done + 1, lines(&plan));
        }
    }

    #[test]
    fn any_part_of_a_rank_applied_leaves_exactly_the_others(
        (recorded, wanted) in before_and_after(), done in prop::collection::vec(any::<bool>(), 40),
    ) {
        // Changes of one rank run side by side, so a run may end with any of them done.
        let plan = between(&recorded, &wanted);
        let Some(rank) = plan.changes.first().map(Change::rank) else { return Ok(()) };
        let mut now = records(&recorded);
        let mut left = Vec::new();
        for (change, done) in plan.changes.iter().zip(done.into_iter().chain(std::iter::repeat(false))) {
            if done && change.rank() == rank { apply(&mut now, change) } else { left.push(change.clone()) }
        }
        let rest = policysync::plan::plan(&tree(&wanted, &[]), &now, None, &pruning());
        prop_assert_eq!(rest.changes, left, "{:?}", lines(&plan));
    }

    #[test]
    fn one_organization_is_planned_as_it_is_among_others((recorded, wanted) in before_and_after()) {
        let all = between(&recorded, &wanted);
        let mut together = BTreeSet::new();
        for name in ["acme", "beta"] {
            let only = Options { org: Some(crate::plan_world::org(name)), ..pruning() };
            let alone = plan(&tree(&wanted, &[]), &records(&recorded), None, &only);
            let of_org: Vec<_> = all.of_org(&crate::plan_world::org(name)).cloned().collect();
            prop_assert_eq!(&alone.changes, &of_org);
            together.extend(alone.changes.iter().map(|change| change.address.clone()));
        }
        let addresses: BTreeSet<Address> = all.changes.iter().map(|change| change.address.clone()).collect();
        prop_assert_eq!(together, addresses);
    }

    #[test]
    fn without_prune_nothing_is_deleted_and_each_is_told((recorded, wanted) in before_and_after()) {
        let careful = plan(&tree(&wanted, &[]), &records(&recorded), None, &endpoint());
        let pruned = between(&recorded, &wanted);
        prop_assert_eq!(careful.count(ChangeKind::Delete), 0);
        prop_assert_eq!(careful.orphans(), pruned.count(ChangeKind::Delete));
        let kept: Vec<_> = pruned.changes.iter().filter(|change| change.kind != ChangeKind::Delete).cloned().collect();
        prop_assert_eq!(careful.changes, kept);
    }

    #[test]
    fn a_digest_is_of_the_work_alone((recorded, wanted) in before_and_after(), serial in any::<u64>()) {
        let plan = between(&recorded, &wanted);
        let mut later = records(&recorded);
        for record in later.values_mut() {
            (record.serial, record.lineage) = (serial, uuid::Uuid::from_u128(u128::from(serial)));
            for entry in record.policies.values_mut() {
                entry.file.push_str(".moved");
                entry.commit = Some("4a5b".to_owned());
            }
        }
        let mut elsewhere = tree(&wanted, &[]);
        for desired in elsewhere.policies.values_mut() {
            desired.place.line += 40;
            desired.place.file.insert_str(0, "x/");
        }
        let again = policysync::plan::plan(&elsewhere, &later, None, &pruning());
        prop_assert_eq!(again.digest, plan.digest);
        let other = Options { endpoint: "https://other.example".parse().unwrap(), ..pruning() };
        prop_assert_ne!(policysync::plan::plan(&elsewhere, &later, None, &other).digest, plan.digest);
    }
}

#[test]
fn a_digest_changes_with_each_part_of_the_work() {
    let base = (model(&[("acme/a", "HIGH block text name")]), model(&[("acme/a", "LOW block text name")]));
    let others = [
        (model(&[("acme/b", "HIGH block text name")]), model(&[("acme/b", "LOW block text name")])),
        (model(&[("acme/x/a", "HIGH block text name")]), model(&[("acme/x/a", "LOW block text name")])),
        (model(&[("acme/a", "MEDIUM block text name")]), base.1.clone()),
        (base.0.clone(), model(&[("acme/a", "LOW alert text name")])),
        (base.0.clone(), model(&[("acme/a", "LOW block text2 name")])),
        (base.0.clone(), model(&[("acme/a", "LOW block text name2")])),
        (model(&[("beta/x", "LOW log t n"), ("acme/a", "HIGH block text name")]), model(&[("beta/x", "LOW log t n")])),
        (Model::new(), base.1.clone()),
        (base.1.clone(), base.1.clone()),
    ];
    let mut digests: BTreeSet<Digest> = others.iter().map(|(from, to)| between(from, to).digest).collect();
    digests.insert(between(&base.0, &base.1).digest);
    assert_eq!(digests.len(), others.len() + 1);
    assert_eq!(address("acme/a").org().as_str(), "acme");
}
