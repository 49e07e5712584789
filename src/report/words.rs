//! The difference of two texts, line by line, with the changed words marked within changed lines.
//!
//! Laws: what isn't added gives the old text, what isn't removed the new one, byte for byte; the same two texts always give
//! the same difference. So no time limit is set, whose outcome would rest on the machine's speed: what is compared is bounded
//! by its size, and what is over the bound is shown as removed and added whole.

use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffableStr, capture_diff_slices};

/// Lines are compared when both sides together have at most so many that are not equal at the ends.
const MAX_LINES: usize = 20_000;

/// Words are compared when the words of a changed block, old and new, have at most this product: a few milliseconds.
const MAX_WORD_PAIRS: usize = 4_000_000;

/// Words are marked when at least this part of a block, in bytes, is the same; else the marks would only confuse.
const MIN_SAME: f64 = 0.4;

/// Where a line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// In both texts.
    Same,
    /// In the old text only.
    Removed,
    /// In the new text only.
    Added,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// The text, raw.
    pub text: &'a str,
    /// Whether just this part of its line changed. Where a line changed as a whole, none of its parts is marked.
    pub marked: bool,
}

/// A line of either text, or of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine<'a> {
    /// Where it belongs.
    pub sign: Sign,
    /// Its text in parts, without the line feed.
    pub parts: Vec<Part<'a>>,
    /// Whether a line feed ends it; only a text's last line can have none.
    pub ended: bool,
}

/// The lines of two texts in one order: what is removed stands before what is added in its place.
#[must_use]
pub fn differences<'a>(old: &'a str, new: &'a str) -> Vec<DiffLine<'a>> {
    let (old_lines, new_lines) = (lines_of(old), lines_of(new));
    let same_before = old_lines.iter().zip(&new_lines).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old_lines[same_before..], &new_lines[same_before..]);
    let same_after = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let old_middle = &old_rest[..old_rest.len() - same_after];
    let new_middle = &new_rest[..new_rest.len() - same_after];

    let mut out: Vec<DiffLine<'a>> = Vec::new();
    out.extend(old_lines[..same_before].iter().map(|line| whole(Sign::Same, line)));
    if old_middle.len() + new_middle.len() > MAX_LINES {
        block(&mut out, old_middle, new_middle);
    } else {
        for op in capture_diff_slices(Algorithm::Myers, old_middle, new_middle) {
            match op {
                DiffOp::Equal { old_index, len, .. } => {
                    out.extend(old_middle[old_index..old_index + len].iter().map(|line| whole(Sign::Same, line)));
                }
                DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                    block(&mut out, &old_middle[op.old_range()], &new_middle[op.new_range()]);
                }
            }
        }
    }
    out.extend(old_rest[old_rest.len() - same_after..].iter().map(|line| whole(Sign::Same, line)));
    out
}

/// The lines of a text, each with its line feed.
fn lines_of(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn whole<'a>(sign: Sign, line: &'a str) -> DiffLine<'a> {
    let text = line.strip_suffix('\n').unwrap_or(line);
    DiffLine { sign, parts: vec![Part { text, marked: false }], ended: text.len() < line.len() }
}

/// Lines that were replaced by others: all that went, then all that came.
fn block<'a>(out: &mut Vec<DiffLine<'a>>, old: &[&'a str], new: &[&'a str]) {
    match changed_words(old, new) {
        Some((removed, added)) => {
            marked_lines(out, Sign::Removed, old, &removed);
            marked_lines(out, Sign::Added, new, &added);
        }
        None => {
            out.extend(old.iter().map(|line| whole(Sign::Removed, line)));
            out.extend(new.iter().map(|line| whole(Sign::Added, line)));
        }
    }
}

/// The words of a block, each with whether it changed.
type Words<'a> = Vec<(&'a str, bool)>;

/// The words of both sides; nothing where they have too little in common, or are too many.
fn changed_words<'a>(old: &[&'a str], new: &[&'a str]) -> Option<(Words<'a>, Words<'a>)> {
    let words =
        |lines: &[&'a str]| -> Vec<&'a str> { lines.iter().flat_map(|line| line.tokenize_unicode_words()).collect() };
    let (old, new) = (words(old), words(new));
    if old.is_empty() || new.is_empty() || old.len().saturating_mul(new.len()) > MAX_WORD_PAIRS {
        return None;
    }
    let mut ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    bridge_spaces(&mut ops, &old);
    let bytes = |words: &[&str]| words.iter().map(|word| word.trim().len()).sum::<usize>();
    let same: usize = ops.iter().filter_map(equal).map(|range| bytes(&old[range])).sum();
    let all = bytes(&old) + bytes(&new);
    // A line that is spaces only has no words to have in common, and its difference is worth a mark.
    #[expect(clippy::cast_precision_loss, reason = "texts are far smaller than 2^52 bytes")]
    if all > 0 && (2 * same) as f64 / (all as f64) < MIN_SAME {
        return None;
    }
    let mut removed = Words::new();
    let mut added = Words::new();
    for op in &ops {
        let marked = equal(op).is_none();
        removed.extend(old[op.old_range()].iter().map(|word| (*word, marked)));
        added.extend(new[op.new_range()].iter().map(|word| (*word, marked)));
    }
    Some((removed, added))
}

fn equal(op: &DiffOp) -> Option<Range<usize>> {
    matches!(op, DiffOp::Equal { .. }).then(|| op.old_range())
}

/// Takes a lone space between two changed words as changed with them: `{-two words-}` reads better than `{-two-} {-words-}`.
fn bridge_spaces(ops: &mut [DiffOp], old: &[&str]) {
    for at in 1..ops.len().saturating_sub(1) {
        let around = [&ops[at - 1], &ops[at + 1]];
        let replaced = |op: &&DiffOp| !op.old_range().is_empty() && !op.new_range().is_empty() && equal(op).is_none();
        let is_space = |range: Range<usize>| old[range].iter().all(|word| word.trim_matches([' ', '\t']).is_empty());
        if equal(&ops[at]).is_some_and(is_space) && around.iter().all(replaced) {
            let (old_range, new_range) = (ops[at].old_range(), ops[at].new_range());
            ops[at] = DiffOp::Replace {
                old_index: old_range.start,
                old_len: old_range.len(),
                new_index: new_range.start,
                new_len: new_range.len(),
            };
        }
    }
}

/// Puts the words of a block back into its lines; neighbours with the same mark become one part.
fn marked_lines<'a>(out: &mut Vec<DiffLine<'a>>, sign: Sign, lines: &[&'a str], words: &[(&'a str, bool)]) {
    let mut words = words.iter();
    for line in lines {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let mut parts: Vec<(Range<usize>, bool)> = Vec::new();
        let mut at = 0;
        while at < line.len() {
            let Some((word, marked)) = words.next() else { break };
            let range = at..(at + word.len()).min(text.len());
            at += word.len();
            match parts.last_mut() {
                _ if range.is_empty() => {}
                Some((last, same)) if same == marked => last.end = range.end,
                _ => parts.push((range, *marked)),
            }
        }
        let parts = parts.into_iter().map(|(range, marked)| Part { text: &text[range], marked }).collect();
        out.push(DiffLine { sign, parts, ended: text.len() < line.len() });
    }
}
