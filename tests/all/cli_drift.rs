//! `policysync drift`: who changed what in the service, through the real binary over real HTTP.

use policysync::report::schema;
use policysync::sandbox::{Call, Fault, FaultPlan, ListReading, Options};
use serde_json::{Value, json};

use crate::world::{Ran, World};

/// Four applied policies at three levels.
fn applied(options: Options) -> World {
    let world = World::with(options);
    for (address, action) in [
        ("acme/pii", "block"),
        ("acme/east/source", "alert"),
        ("acme/east/billing/cards", "block"),
        ("acme/east/billing/keys", "block"),
    ] {
        world.policy(address, "MEDIUM", action, &format!("Do not share\nwhat {address}\nis about.\n"));
    }
    let ran = world.apply(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world.service.clear_requests();
    world
}

/// The document, which must be one of the schema and make no call that writes.
fn found(world: &World, ran: &Ran) -> Value {
    let schema: Value = serde_json::from_str(&schema("drift").unwrap()).unwrap();
    let document = ran.json();
    let errors: Vec<String> =
        jsonschema::draft202012::new(&schema).unwrap().iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} {ran}");
    assert_eq!(world.writes(), 0, "drift writes nothing");
    document
}

#[test]
fn where_nothing_changed_there_is_no_drift() {
    let world = applied(Options::default());
    let record = world.read(".policysync/state/acme.json");
    let ran = world.run(&["drift"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "No drift. 4 as recorded.\n"), "{ran}");
    assert_eq!(ran.err, format!("looking at 3 scopes of {}\n", world.service.url().trim_end_matches('/')), "{ran}");
    assert_eq!(found(&world, &world.run(&["drift", "--format", "json"]))["summary"]["asRecorded"], 4);
    assert_eq!(world.read(".policysync/state/acme.json"), record, "and it leaves no lease behind");
}

#[test]
fn what_was_edited_deleted_and_made_by_others_is_told_by_whom_and_how() {
    for reading in [ListReading::At, ListReading::Below] {
        let world = applied(Options { list: reading, ..Options::default() });
        world.service.edit(&world.id("pii"), json!({"actionType": 0}), "user-night");
        world.service.edit(&world.id("cards"), json!({"riskType": "HIGH"}), "user-night");
        world.service.remove(&world.id("keys"));
        world.seed("acme/east", "From the console", "Something else.", "user-console");
        let ran = world.run(&["drift"]);
        assert_eq!(ran.code, Some(2), "{ran}");
        for said in [
            "  ~ edited acme/pii  WEAKER\n      by Sandbox User at 20",
            "      actionType  block → log\n",
            "  ~ edited acme/east/billing/cards  stronger\n",
            "      riskType    MEDIUM → HIGH\n",
            "  - gone acme/east/billing/keys  WEAKER\n      the service has no policy ",
            "1 policy that nobody manages:\n  ? workspace acme/east  ",
            "block, HIGH, \"From the console\", made by Sandbox User\n",
            "2 policies are weaker than the tree asks for.\nDrift: 2 edited, 1 gone, 1 as recorded, 1 unmanaged.\n",
        ] {
            assert!(ran.out.contains(said), "{said:?} {ran}");
        }
        let document = found(&world, &world.run(&["drift", "--format", "json"]));
        let told: Vec<String> = document["drifted"]
            .as_array()
            .unwrap()
            .iter()
            .map(|drifted| {
                format!("{} {} {}", drifted["address"], drifted["fate"], drifted["direction"]).replace('"', "")
            })
            .collect();
        assert_eq!(
            told,
            ["acme/east/billing/cards edited stronger", "acme/east/billing/keys gone weaker", "acme/pii edited weaker"]
        );
    }
}

/// What the tree says counts, not what was applied: an edit that the tree asks for by now is no weakening.
#[test]
fn an_edit_that_the_tree_asks_for_is_told_as_such() {
    let world = applied(Options::default());
    world.service.edit(&world.id("pii"), json!({"actionType": 0}), "user-night");
    world.policy("acme/pii", "MEDIUM", "log", "Do not share\nwhat acme/pii\nis about.\n");
    let ran = world.run(&["drift"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(
        ran.out.contains("~ edited acme/pii\n") && ran.out.contains("what is live is what the tree asks for"),
        "{ran}"
    );
    assert!(!ran.out.contains("weaker than"), "{ran}");
}

#[test]
fn an_unmanaged_policy_that_a_file_asks_for_is_said_to_be_adopted() {
    let world = applied(Options::default());
    world.policy("acme/new", "HIGH", "block", "The same.");
    world.seed("acme", "new", "The same.", "user-console");
    let ran = world.run(&["drift"]);
    assert_eq!(ran.code, Some(0), "a policy that nobody manages is no drift: {ran}");
    assert!(ran.out.contains("(equal to acme/new: apply adopts it)"), "{ran}");
}

#[test]
fn one_organization_alone_is_looked_at_when_asked() {
    let world = applied(Options::default());
    world.policy("globex/pii", "HIGH", "block", "Theirs.");
    assert_eq!(world.apply(&[]).code, Some(0));
    world.service.remove(&world.id("source"));
    world.service.clear_requests();
    let ran = world.run(&["drift", "--org", "globex"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "No drift. 1 as recorded.\n"), "{ran}");
    assert!(world.requests("GET").iter().all(|request| !format!("{request:?}").contains("acme")), "only its scopes");
    assert_eq!(world.run(&["drift", "--org", "acme"]).code, Some(2));
    assert_eq!(world.run(&["drift", "--org", "glbex"]).code, Some(64));
}

/// F36: what can't be seen is not gone; and that nothing was found is no success where something could not be seen.
#[test]
fn f36_what_can_not_be_seen_is_not_said_to_be_gone() {
    let world = applied(Options::default());
    let forbidden = || Fault::Status { code: 403, body: Default::default(), retry_after: None, effect: false };
    world.service.set_faults(FaultPlan::none().nth(Call::List, 1, forbidden()).from(Call::Get, 1, forbidden()));
    let ran = world.run(&["drift", "--concurrency", "1"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.out.contains("can't be seen: ") && !ran.out.contains("gone acme"), "{ran}");
    assert!(ran.out.contains("No drift. ") && ran.out.contains(" not seen"), "{ran}");
    // Nothing at all can be seen: that is a failure, with its reason.
    world.service.set_faults(FaultPlan::none().from(Call::Any, 1, forbidden()));
    let blind = world.run(&["drift"]);
    assert_eq!((blind.code, blind.out.as_str()), (Some(1), ""), "{blind}");
    assert!(blind.err.contains("403"), "{blind}");
    assert_eq!(world.writes(), 0);
}

#[test]
fn nobody_who_is_not_asked_for_a_token_is_shown_anything() {
    let mut world = applied(Options::default());
    world.env = vec![("POLICYSYNC_TOKEN".to_owned(), String::new())];
    let ran = world.run(&["drift"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("POLICYSYNC_TOKEN is not set"), "{ran}");
    assert_eq!(world.service.requests().len(), 0);
}
