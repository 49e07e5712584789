//! Text → documents. What a policy file may not hold (anchors, aliases, merge keys, tags, a key twice, keys that are no
//! text, depth, size) is refused here, each with its place; after a syntax error reading goes on at the next `---`.
//!
//! Bounded: what nests deeper than [`MAX_DEPTH`] or holds more than [`MAX_NODES`] is given up where the bound is met, and an
//! alias is never followed, so that the work is proportional to the text.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span};

use super::node::{Entry, Node, Spanned, Style, Value};
use super::quote::tick;
use super::text::Text;
use super::usual::Told;
use crate::domain::{Code, Finding, Place};

/// The text is no YAML.
pub const SYNTAX: Code = Code("syntax");
/// Collections nest too deeply.
pub const TOO_DEEP: Code = Code("too-deep");
/// More nodes in a document, or documents in a file, than are read.
pub const TOO_MANY_NODES: Code = Code("too-many-nodes");
/// `&name`.
pub const ANCHOR: Code = Code("anchor");
/// `*name`.
pub const ALIAS: Code = Code("alias");
/// `<<:`.
pub const MERGE_KEY: Code = Code("merge-key");
/// `!tag`.
pub const TAG: Code = Code("tag");
/// `%YAML`, `%TAG`.
pub const DIRECTIVE: Code = Code("directive");
/// A key twice in one mapping.
pub const DUPLICATE_FIELD: Code = Code("duplicate-field");
/// A key that is no text.
pub const BAD_FIELD_NAME: Code = Code("bad-field-name");

/// The deepest nesting that is read; a policy's is 2.
pub const MAX_DEPTH: usize = 64;
/// The most nodes of one document; a policy with 64 entries of metadata has about 150.
pub const MAX_NODES: usize = 1024;
/// The most documents of one file.
pub const MAX_DOCUMENTS: usize = 1000;

/// One document of a file.
#[derive(Debug)]
pub struct Document {
    /// Its root; nothing where it is empty or could not be read.
    pub root: Option<Node>,
    /// Whether a part of it could not be read: nothing is said then of what it lacks.
    pub broken: bool,
    /// The bytes it spans, as far as it was read.
    pub range: Range<usize>,
    /// What is wrong with it as YAML.
    pub findings: Vec<Finding>,
}

/// The documents of a text, in order; none where it holds nothing but comments.
#[must_use]
pub fn parse(text: &Text<'_>) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut parser = Parser::new_from_str_with_options(text.as_str(), options());
    let mut open: Option<Builder<'_, '_>> = None;
    while let Some(next) = parser.next_event() {
        let stopped = match next {
            Ok((Event::DocumentStart(..), span)) => {
                open = Some(Builder::new(text, bytes(&span).start));
                None
            }
            Ok((Event::DocumentEnd, span)) => {
                documents.extend(open.take().map(|builder| builder.finish(bytes(&span).end)));
                None
            }
            Ok((event, span)) => open.as_mut().and_then(|builder| builder.event(event, &span).err()),
            Err(error) => Some(refusal(text, &error)),
        };
        if let Some(finding) = stopped {
            match (open.take(), documents.last_mut()) {
                (Some(builder), _) => documents.push(builder.broken(finding)),
                // More text after a document's end belongs to it.
                (None, Some(last)) => {
                    last.broken = true;
                    last.findings.push(finding);
                }
                (None, None) => documents.push(Builder::new(text, finding.place.start).broken(finding)),
            }
            if !parser.proceed_next_document().unwrap_or(false) {
                break;
            }
        }
        if documents.len() > MAX_DOCUMENTS {
            documents.truncate(MAX_DOCUMENTS);
            let begin = documents.last().map_or(0, |last| last.range.end);
            let why = format!("the file has more than {MAX_DOCUMENTS} documents; the rest is not read");
            let finding = Finding::error(TOO_MANY_NODES, text.place(begin..begin), why).hint("split the file");
            documents.push(Builder::new(text, begin).broken(finding));
            break;
        }
    }
    documents
}

/// The comments of a text, sorted; as far as it can be read.
#[must_use]
pub fn comments(text: &str) -> Vec<String> {
    let mut options = options();
    options.emit_comments = true;
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut found = Vec::new();
    while let Some(Ok((event, _))) = parser.next_event() {
        if let Event::Comment(text, ..) = event {
            found.push(text.trim_end().to_owned());
        }
    }
    found.sort();
    found
}

fn options() -> Options {
    granit_parser::options! {
        strict_indentation: true,
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    }
}

/// The bytes of an event. Those of a text are always known to the parser.
fn bytes(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or_default()
}

