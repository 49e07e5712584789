//! The how-tos tell the truth: what they have a reader type is typed, in order, in one shell.

use std::path::Path;

use crate::transcript::is_what_one_sees;

#[expect(clippy::disallowed_methods, reason = "reads this project's own pages")]
fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/how-to").join(path)).expect(path)
}

#[test]
fn each_exit_code_is_recovered_from_as_the_page_says() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    is_what_one_sees(&page("recover.md"), 70, folder.path(), &[], &[]);
}
