//! Files that a command makes for somebody who begins: nothing that is there is ever replaced, and what was left is told.

use std::path::Path;

use crate::report::{self, FileDid, FileDone, FilesFormat, FilesReport, Next, Styles};
use crate::tree::writing::{NotWritten, Over, Writing};

use super::Format;
use super::args::Plain;

/// Where `init --schemas` puts the schemas of the files that people write.
pub(super) const SCHEMAS: &str = ".policysync/schemas";

/// What was made so far.
#[derive(Debug, Default)]
pub(super) struct Making {
    files: Vec<FileDone>,
}

impl Making {
    /// Writes a file below `root`, with the folders on its way, unless something of that name is there.
    pub(super) fn file(&mut self, root: &Path, path: &str, text: &str) -> Result<(), NotWritten> {
        if exists(root, path) {
            self.tell(root, path, FileDid::Kept, Some("it is there already"));
            return Ok(());
        }
        let mut writing = Writing::into(root)?;
        for (at, _) in path.match_indices('/') {
            let folder = path.get(..at).unwrap_or_default();
            if !exists(root, folder) {
                writing.folder(folder, None)?;
            }
        }
        writing.file(path, text, Over::Nothing)?;
        writing.finish()?;
        self.tell(root, path, FileDid::Written, None);
        Ok(())
    }

    /// Makes a scope's folder with its `_scope.yaml`; the folder above must be there.
    pub(super) fn scope(&mut self, root: &Path, folder: &str, text: &str) -> Result<(), NotWritten> {
        let mut writing = Writing::into(root)?;
        writing.folder(folder, Some(text))?;
        writing.finish()?;
        self.tell(root, &format!("{folder}/_scope.yaml"), FileDid::Written, None);
        Ok(())
    }

    /// Tells what became of a file.
    pub(super) fn tell(&mut self, root: &Path, path: &str, did: FileDid, why: Option<&str>) {
        let path = report::path_below(&root.to_string_lossy(), path);
        self.files.push(FileDone { path, did, why: why.map(str::to_owned) });
    }

    /// Says more of what was told last.
    pub(super) fn explain(&mut self, why: &str) {
        if let Some(last) = self.files.last_mut() {
            last.why = Some(why.to_owned());
        }
    }

    /// Whether nothing was made or left yet.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What is told in the end.
    pub(super) fn report(self, next: &[(String, &str)]) -> FilesReport {
        let next = next.iter().map(|(command, what)| Next { command: command.clone(), what: (*what).to_owned() });
        FilesReport { format: FilesFormat::V1, files: self.files, next: next.collect() }
    }
}

/// The report in the format asked for.
pub(super) fn shown(report: &FilesReport, format: Format, styles: &Styles) -> String {
    match format.plain() {
        Plain::Text => report::files_text(report, styles),
        Plain::Json => report::files_json(report),
    }
}

/// Whether anything of that name is there, be it a link to nowhere.
pub(super) fn exists(root: &Path, path: &str) -> bool {
    std::fs::symlink_metadata(root.join(path)).is_ok()
}

/// The line that names a file's schema to an editor: only one that is there, by a path from the file's own folder.
pub(super) fn schema_line(root: &Path, path: &str, name: &str) -> String {
    let schema = format!("{SCHEMAS}/{name}.schema.json");
    let plain =
        root.components().all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
    if !plain || !Path::new(&schema).is_file() {
        return String::new();
    }
    let above = report::path_below(&root.to_string_lossy(), path).matches('/').count();
    format!("# yaml-language-server: $schema={}{schema}\n", "../".repeat(above))
}
