//! The README tells the truth: its transcripts are run, line by line, and its links lead somewhere.
//!
//! In a `console` block a line that begins with `$ ` is typed; what follows is what a terminal shows (standard output). A line
//! `…` stands for any lines; `ID` for an id that the service gave.

use std::path::Path;
use std::process::Command;

use crate::world::World;

#[expect(clippy::disallowed_methods, reason = "reads this project's own pages")]
fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the page is there")
}

/// The commands of a page and what each prints.
fn transcripts(page: &str) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => commands.push((command.to_owned(), Vec::new())),
                None => commands.last_mut().expect("a block begins with a command").1.push(line.to_owned()),
            },
        }
    }
    commands
}

/// Whether the lines shown are the lines printed.
fn matches(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => (0..=printed.len()).any(|skip| matches(rest, &printed[skip..])),
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, others)| line == first && matches(rest, others))
        }
    }
}

/// Ids that the service gave, as the page writes them.
fn without_ids(line: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let word = |word: &str| match word.trim_matches(['(', ')', ',']) {
        id if is_id(id) => word.replace(id, "ID"),
        _ => word.to_owned(),
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

#[test]
fn each_transcript_of_the_readme_is_what_a_new_user_sees() {
    is_what_one_sees("README.md", 4, &with_examples());
}

/// A world in which the examples lie.
fn with_examples() -> World {
    let world = World::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let copied = Command::new("cp").arg("-r").arg(&examples).arg(world.path()).status().expect("cp runs");
    assert!(copied.success());
    world
}

#[test]
fn the_first_hour_is_what_a_new_user_sees() {
    is_what_one_sees("docs/first-hour.md", 15, &World::new());
}

#[test]
fn wordings_are_judged_and_drafted_as_the_page_says() {
    is_what_one_sees("docs/lint.md", 8, &World::new());
}

#[test]
fn what_violations_shows_is_what_one_sees() {
    is_what_one_sees("docs/violations.md", 6, &with_examples());
}

/// Types each command of a page, of which there are at least so many, and compares what is shown.
fn is_what_one_sees(page_path: &str, at_least: usize, world: &World) {
    let binary = env!("CARGO_BIN_EXE_policysync");
    let commands = transcripts(&page(page_path));
    assert!(commands.len() >= at_least, "{page_path}: {commands:?}");
    for (typed, shown) in commands {
        let command = typed.replace("cargo run --release --", binary);
        let command = command.strip_prefix("policysync ").map_or(command.clone(), |args| format!("{binary} {args}"));
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(world.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", world.path())
            .output()
            .expect("a shell runs");
        let printed: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(without_ids).collect();
        let shown: Vec<String> = shown.iter().map(|line| line.trim_end().to_owned()).collect();
        assert!(
            matches(&shown, &printed),
            "$ {typed}\n{page_path} shows:\n{}\n\nit prints:\n{}\n\nand on standard error:\n{}",
            shown.join("\n"),
            printed.join("\n"),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn each_link_to_a_file_leads_to_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page_path, folder) in [
        ("README.md", ""),
        ("docs/first-hour.md", "docs"),
        ("docs/action.md", "docs"),
        ("docs/life.md", "docs"),
        ("docs/sandbox.md", "docs"),
        ("docs/pull.md", "docs"),
        ("docs/lint.md", "docs"),
        ("docs/violations.md", "docs"),
        ("docs/findings.md", "docs"),
    ] {
        let text = page(page_path);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            assert!(root.join(folder).join(file).exists(), "{page_path} links to {link}, which is not there");
        }
    }
}
