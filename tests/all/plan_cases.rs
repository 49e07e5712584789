//! Plans one by one: renames, notices, directions, guards.

use policysync::domain::{ChangeKind, Direction, OrgId, PolicyId, Scope};
use policysync::plan::{Allowances, Guard, NoticeCode, Options, Plan, plan};
use policysync::state::{Intent, Undecided};

use crate::plan_world::{Model, address, between, endpoint, lines, model, org, pruning, records, tree};

fn codes(plan: &Plan) -> Vec<(String, NoticeCode)> {
    plan.notices.iter().map(|notice| (notice.address.to_string(), notice.code)).collect()
}

#[test]
fn a_file_renamed_with_its_text_is_a_rename_without_a_call() {
    let plan = between(&model(&[("acme/a", "HIGH block text name")]), &model(&[("acme/b", "HIGH block text name")]));
    assert_eq!(lines(&plan), ["rename acme/a → acme/b []"]);
    assert!(!plan.changes[0].calls_service());
    assert_eq!(plan.changes[0].direction, Direction::Neutral);
    assert_eq!(plan.changes[0].from, Some(address("acme/a")));
    assert_eq!(codes(&plan), [], "the change itself says where it was");
}

#[test]
fn a_rename_carries_the_fields_that_changed_with_it() {
    let old = model(&[("acme/a", "HIGH block text name")]);
    for (new, wanted, direction) in [
        ("LOW block text other", "[name riskType]", Direction::Weaker),
        ("HIGH block text2 name", "[content]", Direction::Unclear),
        ("HIGH block text other", "[name]", Direction::Neutral),
    ] {
        let plan = between(&old, &model(&[("acme/b", new)]));
        assert_eq!(lines(&plan), [format!("rename acme/a → acme/b {wanted}")]);
        assert!(plan.changes[0].calls_service());
        assert_eq!(plan.changes[0].direction, direction, "{new}");
    }
}

#[test]
fn another_text_and_name_or_another_organization_is_neither_rename_nor_move() {
    let old = model(&[("acme/a", "HIGH block text name")]);
    for new in [
        ("acme/b", "HIGH block text2 name2"),
        ("acme/x/b", "HIGH block text2 name"),
        ("beta/a", "HIGH block text name"),
    ] {
        let plan = between(&old, &model(&[new]));
        assert_eq!(lines(&plan), [format!("create {}", new.0), "delete acme/a".to_owned()]);
        assert_eq!(codes(&plan), []);
    }
}

#[test]
fn a_text_goes_before_a_name_and_both_before_either() {
    let old = model(&[("acme/a", "HIGH block t1 n1"), ("acme/b", "HIGH block t1 n2"), ("acme/c", "LOW log t3 n3")]);
    let new = model(&[("acme/x", "HIGH block t1 n2"), ("acme/y", "HIGH block t1 n1"), ("acme/z", "LOW log t3 n9")]);
    let plan = between(&old, &new);
    assert_eq!(
        lines(&plan),
        ["rename acme/b → acme/x []", "rename acme/a → acme/y []", "rename acme/c → acme/z [name]"]
    );
}

#[test]
fn where_it_can_t_be_told_which_is_which_it_is_created_anew_and_said_so() {
    let one = model(&[("acme/a", "HIGH block text n0")]);
    let two = model(&[("acme/a", "HIGH block text n0"), ("acme/b", "LOW block text n1")]);
    let other_one = model(&[("acme/x", "HIGH block text n8")]);
    let other_two = model(&[("acme/x", "HIGH block text n8"), ("acme/y", "LOW block text n9")]);
    for (old, new, doubtful) in [(&two, &other_one, vec!["acme/x"]), (&one, &other_two, vec!["acme/x", "acme/y"])] {
        let plan = between(old, new);
        assert_eq!(plan.count(ChangeKind::Rename), 0, "{:?}", lines(&plan));
        assert_eq!(plan.count(ChangeKind::Create), new.len());
        assert_eq!(plan.count(ChangeKind::Delete), old.len());
        let told: Vec<_> = doubtful.iter().map(|at| ((*at).to_owned(), NoticeCode::AmbiguousRename)).collect();
        assert_eq!(codes(&plan), told);
        let careful = plan_of(new, old, &endpoint());
        assert_eq!(careful.count(ChangeKind::Delete), 0);
        assert_eq!(careful.orphans(), old.len());
    }
}

