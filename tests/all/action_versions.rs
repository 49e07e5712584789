//! The version stands in several places, and is one.

use std::path::Path;

use super::runner::read;

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
    for page in ["README.md", "docs/action.md", "examples/workflows/plan.yml", "examples/workflows/apply.yml"] {
        let text = read(&root.join(page));
        let named: Vec<&str> = text.lines().filter(|line| line.contains("uses: your-org/policysync@")).collect();
        assert!(!named.is_empty(), "{page} shows how the action is used");
        for line in named {
            assert!(line.contains(&format!("# v{version}")), "{page}: {line}");
        }
    }
    assert!(
        read(&root.join("CHANGELOG.md")).contains(version) || read(&root.join("CHANGELOG.md")).contains("Unreleased")
    );
}
