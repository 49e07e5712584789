//! Trees that no repository can hold, or that mean harm: made here, read, and refused.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use policysync::tree::{self, Tree, TreeError};
use proptest::prelude::*;

use crate::tree_cases::{assert_laws, shown};

const FINE: &str = "name: Fine\nriskType: HIGH\nactionType: block\ncontent: Text.\n";

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder of our own") }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self, path: &str) -> PathBuf {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("it lies in the world")).expect("a folder can be made");
        path
    }

    fn file(&self, path: &str, bytes: impl AsRef<[u8]>) {
        File::create(self.path(path))
            .and_then(|mut file| file.write_all(bytes.as_ref()))
            .expect("a file can be written");
    }

    /// Reads the tree, within a time that only a hang exceeds.
    fn read(&self) -> Tree {
        let (send, receive) = mpsc::channel();
        let root = self.root().to_owned();
        std::thread::spawn(move || send.send(tree::read(&root)));
        let tree = receive.recv_timeout(Duration::from_secs(60)).expect("reading ends").expect("the tree is readable");
        assert_laws(self.root(), &tree);
        tree
    }

    fn found(&self) -> Vec<String> {
        let found = |f: &policysync::domain::Finding| format!("{} {}", f.code, f.place.file);
        self.read().findings.iter().map(found).collect()
    }
}

