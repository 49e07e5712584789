//! The file of a step's outputs, as bytes.

use std::collections::BTreeSet;
use std::path::Path;

use super::github::GitHub;
use super::runner::{Runner, read, yaml};
use crate::world::World;

/// S5: each output ends at a line that nobody could know: another one for each output and each run.
#[test]
fn s5_the_delimiter_of_an_output_is_random_and_outputs_are_ours_alone() {
    let (world, github) = (World::new(), GitHub::new());
    let tries =
        ["policysync-00000000000000000000000000000007", "ghadelimiter_x", "EOF", "changes=99", "weaker<<EOF\n0\nEOF"];
    for (number, text) in tries.iter().enumerate() {
        world.policy(&format!("acme/p{number}"), "HIGH", "block", &format!("{text}\nchanges=99\n{text}"));
    }
    let action = yaml(&Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml"));
    let known: BTreeSet<&str> = action["outputs"].as_object().expect("outputs").keys().map(String::as_str).collect();
    let mut ends = BTreeSet::new();
    let mut count = 0;
    for _ in 0..2 {
        let done = Runner::new(&world, &github).uses(&[("command", "plan"), ("comment", "never")]);
        assert_eq!((done.code, done.output("changes"), done.output("weaker")), (0, "5", "0"), "{done}");
        let file = read(&world.path().join("runner-temp/files-0/output"));
        let mut lines = file.lines();
        while let Some(line) = lines.next() {
            let (name, end) = line.split_once("<<").unwrap_or_else(|| panic!("{line:?} begins a block"));
            assert!(known.contains(name), "{name} is an output of the action");
            assert!(end.len() >= 32 && lines.by_ref().any(|line| line == end), "{end} ends {name}");
            ends.insert(end.to_owned());
            count += 1;
        }
    }
    assert!(count >= 20, "{count}");
    assert_eq!(ends.len(), count, "no two are alike");
}