fn refusal(text: &Text<'_>, error: &ScanError) -> Finding {
    let at = error.marker().byte_offset().unwrap_or_default();
    let width = text.as_str().get(at..).and_then(|rest| rest.chars().next()).map_or(0, |c| match c {
        '\n' | '\r' => 0,
        c => c.len_utf8(),
    });
    let place = text.place(at..at + width);
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(place),
        ErrorKind::DirectiveDisallowed => {
            let what = "a line that begins with `%` (a directive of YAML) can't stand in a policy file";
            Finding::error(DIRECTIVE, place, what).hint("take the line away")
        }
        kind => match super::usual::usual(text.as_str(), at, kind) {
            Some(Told { what, hint, range }) => Finding::error(SYNTAX, text.place(range), what).hint(hint),
            None => {
                let (what, hint) = super::syntax::explain(kind);
                Finding::error(SYNTAX, place, what).hint(hint)
            }
        },
    }
}

fn too_deep(place: Place) -> Finding {
    let message = format!("more than {MAX_DEPTH} brackets or fields lie within each other here");
    Finding::error(TOO_DEEP, place, message)
        .hint("put a text that holds brackets in quotes; a policy's fields hold no fields of fields")
}

/// A mapping or sequence that is not closed yet.
enum Open {
    Mapping {
        start: usize,
        entries: Vec<Entry>,
        places: BTreeMap<String, Range<usize>>,
        key: Key,
        /// Whether it was reported as a whole, and is not used.
        refused: bool,
    },
    Sequence {
        start: usize,
        items: Vec<Node>,
    },
}

/// What a mapping waits for.
enum Key {
    /// A key.
    Due,
    /// The value of this one.
    Read(Spanned<String>),
    /// The value of one that was reported and is not used.
    Refused,
}

struct Builder<'t, 'a> {
    text: &'t Text<'a>,
    start: usize,
    root: Option<Node>,
    open: Vec<Open>,
    nodes: usize,
    findings: Vec<Finding>,
}

impl<'t, 'a> Builder<'t, 'a> {
    fn new(text: &'t Text<'a>, start: usize) -> Self {
        Self { text, start, root: None, open: Vec::new(), nodes: 0, findings: Vec::new() }
    }

    fn finish(self, end: usize) -> Document {
        let root = self.root.filter(|root| !root.is_null());
        Document { root, broken: false, range: self.start..end.max(self.start), findings: self.findings }
    }

    fn broken(mut self, finding: Finding) -> Document {
        let end = finding.place.end.max(self.start);
        // A text that begins with `*` reads as an alias with something behind it.
        let is_told = |last: &Finding| last.code == ALIAS && last.place.line == finding.place.line;
        if !self.findings.last().is_some_and(is_told) {
            self.findings.push(finding);
        }
        Document { root: None, broken: true, range: self.start..end, findings: self.findings }
    }

    fn report(&mut self, code: Code, range: Range<usize>, message: impl Into<String>, hint: &str) {
        self.findings.push(Finding::error(code, self.text.place(range), message).hint(hint));
    }