#[cfg(unix)]
#[test]
fn links_are_refused_by_name_and_not_read() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    world.file("acme/fine.yaml", FINE);
    world.file("acme/text.md", "secret");
    let outside = World::new();
    outside.file("secret.yaml", "name: \"secret\n");
    symlink(outside.root().join("secret.yaml"), world.path("acme/a-file.yaml")).unwrap();
    symlink(outside.root(), world.path("acme/b-folder")).unwrap();
    symlink("c-itself.yaml", world.path("acme/c-itself.yaml")).unwrap();
    symlink("..", world.path("acme/d-loop")).unwrap();
    symlink("nowhere", world.path("acme/e-dangling.yaml")).unwrap();
    symlink("text.md", world.path("acme/f-text.md")).unwrap();
    symlink("fine.yaml", world.path("acme/.hidden.yaml")).unwrap();
    symlink(outside.root(), world.path("g-organization")).unwrap();
    symlink(outside.root().join("secret.yaml"), world.path("acme/p/_scope.yaml")).unwrap();
    world.file("acme/p/x.yaml", FINE.replace("Fine", "x"));
    world.file("acme/z.yaml", FINE.replace("content: Text.", "contentFile: f-text.md"));
    world.file("acme/zz.yaml", FINE.replace("content: Text.", "contentFile: b-folder/secret.md"));
    let tree = world.read();
    assert_eq!(
        world.found(),
        [
            "symbolic-link acme/a-file.yaml",
            "symbolic-link acme/b-folder",
            "symbolic-link acme/c-itself.yaml",
            "symbolic-link acme/d-loop",
            "symbolic-link acme/e-dangling.yaml",
            "symbolic-link acme/f-text.md",
            "symbolic-link acme/p/_scope.yaml",
            "symbolic-link acme/z.yaml",
            "symbolic-link acme/zz.yaml",
            "symbolic-link g-organization",
        ]
    );
    assert!(!format!("{tree:?}").contains("secret\""), "nothing of what the links point to is read");
    let addresses: Vec<_> = tree.policies.keys().map(policysync::domain::Address::as_str).collect();
    assert_eq!(addresses, ["acme/fine"], "a scope whose id can't be read holds no policies");
    for file in ["acme/a-file.yaml", "acme/b-folder/secret.yaml", "acme/d-loop/acme/fine.yaml"] {
        assert_eq!(tree::source(world.root(), file), None, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn the_root_itself_may_be_a_link() {
    let (world, other) = (World::new(), World::new());
    world.file("acme/fine.yaml", FINE);
    std::os::unix::fs::symlink(world.root(), other.path("root")).unwrap();
    let tree = tree::read(&other.root().join("root")).expect("the user named it");
    assert_eq!((tree.policies.len(), tree.findings.len()), (1, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn fifos_and_sockets_are_refused_without_waiting() {
    let world = World::new();
    let fifo = |path: &str| {
        let done = std::process::Command::new("mkfifo").arg(world.path(path)).status().expect("mkfifo runs");
        assert!(done.success());
    };
    fifo("acme/a.yaml");
    fifo("acme/text.md");
    fifo("organization");
    fifo("acme/.hidden");
    let _socket = std::os::unix::net::UnixListener::bind(world.path("acme/s.yaml")).unwrap();
    world.file("acme/b.yaml", FINE.replace("content: Text.", "contentFile: text.md"));
    assert_eq!(
        world.found(),
        [
            "not-a-regular-file acme/a.yaml",
            "not-a-regular-file acme/b.yaml",
            "not-a-regular-file acme/s.yaml",
            "not-a-regular-file acme/text.md",
            "not-a-regular-file organization",
        ]
    );
    assert_eq!(tree::source(world.root(), "acme/a.yaml"), None);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = World::new();
    let name = |bytes: &[u8]| world.path("acme/x").parent().unwrap().join(std::ffi::OsStr::from_bytes(bytes));
    File::create(name(b"caf\xe9.yaml")).unwrap();
    File::create(name(b"notes\xe9.txt")).unwrap();
    File::create(name(b".h\xe9.yaml")).unwrap();
    fs::create_dir(name(b"fold\xe9r")).unwrap();
    File::create(name(b"fold\xe9r/inside.yaml")).unwrap();
    assert_eq!(world.found(), ["name-not-utf-8 acme/caf\u{fffd}.yaml", "name-not-utf-8 acme/fold\u{fffd}r"]);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_hold_escapes_and_directions_are_refused() {
    let world = World::new();
    world.file("acme/a\u{1b}[2K.yaml", format!("{FINE}key: a\n"));
    world.file("acme/b\u{202e}.yaml", FINE.replace("Fine", "b"));
    world.file("acme/c\n::error::.yaml", FINE.replace("Fine", "c"));
    world.file("o\u{200b}rg/d.yaml", FINE);
    let tree = world.read();
    assert!(tree.findings.iter().all(|finding| finding.code.0 == "invalid-name"), "{}", shown(&tree));
    assert_eq!(tree.findings.len(), 4, "{}", shown(&tree));
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_some_system_joins_are_told_apart_nowhere() {
    let world = World::new();
    world.file("acme/PII.yaml", FINE);
    world.file("acme/pii.yaml", FINE.replace("Fine", "other"));
    world.file("acme/caf\u{e9}.yaml", FINE.replace("Fine", "c1"));
    world.file("acme/cafe\u{301}.yaml", FINE.replace("Fine", "c2"));
    world.file("acme/Prod/x.yaml", FINE);
    world.file("acme/prod/x.yaml", FINE);
    world.file("Acme/x.yaml", FINE);
    // Told by their keys too, unless these differ.
    world.file("acme/Q.yaml", format!("{}key: q1\n", FINE.replace("Fine", "q1")));
    world.file("acme/q.yaml", format!("{}key: q2\n", FINE.replace("Fine", "q2")));
    // Passed over, as they are no policies.
    world.file("acme/README.md", "");
    world.file("acme/readme.md", "");
    // All of them say the same, which is told too and beside the point here.
    let found: Vec<String> = world.found().into_iter().filter(|found| !found.starts_with("repeated-text")).collect();
    assert_eq!(
        found,
        [
            "duplicate-name acme",
            "duplicate-name acme/caf\u{e9}.yaml",
            "duplicate-name acme/pii.yaml",
            "duplicate-name acme/prod",
            "duplicate-name acme/q.yaml",
        ]
    );
}

#[test]
fn a_huge_file_is_refused_by_its_size() {
    let world = World::new();
    // Sparse: its size is all there is of it.
    File::create(world.path("acme/huge.yaml")).unwrap().set_len(5_000_000_000).unwrap();
    File::create(world.path("acme/huge.md")).unwrap().set_len(5_000_000_000).unwrap();
    world.file("acme/over.yaml", "#".repeat(256 * 1024 + 1));
    world.file("acme/most.yaml", format!("{FINE}{}", "#".repeat(256 * 1024 - FINE.len())));
    world.file("acme/text.yaml", FINE.replace("content: Text.", "contentFile: huge.md").replace("Fine", "text"));
    let tree = world.read();
    assert_eq!(
        world.found(),
        ["file-too-large acme/huge.yaml", "file-too-large acme/over.yaml", "file-too-large acme/text.yaml",]
    );
    assert_eq!(tree.policies.len(), 1);
    assert_eq!(tree::source(world.root(), "acme/huge.yaml"), None);
}

/// Texts that are small to write and large to read; each must be refused while it is read.
fn bombs() -> Vec<(&'static str, String)> {
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for n in 1..=40 {
        let last = format!("*a{}, ", n - 1).repeat(9);
        laughs.push_str(&format!("a{n}: &a{n} [{last}]\n"));
    }
    vec![
        ("a billion laughs", laughs),
        ("an alias many times", format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(30_000))),
        ("an alias to itself", "a: &a [*a]\nb: &b {c: *b}\n".to_owned()),
        ("merged mappings", format!("a: &a {{x: y}}\n{}", "<<: *a\n".repeat(30_000))),
        ("brackets", "[".repeat(100_000)),
        ("closed brackets", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
        ("braces", "{a: ".repeat(50_000)),
        ("dashes", "- ".repeat(100_000)),
        ("question marks", "? ".repeat(100_000)),
        ("stairs", (0..700).map(|n| format!("{}a:\n", " ".repeat(n))).collect()),
        ("anchors", "&a ".repeat(80_000)),
        ("tags", "!a ".repeat(80_000)),
        ("open quotes", "\"".repeat(200_001)),
        ("a wide list", format!("a: [{}]\n", "b,".repeat(120_000))),
        ("unknown fields", (0..20_000).map(|n| format!("f{n}: x\n")).collect()),
        ("one field again and again", "name: x\n".repeat(30_000)),
        ("broken documents", "a: [\n---\n".repeat(25_000)),
        ("small documents", "---\na: b\n".repeat(25_000)),
        ("closing brackets", "]\n---\n".repeat(40_000)),
        ("directives", "%A\n".repeat(80_000)),
        ("hidden characters", "a\u{200b}".repeat(60_000)),
        ("hidden characters in comments", "#\u{200b}\n".repeat(50_000)),
    ]
}

#[test]
fn bombs_are_refused_with_a_place_at_once() {
    for (name, text) in bombs() {
        let world = World::new();
        assert!(text.len() <= 256 * 1024, "{name} is read at all: {}", text.len());
        world.file("acme/bomb.yaml", &text);
        let began = std::time::Instant::now();
        let tree = world.read();
        let took = began.elapsed();
        assert!(tree.errors() > 0, "{name} is refused");
        assert!(tree.policies.is_empty(), "{name} makes no policy");
        assert!(tree.findings.len() <= 10_000, "{name}: {} findings", tree.findings.len());
        // A bomb takes minutes; 20 times the promised 100 ms leave room for a slow machine without optimization.
        assert!(took < Duration::from_secs(2), "{name} took {took:?}");
    }
}

#[test]
fn what_lies_outside_is_never_shown() {
    let world = World::new();
    world.file("acme/fine.yaml", FINE);
    world.file("acme/latin.yaml", b"name: Z\xfcrich\n");
    assert_eq!(tree::source(world.root(), "acme/fine.yaml").as_deref(), Some(FINE));
    assert_eq!(tree::source(world.root(), "acme/latin.yaml").as_deref(), Some("name: Z\u{fffd}rich\n"));
    for away in
        ["/etc/passwd", "../x", "acme/../acme/fine.yaml", "./acme/fine.yaml", "", "acme", "acme//fine.yaml", "x\0"]
    {
        assert_eq!(tree::source(world.root(), away), None, "{away:?}");
    }
}

#[test]
fn a_root_that_is_missing_or_no_folder_is_a_failure_and_an_empty_one_is_a_tree() {
    let world = World::new();
    assert!(matches!(tree::read(&world.root().join("nowhere")), Err(TreeError::Missing(_))));
    world.file("file", "");
    assert!(matches!(tree::read(&world.root().join("file")), Err(TreeError::NotAFolder(_))));
    assert_eq!(shown(&World::new().read()), "");
}

#[test]
fn folders_alone_are_scopes() {
    let world = World::new();
    fs::create_dir_all(world.root().join("acme/prod/api/left-behind")).unwrap();
    let tree = world.read();
    assert_eq!(tree.organizations().map(|org| org.to_string()).collect::<Vec<_>>(), ["acme"]);
    assert_eq!((tree.scopes.len(), tree.findings.len(), tree.files), (3, 0, 0));
}

/// A text as a JSON string, which is a YAML string too once the characters that YAML never takes raw are escaped.
fn quoted(text: &str) -> String {
    let json = serde_json::to_string(text).expect("a text is JSON");
    let raw = |c: char| c.is_control() || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    json.chars().map(|c| if raw(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
}

/// Files of a tree with faults of many kinds, so that order shows.
fn mixed(count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|n| {
            let folder = ["acme", "acme/prod", "acme/prod/api", "beta"][n % 4];
            let risk = ["HIGH", "hihg", "LOW"][n % 3];
            let text = format!("name: n{}\nriskType: {risk}\nactionType: log\ncontent: x\nkey: k{}\n", n / 8, n / 6);
            (format!("{folder}/{n}.yaml"), text)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_panic_and_places_lie_within(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let world = World::new();
        world.file("acme/a.yaml", &bytes);
        world.file("acme/_scope.yaml", &bytes);
        world.read();
    }

    #[test]
    fn anything_like_yaml_is_read_without_panic_and_places_lie_within(
        parts in proptest::collection::vec(prop_oneof![
            Just("name"), Just(": "), Just("\n"), Just("  "), Just("\t"), Just("- "), Just("["), Just("]"), Just("{"),
            Just("}"), Just("---\n"), Just("...\n"), Just("&a "), Just("*a"), Just("!t "), Just("<<"), Just("\""),
            Just("'"), Just("|\n"), Just(">-\n"), Just("#"), Just("%"), Just("ü"), Just("日本"), Just("\u{202e}"),
            Just("\u{feff}"), Just("\r\n"), Just("\r"), Just("\0"), Just("riskType: HIGH\n"), Just("\\x"), Just("? "),
            Just(","), Just("content: |\n  text\n"), Just("~"), Just("contentFile: ../a.yaml\n"), Just("\u{1b}"),
        ], 0..40)
    ) {
        let world = World::new();
        world.file("acme/a.yaml", parts.concat());
        world.file("acme/_scope.yaml", parts.concat());
        world.read();
    }

    #[test]
    fn any_text_comes_back_as_it_was_written(
        content in "[^\\x00]{1,200}", name in "[a-zA-Z0-9äß日 .:#'\"\\\\-]{1,40}"
    ) {
        // In a file of its own a byte order mark is no part of the text.
        let unmarked = content.strip_prefix('\u{feff}').unwrap_or(&content);
        prop_assume!(!content.trim().is_empty() && !unmarked.trim().is_empty() && !name.trim().is_empty());
        let world = World::new();
        let (said, named) = (quoted(&content), quoted(&name));
        world.file("acme/a.yaml", format!("name: {named}\nriskType: LOW\nactionType: 0\ncontent: {said}\n"));
        // A file of its own may hold what JSON escapes and YAML refuses.
        world.file("acme/b.yaml", "name: b\nriskType: LOW\nactionType: 0\ncontentFile: b.md\n");
        world.file("acme/b.md", &content);
        let tree = world.read();
        let read = |key: &str| tree.policies.get(&key.parse().unwrap()).map(|desired| desired.scoped.policy.clone());
        let (in_yaml, in_file) = (read("acme/a"), read("acme/b"));
        prop_assert!(in_yaml.is_some() && in_file.is_some(), "{}", shown(&tree));
        let (in_yaml, in_file) = (in_yaml.unwrap(), in_file.unwrap());
        prop_assert_eq!(in_yaml.content(), content.replace("\r\n", "\n"));
        prop_assert_eq!(in_yaml.name(), name);
        prop_assert_eq!(in_file.content(), unmarked.replace("\r\n", "\n"));
    }

    #[test]
    fn the_order_in_which_files_were_made_is_nothing(order in Just(mixed(48)).prop_shuffle()) {
        let (one, other) = (World::new(), World::new());
        for (path, text) in mixed(48) {
            one.file(&path, text);
        }
        for (path, text) in order {
            other.file(&path, text);
        }
        let (one, other) = (one.read(), other.read());
        prop_assert!(!one.findings.is_empty());
        prop_assert_eq!(shown(&one), shown(&other));
    }
}
