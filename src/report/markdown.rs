//! What the Markdown reports are written with: a frame, a byte budget, lists that say how much is left out, changes with
//! their differences.
//!
//! Laws, held by property tests: a report is never longer than its budget; it names every change that lets more through or
//! says how many more there are; it is cut between policies, and says that it was. Of what a policy, a file's name or the
//! service says, nothing stands outside of code spans and fenced blocks but plain words.

use std::fmt::Write as _;

use super::escape;
use super::links::Links;
use super::style::Styles;
use super::view::{FieldLine, Text, View};
use super::words_text::differences_text;
use crate::domain::Place;

/// The longest comment: GitHub takes 65,536 characters, and what we cut we cut ourselves.
pub const COMMENT_BYTES: usize = 60_000;

/// The longest job summary: GitHub takes 1 MiB for each step.
pub const SUMMARY_BYTES: usize = 900 * 1024;

/// No budget is smaller than this and the marker: what must be said needs as much.
pub const LEAST_BYTES: usize = 4_000;

/// What is kept free for the last lines: a digest, and where the whole report is.
const TAIL: usize = 1_200;

/// What is kept free for the line that says how many more there are.
const MORE: usize = 120;

/// The longest text that stands in a list as it is, in characters; a longer one is cut there.
const LONG: usize = 400;

/// Changes up to this number are shown unfolded.
const OPEN: usize = 12;

/// What a Markdown report is made for.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// What the hidden marker on the first line says; by it a comment is found again ([`escape::marked`]).
    pub marker: Option<&'a str>,
    /// The most bytes; at least [`LEAST_BYTES`], and none for a report of any length.
    pub budget: Option<usize>,
    /// Where the whole report can be read: an address, or a few words.
    pub whole: Option<&'a str>,
    /// Where the tree's files can be read.
    pub links: &'a Links,
}

impl<'a> Frame<'a> {
    /// A report of any length, without a marker.
    #[must_use]
    pub fn whole(links: &'a Links) -> Self {
        Self { marker: None, budget: None, whole: None, links }
    }
}

/// A list of a report.
pub(super) struct List {
    /// What stands above it, with its line feeds; Markdown already.
    pub(super) heading: String,
    /// What stands before each line: `> ` in a box.
    pub(super) prefix: &'static str,
    /// The lines; Markdown already.
    pub(super) lines: Vec<String>,
}

/// A report that is being written.
pub(super) struct Page<'a> {
    frame: Frame<'a>,
    out: String,
    was_cut: bool,
}

impl<'a> Page<'a> {
    /// A report with its marker and its headline; `headline` holds our own words and numbers only.
    pub(super) fn begin(frame: Frame<'a>, headline: &str) -> Self {
        let mut out = String::new();
        if let Some(marker) = frame.marker {
            let _ = writeln!(out, "{}", escape::marker(marker));
        }
        let least = out.len() + LEAST_BYTES;
        let frame = Frame { budget: frame.budget.map(|bytes| bytes.max(least)), ..frame };
        let _ = writeln!(out, "## {headline}\n");
        Self { frame, out, was_cut: false }
    }

    pub(super) fn links(&self) -> &'a Links {
        self.frame.links
    }

    /// How many bytes may still be written before the last lines.
    fn room(&self) -> usize {
        self.frame.budget.map_or(usize::MAX, |bytes| bytes.saturating_sub(self.out.len() + TAIL))
    }

    /// A few of our own words.
    pub(super) fn words(&mut self, words: &str) {
        if words.len() + 2 <= self.room() {
            let _ = writeln!(self.out, "{words}\n");
        }
    }

    /// A list in at most one part in `share` of the room that is left; what doesn't fit is counted.
    pub(super) fn list(&mut self, List { heading, prefix, lines }: &List, share: usize) {
        if lines.is_empty() {
            return;
        }
        let (start, room) = (self.out.len(), self.room() / share);
        self.out.push_str(heading);
        let size = |line: &String| prefix.len() + "- \n".len() + line.len();
        let all: usize = lines.iter().map(size).sum();
        let fits = self.out.len() - start + all <= room;
        let mut shown = 0;
        for line in lines {
            if !fits && self.out.len() - start + size(line) + MORE > room {
                break;
            }
            let _ = writeln!(self.out, "{prefix}- {line}");
            shown += 1;
        }
        if shown < lines.len() {
            self.was_cut = true;
            let _ = writeln!(self.out, "{prefix}- and {} more", lines.len() - shown);
        }
        self.out.push('\n');
    }

    /// Changes with their differences, in their order; when they don't all fit, the rest as a table.
    pub(super) fn changes(&mut self, views: &[View<'_>]) {
        let open = views.len() <= OPEN;
        let links = self.links();
        let whole: Vec<String> = views.iter().map(|view| change(view, links, open, true)).collect();
        let all: usize = whole.iter().map(String::len).sum();
        if all <= self.room() {
            self.out.extend(whole);
            return;
        }
        self.was_cut = true;
        let start = self.out.len();
        let room = self.room() / 3 * 2;
        let mut shown = 0;
        for (view, whole) in views.iter().zip(&whole) {
            // A single long text must not be all that there is.
            let is_long = whole.len() > room / 4;
            let block = if is_long { &change(view, links, open, false) } else { whole };
            if self.out.len() - start + block.len() > room {
                break;
            }
            self.out.push_str(block);
            shown += 1;
        }
        self.table(&views[shown..], views.len());
    }

    fn table(&mut self, views: &[View<'_>], of: usize) {
        let heading = if views.len() == of { "The changes" } else { "The other changes" };
        let heading = format!("{heading}, without their differences:\n\n| change | policy | |\n| --- | --- | --- |\n");
        if views.is_empty() || heading.len() + MORE > self.room() {
            if !views.is_empty() {
                let _ = writeln!(self.out, "And {} more changes.\n", views.len());
            }
            return;
        }
        self.out.push_str(&heading);
        for (index, view) in views.iter().enumerate() {
            // An address has neither a bar nor a backslash in it, by its type.
            let weaker = if view.is_weaker() { "**weaker**" } else { "" };
            let row = format!("| {} | {} | {weaker} |\n", view.word, escape::markdown_code(view.address));
            if row.len() + MORE > self.room() {
                let _ = writeln!(self.out, "\nAnd {} more changes.", views.len() - index);
                break;
            }
            self.out.push_str(&row);
        }
        self.out.push('\n');
    }

    /// The report with its last line, of which `facts` are our own words or code.
    pub(super) fn end(mut self, facts: &str) -> String {
        if self.was_cut {
            let whole = self.frame.whole.map_or_else(|| "the whole report".to_owned(), pointer);
            let _ = writeln!(self.out, "> [!NOTE]\n> Not everything fits here: see {whole}.\n");
        }
        let _ = writeln!(self.out, "{facts}");
        self.out
    }
}

fn pointer(whole: &str) -> String {
    match url::Url::parse(whole) {
        // A parsed address has no angle brackets and no spaces left in it.
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.as_str().len() <= LONG => {
            format!("[the whole report](<{url}>)")
        }
        Ok(_) | Err(_) => escape::markdown(&cut(whole, LONG / 4)),
    }
}

/// A text's first characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{} …", &text[..at]),
        None => text.to_owned(),
    }
}

