//! `policysync init`: what who begins gets, in an empty folder and in one that holds something.

use policysync::sandbox::Options;
use serde_json::{Value, json};

use crate::cli_pull::files;
use crate::world::{Ran, World};

/// What became of each file: (what, path).
fn did(json: &Value) -> Vec<(&str, &str)> {
    let files = json["files"].as_array().expect("a list").iter();
    files.map(|file| (file["did"].as_str().unwrap(), file["path"].as_str().unwrap())).collect()
}

#[track_caller]
fn init(world: &World, args: &[&str]) -> Ran {
    let ran = world.run(&[&["init"], args].concat());
    assert_eq!(ran.code, Some(0), "{ran}");
    ran
}

/// A world in which nothing is said but the token.
fn bare() -> World {
    let mut world = World::new();
    world.env = vec![("POLICYSYNC_ENDPOINT".to_owned(), String::new())];
    world
}

#[test]
fn an_empty_folder_becomes_a_tree_that_is_valid_and_can_be_applied() {
    let world = bare();
    let ran = init(&world, &["acme=org-1", "acme/production=ws-1", "acme/production/billing", "--name", "Acme: Inc"]);
    assert_eq!(
        ran.out,
        "  + written policysync.yaml\n\
         \x20 + written policies/acme/_scope.yaml\n\
         \x20 + written policies/acme/production/_scope.yaml\n\
         \x20 + written policies/acme/production/billing/_scope.yaml\n\
         \x20 + written policies/acme/personal-data.yaml\n\n\
         Next:\n\
         \x20 policysync validate         checks the tree, also while you write\n\
         \x20 policysync apply --sandbox  tries it on this machine, with no account\n\
         \x20 policysync plan             shows what apply would do in the service\n"
    );
    assert_eq!(world.read("policies/acme/_scope.yaml"), "id: org-1\nname: \"Acme: Inc\"\n");
    assert_eq!(world.read("policies/acme/production/_scope.yaml"), "id: ws-1\n");
    assert!(world.read("policies/acme/production/billing/_scope.yaml").ends_with("\nid: billing\n"));
    // Each of the next three commands does what is said of it.
    let valid = world.run(&["validate"]);
    assert_eq!((valid.code, valid.out.as_str()), (Some(0), "ok: 1 policy in 4 files, no findings\n"));
    let applied = world.run(&["apply", "--sandbox"]);
    assert_eq!(applied.code, Some(0), "{applied}");
    let plan = world.run(&["plan", "--format", "json"]).json();
    assert_eq!((&plan["summary"]["create"], &plan["endpoint"]), (&json!(1), &json!("https://backend.flashback.tech")));
}

#[test]
fn a_second_init_writes_nothing_and_says_what_it_left() {
    let world = bare();
    let args = ["acme=org-1", "acme/production", "--schemas", "--format", "json"];
    let first = init(&world, &args).json();
    assert!(did(&first).iter().all(|(did, _)| *did == "written"), "{first:#}");
    let before = files(&world);
    let again = init(&world, &args).json();
    assert!(did(&again).iter().all(|(did, _)| *did == "kept"), "{again:#}");
    assert_eq!(did(&again).len(), did(&first).len() - 1, "the organization has its policy: {again:#}");
    assert_eq!(files(&world), before, "no file was touched");
    // More folders are another init away.
    let more = init(&world, &["acme/research=ws-9", "--format", "json"]).json();
    assert!(did(&more).contains(&("written", "policies/acme/research/_scope.yaml")), "{more:#}");
    assert_eq!(world.run(&["validate"]).code, Some(0));
}

#[test]
fn what_is_there_is_never_replaced() {
    let world = bare();
    world.write("policysync.yaml", "tree: rules\nstate: elsewhere\n");
    world.write("policies/acme/personal-data.yaml", "mine\n");
    world.write("policies/acme/production/_scope.yml", "id: mine\n");
    world.policy("beta/pii", "HIGH", "block", "Do not share secrets.");
    let args = ["acme=org-1", "acme/production=ws-1", "beta=org-2", "--tree", "policies", "--state", "git:origin"];
    let ran = init(&world, &args);
    for said in [
        "= left as it is policysync.yaml: it is there already; for what you said add `tree: policies`\n",
        "= left as it is policies/acme/_scope.yaml: not written: the folder is there, and its name has been its id",
        "= left as it is policies/acme/production/_scope.yaml: it is there already, with the id mine; what you said is ws-1\n",
        "= left as it is policies/beta/_scope.yaml: not written",
        "= left as it is policies/acme/personal-data.yaml: it is there already\n",
        "policysync validate policies  ",
    ] {
        assert!(ran.out.contains(said), "{said}\n{ran}");
    }
    assert!(!ran.out.contains("+ written"), "{ran}");
    assert_eq!(world.read("policysync.yaml"), "tree: rules\nstate: elsewhere\n");
    assert_eq!(world.read("policies/acme/personal-data.yaml"), "mine\n");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_way_leads_nowhere() {
    let world = bare();
    let outside = tempfile::tempdir().unwrap();
    world.write("policies/README.md", "policies\n");
    std::os::unix::fs::symlink(outside.path(), world.path().join("policies/acme")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("x"), world.path().join("policysync.yaml")).unwrap();
    let ran = world.run(&["init", "acme=org-1", "acme/production"]);
    assert_ne!(ran.code, Some(0), "{ran}");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0, "nothing was written through a link: {ran}");
}

