//! `policysync new`: a policy from a template, in its scope's folder and nowhere else.

use policysync::tree::templates::TEMPLATES;

use crate::world::World;

fn begun() -> World {
    let world = World::new();
    let ran = world.run(&["init", "acme=org-1", "acme/production=ws-1"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    world
}

#[test]
fn every_template_is_listed_and_becomes_a_valid_policy() {
    let world = begun();
    let list = world.run(&["new", "--list"]);
    assert_eq!(list.out.lines().count(), TEMPLATES.len());
    for template in TEMPLATES.iter().skip(1) {
        assert!(list.out.contains(&format!("{} ", template.name)) && list.out.contains(template.title()), "{list}");
        let address = format!("acme/production/{}", template.name);
        let ran = world.run(&["new", &address, "--template", template.name]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.out.starts_with(&format!("  + written policies/{address}.yaml\n")), "{ran}");
    }
    let valid = world.run(&["validate"]);
    assert_eq!((valid.code, valid.err.as_str()), (Some(0), ""), "{valid}");
    assert!(valid.out.contains(&format!("ok: {} policies", TEMPLATES.len())), "{valid}");
}

#[test]
fn what_is_there_stays_and_a_scope_without_a_folder_is_told() {
    let world = begun();
    let before = world.read("policies/acme/personal-data.yaml");
    world.write("policies/acme/several.yaml", &format!("{}key: other\n", before.replace("Do not", "Never")));
    world.write("policies/acme/broken.yml", "broken\n");
    for (address, said) in [
        ("acme/personal-data", "acme/personal-data is there already, in acme/personal-data.yaml"),
        ("acme/other", "acme/other is there already, in acme/several.yaml"),
        ("acme/broken", "acme/broken is there already, in acme/broken.yml"),
        ("acme/prodction/pii", "did you mean acme/production/pii? Else `policysync init acme/prodction` makes it"),
        ("globex/pii", "there is no folder for globex in the tree\n  hint: `policysync init globex` makes it"),
    ] {
        let ran = world.run(&["new", address]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{address}: {ran}");
        assert!(ran.err.contains(said), "{said}\n{ran}");
    }
    assert_eq!(world.read("policies/acme/personal-data.yaml"), before);
    for (args, said) in [
        (&["new", "acme/x", "--template", "sercets"][..], "did you mean secrets?"),
        (&["new", "acme"], "organization[/workspace[/repository]]/key"),
        (&["new"], "<ADDRESS>"),
    ] {
        let ran = world.run(args);
        assert_eq!(ran.code, Some(64), "{ran}");
        assert!(ran.err.contains(said), "{said}\n{ran}");
    }
}

#[cfg(unix)]
#[test]
fn it_is_opened_where_there_is_something_to_write() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = begun();
    let editor = world.write("bin/vim", "#!/bin/sh\necho \"$@\" > opened\nsed -n \"${2#+}p\" \"$3\" >> opened\n");
    std::fs::set_permissions(&editor, PermissionsExt::from_mode(0o755)).unwrap();
    let path = std::env::var_os("PATH").and_then(|path| path.into_string().ok()).expect("sed is found by it");
    world.env = vec![("EDITOR".to_owned(), format!("{} --clean", editor.display())), ("PATH".to_owned(), path)];
    let ran = world.run(&["new", "acme/production/keys", "--template", "secrets", "--edit"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let opened = world.read("opened");
    assert!(opened.starts_with("--clean +5 policies/acme/production/keys.yaml\n  Never put a credential"), "{opened}");
    // Nobody is there to edit: nothing is opened unasked.
    world.remove("opened");
    world.run(&["new", "acme/production/code", "--template", "source-code"]);
    assert!(!world.path().join("opened").exists());
    world.env = vec![("EDITOR".to_owned(), "/nowhere/vim".to_owned())];
    let ran = world.run(&["new", "acme/production/more", "--template", "confidential", "--edit"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.err.contains("more.yaml is written, and the editor did not open it"), "{ran}");
    world.env.clear();
    let ran = world.run(&["new", "acme/production/even", "--edit"]);
    assert_eq!(ran.code, Some(64), "{ran}");
    assert!(ran.err.contains("neither VISUAL nor EDITOR is set"), "{ran}");
    assert!(
        !world.path().join("policies/acme/production/even.yaml").exists(),
        "it is known before anything is written"
    );
}
