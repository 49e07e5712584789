//! `policysync explain`: each code has its page, wherever the code was copied from.

use policysync::cli::codes;

use crate::world::World;

#[test]
fn every_code_has_a_page_and_the_page_says_what_to_do() {
    let world = World::new();
    let all = world.run(&["explain", "--format", "json"]).json();
    assert_eq!(all.as_array().unwrap().len(), codes().count());
    for ((code, level, title), page) in codes().zip(all.as_array().unwrap()) {
        assert_eq!((page["code"].as_str().unwrap(), page["title"].as_str().unwrap()), (code.0, *title));
        let ran = world.run(&["explain", code.0]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran}");
        assert!(ran.out.starts_with(&format!("{level}[{code}]: {title}\n\n")), "{ran}");
        assert!(ran.out.contains("\nWhat to do: "), "{ran}");
        assert!(!ran.out.contains("**") && !ran.out.contains("```"), "no marks of Markdown: {ran}");
        for line in ran.out.lines().filter(|line| !line.starts_with("    ")) {
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
        slip.err.contains("no finding has the code \"bad-risktype\"\n  hint: did you mean bad-risk-type?"),
        "{slip}"
    );
    let list = world.run(&["explain"]);
    assert_eq!(list.out.lines().count(), codes().count(), "{list}");
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
