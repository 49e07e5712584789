//! What the parts of an account of violations are called, in every format that people read. Nothing is escaped here.

use crate::api::Person;
use crate::plan::{Counts, Offended, Site};

/// The longest name of the service's that is shown whole, in characters.
const LONG: usize = 60;

/// `14 violations of acme/production: 8 blocked, 6 let through`.
pub(super) fn in_counts(counts: Counts, of: Option<&str>) -> String {
    let of = of.map_or_else(String::new, |of| format!(" of {of}"));
    let Counts { blocked, let_through, untold } = counts;
    let parts = [(blocked, "blocked"), (let_through, "let through"), (untold, "of which the service doesn't say it")];
    let some = parts.into_iter().filter(|(number, _)| *number > 0);
    let some: Vec<String> = some.map(|(number, what)| format!("{number} {what}")).collect();
    match counts.total() {
        0 => format!("No violations{of}"),
        total => format!("{}{of}: {}", super::counted(total, "violation", "violations"), some.join(", ")),
    }
}

/// The address; the name and the id of one that nobody manages.
pub(super) fn of_policy(policy: &Offended) -> String {
    let Offended { id, address, name } = policy;
    match (address, id) {
        (Some(address), _) => address.to_string(),
        (None, Some(id)) => format!("\"{}\" ({id}), which nobody manages", cut(name)),
        (None, None) => format!("\"{}\", of which the service gives no id", cut(name)),
    }
}

/// The path; the name and the id where the tree and the record don't have it.
pub(super) fn of_site(site: &Site) -> String {
    let Site { id, path, name } = site;
    match (path, id) {
        (Some(path), _) => path.to_string(),
        (None, Some(id)) if name.is_empty() || name == id.as_str() => id.to_string(),
        (None, Some(id)) => format!("\"{}\" ({id})", cut(name)),
        (None, None) => "in no repository that the service names".to_owned(),
    }
}

/// A user's name and id.
pub(super) fn of_user(user: Option<&Person>) -> String {
    match user {
        None => "someone that the service doesn't name".to_owned(),
        Some(Person { id, name }) if name == id.as_str() => id.to_string(),
        Some(Person { id, name }) => format!("\"{}\" ({id})", cut(name)),
    }
}

/// What was done about a call.
pub(super) fn outcome(blocked: Option<bool>) -> &'static str {
    match blocked {
        Some(true) => "blocked",
        Some(false) => "let through",
        None => "not told whether blocked",
    }
}

/// The service's word.
pub(super) fn severity(word: &str) -> String {
    if word.is_empty() { "not told".to_owned() } else { cut(word) }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONG) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
