//! `policysync explain`: each code has its page, wherever the code was copied from.

use policysync::cli::{codes, pages};
use policysync::domain::Level;
use policysync::plan::{Guard, NoticeCode};
use policysync::report::PageOf;

use crate::world::World;

#[test]
fn every_code_has_a_page_and_the_page_says_what_to_do() {
    let world = World::new();
    let all = world.run(&["explain", "--format", "json"]).json();
    assert_eq!(all.as_array().unwrap().len(), pages().count());
    let of = |level: &Level| if *level == Level::Error { PageOf::Error } else { PageOf::Warning };
    let findings: Vec<_> = codes().map(|(code, level, title)| (code.0, of(level), *title)).collect();
    let told: Vec<_> = pages().take(findings.len()).map(|page| (page.code, page.of, page.title)).collect();
    let told: Vec<_> = told.iter().map(|(code, of, title)| (code.as_str(), *of, title.as_str())).collect();
    assert_eq!(told, findings);
    for (page, json) in pages().zip(all.as_array().unwrap()) {
        let (code, of, title) = (&page.code, page.of.as_str(), &page.title);
        assert_eq!((json["code"].as_str().unwrap(), json["title"].as_str().unwrap()), (code.as_str(), title.as_str()));
        let ran = world.run(&["explain", code]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
        assert!(ran.out.starts_with(&format!("{of}[{code}]: {title}\n\n")), "{ran}");
        assert!(ran.out.contains("\nWhat to do: "), "{ran}");
        assert!(!ran.out.contains("**") && !ran.out.contains("```"), "no marks of Markdown: {ran}");
        for line in ran.out.lines().skip(1).filter(|line| !line.starts_with("    ")) {
            assert!(line.chars().count() <= 80, "{code}: {line}");
        }
    }
}

#[test]
fn a_code_is_taken_as_it_stands_in_a_message_and_a_slip_is_told() {
    let world = World::new();
    let plain = world.run(&["explain", "bad-risk-type"]);
    assert_eq!(world.run(&["explain", "error[bad-risk-type]:"]).out, plain.out);
    let slip = world.run(&["explain", "bad-risktype"]);
    assert_eq!(slip.code, Some(64), "{slip}");
    assert!(
        slip.err.contains(
            "no finding, guard, notice or exit code is called \"bad-risktype\"\n  hint: did you mean bad-risk-type?"
        ),
        "{slip}"
    );
    let list = world.run(&["explain"]);
    assert_eq!(list.out.lines().count(), pages().count(), "{list}");
    assert!(list.out.contains("warning  no-counterpart           A folder whose"), "{list}");
}

#[test]
fn validate_says_how_to_get_more() {
    let world = World::new();
    world.policy("acme/pii", "hihg", "block", "Do not share secrets.");
    let ran = world.run(&["validate"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.err.contains("`policysync explain bad-risk-type` says more"), "{ran}");
    assert_eq!(world.run(&["validate", "--quiet"]).err, "");
    assert_eq!(world.run(&["validate", "--format", "json"]).err, "");
    world.policy("acme/pii", "HIGH", "block", "Do not share secrets.");
    assert_eq!(world.run(&["validate"]).err, "");
}

#[test]
fn a_guard_says_what_it_refuses_and_what_passes_it() {
    let world = World::new();
    for guard in Guard::ALL {
        let name = guard.as_str();
        let ran = world.run(&["explain", name]);
        assert!(ran.out.starts_with(&format!("guard[{name}]: {}\n", guard.title())), "{ran}");
        assert!(ran.out.contains(&format!("    refused[{name}]: ")), "as a plan names it: {ran}");
        let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let to_do = said.split_once("What to do: ").expect("what to do").1;
        if Guard::ALLOWABLE.contains(&guard) {
            assert!(to_do.contains(&format!("--allow {name}=")), "{name}: the flag");
            assert!(to_do.contains(&format!("guards: {{{name}: ")), "{name}: the setting");
        } else {
            assert!(to_do.contains("No flag and no setting lets this pass."), "{name}");
        }
        for copied in [format!("refused[{name}]:"), format!("allowed[{name}]"), format!("{name}=3")] {
            assert_eq!(world.run(&["explain", &copied]).out, ran.out, "{copied}");
        }
    }
}

#[test]
fn what_a_plan_names_in_brackets_has_a_page() {
    let names: Vec<String> = pages().map(|page| page.code).collect();
    for code in NoticeCode::ALL {
        assert!(names.iter().any(|name| name == code.as_str()), "{}", code.as_str());
    }
    let mut once = names.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), names.len(), "each name has one page: {names:?}");
}

#[test]
fn an_exit_code_is_told_as_the_help_has_it() {
    let world = World::new();
    let help = world.run(&["help"]).out;
    let table = help.split("Exit codes:\n").nth(1).expect("a table of exit codes");
    let table = table.split("\n\n").next().expect("its end");
    let mut known: Vec<u8> = table.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    known.sort_unstable();
    let known: Vec<String> = known.iter().map(u8::to_string).collect();
    let told: Vec<String> = pages().filter(|page| page.of == PageOf::Exit).map(|page| page.code).collect();
    assert!(known.len() >= 9, "{help}");
    assert_eq!(told, known);
    let three = world.run(&["explain", "3"]);
    assert!(three.out.starts_with("exit[3]: the tree has findings of error level"), "{three}");
    assert_eq!(world.run(&["explain", "exit 3"]).out, three.out);
}

#[test]
fn a_word_of_a_plan_that_has_no_page_is_told_where_it_is_from() {
    let world = World::new();
    for (said, hint) in [
        ("weakened", "did you mean weaken?"),
        ("deletes", "did you mean delete?"),
        ("empty_tree", "did you mean empty-tree?"),
        ("~", "in a plan `~` stands before a policy whose fields are updated"),
        ("->", "in a plan `>` stands before a policy that is renamed or moved"),
        ("rename", "in a plan `>` stands before a policy that is renamed or moved"),
        ("+", "in a plan `+` stands before a policy that is created"),
        ("-", "the guard is `policysync explain delete`"),
        ("7", "`policysync explain` lists them all"),
    ] {
        let ran = world.run(&["explain", "--", said]);
        assert_eq!(ran.code, Some(64), "{ran}");
        assert!(ran.err.contains(&format!("hint: {hint}")) || ran.err.contains(hint), "{said}: {ran}");
    }
}