#[test]
fn a_name_proves_nothing_where_the_text_points_elsewhere() {
    let old = model(&[("acme/a", "HIGH block text n1"), ("acme/b", "HIGH block text n2")]);
    let new = model(&[("acme/x", "HIGH block text n9"), ("acme/y", "HIGH block other n2")]);
    let plan = between(&old, &new);
    assert_eq!(lines(&plan), ["create acme/x", "create acme/y", "delete acme/a", "delete acme/b"]);
    assert_eq!(codes(&plan).len(), 2, "both are said to be doubtful");
}

/// Each was found by chance: when the first of these changes is done, the rest must not look like a rename or a move.
#[test]
fn what_is_in_doubt_in_its_scope_goes_nowhere_else_either() {
    let histories = [
        [
            model(&[("acme/east/a", "LOW log text3 name0"), ("acme/east/b", "LOW log text0 name0")]),
            model(&[("acme/x", "LOW log text0 name3"), ("acme/east/c", "LOW log text1 name0")]),
        ],
        [
            model(&[("acme/b", "LOW log text2 name1"), ("acme/c", "LOW log text3 name1")]),
            model(&[("acme/a", "LOW log text0 name1"), ("acme/east/a", "LOW log text2 name0")]),
        ],
    ];
    for [old, new] in histories {
        let plan = between(&old, &new);
        let kinds = [ChangeKind::Create, ChangeKind::Delete].map(|kind| plan.count(kind));
        assert_eq!(kinds, [2, 2], "{:?}", lines(&plan));
    }
}

#[test]
fn an_unrelated_new_policy_is_not_called_doubtful() {
    let old = model(&[("acme/a", "HIGH block text n0"), ("acme/b", "LOW block text n1")]);
    let plan = between(&old, &model(&[("acme/x", "HIGH block quite new"), ("acme/b", "LOW block text n1")]));
    assert_eq!(codes(&plan), []);
}

#[test]
fn a_change_above_repositories_tells_how_far_it_reaches() {
    let recorded = model(&[
        ("acme/a", "HIGH block a a"),
        ("acme/east/b", "HIGH block b b"),
        ("acme/east/one/c", "HIGH block c c"),
        ("acme/east/two/d", "HIGH block d d"),
        ("acme/west/e", "HIGH block e e"),
        ("globex/f", "HIGH block f f"),
    ]);
    let mut wanted = recorded.clone();
    // One at each level; a new repository; one that no file of the tree is in any more.
    wanted.extend(model(&[
        ("acme/east/b", "LOW block b b"),
        ("acme/east/one/c", "LOW block c c"),
        ("acme/east/three/g", "LOW log g g"),
    ]));
    wanted.remove(&address("acme/east/two/d"));
    let reach = |plan: &Plan| -> Vec<String> {
        let told =
            |(at, reach): (&_, &policysync::plan::Reach)| format!("{at} {}+{}", reach.workspaces, reach.repositories);
        plan.reach.changes.iter().map(told).collect()
    };
    let plan = between(&recorded, &wanted);
    assert_eq!(reach(&plan), ["acme/east/b 0+3"]);
    assert_eq!((plan.reach.all.workspaces, plan.reach.all.repositories), (0, 3));
    wanted.extend(model(&[("acme/a", "HIGH log a a"), ("globex/f", "HIGH log f f")]));
    let plan = between(&recorded, &wanted);
    assert_eq!(reach(&plan), ["acme/a 2+3", "acme/east/b 0+3"], "nothing lies below globex");
    assert_eq!((plan.reach.all.workspaces, plan.reach.all.repositories), (2, 3), "each scope counts once");
}

