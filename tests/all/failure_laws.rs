//! Whoever adds a way to fail has to say what to do about it: the sources themselves are read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Errors that don't say themselves what to do, each with who does.
const SAID_ELSEWHERE: &[(&str, &str)] = &[
    ("BrokenOff", "the sandbox's own way to break an answer off; it reaches no user"),
    ("Cause", "why nothing was sent: `ApiError::hint` goes by its kind"),
    ("Advised", "`StoreError::hint` passes its advice on"),
    ("Broken", "how a program ended: `Advised` says what to do"),
    ("Cut", "the sandbox's own way to close a connection; it reaches no user"),
    ("DataFileError", "a part of `SandboxError`"),
    ("FaultPlanError", "`src/cli/sandbox_files.rs` names the page"),
    ("InvalidAddress", "an argument, refused by clap; the message has the form"),
    ("InvalidAllowance", "an argument, refused by clap; the message has the form"),
    ("InvalidDigest", "an argument, refused by clap; the message has the form"),
    ("InvalidEndpoint", "`src/cli/settings.rs::not_an_endpoint`"),
    ("InvalidId", "a finding of a tree, or an argument"),
    ("InvalidLabel", "`src/cli/action/place.rs`"),
    ("InvalidLink", "`InvalidLink::HINT`"),
    ("InvalidLocation", "`InvalidLocation::HINT`"),
    ("InvalidName", "a finding of a tree, or an argument"),
    ("InvalidOutput", "no value of ours can be it"),
    ("InvalidPolicy", "a finding of a tree"),
    ("InvalidProxy", "`src/cli/environment.rs::proxies`"),
    ("InvalidShare", "a finding of the settings file"),
    ("NotAPlan", "`src/cli/command/saved.rs`"),
    ("NotReviewed", "`src/cli/reviewed.rs`"),
    ("Refused", "the sandbox's answers to its clients"),
    ("TooLate", "why a body broke off: a cause of `ApiError::Broken`"),
    ("TrafficError", "`src/cli/sandbox_files.rs` names the page"),
    ("Unfit", "a part of `StoreError`"),
    ("UnknownAction", "a finding of a tree"),
    ("UnknownListReading", "an argument, refused by clap; the message has the words"),
    ("UnknownRisk", "a finding of a tree"),
    ("Unreadable", "becomes a `StoreError` with the remedy: `Unreadable::at`"),
    ("Unwritable", "`src/cli/command/init.rs`, `src/cli/command/pull.rs`"),
    ("Why", "a part of `NotWritten`"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// Every file of the product, by its path.
fn texts() -> BTreeMap<PathBuf, String> {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    #[expect(clippy::disallowed_methods, reason = "a test's own reading")]
    let text = |path: &PathBuf| std::fs::read_to_string(path).expect("a source is text");
    found.into_iter().map(|path| (path.clone(), text(&path))).collect()
}

/// The word behind `pub enum` and the like, on the first such line of a text.
fn declared(text: &str) -> Option<&str> {
    let line = text.lines().find(|line| line.contains("enum ") || line.contains("struct "))?;
    let after = line.split("enum ").nth(1).or_else(|| line.split("struct ").nth(1))?;
    after.split(|c: char| !c.is_alphanumeric()).next()
}

#[test]
fn every_kind_of_error_says_what_to_do_or_somebody_is_named_who_does() {
    let texts = texts();
    let (mut errors, mut advise) = (BTreeSet::new(), BTreeSet::new());
    for (path, text) in &texts {
        for (at, _) in text.match_indices("thiserror::Error)]") {
            let name = declared(&text[at..]).unwrap_or_else(|| panic!("{}: an error without a name", path.display()));
            errors.insert(name);
        }
        for part in text.split("\nimpl ").skip(1) {
            let body = part.split("\n}").next().unwrap_or_default();
            let head = body.lines().next().unwrap_or_default();
            if let Some(name) = head.strip_prefix("Advises for ") {
                advise.insert(name.trim_end_matches(" {").rsplit("::").next().unwrap_or_default());
            } else if body.contains("pub fn hint(&self) -> String {") {
                advise.insert(head.trim_end_matches(" {"));
            }
        }
    }
    assert!(errors.len() > 30 && advise.contains("ApiError"), "the sources are read: {errors:?} {advise:?}");
    let elsewhere: BTreeSet<&str> = SAID_ELSEWHERE.iter().map(|(name, _)| *name).collect();
    let silent: Vec<_> = errors.iter().filter(|name| !advise.contains(**name) && !elsewhere.contains(**name)).collect();
    assert!(silent.is_empty(), "these say nobody what to do; give each a `hint`, or name here who says it: {silent:?}");
    let stale: Vec<_> = elsewhere.iter().filter(|name| !errors.contains(**name) || advise.contains(**name)).collect();
    assert!(stale.is_empty(), "these need not be here: {stale:?}");
}

/// `Fault::new` gives none before `.hint(…)` is called; these are the only other ways to one.
#[test]
fn no_fault_is_made_around_the_rule() {
    for (path, text) in texts() {
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let in_cli = path.components().any(|part| part.as_os_str() == "cli");
        assert!(!text.contains("hint(\"\")"), "{}: a hint that says nothing", path.display());
        if in_cli && file != "fault.rs" {
            assert!(!text.contains("anyhow"), "{}: an error that knows no way out", path.display());
            for (at, _) in text.match_indices("Fault {") {
                let literal = text[at..].split('}').next().unwrap_or_default();
                let is_type = text[..at].ends_with("-> ") || text[..at].ends_with("impl ");
                assert!(is_type || literal.contains(".."), "{}: {literal}", path.display());
            }
        }
    }
}
