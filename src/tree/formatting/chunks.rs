//! One document: its lines cut at its fields, each with the comments that belong to it, and put in order.

use std::ops::RangeInclusive;

use crate::tree::rules::content;
use crate::tree::writing::block;
use crate::tree::yaml::{self, Entry, Node, Style, Text, Value};

/// The longest text in quotes that stays one.
const SHORT: usize = 100;

/// A field, the comments above it, and what it ends with.
struct Chunk<'d> {
    rank: usize,
    /// Whether an empty line stands before it.
    apart: bool,
    comments: Vec<&'d str>,
    lines: Vec<String>,
}

/// The document in the house's form; nothing where its fields don't stand on lines of their own. One that holds nothing but
/// comments stays.
pub(super) fn formatted(document: &str, order: &[&str]) -> Option<String> {
    let text = Text::new("", document);
    let Some(root) = yaml::parse(&text).into_iter().next().and_then(|document| document.root) else {
        return Some(trimmed(document));
    };
    let Value::Mapping(entries) = &root.value else { return None };
    let lines: Vec<&str> = document.lines().collect();
    let spans = entries.iter().map(|entry| span(&text, entry, &lines)).collect::<Option<Vec<_>>>()?;
    // Two fields on one line.
    if spans.windows(2).any(|pair| pair[1].start() <= pair[0].end()) {
        return None;
    }
    let first = spans.first().map_or(0, |span| *span.start());
    let above = lines.get(..first)?;
    let head = above.iter().rposition(|line| is_blank(line) || is_for_editors(line)).map_or(0, |at| at + 1);
    let (head, mut gap) = (above.get(..head)?, above.get(head..)?);

    let mut chunks: Vec<Chunk<'_>> = Vec::new();
    for (at, (entry, span)) in entries.iter().zip(&spans).enumerate() {
        let (above, comments) = if at == 0 { (&[][..], gap) } else { cut(gap) };
        if let Some(last) = chunks.last_mut() {
            last.lines.extend(above.iter().map(|line| line.trim_end().to_owned()));
        }
        chunks.push(Chunk {
            rank: order.iter().position(|field| *field == entry.key.value).unwrap_or(order.len()),
            apart: at > 0 && comments.iter().any(is_blank),
            comments: comments.iter().filter(|line| !is_blank(line)).copied().collect(),
            lines: of_entry(&text, entry, lines.get(span.clone())?, *span.start()),
        });
        let next = spans.get(at + 1).map_or(lines.len(), |next| *next.start());
        gap = lines.get(span.end() + 1..next)?;
    }
    let (own, tail) = cut(gap);
    if let Some(last) = chunks.last_mut() {
        last.lines.extend(own.iter().map(|line| line.trim_end().to_owned()));
    }
    chunks.sort_by_key(|chunk| chunk.rank);
    let mut out = trimmed(&head.join("\n"));
    // A head that was set apart stays so.
    if head.last().is_some_and(is_blank) && !out.is_empty() {
        out.push('\n');
    }
    for (at, chunk) in chunks.iter().enumerate() {
        if chunk.apart && at > 0 {
            out.push('\n');
        }
        let comments = chunk.comments.iter().map(|line| line.trim_end());
        for line in comments.chain(chunk.lines.iter().map(String::as_str)) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.push_str(&trimmed(&tail.join("\n")));
    Some(out)
}

/// Comments between two fields: what is indented belongs to the field above, what is not to the one below.
fn cut<'l, 'd>(gap: &'l [&'d str]) -> (&'l [&'d str], &'l [&'d str]) {
    let own = gap.iter().take_while(|line| line.starts_with([' ', '\t']) && !is_blank(line)).count();
    gap.split_at_checked(own).unwrap_or((gap, &[]))
}

