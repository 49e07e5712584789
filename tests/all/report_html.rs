//! The page: whatever a text says, its tags are ours, and its content policy holds what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use base64::Engine as _;
use policysync::domain::{ActionType, RiskType};
use policysync::report::{Links, apply_html, drift_html, escape, findings_html, plan_html};
use policysync::tree::Tree;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::laws::hostile;
use super::live::of_drift;
use super::world::{address, change, desired, outcome_saying, plan, plan_saying, policy, tree, tree_saying};

/// Every page of what says `text`.
pub(super) fn documents(text: &str, other: &str) -> Vec<String> {
    let links =
        Links::none("policies", Some("policies")).to("https://github.com/acme/rules/blob/main").expect("an address");
    let (plan, tree) = (plan_saying(text, other), tree_saying(text));
    vec![
        plan_html(&plan, &tree_with_names(text), &links),
        apply_html(&plan, &outcome_saying(text), &tree, &links),
        of_drift(text, other, |drift, tree| drift_html(drift, tree, &links)),
        findings_html(&tree, &links, &|_| Some(format!("{text}\n{other}"))),
    ]
}

/// A tree whose scopes and unchanged policies say a text.
fn tree_with_names(text: &str) -> Tree {
    let mut tree = tree_saying(text);
    let text = format!("{text}.");
    let unchanged = policy("acme/ws/kept", &text, RiskType::High, ActionType::Block, &text);
    tree.policies.insert(address("acme/ws/kept"), desired(unchanged, "f.yaml"));
    tree
}

/// The tags of a page in their order, each with the names of its attributes; its style and script taken out.
pub(super) fn tags(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("a tag is closed");
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        let names: Vec<&str> = tag.split('"').step_by(2).map(|part| part.trim().trim_end_matches('=')).collect();
        tags.push(names.join(" "));
        rest = match name {
            "style" | "script" => &after[after.find(&format!("</{name}>")).expect("it ends")..],
            _ => after,
        };
    }
    tags
}

/// Tags that come with lines: their number rests on a text's lines and words.
fn of_lines(tag: &str) -> bool {
    let tag = tag.trim_start_matches('/').trim_end();
    ["div class", "span", "ins", "del", "mark", "details class", "details", "summary", "div", "/div"]
        .iter()
        .any(|of| tag == *of || tag.starts_with("span "))
}

/// Every tag that there is in pages of harmless texts.
fn known() -> &'static BTreeSet<String> {
    static KNOWN: OnceLock<BTreeSet<String>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let long = documents(&"line\n".repeat(30), &format!("{}x\n", "line\n".repeat(29)));
        documents("plain", "other").iter().chain(&long).flat_map(|page| tags(page)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_tags_are_ours_whatever_a_text_says(text in hostile(), other in hostile()) {
        let equal = text == other;
        let same_words = format!("{text}.").split_whitespace().eq(format!("{other}.").split_whitespace());
        let plain = match (equal, same_words) {
            (true, _) => ("plain", "plain"),
            (false, true) => ("plain words", "plain  words"),
            (false, false) => ("plain", "other"),
        };
        let skeleton = |page: &str| tags(page).into_iter().filter(|tag| !of_lines(tag)).collect::<Vec<_>>();
        let known = known();
        for (page, harmless) in documents(&text, &other).iter().zip(documents(plain.0, plain.1)) {
            let (mut shown, mut wanted) = (skeleton(page), skeleton(&harmless));
            // Findings stand by the names of their files.
            if page.contains("Findings") {
                shown.sort();
                wanted.sort();
            }
            prop_assert_eq!(shown, wanted, "{}", page);
            let strange: Vec<String> = tags(page).into_iter().filter(|tag| !known.contains(tag)).collect();
            prop_assert_eq!(strange, Vec::<String>::new());
        }
    }
}

#[test]
fn a_field_that_a_sentence_names_is_code_and_nothing_else_is() {
    let said = escape::html_sentence("`name` holds <b>, `evil` and &#96;name&#96;", &["name"]);
    assert_eq!(said, "<code>name</code> holds &lt;b&gt;, &#96;evil&#96; and &amp;#96;name&amp;#96;");
}

#[test]
fn the_content_policy_names_the_style_and_the_script_and_nothing_else() {
    for page in documents("a", "b") {
        let between = |open: &str, close: &str| {
            page.split_once(open).and_then(|(_, rest)| rest.split_once(close)).map(|(text, _)| text)
        };
        let policy =
            between("http-equiv=\"Content-Security-Policy\" content=\"", "\"").expect("a policy").replace("&#39;", "'");
        let rules: BTreeMap<&str, &str> = policy.split("; ").filter_map(|rule| rule.split_once(' ')).collect();
        let hash =
            |text: &str| format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text)));
        let script = between("<script>", "</script>").map_or("'none'".to_owned(), hash);
        let style = hash(between("<style>", "</style>").expect("a style"));
        let wanted = [
            ("base-uri", "'none'"),
            ("default-src", "'none'"),
            ("form-action", "'none'"),
            ("script-src", script.as_str()),
            ("style-src", style.as_str()),
        ];
        assert_eq!(rules, BTreeMap::from(wanted));
        for word in [" style=", " onclick", "javascript:", "@import", "url(", " src="] {
            assert!(!page.contains(word), "{word}");
        }
    }
}

#[test]
fn scopes_are_nested_and_unchanged_policies_are_folded() {
    let scopes = [
        ("acme", "acme", None),
        ("acme/p", "acme/p", Some("Production")),
        ("acme/p/api", "acme/p/api", None),
        ("acme-x", "acme-x", None),
    ];
    let kept = [("acme/p/api/kept", ActionType::Block), ("acme-x/kept", ActionType::Log)];
    let tree = tree(&scopes, &kept);
    let at = "acme/p/pii";
    let new = policy(at, "PII", RiskType::High, ActionType::Block, "No names.\n");
    let plan = plan(vec![change(at, None, Some(new))], 2);
    let page = plan_html(&plan, &tree, &Links::default());
    let at = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what} is not in {page}"));
    let order = [
        "data-scope=\"acme\"",
        "data-scope=\"acme/p\"",
        "<code class=\"address\">acme/p/pii</code>",
        "data-scope=\"acme/p/api\"",
        "<code>kept</code>",
        "data-scope=\"acme-x\"",
    ];
    assert!(order.map(at).is_sorted(), "{page}");
    assert!(page.contains("1 unchanged") && page.contains("Production"));
    assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
    assert_eq!(page.matches("<div").count(), page.matches("</div>").count());
}
