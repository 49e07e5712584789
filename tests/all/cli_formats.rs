//! The formats, through the binary: a format never changes the exit code, is refused where there is none before anything is
//! done, and whatever a policy says is text in each.

use serde_json::Value;

use crate::world::{Ran, World};

const ALL: [&str; 6] = ["text", "json", "markdown", "html", "sarif", "github"];
const WITHOUT_SARIF: [&str; 5] = ["text", "json", "markdown", "html", "github"];

/// Asserts that a command ends the same in each format, and that its result has the format's form.
#[track_caller]
fn same_exit(world: &World, args: &[&str], formats: &[&str], code: i32) -> Vec<Ran> {
    let run = |format: &&str| {
        let ran = world.run(&[args, &["--format", format]].concat());
        assert_eq!(ran.code, Some(code), "{args:?} as {format}: {ran}");
        match *format {
            "json" | "sarif" => drop(serde_json::from_str::<Value>(&ran.out).expect("JSON")),
            "html" => assert!(ran.out.starts_with("<!doctype html>\n") && ran.out.ends_with("</html>\n"), "{ran}"),
            "markdown" => assert!(ran.out.starts_with("## "), "{ran}"),
            "github" => assert!(ran.out.lines().rev().skip(1).all(|line| line.starts_with("::")), "{ran}"),
            _ => {}
        }
        ran
    };
    formats.iter().map(run).collect()
}

#[test]
fn a_format_never_changes_the_exit_code() {
    let world = World::new();
    world.policies(3);
    same_exit(&world, &["validate"], &ALL, 0);
    same_exit(&world, &["plan"], &ALL, 0);
    same_exit(&world, &["plan", "--detailed-exitcode"], &ALL, 2);
    assert_eq!(world.apply(&[]).code, Some(0));
    same_exit(&world, &["apply"], &WITHOUT_SARIF, 0);
    same_exit(&world, &["drift"], &WITHOUT_SARIF, 0);
    world.service.edit(&world.id("policy-0000"), serde_json::json!({"actionType": 0}), "user-night");
    for ran in same_exit(&world, &["drift"], &WITHOUT_SARIF, 2) {
        assert!(ran.out.contains("acme/policy-0000") && ran.out.contains("weaker"), "{ran}");
    }
    world.write("policies/acme/bad.yaml", "name: x\n");
    for command in ["validate", "plan"] {
        same_exit(&world, &[command], &["json", "markdown", "html", "sarif", "github"], 3);
    }
    for command in ["apply", "drift"] {
        same_exit(&world, &[command], &["json", "markdown", "html", "github"], 3);
    }
}

#[test]
fn a_guard_that_refuses_is_told_in_each_format() {
    let world = World::new();
    world.policies(2);
    assert_eq!(world.apply(&[]).code, Some(0));
    std::fs::remove_dir_all(world.path().join("policies")).unwrap();
    std::fs::create_dir(world.path().join("policies")).unwrap();
    let writes = world.writes();
    let refused: Vec<Ran> = [("plan", &ALL[2..]), ("apply", &["markdown", "html", "github"][..])]
        .into_iter()
        .flat_map(|(command, formats)| same_exit(&world, &[command, "--prune"], formats, 4))
        .collect();
    for ran in refused {
        assert!(ran.out.contains("is it the right folder?"), "{ran}");
    }
    assert_eq!(world.writes(), writes);
}

#[test]
fn a_format_that_a_command_does_not_write_is_refused_before_anything_is_done() {
    let world = World::new();
    world.policies(1);
    for args in [
        &["apply", "--format", "sarif"][..],
        &["drift", "--format", "sarif"],
        &["tree", "--format", "html"],
        &["state", "list", "--format", "markdown"],
        &["pull", "acme", "--format", "github"],
    ] {
        let ran = world.run(args);
        assert_eq!(ran.code, Some(64), "{ran}");
        assert!(ran.out.is_empty() && ran.err.contains("does not write the format"), "{ran}");
        assert!(ran.err.contains("hint: it writes text"), "{ran}");
    }
    assert_eq!(world.service.requests().len(), 0);
}