/// Comments and empty lines: no trailing space, no empty line at either end, no two in a row.
fn trimmed(text: &str) -> String {
    let mut out = String::new();
    for line in text.trim_end().lines().map(str::trim_end).skip_while(|line| line.is_empty()) {
        if !(line.is_empty() && out.ends_with("\n\n")) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn is_blank(line: &&str) -> bool {
    line.trim().is_empty()
}

/// `# yaml-language-server: …` and the like hold for the whole file.
fn is_for_editors(line: &str) -> bool {
    line.starts_with("# yaml-language-server:") || line.starts_with("# vim:") || line.starts_with("# -*-")
}

/// The lines of a field, from 0: it must begin its first one.
fn span(text: &Text<'_>, entry: &Entry, lines: &[&str]) -> Option<RangeInclusive<usize>> {
    let begin = text.place(entry.key.range.start..entry.key.range.end);
    if begin.column != 1 {
        return None;
    }
    let end = entry.value.range.end.max(entry.key.range.end);
    let last = text.place(end.saturating_sub(1)..end).line - 1;
    let mut last = last.max(begin.line - 1);
    // The empty lines at the end of a block may be a part of it.
    if is_block(entry) {
        while lines.get(last + 1).is_some_and(is_blank) && keeps_end(lines.get(begin.line - 1)?) {
            last += 1;
        }
    }
    Some(begin.line - 1..=last)
}

fn is_block(entry: &Entry) -> bool {
    matches!(&entry.value.value, Value::Text { style: Style::Block, .. })
}

/// Whether a block's first line says that the empty lines at its end are meant: `|+`.
fn keeps_end(first: &str) -> bool {
    first.split('#').next().is_some_and(|head| head.contains('+'))
}

/// A field's lines: a policy's text as a block literal, other lines without trailing space.
fn of_entry(text: &Text<'_>, entry: &Entry, lines: &[&str], first: usize) -> Vec<String> {
    if let Some(rendered) = as_block(entry, lines) {
        return rendered.split_terminator('\n').map(str::to_owned).collect();
    }
    let mut kept = Vec::new();
    spread(text, &entry.value, &mut kept);
    let is_kept = |line: usize| kept.iter().any(|range: &RangeInclusive<usize>| range.contains(&line));
    let line = |(at, line): (usize, &&str)| match is_kept(first + at) {
        true => (*line).to_owned(),
        false => line.trim_end().to_owned(),
    };
    lines.iter().enumerate().map(line).collect()
}

/// The lines, from 0, of texts that go over several of them: their space may be meant.
fn spread(text: &Text<'_>, node: &Node, found: &mut Vec<RangeInclusive<usize>>) {
    match &node.value {
        Value::Text { style, .. } => {
            let first = text.place(node.range.start..node.range.start).line - 1;
            let last = text.place(node.range.end..node.range.end).line - 1;
            if last > first || *style == Style::Block {
                found.push(first..=last);
            }
        }
        Value::Mapping(entries) => entries.iter().for_each(|entry| spread(text, &entry.value, found)),
        Value::Sequence(items) => items.iter().for_each(|item| spread(text, item, found)),
        Value::Refused => {}
    }
}

/// A policy's text as a block literal, where it has several lines or is long; nothing where it stays as it is.
fn as_block(entry: &Entry, lines: &[&str]) -> Option<String> {
    let Value::Text { text, style } = &entry.value.value else { return None };
    let first = lines.first()?.strip_prefix("content")?.trim_start().strip_prefix(':')?.trim();
    let said = content::line_endings(text);
    let wanted = match style {
        // A comment on its first line would have no place; a folded text is folded on purpose.
        Style::Block => first.starts_with('|') && !first.contains('#'),
        // What follows the closing quote is a comment.
        Style::Quoted => (said.contains('\n') || said.len() > SHORT) && lines.last()?.trim_end().ends_with(['"', '\'']),
        Style::Plain => said.len() > SHORT && lines.iter().all(|line| !line.contains(" #")),
    };
    wanted.then(|| block(&said)).flatten().map(|block| format!("content: {block}"))
}
