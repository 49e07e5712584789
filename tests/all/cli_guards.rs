//! Guards and their settings, through the real binary over real HTTP: what refuses, what it says, and what lets it pass.

use crate::world::{Ran, World};

/// So many applied policies in one organization.
fn applied(world: &World, org: &str, count: usize) {
    for number in 0..count {
        world.policy(
            &format!("{org}/rule-{number:02}"),
            "HIGH",
            "block",
            &format!("Do not share thing {number} of {org}."),
        );
    }
    let ran = world.run(&["apply"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.service.clear_requests();
}

fn soften(world: &World, numbers: std::ops::Range<usize>) {
    for number in numbers {
        world.policy(
            &format!("acme/rule-{number:02}"),
            "HIGH",
            "log",
            &format!("Do not share thing {number} of acme."),
        );
    }
}

fn drop_rules(world: &World, org: &str, count: usize) {
    (0..count).for_each(|number| world.remove(&format!("policies/{org}/rule-{number:02}.yaml")));
}

/// Refused by a guard, in words that hold these, with nothing called.
#[track_caller]
fn refuses(world: &World, args: &[&str], said: &[&str]) -> Ran {
    let (plan, apply) = (world.run(&[&["plan"], args].concat()), world.run(&[&["apply"], args].concat()));
    for ran in [&plan, &apply] {
        assert_eq!(ran.code, Some(4), "{ran}");
        said.iter().for_each(|said| assert!(ran.out.contains(said), "{said:?} is said: {ran}"));
    }
    assert!(apply.out.ends_with("Nothing was applied, and nothing was called.\n"), "{apply}");
    assert_eq!(world.service.requests(), [], "nothing was called");
    plan
}

#[track_caller]
fn passes(world: &World, args: &[&str]) {
    let ran = world.run(&[&["apply"], args].concat());
    assert_eq!(ran.code, Some(0), "{ran}");
    world.service.clear_requests();
}

/// The flag on the last line of a refused plan.
#[track_caller]
fn flag(refused: &Ran) -> String {
    let last = refused.out.lines().last().unwrap();
    last.strip_prefix("help: to let this plan pass and no other: --allow ")
        .expect("the last line is the flag")
        .to_owned()
}

#[test]
fn a_tenth_of_an_organization_may_be_deleted_and_one_more_may_not() {
    let world = World::new();
    applied(&world, "acme", 20);
    applied(&world, "globex", 20);
    drop_rules(&world, "acme", 3);
    drop_rules(&world, "globex", 2);
    let said = "refused[delete]: 3 policies would be deleted (3 of the 20 of acme), and 10 % of an organization (at least 1) are \
                allowed at a time; a delete can't be taken back\n  = help: if they should go, say so with --allow delete=3\n";
    refuses(&world, &["--prune"], &[said]);
    refuses(&world, &["--prune", "--allow", "delete=2"], &[said]);
    refuses(&world, &["--prune", "--allow", "weaken,empty-tree,protected"], &[said]);
    passes(&world, &["--prune", "--org", "globex"]);
    passes(&world, &["--prune", "--allow", "delete=3"]);
    assert_eq!(world.live().len(), 35);
    // One of seventeen is less than a tenth; at least one may always go.
    world.remove("policies/acme/rule-03.yaml");
    passes(&world, &["--prune"]);
}

#[test]
fn one_policy_of_two_may_be_deleted() {
    let world = World::new();
    applied(&world, "acme", 2);
    drop_rules(&world, "acme", 1);
    passes(&world, &["--prune"]);
    assert_eq!(world.live().len(), 1);
}

#[test]
fn an_organization_that_lost_its_folder_is_refused_in_words_for_a_tired_person() {
    let world = World::new();
    applied(&world, "acme", 3);
    applied(&world, "globex", 1);
    std::fs::remove_dir_all(world.path().join("policies/acme")).unwrap();
    for args in [&["--prune"][..], &[]] {
        refuses(
            &world,
            args,
            &[
                "refused[empty-tree]: the tree has no policy of organization acme, and its record has 3 policies: is it the right folder?",
                "= help: if all of them should go, say so with --allow empty-tree=3",
            ],
        );
    }
    refuses(&world, &["--prune", "--allow", "empty-tree=2"], &[]);
    refuses(&world, &["--prune", "--allow", "delete=3,weaken=3"], &["refused[empty-tree]"]);
    passes(&world, &["--prune", "--allow", "empty-tree=3"]);
    assert_eq!(world.live().len(), 1, "globex has what it had");
}

#[test]
fn the_flag_on_the_last_line_lets_that_plan_pass_and_none_after_it() {
    let world = World::new();
    world.write(
        "policies/acme/cards.yaml",
        "name: cards\nprotected: true\nriskType: HIGH\nactionType: block\ncontent: No card numbers.\n",
    );
    applied(&world, "acme", 4);
    soften(&world, 0..1);
    world.remove("policies/acme/rule-02.yaml");
    world.remove("policies/acme/rule-03.yaml");
    world.write(
        "policies/acme/cards.yaml",
        "name: cards\nriskType: LOW\nactionType: block\ncontent: No card numbers.\n",
    );
    let refused = refuses(
        &world,
        &["--prune"],
        &[
            "refused[delete]: 2 policies would be deleted (2 of the 5 of acme)",
            "refused[protected]: 1 protected policy would be weakened or deleted: acme/cards (riskType HIGH → LOW); taking the word \
         away in the same change lifts nothing",
            "= help: take `protected` out of the file first, apply that, and weaken or delete in a change of its own; in an \
         emergency, say so with --allow protected=1",
            "refused[weaken]: 2 changes make enforcement weaker: acme/cards (riskType HIGH → LOW), acme/rule-00 (actionType block → \
         log); none is allowed unless someone says so",
            "= help: if that is meant, say so with --allow weaken=2",
        ],
    );
    let flag = flag(&refused);
    assert!(flag.starts_with("delete=2,protected=1,weaken=2@sha256:"), "{flag}");
    // One more: another plan.
    soften(&world, 1..2);
    refuses(
        &world,
        &["--prune", "--allow", &flag],
        &["--allow weaken=3; the digest that was allowed is another plan's"],
    );
    // Another one, of the same numbers.
    world.policy("acme/rule-00", "HIGH", "block", "Do not share thing 0 of acme.");
    refuses(
        &world,
        &["--prune", "--allow", &flag],
        &["--allow weaken=2; the digest that was allowed is another plan's"],
    );
    // The reviewed one again, each number of it less by one.
    soften(&world, 0..1);
    world.policy("acme/rule-01", "HIGH", "block", "Do not share thing 1 of acme.");
    for (part, fewer) in [("delete=2", "delete=1"), ("protected=1", "protected=0"), ("weaken=2", "weaken=1")] {
        let (name, _) = part.split_once('=').unwrap();
        refuses(&world, &["--prune", "--allow", &flag.replace(part, fewer)], &[&format!("refused[{name}]")]);
    }
    passes(&world, &["--prune", "--allow", &flag]);
    let ran = world.run(&["apply", "--prune"]);
    assert!(ran.code == Some(0) && ran.out.starts_with("No changes."), "{ran}");
}

#[test]
fn a_protected_policy_is_let_go_in_two_changes() {
    let world = World::new();
    let file = "policies/acme/cards.yaml";
    let fields = "name: cards\nriskType: HIGH\nactionType: block\ncontent: No card numbers.\n";
    world.write(file, &format!("protected: true\n{fields}"));
    applied(&world, "acme", 1);
    world.remove(file);
    refuses(
        &world,
        &["--prune"],
        &[
            "1 protected policy would be weakened or deleted: acme/cards (deleted)",
            "put the file back without `protected`, apply that, and delete it in a change of its own",
        ],
    );
    world.write(file, fields);
    passes(&world, &[]);
    world.remove(file);
    passes(&world, &["--prune"]);
    assert_eq!(world.live().len(), 1);
}

#[test]
fn the_settings_say_how_much_passes_unasked() {
    let world = World::new();
    applied(&world, "acme", 8);
    world.write("policysync.yaml", "guards: {weaken: 2, delete: 25%}\n");
    soften(&world, 4..6);
    drop_rules(&world, "acme", 2);
    let ran = world.run(&["plan", "--prune"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.out.contains("allowed[weaken]: 2 changes make enforcement weaker")
            && ran.out.contains("the settings allow 2")
    );
    soften(&world, 6..7);
    refuses(
        &world,
        &["--prune"],
        &["refused[weaken]: 3 changes", "the settings allow 2 without being asked", "--allow weaken=3"],
    );
    passes(&world, &["--prune", "--allow", "weaken=3"]);

    world.write("policysync.yaml", "guards: {delete: 0}\n");
    world.remove("policies/acme/rule-02.yaml");
    refuses(&world, &["--prune"], &["(1 of the 6 of acme), and none is allowed at a time"]);
    world.write("policysync.yaml", "guards: {delete: 1}\n");
    passes(&world, &["--prune"]);
}

#[test]
fn the_settings_say_how_many_protected_policies_pass_and_how_small_an_organization_may_go() {
    let world = World::new();
    let fields = |text: &str| format!("name: {text}\nprotected: true\nriskType: HIGH\nactionType: ");
    for name in ["cards", "names"] {
        world.write(&format!("policies/acme/{name}.yaml"), &format!("{}block\ncontent: No {name}.\n", fields(name)));
    }
    applied(&world, "acme", 1);
    applied(&world, "globex", 2);
    world.write("policies/acme/cards.yaml", &format!("{}log\ncontent: No cards.\n", fields("cards")));
    world.write("policysync.yaml", "guards: {protected: 1, weaken: 1}\n");
    let ran = world.run(&["plan"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let said = "allowed[protected]: 1 protected policy would be weakened or deleted: acme/cards (actionType block → log); the \
                settings allow 1\n";
    assert!(ran.out.contains(said), "what the settings let pass is said first all the same: {ran}");
    world.remove("policies/acme/names.yaml");
    refuses(&world, &["--prune"], &["refused[protected]: 2 protected policies", "; the settings allow 1\n"]);
    passes(&world, &["--prune", "--allow", "protected=2"]);

    std::fs::remove_dir_all(world.path().join("policies/globex")).unwrap();
    world.write("policysync.yaml", "guards: {empty-tree: 1, delete: 100%, weaken: 9, protected: 9}\n");
    let said = "its record has 2 policies: is it the right folder? The settings let an organization of at most 1 go";
    refuses(&world, &["--prune"], &["refused[empty-tree]", said, "say so with --allow empty-tree=2"]);
    world.write("policysync.yaml", "guards: {empty-tree: 2}\n");
    passes(&world, &["--prune"]);
    assert_eq!(world.live().len(), 2, "globex is gone, as the settings allow");
}

#[test]
fn settings_that_no_guard_can_have_are_refused_with_their_place() {
    let world = World::new();
    world.policies(1);
    for (text, said) in [
        ("guards: {protected: 10%}\n", &["policysync.yaml:1:21"][..]),
        ("guards:\n  empty-tree: true\n", &["policysync.yaml:2:15"]),
        ("guards: {delete: 110%}\n", &["policysync.yaml:1:18", "\"110%\" is neither a whole number nor a percentage"]),
        ("guards: {delete: -1}\n", &["policysync.yaml:1:18", "\"-1\" is neither"]),
        ("guards: {weaken: many}\n", &["policysync.yaml:1:18"]),
        ("guards: {weaken: 10%}\n", &["policysync.yaml:1:18"]),
        ("guards: {weakn: 1}\n", &["policysync.yaml:1:10", "`weakn` is not a known field", "did you mean `weaken`?"]),
        ("guards: {scope-id: 1}\n", &["policysync.yaml:1:10", "`scope-id` is not a known field"]),
        ("guards: 3\n", &["policysync.yaml:1:9"]),
        ("guards: {weaken: 1, weaken: 2}\n", &["policysync.yaml:1:21", "weaken"]),
    ] {
        world.write("policysync.yaml", text);
        let ran = world.run(&["plan"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{text} {ran}");
        said.iter().for_each(|said| assert!(ran.err.contains(said), "{said:?} is said of {text} {ran}"));
    }
}
