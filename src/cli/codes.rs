//! Every kind of finding that any command can tell of, in the order of `docs/findings.md`, and all else that has a page.

use crate::domain::{Code, Level};
use crate::plan::{Guard, NoticeCode};
use crate::report::{Explained, PageOf};
use crate::{plan, tree};

use super::config;

const FINDINGS: &str = include_str!("../../docs/findings.md");
const GUARDS: &str = include_str!("../../docs/guards.md");
const NOTICES: &str = include_str!("../../docs/notices.md");
const EXITS: &str = include_str!("../../docs/how-to/recover.md");

/// All kinds: what a tree can have, what only the service can tell of it, and what the settings file can have.
pub fn codes() -> impl Iterator<Item = &'static (Code, Level, &'static str)> {
    tree::codes::ALL.iter().chain(plan::CODES).chain(plan::LINT_CODES).chain(config::CODES)
}

/// The page of each finding, each guard, each notice and each exit code; each of another name.
pub fn pages() -> impl Iterator<Item = Explained> {
    let of_findings = codes().filter_map(|(code, level, title)| {
        let of = if *level == Level::Error { PageOf::Error } else { PageOf::Warning };
        Explained::find(FINDINGS, code.0, of, title)
    });
    let of_guards = Guard::ALL
        .into_iter()
        .filter_map(|guard| Explained::find(GUARDS, guard.as_str(), PageOf::Guard, guard.title()));
    // Wording that `lint` finds is a finding, and has its page there.
    let others = NoticeCode::ALL.into_iter().filter(|code| codes().all(|(known, ..)| known.0 != code.as_str()));
    let of_notices = others.filter_map(|code| Explained::find(NOTICES, code.as_str(), PageOf::Notice, code.title()));
    of_findings.chain(of_guards).chain(of_notices).chain(Explained::exits(EXITS))
}
