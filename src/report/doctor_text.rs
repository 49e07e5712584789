//! Whether everything is in order, for people.

use std::fmt::Write as _;

use super::doctor_json::{Check, DoctorReport, Health, Setting};
use super::escape;
use super::style::{Role, Styles};

/// The settings and who said each, then a line for each thing that was looked at.
#[must_use]
pub fn doctor_text(report: &DoctorReport, styles: &Styles) -> String {
    let DoctorReport { format: _, settings, checks } = report;
    let mut out = String::from("Settings:\n");
    for Setting { name, value, from } in settings {
        let from = styles.paint(Role::Frame, format!("({})", from.said()));
        let _ = writeln!(out, "  {name:11}  {} {from}", escape::line(value));
    }
    out.push('\n');
    for Check { what, health, said, hint } in checks {
        let (role, mark) = match health {
            Health::Good => (Role::Good, "ok"),
            Health::Warning => (Role::Warning, "warning"),
            Health::Error => (Role::Error, "error"),
        };
        let mark = styles.paint(role, format!("{mark:7}"));
        let _ = writeln!(out, "{mark}  {what:7}  {}", escape::line(said));
        if let Some(hint) = hint {
            let _ = writeln!(out, "                  {}: {}", styles.paint(Role::Hint, "hint"), escape::line(hint));
        }
    }
    out
}
