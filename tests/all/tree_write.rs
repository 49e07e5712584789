//! A policy's file says, when it is read, what it was written for: random and hostile texts, byte for byte.

use std::collections::BTreeMap;

use policysync::domain::{ActionType, Key, OrgId, Policy, RiskType, Scope};
use policysync::tree::writing::{NewPolicy, Over, Writing, policy_text};
use policysync::tree::yaml::is_invisible;
use proptest::prelude::*;

/// Pieces that YAML, editors and other readers stumble over.
const PIECES: &[&str] = &[
    "word",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\r",
    "\r\r",
    ":",
    ": ",
    "#",
    " #",
    "-",
    "- ",
    "---",
    "...",
    "\"",
    "'",
    "\\",
    "\\n",
    "&a",
    "*a",
    "!t",
    "%d",
    "|",
    ">",
    "{",
    "}",
    "[",
    "]",
    ",",
    "?",
    "`",
    "@",
    "~",
    "null",
    "no",
    "012",
    "é",
    "e\u{301}",
    "日本",
    "ع",
    "🔥",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{7}",
    "\u{1b}",
    "\u{7f}",
    "\u{9b}",
    "\u{200b}",
    "\u{202e}",
    "\u{e0041}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{1fffe}",
    "\u{10ffff}",
    "\u{fffd}",
];

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 1..12).prop_map(|pieces| pieces.concat());
    prop_oneof![4 => pieces, 1 => any::<String>()]
}

fn scope() -> Scope {
    Scope::Organization { org: OrgId::new("acme").unwrap() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_what_is_read_back_by_this_reader_and_by_another(content in hostile(), name in hostile()) {
        // As the tree has it; what is left of white space alone is no text.
        let content = content.replace("\r\n", "\n");
        let Ok(policy) = Policy::new(name.clone(), content.clone(), RiskType::High, ActionType::Alert) else { return Ok(()) };
        let (key, scope, none) = (Key::new("x").unwrap(), scope(), BTreeMap::new());
        let new = NewPolicy { file: "acme/x.yaml", key: &key, scope: &scope, policy: &policy, protected: false, draft: false, metadata: &none };
        let odd = |c: char| c.is_control() || is_invisible(c) || matches!(c, '\u{fe00}'..='\u{fe0f}');
        match policy_text(&new) {
            Ok(text) => {
                prop_assert!(text.starts_with("name: ") && text.contains("\nriskType: HIGH\nactionType: alert\ncontent: "));
                prop_assert!(text.ends_with('\n'));
                let other: BTreeMap<String, serde_json::Value> = serde_yaml::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error} {text:?}")))?;
                let read = other["content"].as_str().map(|read| read.replace("\r\n", "\n"));
                prop_assert_eq!(read, Some(content), "{:?}", text);
                prop_assert_eq!(other["name"].as_str(), Some(name.as_str()), "{:?}", text);
            }
            // Refused is only what the tree's rules refuse.
            Err(why) => prop_assert!(content.trim().is_empty() || name.trim().is_empty() || content.contains('\0') || name.contains(odd), "{:?} {:?}: {}", name, content, why),
        }
    }
}

/// The same once more through the disk: every piece at the beginning, in the middle and at the end of a text.
#[test]
fn a_written_tree_reads_as_it_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let mut writing = Writing::into(folder.path()).unwrap();
    writing.folder("acme", None).unwrap();
    let (scope, none) = (scope(), BTreeMap::new());
    let mut meant = BTreeMap::new();
    for (number, piece) in PIECES.iter().enumerate() {
        for (form, text) in
            [format!("{piece}text {number}"), format!("text {number}{piece}\nmore"), format!("last {number}\n{piece}")]
                .into_iter()
                .enumerate()
        {
            let policy = Policy::new(format!("P{number}-{form}"), text, RiskType::Low, ActionType::Log).unwrap();
            let (key, file) = (Key::new(format!("k{number}-{form}")).unwrap(), format!("acme/k{number}-{form}.yaml"));
            let new = NewPolicy {
                file: &file,
                key: &key,
                scope: &scope,
                policy: &policy,
                protected: false,
                draft: false,
                metadata: &none,
            };
            writing.file(&file, &policy_text(&new).unwrap(), Over::Nothing).unwrap();
            meant.insert(format!("acme/{key}"), policy);
        }
    }
    writing.finish().unwrap();
    let tree = policysync::tree::read(folder.path()).unwrap();
    assert_eq!(tree.errors(), 0, "{:?}", tree.findings);
    let read: BTreeMap<String, Policy> =
        tree.policies.into_iter().map(|(address, desired)| (address.to_string(), desired.scoped.policy)).collect();
    assert_eq!(read, meant);
}
