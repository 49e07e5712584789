use policysync::domain::ActionType;
use policysync::report::{Styles, tree_json, tree_text};
use policysync::tree::Tree;

use super::world::tree;

fn sample() -> Tree {
    tree(
        &[
            ("acme", "org-123", Some("Acme Inc")),
            ("acme/production", "org-123/production", None),
            ("acme/production/billing-api", "org-123/production/billing-api", None),
            ("acme/production/web", "org-123/production/repo-9", None),
            ("acme/staging", "org-123/ws-77", None),
            ("acme.test", "acme.test", None),
        ],
        &[
            ("acme/pii", ActionType::Block),
            ("acme/code", ActionType::Log),
            ("acme/production/x", ActionType::Alert),
            ("acme/production/billing-api/cards", ActionType::Block),
        ],
    )
}

#[test]
fn the_hierarchy_at_a_glance() {
    insta::assert_snapshot!(tree_text(&sample(), &Styles::plain()));
}

#[test]
fn the_hierarchy_as_json_feeds_a_matrix() {
    let json = tree_json(&sample());
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let organizations = value["organizations"].as_array().unwrap();
    let names: Vec<_> = organizations.iter().map(|org| org["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme", "acme.test"]);
    assert_eq!(organizations[0]["total"], 4);
    insta::assert_snapshot!(json);
}

#[test]
fn an_empty_tree_has_sums_too() {
    assert_eq!(
        tree_text(&Tree::default(), &Styles::plain()),
        "0 organizations, 0 workspaces, 0 repositories, 0 policies\n"
    );
}