    /// Takes the next event of the document; the finding for which the rest of it is given up, if there is one.
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Finding> {
        let range = bytes(span);
        if event.is_node() {
            self.nodes += 1;
            if self.nodes > MAX_NODES {
                let why = format!("the document has more than {MAX_NODES} fields and values; the rest is not read");
                let hint = "a policy has about ten fields; put each policy into a file of its own";
                return Err(Finding::error(TOO_MANY_NODES, self.text.place(range), why).hint(hint));
            }
        }
        if let Some(tag) = span.tag_span().filter(|_| event.tag().is_some()) {
            let tag = bytes(&tag);
            let written = self.text.as_str().get(tag.clone()).unwrap_or_default();
            let message =
                format!("{} at the beginning of a value (a tag of YAML) can't stand in a policy file", tick(written));
            let hint = match written {
                "!include" | "!file" => "name the file of a policy's text by `contentFile: …`",
                "!!str" | "!!int" | "!!bool" | "!!float" => "take it away: each field knows what it holds",
                _ => "take it away; if it belongs to the text, put all of the text in quotes",
            };
            self.report(TAG, tag, message, hint);
        }
        match event {
            Event::Scalar(text, style, ..) => self.scalar(text.into_owned(), style, range),
            Event::MappingStart(..) => {
                self.deeper(&range)?;
                let (start, entries, places) = (range.start, Vec::new(), BTreeMap::new());
                self.open.push(Open::Mapping { start, entries, places, key: Key::Due, refused: false });
            }
            Event::SequenceStart(..) => {
                self.deeper(&range)?;
                self.open.push(Open::Sequence { start: range.start, items: Vec::new() });
            }
            Event::MappingEnd | Event::SequenceEnd => self.close(&range),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let message = "a `*` at the beginning of a value (an alias of YAML) can't stand in a policy file";
                let hint = "if it belongs to the text, put all of the text in quotes; else write the value out";
                self.report(ALIAS, range.clone(), message, hint);
                self.node(Node { value: Value::Refused, range });
            }
            Event::Anchor(..) => {
                let message = "a `&` at the beginning of a value (an anchor of YAML) can't stand in a policy file";
                let hint = "if it belongs to the text, put all of the text in quotes; else take it away";
                self.report(ANCHOR, range, message, hint);
            }
            _ => {}
        }
        Ok(())
    }

    fn deeper(&mut self, range: &Range<usize>) -> Result<(), Finding> {
        if self.open.len() < MAX_DEPTH {
            return Ok(());
        }
        let place = self.text.place(range.start..range.start + 1);
        Err(too_deep(place))
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, range: Range<usize>) {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        // Where nothing is written the parser says `~`.
        let text = if range.is_empty() { String::new() } else { text };
        // The parser ends a block with the lines below it.
        let written = self.text.as_str().get(range.clone()).unwrap_or_default();
        let range = range.start..range.start + written.trim_end().len();
        self.node(Node { value: Value::Text { text, style }, range });
    }

    fn close(&mut self, bracket: &Range<usize>) {
        let (start, last, value) = match self.open.pop() {
            Some(Open::Mapping { start, entries, refused, .. }) => {
                let last = entries.last().map(|last| last.value.range.end.max(last.key.range.end));
                (start, last, if refused { Value::Refused } else { Value::Mapping(entries) })
            }
            Some(Open::Sequence { start, items }) => {
                (start, items.last().map(|last| last.range.end), Value::Sequence(items))
            }
            None => return,
        };
        // A block has no bracket; the parser ends it only where the next thing begins.
        let end = if bracket.is_empty() { last.unwrap_or(start) } else { bracket.end };
        self.node(Node { value, range: start..end.max(start) });
    }

    /// Puts a finished node where it belongs.
    fn node(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { entries, key, .. }) => match std::mem::replace(key, Key::Due) {
                Key::Read(key) => entries.push(Entry { key, value: node }),
                Key::Refused => {}
                Key::Due => {
                    let read = self.key(node);
                    if let Some(Open::Mapping { key, .. }) = self.open.last_mut() {
                        *key = read;
                    }
                }
            },
        }
    }

    fn is_template(&self, inner: &Range<usize>) -> bool {
        let opens = |at: &usize| self.text.as_str().get(*at..inner.end + 1);
        inner
            .start
            .checked_sub(1)
            .as_ref()
            .and_then(opens)
            .is_some_and(|said| said.starts_with("{{") && said.ends_with("}}"))
    }

    fn key(&mut self, node: Node) -> Key {
        let kind = node.kind();
        let Node { value, range } = node;
        let (text, style) = match value {
            Value::Text { text, style } => (text, style),
            // An alias was reported as one.
            Value::Refused => return Key::Refused,
            // `{{ name }}`: one pair of braces within another, which no file of ours has.
            Value::Mapping(_) if self.is_template(&range) => {
                let hint = "write the value itself; if the braces belong to the text, put all of it in quotes";
                let message = "a template's braces can't stand here; nothing fills them in";
                self.report(BAD_FIELD_NAME, range.start - 1..range.end + 1, message, hint);
                if let Some(Open::Mapping { refused, .. }) = self.open.last_mut() {
                    *refused = true;
                }
                return Key::Refused;
            }
            Value::Mapping(_) | Value::Sequence(_) => {
                let message = format!("a field's name must be a text, not {kind}");
                self.report(BAD_FIELD_NAME, range, message, "put it in quotes, if a text is meant");
                return Key::Refused;
            }
        };
        if text == "<<" && style == Style::Plain {
            let message = "`<<` (a merge key of YAML) can't stand in a policy file";
            self.report(MERGE_KEY, range, message, "write the fields out, in each policy that has them");
            return Key::Refused;
        }
        if text.is_empty() {
            self.report(BAD_FIELD_NAME, range, "a field has no name", "write one before the `:`");
            return Key::Refused;
        }
        let Some(Open::Mapping { places, .. }) = self.open.last_mut() else { return Key::Refused };
        if let Some(first) = places.get(&text) {
            let first = self.text.place(first.clone());
            let message = format!("{} is given twice", tick(&text));
            // What every policy begins with.
            let hint = match text.as_str() {
                "name" => "keep one of them; if another policy begins here, write a line `---` above it",
                _ => "keep one of them",
            };
            let finding = Finding::error(DUPLICATE_FIELD, self.text.place(range), message).hint(hint);
            self.findings.push(finding.related(first, "first given here"));
            return Key::Refused;
        }
        places.insert(text.clone(), range.clone());
        Key::Read(Spanned { value: text, range })
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