#[test]
fn what_was_said_of_service_and_record_stands_in_the_settings() {
    let world = World::new();
    init(&world, &["acme", "--state", "git:origin", "--tree", "rules/of us"]);
    let settings = world.read("policysync.yaml");
    assert!(
        settings.contains("\ntree: rules/of us\nstate: ") || settings.contains("\ntree: rules/of us\n"),
        "{settings}"
    );
    assert!(settings.contains("\nstate: \"git:origin\"\n"), "{settings}");
    assert!(settings.contains(&format!("\nendpoint: \"{}\"\n", world.service.url())), "{settings}");
    assert_eq!(world.run(&["validate"]).code, Some(0));
}

#[test]
fn schemas_are_named_by_paths_that_lead_to_them() {
    let world = bare();
    init(&world, &["acme=org-1", "acme/production/billing=repo-1", "--schemas", "--tree", "./config/policies"]);
    world.run(&["new", "acme/production/billing/cards", "--template", "secrets"]);
    for (path, schema) in [
        ("policysync.yaml", "config"),
        ("config/policies/acme/_scope.yaml", "scope"),
        ("config/policies/acme/personal-data.yaml", "policy"),
        ("config/policies/acme/production/billing/_scope.yaml", "scope"),
        ("config/policies/acme/production/billing/cards.yaml", "policy"),
    ] {
        let text = world.read(path);
        let named = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").expect(path);
        let file = world.path().join(path).parent().unwrap().join(named);
        let found: Value = serde_json::from_reader(std::fs::File::open(file).expect(path)).unwrap();
        let wanted: Value = serde_json::from_str(&policysync::cli::schema(schema).unwrap()).unwrap();
        assert_eq!(found, wanted, "{path}");
    }
    assert_eq!(world.run(&["validate"]).out, "ok: 2 policies in 5 files, no findings\n");
}

#[test]
fn workflow_files_are_the_examples_for_this_tree_and_this_record() {
    let world = bare();
    let ran = init(&world, &["acme=org-1", "--tree", "rules", "--state", "s3://records/a b", "--workflows", "github"]);
    assert!(ran.out.contains("policysync-apply.yml: name the action's repository and commit"), "{ran}");
    for name in ["plan", "apply", "drift"] {
        let written = world.read(&format!(".github/workflows/policysync-{name}.yml"));
        let example: Value = serde_yaml::from_str(&example(&format!("workflows/{name}.yml"))).unwrap();
        let mut read: Value = serde_yaml::from_str(&written).unwrap();
        assert!(written.contains("state: \"s3://records/a b\"\n"), "{written}");
        let with = &mut read["jobs"][name]["steps"].as_array_mut().unwrap().last_mut().unwrap()["with"];
        with["state"] = json!("git:origin");
        for event in ["push", "pull_request"] {
            if let Some(paths) = read.pointer_mut(&format!("/on/{event}/paths")) {
                assert_eq!(paths[0], "rules/**");
                paths[0] = json!("policies/**");
            }
        }
        assert_eq!(read, example, "nothing else differs");
    }
    // The record of a CI is where each runner finds it, and a file that is there stays.
    let world = bare();
    world.write(".gitlab-ci.yml", "mine\n");
    let kept = init(&world, &["acme", "--workflows", "gitlab"]);
    assert!(kept.out.contains("= left as it is .gitlab-ci.yml: it is there already\n"), "{kept}");
    assert_eq!(world.read(".gitlab-ci.yml"), "mine\n");
    assert!(world.read("policysync.yaml").contains("\nstate: \"git:origin\"\n"));
    let folder = world.run(&["init", "acme", "--workflows", "github", "--state", "here"]);
    assert_eq!(folder.code, Some(64), "{folder}");
    assert!(folder.err.contains("--state git:origin, or a bucket"), "{folder}");
}

