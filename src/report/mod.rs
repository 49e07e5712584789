//! Floor 5: values → text. Pure: the same value gives the same bytes, whatever the terminal, the clock or the machine.
//!
//! One format a file; all escaping in [`escape`]; colours by role in [`style`]. The JSON forms are typed, and their schemas
//! in `schemas/` are made from the types. Once released, a form gains fields only with a new number in its `format`.

mod annotations;
mod apply_json;
mod apply_markdown;
mod apply_text;
mod chart;
mod doctor_json;
mod doctor_text;
mod drift_html;
mod drift_json;
mod drift_markdown;
mod drift_text;
mod effective_json;
mod effective_text;
pub mod escape;
mod excerpt;
mod explain;
mod files_json;
mod files_text;
mod findings_html;
mod findings_json;
mod findings_markdown;
mod findings_text;
mod hierarchy;
mod links;
mod lint_json;
mod lint_markdown;
mod lint_text;
mod log_json;
mod markdown;
mod mend_json;
mod page;
mod page_changes;
mod plan_html;
mod plan_json;
mod plan_markdown;
mod plan_text;
mod proposal;
mod pull_json;
mod pull_text;
mod recommend_json;
mod recommend_text;
mod remarks;
mod sarif;
mod schema;
mod sighting_json;
mod state_json;
mod state_text;
mod step;
pub mod style;
mod tree_json;
mod tree_text;
mod view;
mod violations_json;
mod violations_markdown;
mod violations_names;
mod violations_text;
mod words;
mod words_html;
mod words_text;

pub use annotations::{apply_annotations, drift_annotations, findings_annotations, lint_annotations, plan_annotations};
pub use apply_json::{ApplyReport, ApplySummary, apply_json};
pub use apply_markdown::apply_markdown;
pub use apply_text::apply_text;
pub use doctor_json::{Check, DoctorFormat, DoctorReport, Health, Setting, SettingFrom, doctor_json};
pub use doctor_text::doctor_text;
pub use drift_html::drift_html;
pub use drift_json::{DriftReport, drift_json};
pub use drift_markdown::drift_markdown;
pub use drift_text::drift_text;
pub use effective_json::{EffectiveReport, effective_json};
pub use effective_text::effective_text;
pub use explain::{ExplainFormat, Explained, PageOf, codes_text, explain_all_json, explain_json, explain_text};
pub use files_json::{FileDid, FileDone, FilesFormat, FilesReport, Next, files_json};
pub use files_text::files_text;
pub use findings_html::findings_html;
pub use findings_json::{FindingsReport, findings_json};
pub use findings_markdown::findings_markdown;
pub use findings_text::{excerpts_text, findings_text, warnings_text};
pub use links::{InvalidLink, Links};
pub use lint_json::{LintReport, lint_json};
pub use lint_markdown::lint_markdown;
pub use lint_text::lint_text;
pub use log_json::{LogEvent, LogForm, LogLevel, LogLine, log_json};
pub use markdown::{COMMENT_BYTES, Frame, LEAST_BYTES, SUMMARY_BYTES};
pub use mend_json::{MendFormat, MendReport, Mended, MendedPolicy, mend_json};
pub use plan_html::{apply_html, plan_html};
pub use plan_json::{PlanReport, plan_json};
pub use plan_markdown::plan_markdown;
pub use plan_text::plan_text;
pub use proposal::Proposal;
pub use pull_json::{PullReport, pull_json};
pub use pull_text::pull_text;
pub use recommend_json::{DraftDid, DraftReport, RecommendReport, recommend_json};
pub use recommend_text::recommend_text;
pub use sarif::{findings_sarif, lint_sarif, plan_sarif};
pub use schema::{SCHEMAS, schema, schema_of_file};
pub use state_json::{StateReport, entry_json, state_json};
pub use state_text::{entry_text, state_text};
pub use step::{error_annotation, failure_markdown, note_markdown, warning_annotation};
pub use style::Styles;
pub use tree_json::{TreeReport, tree_json};
pub use tree_text::tree_text;
pub use violations_json::{ViolationsReport, violations_json};
pub use violations_markdown::violations_markdown;
pub use violations_text::violations_text;
pub use words::{DiffLine, Part, Sign, differences};
pub use words_text::differences_text;

/// A file of the tree as people give it to their editor and CI its annotations: the root's path as the user wrote it, but
/// for `./` before it, joined with the file's.
pub(crate) fn path_below(root: &str, file: &str) -> String {
    let root = root.replace(std::path::MAIN_SEPARATOR, "/");
    let mut root = root.as_str();
    while let Some(rest) = root.strip_prefix("./") {
        root = rest.trim_start_matches('/');
    }
    match root.trim_end_matches('/') {
        "" if root.is_empty() => file.to_owned(),
        "." => file.to_owned(),
        above => format!("{above}/{file}"),
    }
}

/// `1 policy`, `2 policies`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_joined_with_its_root() {
        for (root, path) in [
            ("policies", "policies/acme/x.yaml"),
            ("./policies/", "policies/acme/x.yaml"),
            ("../up", "../up/acme/x.yaml"),
            ("/", "/acme/x.yaml"),
            (".", "acme/x.yaml"),
            ("./", "acme/x.yaml"),
            (".//policies", "policies/acme/x.yaml"),
            ("", "acme/x.yaml"),
        ] {
            assert_eq!(path_below(root, "acme/x.yaml"), path, "{root}");
        }
    }
}