/// A sentence for a list.
pub(super) fn sentence(text: &str) -> String {
    escape::markdown(&cut(text, LONG))
}

/// A file with its line, as a link where it can be read somewhere.
pub(super) fn file(links: &Links, file: &str, place: Option<&Place>) -> String {
    let line = place.map_or_else(String::new, |place| format!(":{}", place.line));
    let shown = escape::markdown_code(&format!("{}{line}", links.shown(file)));
    links.url(file, place.map(|place| place.line)).map_or_else(|| shown.clone(), |url| format!("[{shown}](<{url}>)"))
}

/// A change in one line of a list: what it is, and what of it lets more through.
pub(super) fn in_one_line(view: &View<'_>) -> String {
    let fields: Vec<String> = view.fields.iter().filter(|field| field.weaker).map(field_line).collect();
    let address = escape::markdown_code(view.address);
    let colon = if fields.is_empty() { "" } else { ": " };
    let impact = view.impact.as_ref().map_or_else(String::new, |impact| format!(" — {}", sentence(impact)));
    format!("{} {address}{colon}{}{impact}", view.word, fields.join(", "))
}

fn field_line(FieldLine { label, old, new, weaker: _ }: &FieldLine) -> String {
    let code = |text: &str| escape::markdown_code(&cut(text, LONG));
    format!("{label} {} → {}", code(old), code(new))
}

/// A change in a fold of its own; `whole`: with its text.
fn change(view: &View<'_>, links: &Links, open: bool, whole: bool) -> String {
    let code = |text: &str| format!("<code>{}</code>", escape::html(text, escape::Layout::OneLine));
    let from = view.from.map_or_else(String::new, |from| format!("{} → ", code(from)));
    let weaker = if view.is_weaker() { " — <b>weaker</b>" } else { "" };
    let state = if open || view.is_weaker() { " open" } else { "" };
    let mut out =
        format!("<details{state}>\n<summary><b>{}</b> {from}{}{weaker}</summary>\n\n", view.word, code(view.address));
    let mut lines: Vec<String> = view.notes.iter().map(|note| sentence(note)).collect();
    lines.extend(view.facts.iter().map(|facts| format!("policy {}", sentence(facts))));
    for field in &view.fields {
        let weaker = if field.weaker { " — **weaker**" } else { "" };
        lines.push(format!("{}{weaker}", field_line(field)));
    }
    lines.extend(view.reach.iter().map(|reach| format!("reach {reach}")));
    lines.extend(view.impact.iter().map(|impact| format!("impact: {}", sentence(impact))));
    lines.extend(view.file.map(|path| match view.is_asked_for {
        true => format!("file {}", file(links, path, view.place)),
        false => format!("recorded from {}", escape::markdown_code(&links.shown(path))),
    }));
    if view.text.is_some_and(|text| text.has_the_same_words()) {
        lines.push("the text has the same words; only spaces and line breaks changed".to_owned());
    }
    if !whole && view.text.is_some() {
        lines.push("its text is too long to be shown here".to_owned());
    }
    for line in lines {
        let _ = writeln!(out, "- {line}");
    }
    if let Some(text) = view.text.filter(|_| whole) {
        out.push('\n');
        out.push_str(&match text {
            Text::New(text) => escape::markdown_block("text", &escape::lines(text)),
            Text::Gone(text) => escape::markdown_block("diff", &differences_text(text, "", "", &Styles::plain())),
            Text::Changed { old, new } => {
                escape::markdown_block("diff", &differences_text(old, new, "", &Styles::plain()))
            }
        });
    }
    out.push_str("\n</details>\n\n");
    out
}