#[test]
fn an_update_that_takes_a_negation_away_is_noticed() {
    let text = |content: &str| {
        let (at, mut scoped) = crate::plan_world::policy("acme/a", "HIGH block text name");
        let (name, risk, action) = ("name".to_owned(), scoped.policy.risk_type(), scoped.policy.action_type());
        scoped.policy = policysync::domain::Policy::new(name, content.to_owned(), risk, action).unwrap();
        Model::from([(at, scoped)])
    };
    let (strict, soft) = (text("Keys must not be shared."), text("Keys must be shared."));
    let told = between(&strict, &soft);
    assert_eq!(codes(&told), [("acme/a".to_owned(), NoticeCode::SofterWording)]);
    assert!(told.notices[0].message.contains("not 1 → 0"), "{}", told.notices[0].message);
    assert_eq!(codes(&between(&soft, &strict)), []);
}

fn plan_of(wanted: &Model, recorded: &Model, options: &Options) -> Plan {
    plan(&tree(wanted, &[]), &records(recorded), None, options)
}

#[test]
fn what_no_file_asks_for_is_named_and_deleted_only_when_pruning() {
    let old = model(&[("acme/a", "HIGH block text name"), ("acme/b", "LOW log t n")]);
    let new = model(&[("acme/b", "LOW log t n")]);
    let careful = plan_of(&new, &old, &endpoint());
    assert!(careful.is_empty());
    assert_eq!(codes(&careful), [("acme/a".to_owned(), NoticeCode::NoLongerManaged)]);
    let message = &careful.notices[0].message;
    assert!(message.contains("id-of-acme-a") && message.contains("--prune"), "{message}");
    let pruned = plan_of(&new, &old, &pruning());
    assert_eq!(lines(&pruned), ["delete acme/a"]);
    assert_eq!(codes(&pruned), []);
    assert_eq!(pruned.changes[0].direction, Direction::Weaker);
}

#[test]
fn the_directions_of_an_update() {
    let stronger = ["LOW log t n → HIGH log t n", "LOW log t n → LOW alert t n", "LOW alert t n → MEDIUM block t n"];
    let weaker = ["LOW block t n → HIGH alert t n", "HIGH log t n → LOW block t n", "HIGH block t n → LOW block u n"];
    let unclear = ["LOW log t n → LOW log u n", "LOW log t n → HIGH block u n"];
    let neutral = ["LOW log t n → LOW log t m"];
    let all: [(&[&str], Direction); 4] = [
        (&stronger, Direction::Stronger),
        (&weaker, Direction::Weaker),
        (&unclear, Direction::Unclear),
        (&neutral, Direction::Neutral),
    ];
    for (updates, direction) in all {
        for update in updates {
            let (before, after) = update.split_once(" → ").unwrap();
            let plan = between(&model(&[("acme/a", before)]), &model(&[("acme/a", after)]));
            assert_eq!(plan.changes[0].kind, ChangeKind::Update);
            assert_eq!(plan.changes[0].direction, direction, "{update}");
            assert_eq!(plan.weaker().count(), usize::from(direction == Direction::Weaker));
        }
    }
}

#[test]
fn an_organization_without_any_policy_in_the_tree_is_refused_for_itself() {
    let recorded = model(&[("acme/a", "HIGH block t n"), ("acme/b", "HIGH block u m"), ("beta/a", "LOW log t n")]);
    let wanted = model(&[("beta/a", "LOW log t n")]);
    for options in [endpoint(), pruning()] {
        let plan = plan(&tree(&wanted, &["acme"]), &records(&recorded), None, &options);
        let refused: Vec<_> = plan.refusals().map(|verdict| (verdict.guard, verdict.found)).collect();
        assert_eq!(refused, [(Guard::EmptyTree, 2)], "with and without a folder, pruning or not");
        let verdict = &plan.guards[0];
        assert!(verdict.message.contains("acme") && verdict.message.contains("2 policies"), "{}", verdict.message);
        assert!(verdict.hint.contains("--allow empty-tree=2"), "{}", verdict.hint);
    }
    let only_beta = Options { org: Some(org("beta")), ..pruning() };
    assert!(plan(&tree(&wanted, &[]), &records(&recorded), None, &only_beta).guards.is_empty());
}

