//! The house stands: a file imports from lower floors and from its own, never upwards.

use std::path::{Path, PathBuf};

/// Each room and the rooms it may know, besides itself.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("tree", &["domain"]),
    ("state", &["domain"]),
    ("api", &["domain"]),
    ("plan", &["domain", "tree", "state", "api"]),
    ("apply", &["domain", "tree", "state", "api", "plan"]),
    ("report", &["domain", "tree", "state", "api", "plan", "apply"]),
    ("cli", &["domain", "tree", "state", "api", "plan", "apply", "report", "sandbox", "github"]),
    // Beside the floors: another service, called by the same transport.
    ("github", &["domain", "api", "report"]),
    // Beside the floors. `failpoint` is one file, knows nobody, and everybody with effects may know it.
    // An honest stand-in shares no code with the client it tests.
    ("sandbox", &[]),
];

fn rust_files(below: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(below)
        .into_iter()
        .map(|entry| entry.expect("src is readable").into_path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect();
    found.sort();
    found
}

#[test]
fn no_file_imports_upwards() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms: Vec<&str> = MAY_KNOW.iter().map(|(room, _)| *room).collect();
    let mut climbing = Vec::new();
    for (room, known) in MAY_KNOW {
        let files = rust_files(&src.join(room));
        assert!(!files.is_empty(), "{room} is a room of the house and has no file");
        for file in files {
            #[expect(clippy::disallowed_methods, reason = "reads this project's own sources")]
            let text = std::fs::read_to_string(&file).expect("a source file is readable");
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let reaches = |other: &&&str| {
                    let used = format!("crate::{other}");
                    code.match_indices(&used)
                        .any(|(at, _)| !code[at + used.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
                };
                for other in rooms.iter().filter(reaches) {
                    if other != room && !known.contains(other) {
                        climbing.push(format!("{}:{}: {room} imports {other}", file.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(climbing.is_empty(), "imports that climb a floor:\n{}", climbing.join("\n"));
}

#[test]
fn main_is_a_page() {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs");
    #[expect(clippy::disallowed_methods, reason = "reads this project's own sources")]
    let lines = std::fs::read_to_string(main).expect("main.rs is readable").lines().count();
    assert!(lines <= 60, "main.rs has {lines} lines; parse, run and exit code fit a page");
}
