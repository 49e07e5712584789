//! S1 to S7 through the binary: hostile trees, a hostile service and hostile names of files, × what a command does with them,
//! × every format it writes. Each format is judged by its own reader, of which the code under test knows nothing: a runner's
//! reading of commands, a parser of Markdown, the tags of a page, JSON.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::sync::OnceLock;

use policysync::report::escape;
use serde_json::{Value, json};

use super::html::{documents, tags};
use super::laws::acts;
use super::machines::{command, validator};
use super::markdown::{BASE, inert};
use crate::world::World;

const ALL: &[&str] = &["text", "json", "markdown", "html", "sarif", "github"];
const WITHOUT_SARIF: &[&str] = &["text", "json", "markdown", "html", "github"];

/// What a text, a value or a name may try. None holds a slash alone, so that each can be in a file's name too.
const HOSTILE: &[&str] = &[
    "\u{1b}[2K\u{1b}]8;;evil.example\u{7}\u{9b}31m\rgone",
    "\u{202e}\u{200b}\u{e0041}\u{2066}seen",
    "::error::forged",
    "  ::add-mask::forged",
    "##[set-output name=x]forged",
    "word ##vso[task.setvariable]forged",
    "forged\n::warning::forged",
    "%0A::error::forged",
    "forged,line=1::forged",
    "forged:col=2,title=x",
    "``` forged `` `",
    "```\n# forged\n~~~",
    "<b>forged",
    "@acme#1 GH-1 www.evil.example",
    "![x](forged)[y](forged)",
    "<!-- policysync:forged -->",
    "<script>alert(1)<script>",
    "\" onload=\"alert(1)",
    "' onfocus='alert(1)",
    "<style>*{}<img src=x onerror=alert(1)>",
    "\\u{1b} | ** ~~ _x_ $x$ :smile: &lt;",
];

/// A run of the binary: what it was told, and what it told.
struct Run {
    command: &'static str,
    format: &'static str,
    out: String,
    err: String,
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} as {}:\n{}\n--- stderr\n{}", self.command, self.format, self.out, self.err)
    }
}

/// A text as YAML reads it back.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}

/// Policies that are applied, made weaker, and changed by someone in the service, each saying something hostile.
fn changed() -> World {
    let world = World::new();
    let write = |number: usize, text: &str, action: &str, end: &str| {
        // A name takes no control characters; a text takes all that YAML itself takes.
        let name: String =
            text.chars().filter(|c| !c.is_control() && !policysync::tree::yaml::is_invisible(*c)).collect();
        let content: String = text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
        let content = format!("{content} {end}\n{content}\n");
        let policy = format!(
            "name: {}\nriskType: HIGH\nactionType: {action}\nmetadata: {{owner: {}}}\ncontent: {}\n",
            quoted(name.trim()),
            quoted(name.trim()),
            quoted(&content)
        );
        world.write(&format!("policies/acme/p{number:02}.yaml"), &policy);
    };
    let all = |action: &str, end: &str| HOSTILE.iter().enumerate().for_each(|(n, text)| write(n, text, action, end));
    all("block", "before");
    world.write("policies/acme/own.yaml", "name: own\nriskType: HIGH\nactionType: block\ncontent: Own.\n");
    let applied = world.apply(&[]);
    assert_eq!(applied.code, Some(0), "{applied}");
    let all_live = world.service.policies();
    for (policy, text) in all_live.iter().zip(HOSTILE) {
        let id = policy["id"].as_str().expect("an id");
        world.service.edit(id, json!({"name": text, "content": format!("{text}\n{text}"), "actionType": 0}), text);
    }
    all("alert", "after");
    world
}

/// Files whose names and values can't be right, each saying something hostile.
fn findings() -> World {
    let world = World::new();
    for (number, text) in HOSTILE.iter().enumerate() {
        let value = quoted(text);
        let policy =
            format!("name: n\n{value}: 1\nriskType: {value}\nactionType: {value}\norgId: {value}\ncontent: x\n");
        world.write(&format!("policies/acme/p{number:02}.yaml"), &policy);
        let named = "name: n\nriskType: LOW\nactionType: log\ncontent: x\n";
        world.write(&format!("policies/acme/{text}.yaml"), named);
        world.write(&format!("policies/acme/{text}/k.yaml"), named);
    }
    world
}

/// All runs, made once for all tests.
fn runs() -> &'static [Run] {
    static RUNS: OnceLock<Vec<Run>> = OnceLock::new();
    RUNS.get_or_init(|| {
        let mut runs = Vec::new();
        let mut note = |world: &World, command: &'static str, args: &[&str], formats: &[&'static str]| {
            for format in formats {
                let ran = world.run(&[args, &["--format", format, "--repository-url", BASE]].concat());
                assert!(matches!(ran.code, Some(0 | 2 | 3 | 4 | 5)), "{command}: {ran}");
                runs.push(Run { command, format, out: ran.out, err: ran.err });
            }
        };
        let bad = findings();
        note(&bad, "validate", &["validate"], ALL);
        note(&bad, "plan of findings", &["plan"], ALL);
        note(&bad, "apply of findings", &["apply"], WITHOUT_SARIF);
        note(&bad, "drift of findings", &["drift"], WITHOUT_SARIF);
        let edited = changed();
        note(&edited, "plan", &["plan"], ALL);
        note(&edited, "plan with a look", &["plan", "--refresh"], ALL);
        note(&edited, "drift", &["drift"], WITHOUT_SARIF);
        note(&edited, "apply that a guard refuses", &["apply"], WITHOUT_SARIF);
        for format in WITHOUT_SARIF {
            note(&changed(), "apply", &["apply", "--allow=weaken"], &[format]);
        }
        runs
    })
}

