//! Findings for people, in the manner of rustc.
//!
//! Laws: each finding's file, line and column stand in the text, with or without its source; a place outside of the source
//! is no panic; nothing of the tree reaches the terminal unescaped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Renderer, Snippet};

use super::escape;
use super::excerpt::{Excerpt, excerpt, line_of, span_in};
use super::style::{Role, Styles};
use super::{counted, path_below};
use crate::domain::{Finding, Level, Place};
use crate::tree::Tree;

/// Related places in the finding's own file are shown in one picture with it when at most so many lines lie between.
const ONE_PICTURE: usize = 200;

/// How many warnings of one code stand before a plan: more hide it.
const SHOWN: usize = 5;

/// All findings of a tree with their lines of source, and a summary on the last line.
///
/// `root` is the tree's folder as the user wrote it, shown before each file. `source` gives a file's text by its path below
/// the root; where it gives none, the heading and the place stand alone.
#[must_use]
pub fn findings_text(tree: &Tree, root: &str, source: &dyn Fn(&str) -> Option<String>, styles: &Styles) -> String {
    let mut out = excerpts_text(&tree.findings, root, source, styles);
    let _ = writeln!(out, "{}", summary(tree, styles));
    out
}

/// The warnings of a tree that is worked with all the same: of each code the first few, then how many more there are
/// and what shows them, and the summary. `root` and `source` as for [`findings_text`].
#[must_use]
pub fn warnings_text(tree: &Tree, root: &str, source: &dyn Fn(&str) -> Option<String>, styles: &Styles) -> String {
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let mut nth = |finding: &Finding| {
        let told = told.entry(finding.code.0).or_default();
        *told += 1;
        *told
    };
    let shown: Vec<Finding> = tree.findings.iter().filter(|finding| nth(finding) <= SHOWN).cloned().collect();
    let mut out = excerpts_text(&shown, root, source, styles);
    for (code, told) in told.into_iter().filter(|(_, told)| *told > SHOWN) {
        let _ = writeln!(out, "{} {} more of {code}", styles.paint(Role::Warning, "warning:"), told - SHOWN);
    }
    let _ = write!(out, "{}", summary(tree, styles));
    if shown.len() < tree.findings.len() {
        // The usual tree is read without being named.
        let path = if root == "policies" { String::new() } else { format!(" {}", escape::line(root)) };
        let _ = write!(out, "; `policysync validate{path}` shows them all");
    }
    out.push('\n');
    out
}

/// Findings with their lines of source, an empty line after each; `root` and `source` as for [`findings_text`].
#[must_use]
pub fn excerpts_text(
    findings: &[Finding],
    root: &str,
    source: &dyn Fn(&str) -> Option<String>,
    styles: &Styles,
) -> String {
    let mut sources = Sources { read: source, texts: BTreeMap::new() };
    let mut out = String::new();
    for finding in findings {
        one(&mut out, finding, root, &mut sources, styles);
        out.push('\n');
    }
    out
}

/// `error: 3 errors, 1 warning in 12 files (14 policies)`.
fn summary(tree: &Tree, styles: &Styles) -> String {
    let errors = tree.errors();
    let warnings = tree.findings.len() - errors;
    let policies = counted(tree.policies.len(), "policy", "policies");
    let files = counted(tree.files, "file", "files");
    if errors + warnings == 0 {
        let empty = if tree.files == 0 { "; a policy is a file such as acme/personal-data.yaml" } else { "" };
        return format!("{} {policies} in {files}, no findings{empty}", styles.paint(Role::Good, "ok:"));
    }
    let mut counts = Vec::new();
    if errors > 0 {
        counts.push(counted(errors, "error", "errors"));
    }
    if warnings > 0 {
        counts.push(counted(warnings, "warning", "warnings"));
    }
    let (role, word) = if errors > 0 { (Role::Error, "error:") } else { (Role::Warning, "warning:") };
    format!("{} {} in {files} ({policies})", styles.paint(role, word), counts.join(", "))
}

/// The texts of files, each read once.
struct Sources<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    texts: BTreeMap<String, Option<String>>,
}

impl Sources<'_> {
    /// The text that a place can be shown in; nothing for a file as a whole.
    fn of(&mut self, place: &Place) -> Option<&str> {
        if *place == Place::file(place.file.as_str()) {
            return None;
        }
        if !self.texts.contains_key(&place.file) {
            // Findings come file by file: more than a few kept texts are only memory.
            if self.texts.len() > 8 {
                self.texts.clear();
            }
            self.texts.insert(place.file.clone(), (self.read)(&place.file));
        }
        self.texts.get(&place.file)?.as_deref().filter(|text| line_of(text, place.line).is_some())
    }
}

