//! The README tells the truth, as do the tutorial and the pages about wordings and violations: their transcripts are run, line
//! by line ([`crate::transcript`]). `tests/terminal` types them once more, into a real terminal, and the blocks
//! `console terminal`, which only such a one can hold.

use std::path::Path;
use std::process::Command;

use crate::transcript::{Shown, is_what_one_sees, page};
use crate::world::World;

/// A world in which the examples lie.
fn with_examples() -> World {
    let world = World::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let copied = Command::new("cp").arg("-r").arg(&examples).arg(world.path()).status().expect("cp runs");
    assert!(copied.success());
    world
}

#[test]
fn each_transcript_of_the_readme_is_what_a_new_user_sees() {
    let readme = page("README.md").replace("cargo run --release --", "policysync");
    is_what_one_sees((&readme, Shown::Result), 4, with_examples().path(), &[], &[]);
}

#[test]
fn the_first_hour_is_what_a_new_user_sees() {
    let world = World::new();
    world.write(".gitconfig", "[user]\nname = Ada\nemail = ada@example.com\n");
    is_what_one_sees((&page("docs/first-hour.md"), Shown::Both), 30, world.path(), &[], &[]);
}

#[test]
fn wordings_are_judged_and_drafted_as_the_page_says() {
    is_what_one_sees((&page("docs/lint.md"), Shown::Result), 8, World::new().path(), &[], &[]);
}

#[test]
fn what_violations_shows_is_what_one_sees() {
    is_what_one_sees((&page("docs/violations.md"), Shown::Result), 6, with_examples().path(), &[], &[]);
}
