//! The hierarchy of scopes for people: who has which policies, at a glance.

use std::fmt::Write as _;

use super::hierarchy::{Node, hierarchy};
use super::style::{Role, Styles};
use super::{counted, escape};
use crate::domain::ScopeLevel;
use crate::tree::Tree;

/// Every scope with the number of its policies and the strongest action among them, and the sums on the last line.
#[must_use]
pub fn tree_text(tree: &Tree, styles: &Styles) -> String {
    let mut out = String::new();
    for node in &hierarchy(tree) {
        out.push_str(&facts(node, styles));
        below(&mut out, &node.children, "", styles);
        out.push('\n');
    }
    let count = |level: ScopeLevel| tree.scopes.keys().filter(|path| path.level() == level).count();
    let sums = [
        counted(count(ScopeLevel::Organization), "organization", "organizations"),
        counted(count(ScopeLevel::Workspace), "workspace", "workspaces"),
        counted(count(ScopeLevel::Repository), "repository", "repositories"),
        counted(tree.policies.len(), "policy", "policies"),
    ];
    let _ = writeln!(out, "{}", sums.join(", "));
    out
}

fn below(out: &mut String, nodes: &[Node<'_>], indent: &str, styles: &Styles) {
    let mut nodes = nodes.iter().peekable();
    while let Some(node) = nodes.next() {
        let (branch, stem) = if nodes.peek().is_some() { ("├── ", "│   ") } else { ("└── ", "    ") };
        let _ = write!(out, "{}", styles.paint(Role::Muted, format!("{indent}{branch}")));
        out.push_str(&facts(node, styles));
        below(out, &node.children, &format!("{indent}{stem}"), styles);
    }
}

/// `acme "Acme Inc" (id org-123): 2 policies, strongest block`.
fn facts(node: &Node<'_>, styles: &Styles) -> String {
    let Node { name, id, display_name, policies, total: _, strongest, children: _ } = node;
    let mut line = styles.paint(Role::Bold, escape::line(name)).to_string();
    if let Some(display_name) = display_name.filter(|shown| shown != name) {
        let _ = write!(line, " \"{}\"", escape::line(display_name));
    }
    if id != name {
        let _ = write!(line, " {}", styles.paint(Role::Muted, format!("(id {})", escape::line(id))));
    }
    match strongest {
        Some(action) => {
            let _ = writeln!(line, ": {}, strongest {action}", counted(*policies, "policy", "policies"));
        }
        None => {
            let _ = writeln!(line, ": {}", styles.paint(Role::Muted, "no policies"));
        }
    }
    line
}
