//! The version stands in several places, and is one.

use std::path::Path;

use super::runner::{read, yaml};

#[test]
fn the_action_the_readme_and_the_crate_name_one_version() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let version = env!("CARGO_PKG_VERSION");
    let listed = read(&root.join("action/release.txt"));
    assert_eq!(listed.lines().next(), Some(format!("version {version}").as_str()));
    for line in listed.lines().skip(1) {
        let (sha, file) = line.split_once("  ").expect("a checksum and a file");
        assert!(sha.len() == 64 && sha.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
        assert!(read(&root.join("action/obtain.sh")).contains(file), "{file} is a platform's file");
    }
    // The pages and the examples: `workflows` looks at each line there.
    assert!(read(&root.join("README.md")).contains(&format!("# v{version}")));
    assert!(
        read(&root.join("CHANGELOG.md")).contains(version) || read(&root.join("CHANGELOG.md")).contains("Unreleased")
    );
}

#[test]
fn the_page_about_the_action_names_each_input_each_output_and_no_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (action, page) = (yaml(&root.join("action.yml")), read(&root.join("docs/action.md")));
    let chapter =
        |name: &str| page.split("\n## ").find(|chapter| chapter.starts_with(name)).expect("a chapter").to_owned();
    let inputs: Vec<String> = chapter("Inputs")
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split(" | ").next()?.replace('`', "")))
        .flat_map(|names| names.split(", ").map(ToOwned::to_owned).collect::<Vec<_>>())
        .collect();
    let mut named = inputs.clone();
    named.sort_unstable();
    let there: Vec<String> = action["inputs"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(named, there);
    for name in action["outputs"].as_object().unwrap().keys() {
        assert!(chapter("Outputs").contains(&format!("`{name}`")), "the output {name} is on the page");
    }
    for (name, input) in action["inputs"].as_object().unwrap() {
        let variable = format!("INPUT_{}", name.to_uppercase().replace('-', "_"));
        let env = &action["runs"]["steps"][0]["env"];
        assert_eq!(env[&variable], format!("${{{{ inputs.{name} }}}}"), "{name} goes through the environment");
        assert!(input["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} is described");
    }
}
