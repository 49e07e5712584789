//! Every kind of finding that any command can tell of, in the order of `docs/findings.md`.

use crate::domain::{Code, Level};
use crate::{plan, tree};

use super::config;

/// All kinds: what a tree can have, what only the service can tell of it, and what the settings file can have.
pub fn codes() -> impl Iterator<Item = &'static (Code, Level, &'static str)> {
    tree::codes::ALL.iter().chain(plan::CODES).chain(plan::LINT_CODES).chain(config::CODES)
}