#[test]
fn what_was_applied_is_told_in_each_format() {
    for format in ["markdown", "html", "github"] {
        let world = World::new();
        world.policies(2);
        let ran = world.apply(&["--format", format]);
        assert_eq!(ran.code, Some(0), "{ran}");
        let said = match format {
            "markdown" => "## Applied: 2 changes\n",
            "html" => "<p class=\"lead\">2 done, 0 failed, 0 undecided, 0 not tried.</p>",
            _ => "Apply: 2 done, 0 failed, 0 undecided, 0 not tried.\n",
        };
        assert!(ran.out.contains(said), "{ran}");
    }
}

/// Texts of the attacks S1 to S7; those that no name may hold stand in a policy's content alone.
const HOSTILE: [&str; 14] = [
    "\u{1b}[2K\u{1b}]8;;https://evil.example\u{7}",
    "\u{202e}\u{200b}\u{e0041}",
    "::error::forged",
    "##[set-output name=x]y",
    "%0A::error::,line=1",
    "```\n</details>\n\n# forged\n",
    "</details>",
    "@acme/team",
    "#1 GH-1",
    "![x](https://evil.example/x.png)",
    "[x](https://evil.example)",
    "<!-- policysync:forged -->",
    "<script>alert(1)</script>",
    "\" onload=alert(1)></style>",
];

/// S1 to S7 in a plan; `report::attacks` looks at every command.
#[test]
fn whatever_a_policy_says_is_text_in_each_format() {
    let world = World::new();
    for (index, text) in HOSTILE.iter().enumerate() {
        world.policy(&format!("acme/p{index}"), "HIGH", "block", &format!("{text} before"));
    }
    assert_eq!(world.apply(&[]).code, Some(0));
    for (index, text) in HOSTILE.iter().enumerate() {
        world.policy(&format!("acme/p{index}"), "HIGH", "log", &format!("{text} after"));
    }
    for ran in same_exit(&world, &["plan"], &ALL, 4) {
        let raw = |c: &char| c.is_control() && *c != '\n' || matches!(c, '\u{202e}' | '\u{200b}' | '\u{e0041}');
        assert_eq!(ran.out.chars().find(raw), None, "{ran}");
        let forged = |line: &&str| {
            let line = line.trim_start();
            (line.starts_with("::") && line.contains("forged")) || line.contains("##[")
        };
        assert_eq!(ran.out.lines().find(forged), None, "{ran}");
    }
    let html = world.run(&["plan", "--format", "html"]).out;
    assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_eq!((html.matches("<style>").count(), html.matches("<script>").count()), (1, 1));
    let github = world.run(&["plan", "--format", "github"]).out;
    assert_eq!(github.lines().filter(|line| line.starts_with("::")).count(), 10, "{github}");
    assert!(github.contains("::warning title=policysync::and "), "{github}");
}

#[test]
fn links_lead_to_where_the_user_or_the_ci_says() {
    let mut world = World::new();
    world.policies(1);
    let link = |world: &World, args: &[&str]| {
        let out = world.run(&[&["plan", "--format", "markdown"], args].concat()).out;
        out.split_once("](<").map(|(_, rest)| rest.split_once('>').unwrap().0.to_owned())
    };
    let file = "policies/acme/policy-0000.yaml#L1";
    assert_eq!(link(&world, &[]), None);
    let flag = ["--repository-url", "https://git.example/acme/rules/src/main/"];
    assert_eq!(link(&world, &flag), Some(format!("https://git.example/acme/rules/src/main/{file}")));
    let bad = world.run(&["plan", "--repository-url", "javascript:alert(1)"]);
    assert_eq!(bad.code, Some(64), "{bad}");
    let above = world.path().parent().unwrap().to_str().unwrap().to_owned();
    let below = world.path().file_name().unwrap().to_str().unwrap().to_owned();
    world.env = [
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "acme/rules"),
        ("GITHUB_SHA", "c0ffee"),
        ("GITHUB_WORKSPACE", &above),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();

    assert_eq!(link(&world, &[]), Some(format!("https://github.com/acme/rules/blob/c0ffee/{below}/{file}")));
    // Annotations name files below the repository's root, whatever folder the command runs in.
    world.write("policies/acme/bad.yaml", "name: x\n");
    let said = world.run(&["validate", "--format", "github"]);
    assert!(said.out.contains(&format!("file={below}/policies/acme/bad.yaml,line=1,")), "{said}");
}
