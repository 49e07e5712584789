//! `policysync fmt`: one form for all files, and nothing that anyone wrote is lost or says something else.

use policysync::tree;
use policysync::tree::formatting::{Formatted, Kind, text};
use policysync::tree::yaml;
use proptest::prelude::*;

use crate::cli_pull::files;
use crate::plan_laws::seed;
use crate::tree_cases::shown;
use crate::world::World;

#[track_caller]
fn formatted(written: &str) -> String {
    match text(written, Kind::Policy) {
        Formatted::Same => written.to_owned(),
        Formatted::Changed(text) => text,
        Formatted::Refused(why) => panic!("refused, as {why}:\n{written}"),
    }
}

const MESSY: &str = "\u{feff}# yaml-language-server: $schema=x.json\r\n\r\n\r\n# Why it is here   \r\ncontent: \"Do not share \
                     secrets.\\nNot even old ones.\\n\"\r\nactionType:   block   # in force since May\r\n# agreed with the board\r\n\
                     riskType: HIGH  \r\n\r\n\r\nmetadata:   \r\n  owner: security\r\n  # ticket: SEC-1\r\nname: Secrets\r\n# the end\r\n";

#[test]
fn fields_stand_in_order_each_with_its_comments_and_texts_are_blocks() {
    assert_eq!(
        formatted(MESSY),
        "# yaml-language-server: $schema=x.json\n\nname: Secrets\nactionType:   block   # in force since May\n"
            .replace("actionType", "# agreed with the board\nriskType: HIGH\nactionType")
            + "\nmetadata:\n  owner: security\n  # ticket: SEC-1\n# Why it is here\ncontent: |\n  Do not share secrets.\n  \
               Not even old ones.\n# the end\n"
    );
    // Each document for itself; a text in one line stays in one line; blocks get two spaces.
    let two = "---\nname: a\nkey: a\ncontent: 'x'\nactionType: log\nriskType: LOW\n---\n# b\n\nriskType: LOW\nname: b\ncontent: |\n     one\n\n       two\nkey: b\nactionType: log\n";
    assert_eq!(
        formatted(two),
        "---\nkey: a\nname: a\nriskType: LOW\nactionType: log\ncontent: 'x'\n---\n# b\n\nkey: b\nname: b\nriskType: LOW\n\
         actionType: log\ncontent: |\n  one\n\n    two\n"
    );
}

#[test]
fn what_could_come_to_say_something_else_is_refused() {
    for written in [
        "{name: a, riskType: LOW, actionType: log, content: x}\n",
        "--- {name: a, riskType: LOW}\n",
        "name: a\rriskType: LOW\n",
        "  name: a\n  riskType: LOW\n",
        "? name\n: a\n",
    ] {
        assert!(matches!(text(written, Kind::Policy), Formatted::Refused(_)), "{written:?}");
    }
}

