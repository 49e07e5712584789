//! A place's line of source, made fit to be shown: escaped, cut to a bounded length, with the place marked in what is left.
//!
//! Laws: what is marked is what the place means, however much the escapes before it shift it; no text and no place can make
//! it panic; a line is never shown longer than [`MAX_COLUMNS`] characters, escapes included.

use std::ops::Range;

use super::escape::{Layout, pieces};
use crate::domain::Place;

/// The longest excerpt of one line, in characters as shown.
pub(crate) const MAX_COLUMNS: usize = 120;

/// How many characters before the place stay when the beginning of its line is cut off.
const LEAD: usize = 30;

/// What a tab becomes: carets must stand under what they mean in every terminal.
const TAB: &str = "    ";

/// One line of a source, as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// The line, without its end.
    pub(crate) line: String,
    /// The bytes of `line` that the place means; never empty unless the place is a point at the line's end.
    pub(crate) marked: Range<usize>,
}

/// The line numbered `number` (from 1), without its ending; nothing behind the last.
pub(crate) fn line_of(source: &str, number: usize) -> Option<&str> {
    let line = source.split('\n').nth(number.checked_sub(1)?)?;
    Some(line.strip_suffix('\r').unwrap_or(line))
}

/// The bytes of `line` that a place means. A place that goes on behind the line is cut at its end, one outside of it moved there.
pub(crate) fn span_in(line: &str, place: &Place) -> Range<usize> {
    let start = line.char_indices().nth(place.column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let length = place.end.saturating_sub(place.start);
    let mut end = start.saturating_add(length).min(line.len());
    while !line.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// The excerpt of `line` around the bytes `span`.
pub(crate) fn excerpt(line: &str, span: Range<usize>) -> Excerpt {
    // Far away from the span nothing is looked at: a line of megabytes costs no more than a long one.
    let from = floor_char(line, span.start.saturating_sub(4 * MAX_COLUMNS));
    let until = ceil_char(line, span.start.saturating_add(4 * MAX_COLUMNS));
    let near = &line[from..until];
    let shown: Vec<(usize, String)> = pieces(near, Layout::Lines)
        .map(|piece| (from + piece.at, if piece.raw == "\t" { TAB.to_owned() } else { piece.shown.into_owned() }))
        .collect();
    let width = |range: &[(usize, String)]| range.iter().map(|(_, text)| text.chars().count()).sum::<usize>();

    let mark = shown.iter().position(|(at, _)| *at >= span.start).unwrap_or(shown.len());
    let mark_end = shown.iter().position(|(at, _)| *at >= span.end).unwrap_or(shown.len());
    // Half of the room is the span's, where it needs as much.
    let needed = width(&shown[mark..mark_end.max(mark)]).clamp(1, MAX_COLUMNS / 2);
    let mut first = 0;
    if from > 0 || width(&shown[..mark]) + needed > MAX_COLUMNS - 1 {
        first = mark;
        let mut lead = 0;
        while first > 0 && lead + shown[first - 1].1.chars().count() <= LEAD {
            first -= 1;
            lead += shown[first].1.chars().count();
        }
    }
    let mut out = String::new();
    let mut room = MAX_COLUMNS;
    if first > 0 || from > 0 {
        out.push('…');
        room -= 1;
    }
    let whole_rest = until == line.len() && width(&shown[first..]) <= room;
    let (mut marked_from, mut marked_to) = (None, None);
    let mut cut = false;
    for (index, (_, text)) in shown.iter().enumerate().skip(first) {
        let chars = text.chars().count();
        if !whole_rest && chars + 1 > room {
            cut = true;
            break;
        }
        if index == mark {
            marked_from = Some(out.len());
        }
        if index == mark_end {
            marked_to = Some(out.len());
        }
        out.push_str(text);
        room -= chars;
    }
    let end = out.len();
    if cut || until < line.len() {
        out.push('…');
    }
    let start = marked_from.unwrap_or(end);
    Excerpt { line: out, marked: start..marked_to.unwrap_or(end).max(start) }
}

fn floor_char(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_char(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(line: &str, span: Range<usize>) -> (String, String) {
        let Excerpt { line, marked } = excerpt(line, span);
        (line.clone(), line[marked].to_owned())
    }

    #[test]
    fn escapes_and_tabs_shift_the_mark_with_them() {
        assert_eq!(marked("\tname: \u{202e}x", 7..10), ("    name: \\u{202e}x".into(), "\\u{202e}".into()));
        assert_eq!(marked("\u{1b}[2K riskType: hihg", 15..19).1, "hihg");
        assert_eq!(marked("東京: x", 8..9).1, "x");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let line = format!("{}HERE{}", "a".repeat(30_000), "b".repeat(30_000));
        let (shown, mark) = marked(&line, 30_000..30_004);
        assert_eq!(mark, "HERE");
        assert_eq!(shown, format!("…{}HERE{}…", "a".repeat(LEAD), "b".repeat(MAX_COLUMNS - LEAD - 6)));
        let (shown, mark) = marked(&line, 3..30_004);
        assert_eq!(shown, format!("{}…", "a".repeat(MAX_COLUMNS - 1)));
        assert_eq!(mark, "a".repeat(MAX_COLUMNS - 4));
    }

    #[test]
    fn a_line_that_fits_is_whole() {
        let line = "x".repeat(MAX_COLUMNS);
        assert_eq!(marked(&line, 100..101), (line.clone(), "x".into()));
    }

    #[test]
    fn lines_are_found_by_number() {
        assert_eq!(line_of("a\r\nb\n", 1), Some("a"));
        assert_eq!(line_of("a\r\nb\n", 2), Some("b"));
        assert_eq!(line_of("a\n", 2), Some(""));
        assert_eq!(line_of("a", 2), None);
        assert_eq!(line_of("a", 0), None);
    }

    proptest! {
        #[test]
        fn the_mark_is_the_span_escaped(line in "[ -~é東\u{1b}\u{202e}\t#:]{0,300}", start in 0usize..300, len in 0usize..40) {
            let place = Place { file: String::new(), line: 1, column: start + 1, start: 7, end: 7 + len };
            let span = span_in(&line, &place);
            let Excerpt { line: shown, marked } = excerpt(&line, span.clone());
            prop_assert!(shown.chars().count() <= MAX_COLUMNS);
            let whole: String = pieces(&line, Layout::Lines)
                .filter(|piece| span.contains(&piece.at))
                .map(|piece| if piece.raw == "\t" { TAB.to_owned() } else { piece.shown.into_owned() })
                .collect();
            prop_assert!(whole.starts_with(&shown[marked.clone()]), "{whole:?} {:?}", &shown[marked.clone()]);
            prop_assert!(whole.is_empty() || !marked.is_empty() , "{whole:?} is not marked in {shown:?}");
            prop_assert!(whole.chars().count() > MAX_COLUMNS / 2 - 12 || shown[marked.clone()] == whole);
        }

        #[test]
        fn no_place_is_wrong_enough_to_panic(line in any::<String>(), column in any::<usize>(), start in any::<usize>(), end in any::<usize>()) {
            let place = Place { file: String::new(), line: 1, column, start, end };
            let span = span_in(&line, &place);
            let _ = excerpt(&line, span);
        }
    }
}
