//! What holds for every plan that looks at the service, over trees, records and live states made by chance. A failure prints
//! its seed and the smallest case.

use std::collections::{BTreeMap, BTreeSet};

use policysync::domain::{Address, ChangeKind, Direction, Field, ScopedPolicy};
use policysync::plan::{Change, Guard, NoticeCode, Options, Plan, Sighting, plan};
use policysync::report::{Styles, plan_json, plan_text};
use policysync::tree::Tree;
use proptest::prelude::*;

use crate::plan_laws::{before_and_after, seed, some_policies};
use crate::plan_live_world::{Deed, Service, direction, id, is_managed};
use crate::plan_world::{Model, endpoint, lines, records, tree};

/// What is wanted, what is recorded and what is live, and how it is planned.
#[derive(Debug, Clone)]
pub struct World {
    pub tree: Tree,
    pub service: Service,
    pub options: Options,
}

impl World {
    pub fn plan(&self) -> Plan {
        self.service.plan(&self.tree, &self.options)
    }
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::Leave),
        1 => Just(Deed::Remove),
        3 => prop::sample::select(vec![Field::Name, Field::RiskType, Field::ActionType, Field::Content]).prop_map(Deed::Edit),
        1 => Just(Deed::Odd),
        2 => Just(Deed::Agree),
        1 => Just(Deed::Keep),
    ]
}

/// Without two that are equal in all fields in one scope: such a tree is refused before it is planned.
fn distinct(model: Model) -> Model {
    let mut seen = BTreeSet::new();
    model.into_iter().filter(|(_, scoped)| seen.insert(format!("{scoped:?}"))).collect()
}

/// What others made: as the tree asks for, of the same name, or anything.
fn strangers(wanted: &Model, other: &Model, kinds: &[u8]) -> Vec<ScopedPolicy> {
    let mut made: Vec<ScopedPolicy> = Vec::new();
    for (scoped, kind) in wanted.values().zip(kinds) {
        let (policy, renamed) = (&scoped.policy, |risk, action| {
            policysync::domain::Policy::new(scoped.policy.name().to_owned(), "of others".to_owned(), risk, action)
                .unwrap()
        });
        match kind {
            0 => made.push(scoped.clone()),
            1 => {
                made.push(ScopedPolicy { policy: renamed(policy.risk_type(), policy.action_type()), ..scoped.clone() });
            }
            _ => {}
        }
    }
    made.extend(other.values().take(3).cloned());
    made
}

pub fn worlds() -> impl Strategy<Value = World> {
    let chances = (prop::collection::vec(deed(), 14), prop::collection::vec(0..6u8, 28), any::<[bool; 3]>());
    (before_and_after(), some_policies(), chances).prop_map(|((recorded, wanted), other, (deeds, kinds, flags))| {
        let (recorded, wanted) = (distinct(recorded), distinct(wanted));
        let mut tree = tree(&wanted, &[]);
        for (desired, kind) in tree.policies.values_mut().zip(&kinds) {
            desired.protected = flags[2] && *kind == 5;
        }
        let mut service = Service::as_recorded(&records(&recorded));
        service.suffer(&deeds, &tree);
        let entries = service.records.values_mut().flat_map(|record| record.policies.values_mut());
        for (entry, kind) in entries.zip(&kinds[14..]) {
            entry.protected = flags[2] && *kind > 3;
        }
        for (number, scoped) in strangers(&wanted, &other, &kinds).iter().enumerate() {
            service.make(&format!("of-others-{number}"), scoped);
        }
        let options = Options { prune: flags[0], adopt_by_name: flags[1], ..endpoint() };
        World { tree, service, options }
    })
}

