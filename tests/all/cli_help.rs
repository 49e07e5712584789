//! Help, the reference made from it, manual pages and completions: what there is to say of each command, everywhere the same.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory as _;
use policysync::cli::Cli;

use crate::world::World;

/// Each command by its words, an upper one before those below it.
fn commands() -> Vec<Vec<String>> {
    fn below(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
        found.push(words.to_vec());
        for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
            below(command, &[words, &[command.get_name().to_owned()]].concat(), found);
        }
    }
    let mut found = Vec::new();
    below(&Cli::command(), &[], &mut found);
    found
}

fn help(world: &World, words: &[String]) -> String {
    let mut args: Vec<&str> = vec!["help"];
    args.extend(words.iter().map(String::as_str));
    let ran = world.run(&args);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
    ran.out
}

#[test]
fn the_help_of_each_command_fits_eighty_columns_and_says_what_it_does() {
    let world = World::new();
    for words in commands() {
        let help = help(&world, &words);
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "policysync help {}: {line:?}", words.join(" "));
            assert!(line == line.trim_end(), "policysync help {}: {line:?}", words.join(" "));
        }
        let first = help.lines().next().unwrap_or_default();
        assert!(first.len() > 15 && !first.starts_with("Usage"), "{words:?}: {help}");
        assert!(
            help.contains(&format!("\nUsage: {}", [&["policysync".to_owned()], words.as_slice()].concat().join(" ")))
        );
        // Each flag and argument has a word said of it.
        for (line, next) in help.lines().zip(help.lines().skip(1).chain([""])) {
            let of_option = line.trim_start().starts_with("--") || line.trim_start().starts_with("-");
            let alone = of_option && line.starts_with("  ") && !line.trim().contains("  ");
            assert!(!alone || next.starts_with("          "), "{words:?}: nothing is said of {line:?}");
        }
        assert!(!help.contains("Not a flag"), "what is hidden stays hidden");
    }
}

#[test]
fn policysync_alone_says_what_there_is() {
    let world = World::new();
    let ran = world.run(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{ran}");
    for words in commands().iter().filter(|words| words.len() == 1) {
        assert!(ran.err.contains(&format!("\n  {} ", words[0])), "{words:?}: {ran}");
    }
    let slip = world.run(&["aply"]);
    assert_eq!(slip.code, Some(64), "{slip}");
    assert!(slip.err.contains("a similar subcommand exists: 'apply'"), "{slip}");
}

/// The reference: the help of each command, what holds for all of them once.
fn reference(world: &World) -> String {
    let mut page = "# Commands\n\nMade from `policysync help`; a test holds it. The flags under *Everywhere* hold for each command and are told once.\n".to_owned();
    for words in commands() {
        let help = help(world, &words);
        let (own, everywhere) = help.split_once("\nEverywhere:").unwrap_or((&help, ""));
        let name = [&["policysync".to_owned()], words.as_slice()].concat().join(" ");
        let shown = if words.is_empty() { &help } else { own };
        assert!(everywhere.is_empty() || !everywhere.contains("\nArguments:"));
        let rest = everywhere.split_once("\n\n").map_or("", |(_, rest)| rest).trim_end();
        let rest = if words.is_empty() || rest.is_empty() { String::new() } else { format!("\n\n{rest}") };
        write!(page, "\n## {name}\n\n```text\n{}{rest}\n```\n", shown.trim_end()).expect("a text takes more");
    }
    page
}

#[test]
fn the_reference_is_what_the_help_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    let wanted = reference(&World::new());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        #[expect(clippy::disallowed_methods, reason = "a developer asked for it, in a work tree")]
        std::fs::write(&path, &wanted).expect("docs/ can be written");
    }
    #[expect(clippy::disallowed_methods, reason = "reads this project's own files")]
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/cli.md is out of date; UPDATE_DOCS=1 cargo test reference writes it");
}

