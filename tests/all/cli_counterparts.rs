//! `policysync validate --refresh`: folders that stand for nothing in the service.

use serde_json::Value;

use crate::world::World;

/// A service that has `org-1` with the workspace `ws-1` ("Production") and its repository `repo-1` ("api").
fn known() -> World {
    let world = World::new();
    world.service.introduce(&["org-1"], "Acme Inc");
    world.service.introduce(&["org-1", "ws-1"], "Production");
    world.service.introduce(&["org-1", "ws-1", "repo-1"], "api");
    world.write("policies/acme/_scope.yaml", "id: org-1\n");
    world.write("policies/acme/production/_scope.yaml", "id: ws-1\n");
    world.write("policies/acme/production/api/_scope.yaml", "id: repo-1\n");
    world.policy("acme/production/api/pii", "HIGH", "block", "Do not share secrets.");
    world
}

#[test]
fn what_the_service_has_is_no_finding_and_nothing_is_written() {
    let world = known();
    let ran = world.run(&["validate", "--refresh"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
    assert!(ran.out.contains("no findings"), "{ran}");
    assert_eq!(world.writes(), 0);
    // Without the flag nobody is asked.
    world.service.clear_requests();
    world.run(&["validate"]);
    assert!(world.service.requests().is_empty());
}

#[test]
fn a_folder_without_a_counterpart_is_a_warning_at_its_scope_file_or_first_policy() {
    let world = known();
    world.write("policies/acme/production/_scope.yaml", "id: ws-one\n");
    world.policy("acme/research/lab", "LOW", "log", "Be careful with prompts.");
    world.remove("policies/acme/production/api/_scope.yaml");
    let ran = world.run(&["validate", "--refresh", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "a warning is no error: {ran}");
    let json = ran.json();
    let found: Vec<&Value> = json["findings"].as_array().unwrap().iter().collect();
    let said = |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let told: Vec<_> = found.iter().map(|one| (said(one, "file"), said(one, "code"), said(one, "level"))).collect();
    let warning = |file: &str| (file.to_owned(), "no-counterpart".to_owned(), "warning".to_owned());
    // The repository in the workspace that is told of is not told again.
    assert_eq!(told, [warning("policies/acme/production/_scope.yaml"), warning("policies/acme/research/lab.yaml")]);
    assert!(said(found[0], "message").contains("or this token may not see it"), "{json}");
    assert!(said(found[0], "hint").contains("write `id: ws-1` into acme/production/_scope.yaml"), "{json}");
    let sarif = world.run(&["validate", "--refresh", "--format", "sarif"]);
    assert!(sarif.out.contains("A folder whose scope the service doesn't have"), "its rule says what it is: {sarif}");
    let text = world.run(&["validate", "--refresh"]);
    assert!(text.out.contains("_scope.yaml:1:5\n") && text.out.contains("id: ws-one"), "the id is shown: {text}");
    assert!(text.err.contains("policysync explain no-counterpart"), "{text}");
}

#[test]
fn errors_come_first_and_a_service_that_says_no_is_a_failure() {
    let mut world = known();
    world.policy("acme/pii", "hihg", "block", "Do not share secrets.");
    let ran = world.run(&["validate", "--refresh"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.err.contains("the service was not asked: mend the errors first"), "{ran}");
    assert!(world.service.requests().is_empty());

    world.remove("policies/acme/pii.yaml");
    world.env = vec![("POLICYSYNC_TOKEN".to_owned(), String::new())];
    let ran = world.run(&["validate", "--refresh"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("POLICYSYNC_TOKEN is not set"), "{ran}");
}
