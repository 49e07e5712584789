//! The files through which a step speaks to its runner, and those that its outputs name.

use std::io::Write as _;
use std::path::Path;

use crate::cli::console::Console;
use crate::cli::environment;
use crate::github;

use super::outputs::{self, Files};
use super::post::Posted;
use super::seen::Seen;

/// Writes them. A job is no failure because its summary can't be written; that is told.
pub(super) fn write(seen: &Seen, posted: &Posted, console: &Console) {
    let files = own_files(seen).unwrap_or_else(|error| {
        console.warn(&format!("can't write the plan and the report as files: {error}"));
        Files::default()
    });
    let mut blocks = String::new();
    for (name, value) in outputs::of(seen, &files, posted) {
        match github::block(name, &value, uuid::Uuid::new_v4()) {
            Ok(block) => blocks.push_str(&block),
            Err(error) => console.warn(&error.to_string()),
        }
    }
    append("GITHUB_OUTPUT", &blocks, console);
    append("GITHUB_STEP_SUMMARY", &super::bodies::summary(seen, posted), console);
}

/// The plan and the report, in a folder of their own.
fn own_files(seen: &Seen) -> std::io::Result<Files> {
    let Some(temp) = environment::variable("RUNNER_TEMP") else { return Ok(Files::default()) };
    let folder = Path::new(&temp).join(format!("policysync-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir_all(&folder)?;
    let plan = seen.plan.as_ref().map(|plan| create(&folder.join("plan.json"), &plan.json)).transpose()?;
    let report = seen.body.as_ref().map(|body| create(&folder.join("report.html"), &body.report)).transpose()?;
    Ok(Files { plan, report })
}

fn create(path: &Path, text: &str) -> std::io::Result<String> {
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    Ok(path.to_string_lossy().into_owned())
}

fn append(variable: &str, text: &str, console: &Console) {
    let Some(path) = environment::variable(variable) else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    if let Err(error) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
        console.warn(&format!("can't write the file that {variable} names: {error}"));
    }
}
