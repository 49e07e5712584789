//! A pull for people: the files that were written, what was left alone and why, and the counts on the last line.

use std::fmt::Write as _;

use super::style::{Role, Styles};
use super::{counted, escape, path_below};
use crate::plan::{Doing, Left, Pull, Pulled};

/// Where the reason for a policy that was left alone stands.
const INDENT: &str = "      ";

/// What was written, or would be (`dry_run`); `root` is the tree's path as the user wrote it.
#[must_use]
pub fn pull_text(pull: &Pull, root: &str, dry_run: bool, styles: &Styles) -> String {
    let mut out = String::new();
    for folder in pull.folders.iter().filter(|folder| folder.scope_file.is_some()) {
        file(&mut out, ("+", Role::Add), &path_below(root, &format!("{}/_scope.yaml", folder.path)), "", styles);
    }
    for Pulled { file: path, doing, .. } in &pull.pulled {
        match doing {
            Doing::Right => {}
            Doing::Write(_) => file(&mut out, ("+", Role::Add), &path_below(root, path), "", styles),
            Doing::Replace(_) => file(&mut out, ("~", Role::Change), &path_below(root, path), "  replaced", styles),
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    pull.left.iter().for_each(|left| one_left(&mut out, left, root, styles));
    for (address, id) in &pull.gone {
        let heading = styles.paint(Role::Warning, "gone:");
        let _ = writeln!(out, "{heading} {}", escape::line(address.as_str()));
        let _ = writeln!(
            out,
            "{INDENT}the service has no policy {} any more; its file and its record stay",
            escape::line(id.as_str())
        );
        let hint = "delete its file and `policysync apply --prune` forgets it; `policysync drift` says more";
        let _ = writeln!(out, "{INDENT}{}: {hint}", styles.paint(Role::Hint, "hint"));
    }
    for (what, why) in &pull.unseen {
        let heading = styles.paint(Role::Warning, "can't be seen:");
        let _ = writeln!(out, "{heading} {}: {}", escape::line(what), escape::line(why));
    }
    summary(&mut out, pull, dry_run, styles);
    out
}

fn file(out: &mut String, (sign, role): (&str, Role), path: &str, note: &str, styles: &Styles) {
    let _ = writeln!(out, "  {} {}{note}", styles.paint(role, sign), escape::line(path));
}

fn one_left(out: &mut String, left: &Left, root: &str, styles: &Styles) {
    let Left { id, scope, name, file, reason: _, why, hint } = left;
    let heading = styles.paint(Role::Warning, "not pulled:");
    let name = if name.chars().count() > 60 { name.chars().take(59).chain(['…']).collect() } else { name.clone() };
    let _ = writeln!(out, "{heading} {}", escape::line(&format!("{id} \"{name}\", {scope}")));
    let place = file.as_ref().map_or_else(String::new, |file| format!("{}: ", path_below(root, file)));
    let _ = writeln!(out, "{INDENT}{}", escape::line(&format!("{place}{why}")));
    let _ = writeln!(out, "{INDENT}{}: {}", styles.paint(Role::Hint, "hint"), escape::line(hint));
}

fn summary(out: &mut String, pull: &Pull, dry_run: bool, styles: &Styles) {
    let count = |is: fn(&Doing) -> bool| pull.pulled.iter().filter(|pulled| is(&pulled.doing)).count();
    let new = count(|doing| matches!(doing, Doing::Write(_)));
    let replaced = count(|doing| matches!(doing, Doing::Replace(_)));
    let heading = match (dry_run, pull.is_complete()) {
        (true, _) => styles.paint(Role::Bold, "Would pull"),
        (false, true) => styles.paint(Role::Good, "Pulled"),
        (false, false) => styles.paint(Role::Warning, "Pulled in part"),
    };
    let mut counts =
        vec![format!("{new} new, {replaced} replaced, {} as they were", pull.pulled.len() - new - replaced)];
    for (number, what) in [(pull.left.len(), "left alone"), (pull.gone.len(), "gone"), (pull.unseen.len(), "not seen")]
    {
        if number > 0 {
            counts.push(format!("{number} {what}"));
        }
    }
    let policies = counted(pull.pulled.len(), "policy", "policies");
    let _ = writeln!(out, "{heading}: {policies}: {}.", counts.join(", "));
}