#[test]
fn an_allowance_covers_its_number_and_no_more() {
    let recorded = model(&[("acme/a", "HIGH block t n"), ("acme/b", "HIGH block u m")]);
    for (said, allowed) in
        [("empty-tree", true), ("empty-tree=2", true), ("empty-tree=3", true), ("empty-tree=1", false)]
    {
        let Allowances(allow) = said.parse().unwrap();
        let plan = plan_of(&Model::new(), &recorded, &Options { allow, ..pruning() });
        assert_eq!(plan.guards.len(), 1, "it is told, allowed or not");
        assert_eq!(plan.refusals().count() == 0, allowed, "{said}");
        assert_eq!(plan.count(ChangeKind::Delete), 2);
    }
    for wrong in ["", "scope-id", "empty-tree=", "empty-tree=x", "empty-tree=-1", "Empty-Tree", "weaker"] {
        let error = wrong.parse::<Allowances>().expect_err(wrong).to_string();
        assert!(error.contains("empty-tree"), "{error}");
    }
}

#[test]
fn a_folder_that_stands_for_another_id_is_refused_whatever_is_allowed() {
    let recorded = model(&[("acme/a", "HIGH block t n"), ("acme/b", "HIGH block u m"), ("acme/x/a", "LOW log t n")]);
    let mut wanted = recorded.clone();
    for at in ["acme/a", "acme/b"] {
        let other = Scope::Organization { org: OrgId::new("acme-2").unwrap() };
        wanted.get_mut(&address(at)).unwrap().scope = other;
    }
    let Allowances(allow) = "empty-tree".parse().unwrap();
    let plan = plan_of(&wanted, &recorded, &Options { allow, ..pruning() });
    assert!(plan.is_empty(), "{:?}", lines(&plan));
    let refused: Vec<_> = plan.refusals().map(|verdict| verdict.guard).collect();
    assert_eq!(refused, [Guard::ScopeId], "once for the folder, not for each policy");
    let verdict = &plan.guards[0];
    assert!(
        verdict.message.contains("organization acme ") && verdict.message.contains("acme-2"),
        "{}",
        verdict.message
    );
    assert!(verdict.hint.contains("acme/_scope.yaml"), "{}", verdict.hint);
    assert_eq!(plan.unchanged, 1);
}

fn intent(undecided: Option<&[&str]>) -> Intent {
    let candidates = undecided.map(|ids| ids.iter().map(|id| PolicyId::new(*id).unwrap()).collect());
    Intent {
        change: ChangeKind::Create,
        intended_at: jiff::Timestamp::UNIX_EPOCH,
        id: None,
        from: None,
        replaces: None,
        before: None,
        after: None,
        file: None,
        commit: None,
        protected: false,
        undecided: candidates.map(|candidates| Undecided { candidates }),
    }
}

#[test]
fn what_an_earlier_run_left_is_told_and_what_is_undecided_is_not_created_again() {
    let wanted = model(&[("acme/a", "HIGH block t n"), ("acme/b", "HIGH block u m"), ("acme/c", "LOW log v o")]);
    let mut records = records(&model(&[("acme/c", "LOW log v o")]));
    let record = records.get_mut(&org("acme")).unwrap();
    record.pending.insert(address("acme/a"), intent(None));
    record.pending.insert(address("acme/b"), intent(Some(&["id-1", "id-2"])));
    let plan = plan(&tree(&wanted, &[]), &records, None, &pruning());
    assert_eq!(lines(&plan), ["create acme/a"]);
    let told = [("acme/a".to_owned(), NoticeCode::Pending), ("acme/b".to_owned(), NoticeCode::Undecided)];
    assert_eq!(codes(&plan), told);
    let message = &plan.notices[1].message;
    assert!(message.contains("id-1, id-2") && message.contains("state resolve acme/b"), "{message}");
}
