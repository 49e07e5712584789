//! The pages for engineers name what is there: each path exists, each item is defined where it is said to be, each link of
//! any page leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What stands in a path for a name that is yours to choose.
const YOURS: &str = "NAME";
/// Folders and files at the root that pages speak of, as the first step of a path.
const ROOTS: &[&str] =
    &["src/", "tests/", "docs/", "examples/", "schemas/", "action/", "benches/", ".github/workflows/release"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[expect(clippy::disallowed_methods, reason = "reads this project's own files")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Markdown files of the repository, by their path in it.
fn pages() -> Vec<String> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"];
    let listed = Command::new("git").args(list).current_dir(root()).output().expect("git runs");
    let mut pages: Vec<String> = String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect();
    if pages.is_empty() {
        // No repository, as in a packed release.
        let files = walkdir::WalkDir::new(root().join("docs")).into_iter().filter_map(Result::ok);
        let files = files.filter_map(|file| Some(file.path().strip_prefix(root()).ok()?.to_str()?.to_owned()));
        pages = files.filter(|path| path.ends_with(".md")).collect();
        pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(str::to_owned));
    }
    // Trees of policies and their texts are no pages.
    pages.retain(|page| !page.starts_with("tests/cases/") && root().join(page).exists());
    pages
}

/// A page without its blocks of code.
fn prose(page: &str) -> String {
    let mut inside = false;
    let keep = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    };
    page.lines().filter(keep).map(|line| format!("{line}\n")).collect()
}

/// The words in code of a page's prose.
fn code_words(prose: &str) -> Vec<&str> {
    prose.split('`').skip(1).step_by(2).collect()
}

/// Whether a file defines an item of this name.
fn defines(text: &str, item: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    ["fn ", "struct ", "enum ", "trait ", "const ", "static ", "type ", "mod ", "macro_rules! "].iter().any(|kind| {
        let defined = format!("{kind}{item}");
        text.match_indices(&defined).any(|(at, _)| ends(&text[at + defined.len()..]))
    })
}

#[test]
fn what_the_pages_name_is_there() {
    let mut wrong = Vec::new();
    let mut named = 0;
    let of_the_engineer = |page: &str| matches!(page, "CONTRIBUTING.md" | "SECURITY.md") || page.starts_with("docs/");
    for page in pages().into_iter().filter(|page| of_the_engineer(page)) {
        let prose = prose(&read(&root().join(&page)));
        for word in code_words(&prose) {
            let (path, item) = word.split_once("::").map_or((word, None), |(path, item)| (path, Some(item)));
            let is_path = ROOTS.iter().any(|root| path.starts_with(root)) && !path.contains([' ', '…']);
            if !is_path {
                continue;
            }
            named += 1;
            let path = path.split(YOURS).next().map_or(path, |before| match before.len() == path.len() {
                true => path,
                // Of a file that is yours the folder is there.
                false => before.rsplit_once('/').map_or(before, |(folder, _)| folder),
            });
            let file = root().join(path);
            let pattern = path.split_once('*').map(|(before, after)| (root().join(before), after));
            let there = match &pattern {
                Some((before, after)) => is_begun(before, after),
                None => file.exists(),
            };
            if !there {
                wrong.push(format!("{page} names {word}, which is not there"));
            } else if let Some(item) = item.filter(|item| !defines(&read(&file), item)) {
                wrong.push(format!("{page} names {item} in {path}, which defines no such thing"));
            }
        }
    }
    assert!(named > 150, "{named}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a folder has a file whose name begins and ends so.
fn is_begun(before: &Path, after: &str) -> bool {
    let (Some(folder), Some(begin)) = (before.parent(), before.file_name().and_then(|name| name.to_str())) else {
        return false;
    };
    let mut names =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.any(|name| name.starts_with(begin) && name.ends_with(after))
}

/// Each threat has a test, or says that the rule is yours.
#[test]
fn each_threat_names_a_test_that_holds_it() {
    let page = read(&root().join("SECURITY.md"));
    let (mut said, mut threats) = (false, 0);
    for line in page.lines() {
        match line {
            "| what is tried | what stops it | held by |" => said = true,
            _ if !line.starts_with('|') => said = false,
            _ if !said || line.starts_with("| ---") => {}
            _ => {
                threats += 1;
                let held_by = line.trim_end_matches(" |").rsplit(" | ").next().expect("a row has columns");
                let tests = code_words(held_by);
                let all_tests = tests.iter().all(|test| test.starts_with("tests/all/") && test.contains(".rs::"));
                assert!(held_by == "docs" || (!tests.is_empty() && all_tests), "who holds this? {line}");
                assert!(held_by != "docs" || line.contains("**Nothing"), "what stops nothing says so: {line}");
            }
        }
    }
    assert!(threats >= 25, "{threats}");
}

/// The anchors that GitHub gives to a page's headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for heading in prose(page).lines().filter(|line| line.starts_with('#')) {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let again = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(again).find(|anchor| !anchors.contains(anchor));
        anchors.extend(free);
    }
    anchors
}

#[test]
fn each_link_of_each_page_leads_somewhere() {
    let pages = pages();
    let mut known: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    let (mut wrong, mut links) = (Vec::new(), 0);
    for page in &pages {
        let path = root().join(page);
        let prose = prose(&read(&path));
        // What stands in code is no link.
        let text: String = prose.split('`').step_by(2).collect::<Vec<_>>().join("x");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            links += 1;
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let target = if file.is_empty() { path.clone() } else { path.parent().expect("a folder").join(file) };
            let Ok(target) = target.canonicalize() else {
                wrong.push(format!("{page} links to {link}, which is not there"));
                continue;
            };
            let Some(anchor) = anchor.filter(|_| target.extension().is_some_and(|ending| ending == "md")) else {
                continue;
            };
            let there = known.entry(target.clone()).or_insert_with(|| anchors(&read(&target)));
            if !there.contains(anchor) {
                wrong.push(format!("{page} links to {link}, and there is no such heading; there are {there:?}"));
            }
        }
    }
    assert!(links > 100, "{links}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_index_names_every_page() {
    let index = read(&root().join("docs/README.md"));
    for page in pages().iter().filter_map(|page| page.strip_prefix("docs/")).filter(|page| *page != "README.md") {
        assert!(index.contains(&format!("]({page})")), "docs/README.md doesn't name {page}");
    }
}

/// What a page has someone copy into a workflow is pinned as the examples are.
#[test]
fn each_action_on_a_page_is_pinned() {
    let mut seen = 0;
    for page in pages() {
        for line in read(&root().join(&page)).lines() {
            let Some(used) = line.trim().trim_start_matches("- ").strip_prefix("uses: ") else { continue };
            let Some((_, pin)) = used.split_once('@').filter(|_| !used.starts_with("./")) else { continue };
            let (commit, version) = pin.split_once(" # v").unwrap_or((pin, ""));
            let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_commit && !version.is_empty(), "{page}: {used}");
            seen += 1;
        }
    }
    assert!(seen >= 8, "{seen}");
}

#[test]
fn anchors_are_as_github_makes_them() {
    let page = "# A `B`: c, d!\n\n## 1: failure\n\n## Twice\n\n```\n# no heading\n```\n\n## Twice\n";
    let wanted = ["1-failure", "a-b-c-d", "twice", "twice-1"].map(str::to_owned);
    assert_eq!(anchors(page), wanted.into());
}