/// Places that are shown in one picture, the first of them above it.
struct Picture<'a> {
    marks: Vec<(&'a Place, Option<&'a str>)>,
}

fn one(out: &mut String, finding: &Finding, root: &str, sources: &mut Sources<'_>, styles: &Styles) {
    let Finding { place, code, level, message, hint, related } = finding;
    let role = match level {
        Level::Error => Role::Error,
        Level::Warning => Role::Warning,
    };
    let heading = styles.paint(role, format!("{level}[{}]", escape::line(code.0)));
    let _ = writeln!(out, "{heading}{}", styles.paint(Role::Bold, format!(": {}", escape::line(message))));

    let mut pictures = vec![Picture { marks: vec![(place, None)] }];
    for other in related {
        let near = other.place.file == place.file
            && other.place.line.abs_diff(place.line) <= ONE_PICTURE
            && pictures[0].marks.iter().all(|(mark, _)| mark.line != other.place.line)
            && sources.of(&other.place).is_some()
            && sources.of(place).is_some();
        let mark = (&other.place, Some(other.message.as_str()));
        if near {
            pictures[0].marks.push(mark);
        } else {
            pictures.push(Picture { marks: vec![mark] });
        }
    }
    let last = pictures.iter().flat_map(|picture| &picture.marks).map(|(place, _)| place.line).max().unwrap_or(1);
    let gutter = last.to_string().len();
    let frame = |text: &str| styles.paint(Role::Frame, text.to_owned()).to_string();
    let edge = format!("{:gutter$} {}\n", "", frame("|"));

    for (index, Picture { marks }) in pictures.iter().enumerate() {
        let Some(((place, label), _)) = marks.split_first() else { continue };
        if index > 0 {
            out.push_str(&edge);
        }
        // rustc has `:::` for the others, which begins as a command to GitHub's runner does.
        let arrow = frame("-->");
        let path = path_below(root, &place.file);
        let _ = write!(out, "{:gutter$}{arrow} {}:{}:{}", "", escape::line(&path), place.line, place.column);
        match (sources.of(place), label) {
            (Some(text), _) => {
                out.push('\n');
                draw(out, text, marks, index == 0, gutter, *level, styles);
            }
            // Without its source the label has no line to stand on.
            (None, Some(label)) => {
                let _ = writeln!(out, ": {}", escape::line(label));
            }
            (None, None) => out.push('\n'),
        }
    }
    if let Some(hint) = hint {
        out.push_str(&edge);
        let help = styles.paint(Role::Hint, "help");
        let _ = writeln!(out, "{:gutter$} {} {help}: {}", "", frame("="), escape::line(hint));
    }
}

/// Draws lines of one file with what is marked in them.
fn draw(
    out: &mut String,
    text: &str,
    marks: &[(&Place, Option<&str>)],
    primary: bool,
    gutter: usize,
    level: Level,
    styles: &Styles,
) {
    let numbers = || marks.iter().map(|(place, _)| place.line);
    let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { return };
    let mut source = String::new();
    let mut annotations = Vec::new();
    for (number, line) in (first..=last).zip(text.split('\n').skip(first - 1)) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let on_line: Vec<_> = marks.iter().enumerate().filter(|(_, (place, _))| place.line == number).collect();
        let focus = on_line.first().map_or(0..0, |(_, (place, _))| span_in(line, place));
        let base = source.len();
        let Excerpt { line: shown, marked } = excerpt(line, focus);
        source.push_str(&shown);
        source.push('\n');
        for (index, (_, label)) in on_line {
            let kind = if index == 0 && primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let span = base + marked.start..base + marked.end;
            annotations.push(kind.span(span).label(label.map(escape::line)));
        }
    }
    let level = match level {
        Level::Error => annotate_snippets::Level::ERROR,
        Level::Warning => annotate_snippets::Level::WARNING,
    };
    let picture = Group::with_level(level).element(Snippet::source(source).line_start(first).annotations(annotations));
    // Its own trimming never sets in: lines are cut already, the same in every terminal.
    let renderer = Renderer::styled()
        .error(styles.of(Role::Error))
        .warning(styles.of(Role::Warning))
        .line_num(styles.of(Role::Frame))
        .context(styles.of(Role::Frame))
        .term_width(10_000);
    let indent = gutter - last.to_string().len();
    for line in renderer.render(&[picture]).lines() {
        let _ = writeln!(out, "{:indent$}{line}", "");
    }
}
