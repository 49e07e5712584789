//! The text of one file, which knows its lines: the only place where a byte becomes a line and a column.

use std::cell::OnceCell;
use std::ops::Range;

use crate::domain::Place;

/// The mark that some editors write at the beginning of a file. Allowed there, and passed over; a finding elsewhere.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// A file's text and its path below the root.
#[derive(Debug)]
pub struct Text<'a> {
    file: &'a str,
    text: &'a str,
    /// The byte at which each line begins; found when the first place is asked for.
    lines: OnceCell<Vec<usize>>,
}

impl<'a> Text<'a> {
    /// The text `text` of the file `file`.
    #[must_use]
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, lines: OnceCell::new() }
    }

    /// The file's path, as findings name it.
    #[must_use]
    pub fn file(&self) -> &'a str {
        self.file
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// The place of some bytes. What lies outside the text, or within a character, is moved to the nearest byte before.
    #[must_use]
    pub fn place(&self, range: Range<usize>) -> Place {
        let start = boundary(self.text, range.start);
        let end = boundary(self.text, range.end).max(start);
        let lines = self.lines.get_or_init(|| line_starts(self.text));
        let line = lines.partition_point(|&begin| begin <= start);
        let begin = lines.get(line.wrapping_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(begin..start).unwrap_or_default();
        // An editor doesn't show the mark, so it is no column.
        let before = if begin == 0 { before.strip_prefix(BYTE_ORDER_MARK).unwrap_or(before) } else { before };
        Place { file: self.file.to_owned(), line: line.max(1), column: before.chars().count() + 1, start, end }
    }
}

/// The nearest beginning of a character at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_from_one() {
        let text = Text::new("f", "ä: b\nüü: x");
        let place = text.place(6..11);
        assert_eq!((place.line, place.column, place.start, place.end), (2, 1, 6, 11));
        let place = text.place(12..13);
        assert_eq!((place.line, place.column), (2, 5));
    }

    #[test]
    fn the_byte_order_mark_is_no_column() {
        let text = Text::new("f", "\u{feff}name: x\n");
        assert_eq!(text.place(3..7).column, 1);
    }

    #[test]
    fn places_outside_or_within_a_character_are_moved_inside() {
        let text = Text::new("f", "aé");
        assert_eq!((text.place(9..12).start, text.place(9..12).end), (3, 3));
        assert_eq!(text.place(2..2).start, 1);
        assert_eq!(Text::new("f", "").place(5..9), Place::file("f"));
        let backwards = Range { start: 2, end: 1 };
        assert_eq!(Text::new("f", "abc").place(backwards).end, 2);
    }
}
