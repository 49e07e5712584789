//! A small chart of a number for each day: columns of blocks that fit 80 columns, the same bytes on a terminal and in a file.

use jiff::civil::Date;

/// The widest chart, in columns of text: a month has two for each day.
const WIDTH: usize = 62;
/// How many lines it is high.
const HEIGHT: usize = 4;
/// How many steps a line has.
const STEPS: usize = 8;
/// The steps of a column's last block.
const BLOCKS: [char; STEPS + 1] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The lines of the chart: `numbers` from the `first` day to the `last`, both shown; none where there is but one day.
pub(super) fn chart(first: Date, last: Date, numbers: impl Iterator<Item = (Date, usize)>) -> Vec<String> {
    let Some(days) = between(first, last).map(|days| days + 1).filter(|days| *days > 1) else { return Vec::new() };
    let each = days.div_ceil(WIDTH);
    let mut columns = vec![0usize; days.div_ceil(each)];
    for (day, number) in numbers {
        if let Some(at) = between(first, day).filter(|at| *at < days) {
            columns[at / each] += number;
        }
    }
    let most = columns.iter().copied().max().unwrap_or_default();
    if most == 0 {
        return Vec::new();
    }
    let wide = if columns.len() * 2 <= WIDTH { 2 } else { 1 };
    let label = most.to_string();
    let mut lines: Vec<String> = (0..HEIGHT).rev().map(|row| line(&columns, most, row, wide)).collect();
    for (number, line) in lines.iter_mut().enumerate() {
        let left = if number == 0 { label.as_str() } else { "" };
        *line = format!("  {left:>width$} |{line}", width = label.len()).trim_end().to_owned();
    }
    let indent = " ".repeat(label.len() + 2);
    lines.push(format!("{indent} +{}", "-".repeat(columns.len() * wide)));
    lines.push(format!("{indent}  {}", foot(first, last, columns.len() * wide)));
    if each > 1 {
        lines.push(format!("{indent}  each column is {each} days"));
    }
    lines
}

/// One line of the columns, from the bottom up.
fn line(columns: &[usize], most: usize, row: usize, wide: usize) -> String {
    let block = |number: &usize| {
        // What there is shows, however little of the most it is.
        let height = number.saturating_mul(HEIGHT * STEPS).div_ceil(most);
        let here = BLOCKS[height.saturating_sub(row * STEPS).min(STEPS)];
        let gap = if wide > 1 { " " } else { "" };
        format!("{here}{gap}")
    };
    columns.iter().map(block).collect()
}

/// The first day and the last one.
fn foot(first: Date, last: Date, width: usize) -> String {
    let (first, last) = (first.to_string(), last.to_string());
    match width.saturating_sub(first.len() + last.len()) {
        0 => format!("{first} to {last}"),
        space => format!("{first}{}{last}", " ".repeat(space)),
    }
}

/// How many days lie between two; nothing where the second is the earlier one.
fn between(first: Date, last: Date) -> Option<usize> {
    first.until(last).ok().and_then(|span| usize::try_from(span.get_days()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_week_has_a_column_a_day() {
        let numbers = [("2026-11-02", 1), ("2026-11-05", 16), ("2026-11-07", 8)].map(|(at, number)| (day(at), number));
        let shown = chart(day("2026-11-01"), day("2026-11-07"), numbers.into_iter()).join("\n");
        let wanted = "  16 |        █\n     |        █\n     |        █   █\n     |  ▂     █   █\n     +--------------\n      2026-11-01 to 2026-11-07";
        assert_eq!(shown, wanted, "\n{shown}");
    }

    #[test]
    fn any_span_fits_the_terminal_and_nothing_that_happened_is_flat() {
        for days in [2i64, 3, 29, 30, 31, 59, 60, 61, 90, 400, 40_000] {
            let first = day("2020-02-28");
            let last = first.checked_add(jiff::Span::new().days(days - 1)).unwrap();
            let numbers = [(first, 1), (last, 1_000_000)];
            let lines = chart(first, last, numbers.into_iter());
            assert_eq!(lines.len(), HEIGHT + if days > 62 { 3 } else { 2 }, "{days}");
            for line in &lines {
                assert!(line.chars().count() <= 80, "{days}: {line}");
            }
            let bottom = lines[HEIGHT - 1].split_once('|').unwrap().1;
            assert!(!bottom.starts_with(' '), "{days}: {}", lines.join("\n"));
        }
    }

    #[test]
    fn days_outside_and_days_without_anything_draw_nothing() {
        let (first, last) = (day("2026-11-01"), day("2026-11-07"));
        assert!(chart(first, last, [(day("2026-10-31"), 5), (day("2026-11-08"), 5)].into_iter()).is_empty());
        assert!(chart(last, first, [(first, 5)].into_iter()).is_empty());
        assert!(chart(first, first, [(first, 5)].into_iter()).is_empty());
    }
}