#[test]
fn each_command_has_a_manual_page_that_names_its_flags() {
    let world = World::new();
    let ran = world.run(&["man", "--out", "man"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    for words in commands() {
        let name = [&["policysync".to_owned()], words.as_slice()].concat().join("-");
        let page = world.read(&format!("man/{name}.1"));
        let printed = world.run(&[&["man"], words.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat());
        assert_eq!(printed.out, page, "{name}");
        assert!(page.contains(&format!("\n.TH {name} 1 \"")), "{name}: a title that says what it is of: {page}");
        assert!(page.is_ascii(), "{name}: read the same everywhere");
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{name}");
        assert!(page.contains("\\-\\-endpoint"), "{name}: {page}");
        assert!(!page.contains("\\-\\-token"), "{name}: what is hidden stays hidden");
    }
    let written: Vec<_> = std::fs::read_dir(world.path().join("man")).unwrap().collect();
    assert_eq!(written.len(), commands().len());
    let slip = world.run(&["man", "state", "lst"]);
    assert_eq!(slip.code, Some(64), "{slip}");
    assert!(slip.err.contains("did you mean list?"), "{slip}");
}

#[test]
fn a_slip_is_met_by_what_was_meant() {
    let world = World::new();
    for (args, said) in [
        (&["valdate"][..], "a similar subcommand exists: 'validate'"),
        (&["help", "aply"], "unrecognized subcommand 'aply'"),
        (&["state", "shw", "acme/x"], "a similar subcommand exists: 'show'"),
        (&["plan", "--fromat", "json"], "a similar argument exists: '--format'"),
        (&["plan", "--refesh"], "a similar argument exists: '--refresh'"),
        (&["plan", "--format", "markdwn"], "a similar value exists: 'markdown'"),
        (&["completions", "bsh"], "a similar value exists: 'bash'"),
        (&["init", "acme", "--workflows", "githb"], "a similar value exists: 'github'"),
        (&["schema", "polcy"], "did you mean policy?"),
        (&["explain", "bad-risktype"], "did you mean bad-risk-type?"),
        (&["new", "acme/x", "--template", "secret"], "did you mean secrets?"),
    ] {
        let ran = world.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{args:?}: {ran}");
        assert!(ran.err.contains(said), "{args:?}: {ran}");
    }
}

#[test]
fn the_version_is_a_number_and_where_it_was_built_from_if_that_is_known() {
    let world = World::new();
    let short = format!("policysync {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(world.run(&["-V"]).out, short);
    let long = world.run(&["--version"]).out;
    assert!(long.starts_with(short.trim_end()), "{long}");
}

#[test]
fn each_shell_gets_a_script() {
    let world = World::new();
    for (shell, said) in [
        ("bash", "complete -o nospace"),
        ("zsh", "#compdef policysync"),
        ("fish", "complete --keep-order --exclusive --command policysync"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer"),
    ] {
        let ran = world.run(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
        assert!(ran.out.contains(said) && ran.out.contains("POLICYSYNC_COMPLETE"), "{ran}");
    }
    let slip = world.run(&["completions", "bsh"]);
    assert_eq!(slip.code, Some(64), "{slip}");
}

/// What bash offers for a line whose last word is being typed.
fn offered(world: &World, words: &[&str]) -> Vec<String> {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_policysync"));
    let script = format!(
        "source <({0} completions bash)\nCOMP_WORDS=({1})\nCOMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
         _clap_complete_policysync policysync \"${{COMP_WORDS[COMP_CWORD]}}\" \"\" 2>/dev/null\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        binary.display(),
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
    );
    let mut bash = Command::new("bash");
    let path = std::env::var_os("PATH").expect("bash is found by it");
    bash.args(["--norc", "-c", &script]).current_dir(world.path()).env_clear().env("PATH", path);
    let output = bash.output().expect("bash runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    out.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_offers_commands_and_the_addresses_of_the_tree_and_the_record() {
    let world = World::new();
    for address in ["acme/pii", "acme/east/source", "acme/east/billing/cards", "globex/x"] {
        world.policy(address, "HIGH", "block", &format!("Do not share what {address} is about."));
    }
    assert_eq!(world.apply(&[]).code, Some(0));
    // Recorded, and no longer in the tree.
    world.remove("policies/acme/pii.yaml");
    let requests = world.service.requests().len();
    assert_eq!(offered(&world, &["policysync", "vali"]), ["validate"]);
    assert!(offered(&world, &["policysync", "apply", "--al"]).contains(&"--allow".to_owned()));
    assert_eq!(offered(&world, &["policysync", "state", "show", "acme/"]), ["acme/east/", "acme/pii"]);
    assert_eq!(offered(&world, &["policysync", "state", "show", "acme/east/b"]), ["acme/east/billing/"]);
    assert_eq!(offered(&world, &["policysync", "effective", "acme/e"]), ["acme/east", "acme/east/"]);
    assert_eq!(offered(&world, &["policysync", "plan", "--org", "g"]), ["globex"]);
    assert_eq!(offered(&world, &["policysync", "explain", "bad-r"]), ["bad-risk-type"]);
    assert_eq!(offered(&world, &["policysync", "new", "acme/east/b"]), ["acme/east/billing/"]);
    assert_eq!(offered(&world, &["policysync", "schema", "pol"]), ["policy"]);
    // A settings file that can't be read, or no tree: silence.
    world.write("policysync.yaml", "tree: [\n");
    assert_eq!(offered(&world, &["policysync", "--org", "zzz"]), [""; 0]);
    world.write("policysync.yaml", "tree: nowhere\n");
    assert_eq!(offered(&world, &["policysync", "effective", "acme/e"]), [""; 0]);
    assert_eq!(world.service.requests().len(), requests, "no service is asked at a prompt");
}
