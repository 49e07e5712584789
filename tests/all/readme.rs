//! The README tells the truth: its transcripts are run, line by line.
//!
//! In a `console` block a line that begins with `$ ` is typed; what follows is what a terminal shows (standard output, and in
//! the tutorial standard error too). A line `…` stands for any lines; `ID` for an id that the service gave. `tests/terminal`
//! types them once more, into a real terminal, and the blocks `console terminal`, which only such a one can hold.

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
    let word = |word: &str| match word.trim_matches(['(', ')', ',', '.']) {
        id if is_id(id) => word.replace(id, "ID"),
        _ => word.to_owned(),
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

#[test]
fn each_transcript_of_the_readme_is_what_a_new_user_sees() {
    is_what_one_sees("README.md", 4, &with_examples(), "");
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
    let world = World::new();
    world.write(".gitconfig", "[user]\nname = Ada\nemail = ada@example.com\n");
    is_what_one_sees("docs/first-hour.md", 30, &world, "exec 2>&1; ");
}

#[test]
fn wordings_are_judged_and_drafted_as_the_page_says() {
    is_what_one_sees("docs/lint.md", 8, &World::new(), "");
}

#[test]
fn what_violations_shows_is_what_one_sees() {
    is_what_one_sees("docs/violations.md", 6, &with_examples(), "");
}

/// Types each command of a page, of which there are at least so many, and compares what is shown. What `first` is said to
/// the shell before it; the folder is where the command before it went.
fn is_what_one_sees(page_path: &str, at_least: usize, world: &World, first: &str) {
    let binary = Path::new(env!("CARGO_BIN_EXE_policysync")).parent().expect("a file has a folder");
    let commands = transcripts(&page(page_path));
    let mut folder = world.path().to_path_buf();
    assert!(commands.len() >= at_least, "{page_path}: {commands:?}");
    for (typed, shown) in commands {
        let command = typed.replace("cargo run --release --", "policysync");
        let output = Command::new("sh")
            .args(["-c", &format!("{first}{command}\npwd > \"$HOME/.folder\"")])
            .current_dir(&folder)
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display()))
            .env("HOME", world.path())
            .output()
            .expect("a shell runs");
        folder = world.read(".folder").trim_end().into();
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