#[test]
fn a_tree_is_formatted_once_and_means_what_it_meant() {
    let world = World::new();
    world.write("policies/acme/_scope.yaml", "name: Acme\nid:   org-1   \n");
    world.write("policies/acme/secrets.yaml", MESSY);
    world.write("policies/acme/fine.yaml", "name: Fine\nriskType: LOW\nactionType: log\ncontent: Be kind to others.\n");
    world.write("policies/acme/README.md", "kept   \n");
    let before = shown(&tree::read(&world.path().join("policies")).unwrap());
    let plan = world.run(&["plan", "--format", "json"]).json();
    let unchanged = files(&world);

    let check = world.run(&["fmt", "--check"]);
    assert_eq!(check.code, Some(2), "{check}");
    assert_eq!(
        check.out,
        "  ~ not formatted policies/acme/_scope.yaml\n  ~ not formatted policies/acme/secrets.yaml\n"
    );
    assert_eq!(check.err, "2 files to be formatted, 1 as they should be\n");
    assert_eq!(files(&world), unchanged, "nothing was written");

    let ran = world.run(&["fmt"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(world.read("policies/acme/_scope.yaml"), "id:   org-1\nname: Acme\n");
    assert_eq!(world.read("policies/acme/README.md"), "kept   \n");
    let places = |shown: &str| {
        shown.lines().map(|line| line.split(" acme/secrets.yaml:").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(places(&shown(&tree::read(&world.path().join("policies")).unwrap())), places(&before));
    assert_eq!(world.run(&["plan", "--format", "json"]).json()["digest"], plan["digest"], "the same digest");

    let done = files(&world);
    let again = world.run(&["fmt"]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), ""), "{again}");
    assert_eq!(files(&world), done);
    assert_eq!(world.run(&["fmt", "--check"]).code, Some(0));
}

#[test]
fn a_file_with_errors_is_left_and_the_others_are_formatted() {
    let world = World::new();
    world.write("policies/acme/bad.yaml", "riskType: hihg\nname: a\nactionType: log\ncontent: x\n");
    world.write("policies/acme/flow.yaml", "{name: b, riskType: LOW, actionType: log, content: y}\n");
    world.write("policies/acme/good.yaml", "riskType: LOW\nname: c\nactionType: log\ncontent: z\n");
    let ran = world.run(&["fmt"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert_eq!(
        ran.out,
        "  ! left as it is policies/acme/bad.yaml: it has errors; `policysync validate` shows them\n  \
         ! left as it is policies/acme/flow.yaml: its fields don't stand on lines of their own, from the first column on\n  \
         ~ formatted policies/acme/good.yaml\n"
    );
    assert!(world.read("policies/acme/good.yaml").starts_with("name: c\n"));
    assert!(world.read("policies/acme/bad.yaml").starts_with("riskType: hihg\n"));
}

#[test]
fn the_examples_and_the_templates_have_the_house_form() {
    let world = World::new();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/policies");
    let ran = world.run(&["fmt", "--check", examples]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{ran}");
    for template in tree::templates::TEMPLATES {
        assert_eq!(text(template.text, Kind::Policy), Formatted::Same, "{}", template.name);
    }
}

#[test]
fn what_pull_writes_has_the_house_form() {
    let world = World::new();
    world.service.introduce(&["org-1"], "Acme: Inc");
    let texts =
        ["one line", "two\nlines\n", " begins with a space", "ends with lines\n\n\n", "\ttab\nno block", "a\u{85}b"];
    for (number, content) in texts.iter().enumerate() {
        world.seed(["org-1", "org-1/ws-1"][number % 2], "Same name", content, "user-console");
    }
    let ran = world.run(&["pull", "--id", "org-1", "--timeout", "2s"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let check = world.run(&["fmt", "--check"]);
    assert_eq!((check.code, check.out.as_str()), (Some(0), ""), "{check}");
}

/// Pieces of files that people write, in any order.
const LINES: &[&str] = &[
    "name: A name\n",
    "riskType: LOW\n",
    "actionType:  log   \n",
    "key: k   # why\n",
    "protected: true\n",
    "metadata: {a: b}\n",
    "metadata:\n  a: b   \n  # c\n  d: |\n    x  \n",
    "metadata:\n    a: |+\n      x\n\n",
    "content: |\n    one  \n\n    two\n",
    "content: |+\n  one\n\n\n",
    "content: |2-\n    one\n",
    "content: |   # note\n  # no comment\n",
    "content: >\n  folded\n  text\n",
    "content: \"one\\ntwo \\\n  three\" # c\n",
    "content: 'one\n\n  two'\n",
    "content: plain over\n  two lines\n",
    "# a comment\n",
    "   # an indented comment\n",
    "\n",
    "   \n",
    "---\n",
    "...\n",
    "orgId: ~\n",
    "'name': quoted\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, rng_seed: seed(), ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_whatever_is_formatted_and_twice_is_once(picked in prop::collection::vec(prop::sample::select(LINES), 0..12)) {
        let written = picked.concat();
        let Formatted::Changed(after) = text(&written, Kind::Policy) else { return Ok(()) };
        prop_assert_eq!(yaml::comments(&written), yaml::comments(&after), "{}\n---\n{}", written, after);
        prop_assert_eq!(values(&written), values(&after), "{}\n---\n{}", written, after);
        prop_assert_eq!(text(&after, Kind::Policy), Formatted::Same, "{}\n---\n{}", written, after);
    }
}

/// The documents as another reader has them: its maps don't know an order.
fn values(text: &str) -> Vec<serde_json::Value> {
    serde_yaml::from_multiple(text).expect("what was formatted can be read")
}