/// What is done, as far as it can be told from outside.
fn work(plan: &Plan) -> Vec<(Address, ChangeKind, Option<ScopedPolicy>, Vec<Field>)> {
    let of = |change: &Change| (change.address.clone(), change.kind, change.after.clone(), change.fields.clone());
    plan.changes.iter().map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: seed(), ..ProptestConfig::default() })]

    #[test]
    fn a_plan_after_apply_is_empty(world in worlds()) {
        let (first, mut after) = (world.plan(), world.clone());
        first.changes.iter().for_each(|change| after.service.apply(change));
        let then = after.plan();
        prop_assert!(then.is_empty(), "{:?} after {:?}", lines(&then), lines(&first));
        prop_assert_eq!(then.orphans(), first.orphans());
        let rest = then.notices.iter().filter(|notice| notice.code != NoticeCode::NoLongerManaged).count();
        prop_assert_eq!(rest, 0, "{:?}", then.notices);
    }

    #[test]
    fn what_is_the_same_everywhere_has_an_empty_plan(same in some_policies()) {
        let service = Service::as_recorded(&records(&same));
        let plan = service.plan(&tree(&same, &[]), &endpoint());
        prop_assert!(plan.is_empty() && plan.notices.is_empty() && plan.guards.is_empty(), "{:?}", plan);
        prop_assert_eq!(plan.unchanged, same.len());
    }

    #[test]
    fn where_nothing_drifted_a_look_changes_nothing((recorded, wanted) in before_and_after(), prune in any::<bool>()) {
        let (tree, options) = (tree(&wanted, &[]), Options { prune, adopt_by_name: true, ..endpoint() });
        let service = Service::as_recorded(&records(&recorded));
        let (looked, not) = (service.plan(&tree, &options), plan(&tree, &service.records, None, &options));
        prop_assert_eq!(looked, not);
    }

    #[test]
    fn any_prefix_applied_leaves_exactly_the_rest_to_plan(world in worlds()) {
        let (plan, mut now) = (world.plan(), world.clone());
        for (done, change) in plan.changes.iter().enumerate() {
            now.service.apply(change);
            let rest = now.plan();
            prop_assert_eq!(&rest.changes, &plan.changes[done + 1..], "after {} of {:?}", done + 1, lines(&plan));
        }
    }

    #[test]
    fn any_part_of_a_rank_applied_leaves_exactly_the_others(
        world in worlds(), done in prop::collection::vec(any::<bool>(), 40),
    ) {
        let (plan, mut now) = (world.plan(), world.clone());
        let Some(rank) = plan.changes.first().map(Change::rank) else { return Ok(()) };
        let mut left = Vec::new();
        for (change, done) in plan.changes.iter().zip(done.into_iter().chain(std::iter::repeat(false))) {
            if done && change.rank() == rank { now.service.apply(change) } else { left.push(change.clone()) }
        }
        prop_assert_eq!(now.plan().changes, left, "{:?}", lines(&plan));
    }

    /// Pruning or not, and no guard asks again.
    #[test]
    fn a_move_that_is_half_done_leaves_the_others_and_its_delete(world in worlds()) {
        let plan = world.plan();
        for moved in plan.changes.iter().filter(|change| change.kind == ChangeKind::Move) {
            let mut now = world.clone();
            now.service.half(moved);
            let then = now.plan();
            let (left, others): (Vec<_>, Vec<_>) = then.changes.iter().partition(|change| change.moved_to.is_some());
            let [left] = left.as_slice() else { return Err(TestCaseError::fail(format!("one is left: {left:?}"))) };
            prop_assert_eq!((left.kind, &left.moved_to), (ChangeKind::Delete, &Some(moved.address.clone())));
            prop_assert_eq!((Some(&left.address), &left.id), (moved.from.as_ref(), &moved.id));
            prop_assert!(others.into_iter().eq(plan.changes.iter().filter(|change| *change != moved)), "{:?}", lines(&then));
            let found = |plan: &Plan| plan.guards.iter().map(|verdict| verdict.found).sum::<usize>();
            let lost = then.guards.iter().any(|verdict| verdict.guard == Guard::EmptyTree);
            prop_assert!(lost || found(&then) <= found(&plan), "{:?} {:?}", then.guards, plan.guards);
            now.service.apply(left);
            let rest: Vec<_> = plan.changes.iter().filter(|change| *change != moved).cloned().collect();
            prop_assert_eq!(now.plan().changes, rest);
        }
    }

    #[test]
    fn what_protects_comes_first_and_each_direction_is_that_of_what_is_live(world in worlds()) {
        let plan = world.plan();
        for pair in plan.changes.windows(2) {
            let [one, next] = pair else { unreachable!() };
            prop_assert!((one.rank(), &one.address) < (next.rank(), &next.address), "{:?}", lines(&plan));
            let is_last = |change: &Change| matches!(change.kind, ChangeKind::Delete | ChangeKind::Forget);
            prop_assert!(is_last(next) || (!is_last(one) && (one.direction != Direction::Weaker || next.direction == one.direction)));
        }
        for change in &plan.changes {
            let must = direction(change, &world.service.records);
            prop_assert!(must.is_none_or(|must| must == change.direction), "{:?}", change);
            let Some(live) = change.id.as_ref().and_then(|id| world.service.live.get(id)) else { continue };
            // What is changed is what is live, as far as a tree could ask for that.
            let Some(before) = live.scoped() else { continue };
            let shown = change.before.as_ref().unwrap();
            prop_assert_eq!(&before.scope, &shown.scope);
            let words = |scoped: &ScopedPolicy| (scoped.policy.risk_type(), scoped.policy.action_type());
            prop_assert_eq!(words(&before), words(shown), "{:?}", change);
        }
    }

    #[test]
    fn what_nobody_manages_is_adopted_once_or_left_alone(world in worlds()) {
        let plan = world.plan();
        let mut adopted = BTreeMap::new();
        for change in &plan.changes {
            let Some(id) = &change.id else { continue };
            if is_managed(&world.service.records, id) {
                prop_assert!(!matches!(change.sighting, Some(Sighting::Unmanaged(_))), "{:?}", change);
                continue;
            }
            prop_assert_eq!(change.kind, ChangeKind::Adopt, "{:?}", change);
            let after = change.after.as_ref().unwrap();
            let live = &world.service.live[id];
            prop_assert_eq!(&live.scope, &after.scope);
            prop_assert!(live.reads_as(after) || (world.options.adopt_by_name && live.name == after.policy.name()));
            prop_assert!(adopted.insert(id.clone(), &change.address).is_none(), "{} twice: {:?}", id, lines(&plan));
        }
    }

    #[test]
    fn other_work_has_another_digest(world in worlds(), deeds in prop::collection::vec(deed(), 14)) {
        let mut other = world.clone();
        other.service.suffer(&deeds, &other.tree);
        let (one, two) = (world.plan(), other.plan());
        prop_assert!(work(&one) == work(&two) || one.digest != two.digest, "{:?} {:?}", lines(&one), lines(&two));
        prop_assert!(one.changes != two.changes || one.digest == two.digest);
    }

    #[test]
    fn planning_twice_gives_the_same_bytes(world in worlds()) {
        let (one, two) = (world.plan(), world.plan());
        prop_assert_eq!(plan_json(&one, "policies"), plan_json(&two, "policies"));
        for styles in [Styles::plain(), Styles::coloured()] {
            prop_assert_eq!(plan_text(&one, &styles), plan_text(&two, &styles));
        }
    }
}

/// Two files of one name: found as the way in which one live policy was once taken over twice.
#[test]
fn one_of_the_same_name_is_not_taken_over_by_two_files() {
    let wanted = crate::plan_world::model(&[("acme/a", "HIGH block text name"), ("acme/b", "HIGH block other name")]);
    let mut service = Service::as_recorded(&records(&Model::new()));
    service.make("x", &crate::plan_world::policy("acme/z", "LOW log third name").1);
    let options = Options { adopt_by_name: true, ..endpoint() };
    let plan = service.plan(&tree(&wanted, &[]), &options);
    assert_eq!(lines(&plan), ["create acme/a", "create acme/b"]);
    service.make("y", &crate::plan_world::policy("acme/z", "HIGH block other name").1);
    let plan = service.plan(&tree(&wanted, &[]), &options);
    assert_eq!(lines(&plan), ["create acme/a", "adopt acme/b"]);
    assert_eq!(plan.changes[1].id, Some(id("y")));
}
