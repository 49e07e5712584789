//! A policy's text for the page: its lines as rows, changed words marked within them, what is far from any change folded away.
//!
//! Added and removed lines are `<ins>` and `<del>`, changed words `<mark>`: a reader that doesn't see colours is told as well.

use super::counted;
use super::escape::{self, Layout};
use super::view::Text;
use super::words::{DiffLine, Part, Sign, differences};
use super::words_text::{CONTEXT, visible_space};

/// How many lines of a new policy's text are shown unfolded.
const FIRST_LINES: usize = 8;

/// Rows that are shown, or folded under a label.
pub(super) struct Block {
    /// What stands on the fold.
    pub(super) fold: Option<String>,
    /// HTML already.
    pub(super) rows: Vec<String>,
}

/// The rows of a text.
pub(super) fn blocks(text: &Text<'_>) -> Vec<Block> {
    match text {
        Text::New(text) => whole(text, Sign::Same),
        Text::Gone(text) => whole(text, Sign::Removed),
        Text::Changed { old, new } => changed(old, new),
    }
}

/// The beginning of a text, and the rest in a fold.
fn whole(text: &str, sign: Sign) -> Vec<Block> {
    let line = |text| DiffLine { sign, parts: vec![Part { text, marked: false }], ended: true };
    let mut rows: Vec<String> = text.lines().map(|text| row(&line(text))).collect();
    // A fold takes a line itself.
    let rest = if rows.len() > FIRST_LINES + 1 { rows.split_off(FIRST_LINES) } else { Vec::new() };
    let mut blocks = vec![Block { fold: None, rows }];
    if !rest.is_empty() {
        blocks.push(Block { fold: Some(format!("{} more lines", rest.len())), rows: rest });
    }
    blocks
}

fn changed(old: &str, new: &str) -> Vec<Block> {
    let lines = differences(old, new);
    let ends_differ = old.ends_with('\n') != new.ends_with('\n');
    let mut blocks: Vec<Block> = Vec::new();
    let mut rest = lines.as_slice();
    while let Some(line) = rest.first() {
        let unchanged = rest.iter().take_while(|line| line.sign == Sign::Same).count();
        if unchanged == 0 {
            let mut rows = vec![row(line)];
            if ends_differ && !line.ended {
                rows.push(bare("\\", "no line feed at the end"));
            }
            show(&mut blocks, rows);
            rest = &rest[1..];
            continue;
        }
        let before = if blocks.is_empty() { 0 } else { CONTEXT };
        let after = if unchanged == rest.len() { 0 } else { CONTEXT };
        let rows: Vec<String> = rest[..unchanged].iter().map(row).collect();
        let hidden = unchanged.saturating_sub(before + after);
        if hidden <= 1 {
            show(&mut blocks, rows);
        } else {
            show(&mut blocks, rows[..before].to_vec());
            let fold = Some(counted(hidden, "unchanged line", "unchanged lines"));
            blocks.push(Block { fold, rows: rows[before..unchanged - after].to_vec() });
            show(&mut blocks, rows[unchanged - after..].to_vec());
        }
        rest = &rest[unchanged..];
    }
    blocks
}

fn show(blocks: &mut Vec<Block>, rows: Vec<String>) {
    match blocks.last_mut() {
        Some(Block { fold: None, rows: last }) => last.extend(rows),
        _ if rows.is_empty() => {}
        _ => blocks.push(Block { fold: None, rows }),
    }
}

/// A row of our own words.
fn bare(gutter: &str, words: &str) -> String {
    format!("<div class=\"row\"><span class=\"gutter\" aria-hidden=\"true\">{gutter}</span><span>{words}</span></div>")
}

fn row(line: &DiffLine<'_>) -> String {
    let DiffLine { sign, parts, ended: _ } = line;
    let (class, gutter, element) = match sign {
        Sign::Same => ("row", "", "span"),
        Sign::Removed => ("row removed", "-", "del"),
        Sign::Added => ("row added", "+", "ins"),
    };
    let text: String = parts.iter().map(|part| part.text).collect();
    let trailing = if *sign == Sign::Same { text.len() } else { text.trim_end().len() };
    // Escapes are made of the line as a whole, as in the text form.
    let mut pieces = escape::pieces(&text, Layout::Lines).peekable();
    let (mut shown, mut end) = (String::new(), 0);
    for Part { text: part, marked } in parts {
        end += part.len();
        let blank = *marked && part.trim().is_empty();
        let mut run = String::new();
        while let Some(piece) = pieces.next_if(|piece| piece.at < end) {
            let visible = blank || piece.at >= trailing;
            run.push_str(&if visible { visible_space(piece.raw, &piece.shown) } else { piece.shown.into_owned() });
        }
        let run = escape::entities(&run);
        shown.push_str(&if *marked { format!("<mark>{run}</mark>") } else { run });
    }
    format!(
        "<div class=\"{class}\"><span class=\"gutter\" aria-hidden=\"true\">{gutter}</span><{element}>{shown}</{element}></div>"
    )
}
