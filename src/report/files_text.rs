//! What became of files of the repository, for people.

use std::fmt::Write as _;

use super::escape;
use super::files_json::{FileDid, FileDone, FilesReport, Next};
use super::style::{Role, Styles};

/// A line for each file, then what to do next.
#[must_use]
pub fn files_text(report: &FilesReport, styles: &Styles) -> String {
    let mut out = String::new();
    for FileDone { path, did, why } in &report.files {
        let (role, mark) = match did {
            FileDid::Written => (Role::Good, "+ written"),
            FileDid::Kept => (Role::Frame, "= left as it is"),
            FileDid::Formatted => (Role::Good, "~ formatted"),
            FileDid::Unformatted => (Role::Warning, "~ not formatted"),
            FileDid::Refused => (Role::Error, "! left as it is"),
        };
        let _ = write!(out, "  {} {}", styles.paint(role, mark), escape::line(path));
        match why {
            Some(why) => {
                let _ = writeln!(out, ": {}", escape::line(why));
            }
            None => out.push('\n'),
        }
    }
    if !report.next.is_empty() {
        out.push_str(if out.is_empty() { "Next:\n" } else { "\nNext:\n" });
        let wide = report.next.iter().map(|next| next.command.chars().count()).max().unwrap_or_default();
        for Next { command, what } in &report.next {
            let command = escape::line(command);
            let _ = writeln!(out, "  {}  {}", styles.paint(Role::Bold, format!("{command:wide$}")), escape::line(what));
        }
    }
    out
}