fn of(format: &str) -> impl Iterator<Item = &'static Run> {
    let found: Vec<&Run> = runs().iter().filter(|run| run.format == format).collect();
    assert!(found.len() >= 4, "{format}: {}", found.len());
    found.into_iter()
}

#[test]
fn the_runs_say_what_is_hostile() {
    for run in runs() {
        // Findings as text are told beside the result; annotations name the nine worst, SARIF what gets
        // weaker, an outcome addresses.
        let said = run.out.matches("forged").count() + run.err.matches("forged").count();
        let is_outcome = ["apply", "apply that a guard refuses"].contains(&run.command);
        let is_short = ["github", "sarif"].contains(&run.format) || is_outcome;
        assert!(is_short || said >= 5, "{said} × forged in {run}");
    }
}

/// S1, S2, S3: in all that is printed, whatever it is for, nothing acts on a terminal, nothing is there unseen, and no line is a
/// command to a runner but our own annotations.
#[test]
fn s1_s2_s3_nothing_acts_on_a_terminal_or_a_runner_in_any_format() {
    for run in runs() {
        // A text keeps its tabs and line feeds; JSON writes both as escapes.
        let is_ours = |line: &&str| run.format == "github" && line.starts_with("::");
        let others: String =
            run.out.split('\n').filter(|line| !is_ours(line)).fold(String::new(), |text, line| text + line + "\n");
        assert_eq!(acts(&others.replace('\t', " ")), None, "{run}");
        assert_eq!(acts(&run.err.replace('\t', " ")), None, "{run}");
    }
}

/// S3, S4: GitHub's runner reads our annotations and nothing else, on a line of a file that is there.
#[test]
fn s3_s4_annotations_are_ours_and_lie_on_files_and_lines_that_are_there() {
    let (bad, edited) = (findings(), changed());
    for run in of("github") {
        let world = if run.command.contains("findings") || run.command == "validate" { &bad } else { &edited };
        let commands: Vec<&str> = run.out.lines().filter(|line| line.trim_start().starts_with("::")).collect();
        assert!((1..=10).contains(&commands.len()), "{run}");
        for line in commands {
            let (name, properties, message) = command(line).expect("a command");
            assert!(["error", "warning", "notice"].contains(&name.as_str()), "{line}");
            assert!(!message.starts_with("forged") && !message.contains('\r'), "{line}");
            let keys: Vec<&str> = properties.iter().map(|(key, _)| key.as_str()).collect();
            assert!(["title", "file,title", "file,line,col,title"].contains(&keys.join(",").as_str()), "{line}");
            for (key, value) in &properties {
                match key.as_str() {
                    "line" | "col" => assert!(value.parse::<usize>().is_ok_and(|number| number > 0), "{line}"),
                    // A name with what can't be shown is told by its escapes, and then it is no file's.
                    "file" => {
                        let there = world.path().join(value).exists();
                        assert!(there || value.contains('\\'), "{value:?} is no file: {line}");
                    }
                    _ => assert!(!value.contains('\n'), "{line}"),
                }
            }
        }
    }
}

/// S6: a Markdown parser finds our structure and no mention, link, image, comment or tag but ours.
#[test]
fn s6_markdown_is_our_structure_whatever_is_said() {
    for run in of("markdown") {
        inert(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"));
        assert_eq!(escape::marked(&run.out), None, "{run}");
        let headings: Vec<&str> = run.out.lines().filter(|line| line.starts_with('#')).collect();
        assert!(!headings.iter().any(|heading| heading.contains("forged")), "{headings:?}");
    }
}

/// S7: the tags and attributes of a page are those of a harmless one, it loads nothing, and its links lead to the repository.
#[test]
fn s7_a_page_holds_our_tags_alone() {
    let parts = |page: &str| -> BTreeSet<String> {
        tags(page).iter().flat_map(|tag| tag.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    let long = documents(&"line\n".repeat(30), &format!("{}x\n", "line\n".repeat(29)));
    let known: BTreeSet<String> =
        documents("plain", "other").iter().chain(&long).flat_map(|page| parts(page)).collect();
    for run in of("html") {
        let strange: Vec<String> = parts(&run.out).into_iter().filter(|part| !known.contains(part)).collect();
        assert_eq!(strange, Vec::<String>::new(), "{}: {}", run.command, run.out);
        assert!(
            run.out.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;"),
            "{run}"
        );
        for link in run.out.split("href=\"").skip(1) {
            assert!(link.starts_with(BASE) || link.starts_with('#'), "{}", &link[..link.len().min(80)]);
        }
    }
}

/// S1 to S7, for machines: JSON and SARIF read back, by their schemas; and a plan's texts are the very texts of the files.
#[test]
fn s1_to_s7_json_and_sarif_read_back() {
    for run in of("json") {
        let document: Value = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"));
        if run.command == "plan" {
            let contents: Vec<&str> = document["changes"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|change| change["after"]["content"].as_str())
                .collect();
            for text in [
                "::error::forged",
                "  ::add-mask::forged",
                "<script>alert(1)<script>",
                "\\u{1b} | ** ~~ _x_ $x$ :smile: &lt;",
            ] {
                assert!(contents.contains(&format!("{text} after\n{text}\n").as_str()), "{text:?} in {contents:?}");
            }
        }
    }
    for run in runs().iter().filter(|run| run.format == "sarif") {
        let document: Value = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"));
        assert!(validator().is_valid(&document), "{run}");
    }
}
