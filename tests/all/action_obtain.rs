//! S24: the binary that is run is the one whose SHA-256 this commit names, each time.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::github::GitHub;
use super::runner::{Done, Runner, read};
use crate::world::World;

const FILE: &str = "policysync-x86_64-unknown-linux-musl";

/// A small program that stands for a release's file: it tells that it ran, and with what.
const PROGRAM: &[u8] = b"#!/bin/sh\necho \"it ran: $*\"\n";

struct Release {
    world: World,
    github: GitHub,
    action: PathBuf,
    sha: String,
}

/// SHA-256 by another program than the one that checks it.
fn sha256(bytes: &[u8]) -> String {
    policysync::domain::Digest::of(bytes).to_string().trim_start_matches("sha256:").to_owned()
}

impl Release {
    /// An action whose commit lists `listed` as the file of release 1.2.3, where a release has `PROGRAM`.
    fn new(listed: impl Fn(&str) -> String) -> Self {
        let (world, github) = (World::new(), GitHub::new());
        let action = world.path().join("the-action");
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        let copied = Command::new("sh")
            .args(["-c", r#"mkdir -p "$2" && cp -r "$1/action.yml" "$1/action" "$2""#, "copy"])
            .args([source, &action])
            .status();
        assert!(copied.unwrap().success());
        let sha = sha256(PROGRAM);
        world.write("the-action/action/release.txt", &format!("version 1.2.3\n{}", listed(&sha)));
        github.release(&format!("v1.2.3/{FILE}"), PROGRAM.to_vec());
        Self { world, github, action, sha }
    }

    fn listed() -> Self {
        Self::new(|sha| format!("{}  other\n{sha}  {FILE}\n", "0".repeat(64)))
    }

    fn run(&self, with: &[(&str, &str)]) -> Done {
        let runner = Runner { action: self.action.clone(), ..Runner::new(&self.world, &self.github) };
        runner.uses_without_a_binary(with)
    }

    fn downloads(&self) -> usize {
        self.github.calls().len()
    }
}

#[track_caller]
fn refused(done: &Done, why: &str) {
    assert!(done.code != 0 && !done.log.contains("it ran"), "{done}");
    assert!(done.log.contains(why), "{why}: {done}");
    assert_eq!(done.output("exit-code"), done.code.to_string(), "{done}");
}

#[test]
fn the_listed_file_is_run_and_kept_and_hashed_again() {
    let release = Release::listed();
    let done = release.run(&[]);
    assert!(done.code == 0 && done.log.contains("it ran: plan"), "{done}");
    assert_eq!(release.downloads(), 1);
    assert!(release.run(&[]).log.contains("it ran: plan"));
    assert_eq!(release.downloads(), 1, "it was kept");
    // Somebody changes what was kept: it is not run, and got anew.
    let kept = release.world.path().join(format!("runner-tools/policysync/{}/{FILE}", release.sha));
    assert_eq!(read(&kept).as_bytes(), PROGRAM);
    release.world.write(kept.strip_prefix(release.world.path()).unwrap().to_str().unwrap(), "#!/bin/sh\necho evil\n");
    let done = release.run(&[]);
    assert!(done.log.contains("it ran: plan") && !done.log.contains("evil"), "{done}");
    assert_eq!(release.downloads(), 2);
}

#[test]
fn s24_a_file_that_was_replaced_cut_or_is_a_page_is_never_run() {
    for bytes in [&b"#!/bin/sh\necho it ran\n"[..], &PROGRAM[..10], b"<!DOCTYPE html><title>Not found</title>", b""] {
        let release = Release::listed();
        release.github.release(&format!("v1.2.3/{FILE}"), bytes.to_vec());
        refused(&release.run(&[]), "its SHA-256 differs");
        assert!(!release.world.path().join("runner-tools").exists(), "nothing of it is kept");
    }
}

#[test]
fn another_version_needs_its_checksum_and_latest_is_none() {
    let release = Release::listed();
    release.github.release(&format!("v2.0.0/{FILE}"), PROGRAM.to_vec());
    refused(&release.run(&[("version", "2.0.0")]), "checksum");
    refused(&release.run(&[("version", "latest")]), "latest");
    refused(&release.run(&[("version", "2.0.0"), ("checksum", "abc")]), "64 hexadecimal digits");
    refused(&release.run(&[("version", "2.0.0"), ("checksum", &"0".repeat(64))]), "its SHA-256 differs");
    refused(&release.run(&[("version", "9.9.9"), ("checksum", &release.sha)]), "could not be downloaded");
    let done = release.run(&[("version", "v2.0.0"), ("checksum", &release.sha.to_uppercase())]);
    assert!(done.log.contains("it ran: plan"), "{done}");
}

#[test]
fn where_there_is_no_release_the_way_out_is_named() {
    refused(&Release::new(|_| String::new()).run(&[]), "binary-path");
    let mut release = Release::listed();
    release.world.env.push(("RUNNER_ARCH".to_owned(), "RISCV64".to_owned()));
    refused(&release.run(&[]), "binary-path");
    // As long as no release is listed, this commit's own action says so.
    let done = Runner::new(&release.world, &release.github).uses_without_a_binary(&[("binary-path", "nowhere")]);
    refused(&done, "names no file that can be run");
}
