//! What holds for every guard, over plans made by chance: it finds what a count from outside finds, and the flag that it names
//! lets just that pass. A failure prints its seed and the smallest case.

use std::collections::BTreeMap;

use policysync::domain::{ChangeKind, Digest, Direction};
use policysync::plan::{Allowances, Change, Guard, Limits, Options, Plan, Share};
use proptest::prelude::*;

use crate::plan_laws::seed;
use crate::plan_live_laws::{World, worlds};

/// The refused guards, and how many things each found.
fn refused(plan: &Plan) -> Vec<(Guard, usize)> {
    plan.refusals().map(|verdict| (verdict.guard, verdict.found)).collect()
}

fn allowing(world: &World, flag: &str) -> Plan {
    let Allowances(allow) = flag.strip_prefix("--allow ").unwrap().parse().unwrap();
    World { options: Options { allow, ..world.options.clone() }, ..world.clone() }.plan()
}

/// Whether the record or the tree says `protected`.
fn is_protected(world: &World, change: &Change) -> bool {
    let old = change.from.as_ref().unwrap_or(&change.address);
    let recorded = world.service.records.get(&old.org()).and_then(|record| record.policies.get(old));
    let wanted = world.tree.policies.get(&change.address);
    recorded.is_some_and(|entry| entry.protected) || wanted.is_some_and(|desired| desired.protected)
}

/// What the guards must find, counted by what is seen from outside.
fn expected(world: &World, plan: &Plan) -> BTreeMap<Guard, Vec<usize>> {
    let mut found: BTreeMap<Guard, Vec<usize>> = BTreeMap::new();
    let weaker: Vec<&Change> = plan.changes.iter().filter(|change| change.direction == Direction::Weaker).collect();
    let protected = weaker.iter().filter(|change| is_protected(world, change)).count();
    let weakened = weaker.iter().filter(|change| change.kind != ChangeKind::Delete).count();
    let mut deleted = 0;
    for (org, record) in &world.service.records {
        let lost = !world.tree.policies.keys().any(|address| address.is_in(org));
        let recorded = record.policies.len();
        let deletes = plan.of_org(org).filter(|change| change.kind == ChangeKind::Delete).count();
        if lost && recorded > 0 {
            found.entry(Guard::EmptyTree).or_default().push(recorded);
        } else if deletes > 1 && deletes * 10 > recorded {
            deleted += deletes;
        }
    }
    for (guard, number) in [(Guard::Protected, protected), (Guard::Weaken, weakened), (Guard::Delete, deleted)] {
        if number > 0 {
            found.entry(guard).or_default().push(number);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: seed(), ..ProptestConfig::default() })]

    #[test]
    fn guards_find_what_a_count_from_outside_finds(world in worlds()) {
        let plan = world.plan();
        let mut found: BTreeMap<Guard, Vec<usize>> = BTreeMap::new();
        for (guard, number) in refused(&plan) {
            found.entry(guard).or_default().push(number);
        }
        prop_assert_eq!(found, expected(&world, &plan), "{:?}", plan.guards);
        for verdict in &plan.guards {
            prop_assert!(verdict.message.contains(&verdict.found.to_string()), "{:?}", verdict);
            let flag = format!("--allow {}={}", verdict.guard.as_str(), verdict.found);
            prop_assert!(verdict.hint.ends_with(&flag), "{:?}", verdict);
        }
    }

    #[test]
    fn the_flag_lets_this_plan_pass_and_nothing_more(world in worlds()) {
        let plan = world.plan();
        let Some(flag) = plan.flag_to_allow() else {
            prop_assert!(refused(&plan).is_empty());
            return Ok(());
        };
        let passed = allowing(&world, &flag);
        prop_assert!(refused(&passed).is_empty() && passed.changes == plan.changes, "{flag}: {:?}", passed.guards);
        prop_assert_eq!(passed.digest, plan.digest, "what is allowed is no part of the work");

        let (guards, digest) = flag.split_once('@').unwrap();
        prop_assert!(refused(&allowing(&world, guards)).is_empty(), "and without the digest");
        for part in guards.strip_prefix("--allow ").unwrap().split(',') {
            let (name, number) = part.split_once('=').unwrap();
            let number: usize = number.parse().unwrap();
            let fewer = guards.replace(part, &format!("{name}={}", number - 1));
            let left = refused(&allowing(&world, &format!("{fewer}@{digest}")));
            prop_assert!(left.iter().any(|(guard, _)| guard.as_str() == name), "{fewer}: {left:?}");
        }
        let another = format!("{guards}@{}", Digest::of(b"another plan"));
        let still = allowing(&world, &another);
        prop_assert_eq!(refused(&still), refused(&plan));
        prop_assert!(still.refusals().all(|verdict| verdict.hint.contains("another plan's")), "{:?}", still.guards);
    }

    #[test]
    fn what_the_settings_allow_passes_and_one_more_does_not(world in worlds()) {
        let plan = world.plan();
        for (guard, number) in refused(&plan) {
            for (limit, passes) in [(number, true), (number - 1, false)] {
                let limits = match guard {
                    Guard::Weaken => Limits { weaken: limit, ..Limits::default() },
                    Guard::Protected => Limits { protected: limit, ..Limits::default() },
                    _ => continue,
                };
                let plan = World { options: Options { limits, ..world.options.clone() }, ..world.clone() }.plan();
                prop_assert_eq!(!refused(&plan).iter().any(|(refused, _)| *refused == guard), passes);
            }
        }
        let lost = |plan: &Plan| refused(plan).into_iter().filter(|(guard, _)| *guard == Guard::EmptyTree).collect::<Vec<_>>();
        for (_, limit) in lost(&plan) {
            let limits = Limits { empty_tree: limit, ..Limits::default() };
            let left = lost(&World { options: Options { limits, ..world.options.clone() }, ..world.clone() }.plan());
            let larger: Vec<_> = lost(&plan).into_iter().filter(|(_, recorded)| *recorded > limit).collect();
            prop_assert_eq!(left, larger, "organizations of at most {} may go", limit);
        }
        let of_org = |org| plan.of_org(org).filter(|change| change.kind == ChangeKind::Delete).count();
        let most = plan.orgs().iter().map(of_org).max().unwrap_or(0);
        for (limit, passes) in [(most, true), (most.saturating_sub(1), most == 0)] {
            let limits = Limits { delete: Share::Number(limit), ..Limits::default() };
            let plan = World { options: Options { limits, ..world.options.clone() }, ..world.clone() }.plan();
            let lost = refused(&plan).iter().any(|(guard, _)| *guard == Guard::EmptyTree);
            let is_refused = refused(&plan).iter().any(|(guard, _)| *guard == Guard::Delete);
            prop_assert!(is_refused != passes || (lost && !is_refused), "{limit} of {most}: {:?}", plan.guards);
        }
    }
}
