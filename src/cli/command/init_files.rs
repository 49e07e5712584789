//! The texts of what `init` writes besides policies.

use crate::cli::author_args::{ActionPin, Workflows};
use crate::domain::{Endpoint, ScopePath};
use crate::tree::writing::{Unwritable, line, said_of_scope};

/// What `policysync.yaml` says.
pub(super) struct SettingsFile<'a> {
    pub(super) tree: &'a str,
    pub(super) state: &'a str,
    /// The service, where one was named.
    pub(super) endpoint: Option<&'a Endpoint>,
}

impl SettingsFile<'_> {
    /// The file's text, below the line that names its schema.
    pub(super) fn text(&self, schema_line: &str) -> String {
        let Self { tree, state, endpoint } = self;
        let mut text = format!("{schema_line}# What policysync does here; flags and the environment win over it.\n");
        text.push_str("# No token here: it comes from the environment, as POLICYSYNC_TOKEN.\n");
        text.push_str(&format!("tree: {}\n", line(tree)));
        text.push_str("# Where the record of what was applied is kept.\n");
        text.push_str(&format!("state: {}\n", line(state)));
        match endpoint {
            Some(endpoint) => text.push_str(&format!("endpoint: {}\n", line(endpoint.as_str()))),
            None => text.push_str(&format!("# endpoint: {}   # unless it is this\n", Endpoint::DEFAULT)),
        }
        text.push_str("# prune: true   # delete policies whose file is gone; else they are only named\n");
        text.push_str("# guards: {weaken: 0, delete: 10%}   # what a plan may do unless a flag says more\n");
        text
    }
}

/// A folder's `_scope.yaml`: it says the id also where that is the folder's name, so that Git keeps the folder.
pub(super) fn scope_file(
    path: &ScopePath,
    id: Option<&str>,
    name: Option<&str>,
    schema_line: &str,
) -> Result<String, Unwritable> {
    let said = said_of_scope(Some(id.unwrap_or(path.name())), name)?;
    let note = match id {
        Some(_) => String::new(),
        None => {
            format!("# The folder's name stands for the id; where the {} has another, write it here.\n", path.level())
        }
    };
    Ok(format!("{schema_line}{note}{said}"))
}

/// The action in the examples, and the line above it: no repository and no commit, so that a file in which nobody put
/// them fails before any of its steps runs.
pub(super) const PLACEHOLDER: &str =
    concat!("your-org/policysync@0000000000000000000000000000000000000000 # v", env!("CARGO_PKG_VERSION"));
const NOTE: &str =
    "# For your-org and the zeros put the action's repository and the commit that its release's page names.";

/// The workflow files of a CI, each with its path: the examples of this repository, for the tree and the record at hand.
pub(super) fn workflow_files(
    ci: Workflows,
    tree: &str,
    state: &str,
    action: Option<&ActionPin>,
) -> Vec<(&'static str, String)> {
    let files: &[(&str, &str)] = match ci {
        Workflows::Github => &[
            (".github/workflows/policysync-plan.yml", include_str!("../../../examples/workflows/plan.yml")),
            (".github/workflows/policysync-apply.yml", include_str!("../../../examples/workflows/apply.yml")),
            (".github/workflows/policysync-drift.yml", include_str!("../../../examples/workflows/drift.yml")),
        ],
        Workflows::Gitlab => &[(".gitlab-ci.yml", include_str!("../../../examples/ci/gitlab-ci.yml"))],
        Workflows::None => &[],
    };
    let folder = serde_json::Value::from(format!("{}/**", tree.trim_start_matches("./").trim_end_matches('/')));
    let fitted = |text: &str| {
        let text = match action {
            Some(action) => text.replace(&format!("      {NOTE}\n"), "").replace(PLACEHOLDER, action.as_str()),
            None => text.to_owned(),
        };
        let text = text.replace("\"policies/**\"", &folder.to_string());
        let text = text.replace("state: git:origin", &format!("state: {}", line(state)));
        text.replace("POLICYSYNC_STATE: s3://our-records/policies", &format!("POLICYSYNC_STATE: {}", line(state)))
    };
    files.iter().map(|(path, text)| (*path, fitted(text))).collect()
}
