//! The difference of two texts for people: `-` and `+` lines, changed words as `{-old-}` and `{+new+}`, what is far from any
//! change folded away.
//!
//! Readable without colour: the marks stand in every output, colours only add to them. A change of spaces alone is visible:
//! spaces that changed, or that end a changed line, are drawn as `␣`, tabs as `␉`. What changed is never cut; only what is
//! the same in both texts is.

use std::fmt::Write as _;

use super::counted;
use super::escape::{self, Layout};
use super::style::{Role, Styles};
use super::words::{DiffLine, Part, Sign, differences};

/// How many unchanged lines are shown before and after a change.
pub(super) const CONTEXT: usize = 3;

/// The longest unchanged line, or unchanged part of a changed one, that is shown whole, in characters.
const LONG: usize = 160;

/// The lines of a difference, each after `indent` and a gutter of two characters; empty for two equal texts.
#[must_use]
pub fn differences_text(old: &str, new: &str, indent: &str, styles: &Styles) -> String {
    let lines = differences(old, new);
    let mut out = String::new();
    if lines.iter().all(|line| line.sign == Sign::Same) {
        return out;
    }
    let ends_differ = old.ends_with('\n') != new.ends_with('\n');
    let mut rest = lines.as_slice();
    let mut is_first = true;
    while let Some(line) = rest.first() {
        let unchanged = rest.iter().take_while(|line| line.sign == Sign::Same).count();
        if unchanged == 0 {
            changed_line(&mut out, line, ends_differ, indent, styles);
            rest = &rest[1..];
        } else {
            let before = if is_first { 0 } else { CONTEXT };
            let after = if unchanged == rest.len() { 0 } else { CONTEXT };
            folded(&mut out, &rest[..unchanged], before, after, indent, styles);
            rest = &rest[unchanged..];
        }
        is_first = false;
    }
    out
}

/// A run of unchanged lines, of which the first `before` and the last `after` are shown.
fn folded(out: &mut String, run: &[DiffLine<'_>], before: usize, after: usize, indent: &str, styles: &Styles) {
    let hidden = run.len().saturating_sub(before + after);
    // A fold takes a line itself.
    let (before, hidden) = if hidden <= 1 { (run.len(), 0) } else { (before, hidden) };
    let show = |out: &mut String, lines: &[DiffLine<'_>]| {
        for line in lines {
            let text: String = line.parts.iter().map(|part| part.text).collect();
            let _ = writeln!(out, "{}", format!("{indent}  {}", cut(&text)).trim_end());
        }
    };
    show(out, &run[..before.min(run.len())]);
    if hidden > 0 {
        let fold = format!("… {}", counted(hidden, "unchanged line", "unchanged lines"));
        let _ = writeln!(out, "{indent}{}", styles.paint(Role::Muted, fold));
        show(out, &run[run.len() - after..]);
    }
}

/// A text's first characters, and how many more there are.
pub(crate) fn cut(text: &str) -> String {
    let shown: Vec<_> = escape::pieces(text, Layout::Lines).collect();
    // Cutting a few characters off would save nothing.
    if shown.len() <= LONG + 20 {
        return shown.into_iter().map(|piece| piece.shown).collect();
    }
    let start: String = shown[..LONG].iter().map(|piece| &*piece.shown).collect();
    format!("{start}… {} more characters", shown.len() - LONG)
}

fn changed_line(out: &mut String, line: &DiffLine<'_>, ends_differ: bool, indent: &str, styles: &Styles) {
    let DiffLine { sign, parts, ended } = line;
    let (gutter, role, words, open, close) = match sign {
        Sign::Same => (" ", Role::Muted, Role::Muted, "", ""),
        Sign::Removed => ("-", Role::Remove, Role::RemovedWords, "{-", "-}"),
        Sign::Added => ("+", Role::Add, Role::AddedWords, "{+", "+}"),
    };
    let text: String = parts.iter().map(|part| part.text).collect();
    let trailing = text.trim_end().len();
    // Escapes are made of the line as a whole: what is harmless in each part may be a command in the line.
    let mut pieces = escape::pieces(&text, Layout::Lines).peekable();
    let any_marked = parts.iter().any(|part| part.marked);
    let mut end = 0;
    let mut shown = String::new();
    for Part { text: part, marked } in parts {
        end += part.len();
        let blank = *marked && part.trim().is_empty();
        let mut run: Vec<String> = Vec::new();
        while let Some(piece) = pieces.next_if(|piece| piece.at < end) {
            let visible = blank || piece.at >= trailing;
            run.push(if visible { visible_space(piece.raw, &piece.shown) } else { piece.shown.into_owned() });
        }
        if *marked {
            let _ = write!(shown, "{}", styles.paint(words, format!("{open}{}{close}", run.concat())));
        } else {
            let run = if any_marked { shortened(&run) } else { run.concat() };
            let _ = write!(shown, "{}", styles.paint(role, run));
        }
    }
    let gutter = styles.paint(role, gutter);
    let space = if text.is_empty() { "" } else { " " };
    let _ = writeln!(out, "{indent}{gutter}{space}{shown}");
    if ends_differ && !ended {
        let _ = writeln!(out, "{indent}{}", styles.paint(Role::Muted, "\\ no line feed at the end"));
    }
}

/// A long unchanged part of a changed line: its beginning and its end.
fn shortened(run: &[String]) -> String {
    if run.len() <= LONG + 20 {
        return run.concat();
    }
    let side = LONG / 2;
    let hidden = run.len() - 2 * side;
    format!("{} … {hidden} unchanged characters … {}", run[..side].concat(), run[run.len() - side..].concat())
}

/// A space that can be seen; anything else as it is shown.
pub(super) fn visible_space(raw: &str, shown: &str) -> String {
    match raw {
        " " => "␣".to_owned(),
        "\t" => "␉".to_owned(),
        _ => match raw.chars().next() {
            Some(c) if c.is_whitespace() => format!("\\u{{{:x}}}", u32::from(c)),
            _ => shown.to_owned(),
        },
    }
}
