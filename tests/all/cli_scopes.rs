//! What holds where: `tree SCOPE` and `effective SCOPE`, through the real binary.

use crate::world::World;

/// One policy at each level of `acme`, beside another workspace and another organization.
fn levels() -> World {
    let world = World::new();
    for (address, risk, action) in [
        ("acme/pii", "HIGH", "block"),
        ("acme/east/source", "MEDIUM", "alert"),
        ("acme/east/billing/cards", "LOW", "log"),
        ("acme/west/other", "HIGH", "block"),
        ("globex/elsewhere", "HIGH", "block"),
    ] {
        world.policy(address, risk, action, &format!("Do not share what {address} is about."));
    }
    world
}

#[test]
fn what_holds_in_a_repository_comes_from_all_levels_above_it() {
    let world = levels();
    let ran = world.run(&["effective", "acme/east/billing"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
    assert_eq!(
        ran.out,
        "acme/east/billing: 3 policies hold here, strongest block\n\n\
         organization acme\n    block  HIGH    pii     \"pii\"\n\n\
         workspace acme/east\n    alert  MEDIUM  source  \"source\"\n\n\
         repository acme/east/billing\n    log    LOW     cards   \"cards\"\n"
    );
    // The law beside it: each policy of the tree holds in its own scope and in each below it, and nowhere else.
    for scope in ["acme", "acme/east", "acme/east/billing", "acme/west", "globex"] {
        let json = world.run(&["effective", scope, "--format", "json"]).json();
        let held: Vec<&str> =
            json["policies"].as_array().unwrap().iter().map(|policy| policy["address"].as_str().unwrap()).collect();
        let all = ["acme/pii", "acme/east/source", "acme/east/billing/cards", "acme/west/other", "globex/elsewhere"];
        let inherited = |address: &&str| {
            let above = address.rsplit_once('/').unwrap().0;
            above == scope || scope.starts_with(&format!("{above}/"))
        };
        assert_eq!(held, all.into_iter().filter(inherited).collect::<Vec<_>>(), "{scope}");
    }
}

#[test]
fn what_a_plan_would_change_of_it_is_shown_when_asked() {
    let world = levels();
    assert_eq!(world.apply(&[]).code, Some(0));
    world.policy("acme/pii", "HIGH", "log", "Do not share what acme/pii is about.");
    world.policy("acme/east/billing/new", "LOW", "alert", "Something new.");
    world.remove("policies/acme/east/source.yaml");
    let orphaned = world.run(&["effective", "acme/east/billing", "--plan"]);
    assert_eq!(orphaned.code, Some(0), "{orphaned}");
    assert_eq!(
        orphaned.out,
        "acme/east/billing: 4 policies hold here, strongest alert\n\n\
         organization acme\n  ~ log    HIGH    pii     \"pii\"  update, actionType block → log  WEAKER\n\n\
         workspace acme/east\n  ? alert  MEDIUM  source  \"source\"  in no file any more; it stays live\n\n\
         repository acme/east/billing\n    log    LOW     cards   \"cards\"\n  + alert  LOW     new     \"new\"  create\n"
    );
    let pruned = world.run(&["effective", "acme/east/billing", "--plan", "--prune", "--format", "json"]).json();
    let source = pruned["policies"].as_array().unwrap().iter().find(|policy| policy["address"] == "acme/east/source");
    assert_eq!(source.unwrap()["change"]["kind"], "delete", "{pruned}");
    let alone = world.run(&["effective", "acme/east/billing", "--format", "json"]).json();
    assert!(!alone.to_string().contains("acme/east/source"), "without a plan it is the tree that is told: {alone}");
}

#[test]
fn the_hierarchy_of_one_scope_has_what_is_above_it_and_below_it() {
    let world = levels();
    let ran = world.run(&["tree", "acme/east"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.out.contains("billing") && ran.out.contains("1 organization, 1 workspace, 1 repository, 2 policies"),
        "{ran}"
    );
    assert!(!ran.out.contains("west") && !ran.out.contains("globex"), "{ran}");
}

#[test]
fn a_scope_that_there_is_not_is_refused_with_what_was_perhaps_meant() {
    let world = levels();
    for (args, said) in [
        (&["effective", "acme/eest/billing"][..], "policies has no scope acme/eest/billing"),
        (&["effective", "acme/east/biling"], "did you mean acme/east/billing?"),
        (&["tree", "acmee"], "did you mean acme?"),
        (&["tree", "policies"], "is given as --tree policies"),
        (&["effective", "policies", "--tree", "nowhere"], "is given as --tree policies"),
    ] {
        let ran = world.run(args);
        let missing = args.contains(&"nowhere");
        assert_eq!(ran.code, Some(if missing { 1 } else { 64 }), "{args:?} {ran}");
        assert!(ran.err.contains(said), "{args:?} {ran}");
    }
    assert_eq!(world.run(&["effective", "acme/a/b/c/d"]).code, Some(64));
}