#[test]
fn the_action_that_workflow_files_run_may_be_named_by_a_commit_alone() {
    let commit = "3f2a1b0c".repeat(5);
    let pin = format!("acme-tools/policysync@{commit}");
    let world = bare();
    let ran = init(&world, &["acme", "--workflows", "github", "--action", &pin]);
    assert!(!ran.out.contains("your-org"), "{ran}");
    for name in ["plan", "apply", "drift"] {
        let written = world.read(&format!(".github/workflows/policysync-{name}.yml"));
        assert!(written.contains(&format!("      - uses: {pin}\n")) && !written.contains("your-org"), "{written}");
    }
    let world = bare();
    for (action, said) in [
        ("acme/policysync".to_owned(), "OWNER/REPO@COMMIT"),
        ("acme/policysync@v1".to_owned(), "a branch or a tag can be moved after a review"),
        (format!("acme/policysync@{}", "0".repeat(40)), "that commit is the placeholder"),
        (format!("policysync@{commit}"), "a repository is OWNER/REPO"),
        (format!("acme/..@{commit}"), "a repository is OWNER/REPO"),
        (format!("acme/x y@{commit}"), "a repository is OWNER/REPO"),
        (format!("acme/x\n@{commit}"), "a repository is OWNER/REPO"),
    ] {
        let ran = world.run(&["init", "acme", "--workflows", "github", "--action", &action]);
        assert_eq!(ran.code, Some(64), "{action:?}: {ran}");
        assert!(ran.err.contains(said), "{action:?}: {ran}");
    }
    let ran = world.run(&["init", "acme", "--action", &pin]);
    assert_eq!(ran.code, Some(64), "{ran}");
    assert!(ran.err.contains("--workflows github"), "{ran}");
    assert_eq!(std::fs::read_dir(world.path()).unwrap().count(), 0, "nothing was written");
}

#[expect(clippy::disallowed_methods, reason = "reads this project's own files")]
fn example(path: &str) -> String {
    std::fs::read_to_string(format!("{}/examples/{path}", env!("CARGO_MANIFEST_DIR"))).expect("the example is there")
}

#[test]
fn from_live_makes_what_the_service_holds_and_the_plan_is_empty() {
    let world = World::new();
    world.service.introduce(&["org-1"], "Acme Inc");
    world.service.introduce(&["org-1", "ws-1"], "Production");
    world.service.introduce(&["org-1", "ws-1", "repo-1"], "billing api");
    world.service.introduce(&["org-1", "research"], "research");
    world.seed("org-1/ws-1", "No source code", "Do not share source code.", "user-console");
    let args = ["acme=org-1", "--from-live", "--schemas", "--timeout", "2s"];
    let ran = init(&world, &args);
    for said in [
        "  + policies/acme/Production/no-source-code.yaml\n",
        "Pulled: 1 policy",
        "  + written policies/acme/Production/billing-api/_scope.yaml\n",
        "  + written policies/acme/research/_scope.yaml\n",
        "  policysync plan      shows what apply would do: nothing yet\n",
    ] {
        assert!(ran.out.contains(said), "{said}\n{ran}");
    }
    assert!(!world.path().join("policies/acme/personal-data.yaml").exists(), "the service has policies enough");
    assert!(
        world.read("policies/acme/Production/billing-api/_scope.yaml").ends_with("id: repo-1\nname: billing api\n")
    );
    let plan = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{plan}");
    assert_eq!(world.run(&["validate", "--refresh"]).out, "ok: 1 policy in 5 files, no findings\n");
    assert_eq!(world.writes(), 0, "the service was only read");
    // Again, and nothing changes.
    let before = files(&world);
    let again = init(&world, &[&args[..], &["--format", "json"]].concat()).json();
    assert!(did(&again).iter().all(|(did, _)| *did == "kept"), "{again:#}");
    assert_eq!(files(&world), before);
}

#[test]
fn from_live_writes_the_workflows_too_where_a_policy_was_left() {
    let mut world = World::new();
    world.keep_records_in_git();
    world.seed("org-1", "Secrets", "Do not share secrets.", "user-console");
    world.seed("org-1", "Secrets", "Do not share secrets. ", "user-console");
    let ran = world.run(&["init", "acme=org-1", "--from-live", "--workflows", "github"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(
        ran.out.contains("not pulled") && ran.out.contains("written .github/workflows/policysync-plan.yml"),
        "{ran}"
    );
}

#[test]
fn wrong_words_are_refused_before_anything_is_written() {
    let world = World::with(Options::default());
    for (args, said) in [
        (&["init"][..], "name its folder, and its id where that is another: `policysync init acme=org-123`"),
        (&["init", "my org"], "a name is made of letters"),
        (&["init", "acme=org 1"], "no spaces"),
        (&["init", "acme/a/b/c"], "at most three scopes"),
        (&["init", "acme=a", "acme=b"], "acme is given two ids, a and b"),
        (&["init", "acme", "--template", "secret"], "did you mean secrets?"),
        (&["init", "acme", "--name", "a\u{202e}b"], "--name: `name` holds U+202E"),
        (&["init", "acme", "--state", "ftp:x"], "is no place for the record"),
        (&["init", "acme", "acme/x", "--from-live"], "--from-live takes one organization"),
    ] {
        let ran = world.run(args);
        assert_eq!(ran.code, Some(64), "{args:?}: {ran}");
        assert!(ran.err.contains(said), "{args:?}: {said}\n{ran}");
        let left: Vec<_> = std::fs::read_dir(world.path()).unwrap().collect();
        assert!(left.is_empty(), "{args:?}: {left:?}");
    }
}
