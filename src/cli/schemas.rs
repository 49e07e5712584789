//! Every JSON Schema there is: of the files that people write, and of the reports.

use crate::report;
use crate::tree::schema::{PolicyFile, ScopeFile};

use super::config_schema::ConfigFile;

/// The files that people write, and what each is.
pub const FILES: [(&str, &str); 3] =
    [("policy", "a policy file of the tree"), ("scope", "a folder's _scope.yaml"), ("config", "policysync.yaml")];

/// The schema of a file or report, as a document; nothing for a name that there isn't.
#[must_use]
pub fn schema(name: &str) -> Option<String> {
    match name {
        "policy" => Some(report::schema_of_file::<PolicyFile>()),
        "scope" => Some(report::schema_of_file::<ScopeFile>()),
        "config" => Some(report::schema_of_file::<ConfigFile>()),
        report => report::schema(report),
    }
}

/// All names: files first.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().map(|(name, _)| name).chain(report::SCHEMAS)
}
