//! All escaping: whatever a policy, a file's name or the service says passes here before it is shown.
//!
//! Laws, held by property tests:
//! - no character that a terminal obeys or that a reader can't see comes out: of those below U+0020 only `\n` and `\t`,
//!   and in one-line texts not even these;
//! - two different texts never look the same;
//! - no line is a command to a CI runner. GitHub's runner takes `::word …::` at a line's start, spaces before it aside, and
//!   `##[word …]` anywhere in a line (`ActionCommand.cs`: `TryParseV2`, `TryParse`); Azure's takes `##vso[…]`;
//! - ordinary text is shown as it is;
//! - in Markdown, HTML, a runner's commands and SARIF a text is nothing but text: their own forms stand on these rules.
//!
//! Only what is shown is escaped. JSON has its own form of the same rule: the values read back unchanged.

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// How a text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// On one line: a line feed is shown as `\n`, a tab as `\t`.
    OneLine,
    /// As it is: line feeds and tabs stay.
    Lines,
}

/// One character of a text, and how it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The byte of the text at which it begins.
    pub at: usize,
    /// The character, as it is in the text.
    pub raw: &'a str,
    /// What is shown for it.
    pub shown: Cow<'a, str>,
}

/// A text for one line of a terminal or a log: a name, a path, a message.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, Layout::OneLine)
}

/// A text of several lines for a terminal or a log.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, Layout::Lines)
}

fn escaped(text: &str, layout: Layout) -> Cow<'_, str> {
    let changes = |piece: &Piece<'_>| piece.raw != piece.shown;
    let Some(first) = pieces(text, layout).find(changes) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first.at]);
    out.extend(pieces(text, layout).skip_while(|piece| piece.at < first.at).map(|piece| piece.shown));
    Cow::Owned(out)
}

/// A text, character by character, so that what is shown can be cut and marked without an escape being torn or undone.
pub fn pieces(text: &str, layout: Layout) -> impl Iterator<Item = Piece<'_>> {
    let mut before = None;
    let mut blank_so_far = true;
    let mut doubled_until = 0;
    text.char_indices().map(move |(at, c)| {
        let raw = &text[at..at + c.len_utf8()];
        let shown = if c == '\\' {
            if at >= doubled_until && (before != Some('\\') || at == 0) && backslashes_mislead(&text[at..], layout) {
                doubled_until = at + run_of_backslashes(&text[at..]);
            }
            if at < doubled_until { Cow::Borrowed("\\\\") } else { Cow::Borrowed(raw) }
        } else if is_shown_escaped(c, before, &text[at..], blank_so_far, layout) {
            Cow::Owned(escape_of(c, layout))
        } else {
            Cow::Borrowed(raw)
        };
        blank_so_far = c == '\n' || (blank_so_far && c.is_whitespace());
        before = Some(c);
        Piece { at, raw, shown }
    })
}

fn escape_of(c: char, layout: Layout) -> String {
    match (c, layout) {
        ('\n', Layout::OneLine) => "\\n".to_owned(),
        ('\t', Layout::OneLine) => "\\t".to_owned(),
        _ => format!("\\u{{{:x}}}", u32::from(c)),
    }
}

/// Whether `c`, the first character of `rest`, must be shown as an escape. `blank_so_far`: its line holds only spaces before it.
fn is_shown_escaped(c: char, before: Option<char>, rest: &str, blank_so_far: bool, layout: Layout) -> bool {
    match c {
        '\n' | '\t' => layout == Layout::OneLine,
        ':' => blank_so_far && rest.starts_with("::"),
        '#' => before == Some('#') && opens_command(&rest[1..]),
        _ => is_hidden(c, before),
    }
}

/// Whether what follows two `#` makes them the beginning of a runner's command: `[…`, `vso[…`.
fn opens_command(rest: &str) -> bool {
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    rest.trim_start_matches(in_word).starts_with('[')
}

fn run_of_backslashes(text: &str) -> usize {
    text.len() - text.trim_start_matches('\\').len()
}

/// Whether backslashes standing here would be read together with what is shown after them: then each is doubled, so that
/// `\u{1b}` written by someone and an escape shown by us differ. All others stay as they are: `\d+`, `\\server\share`.
fn backslashes_mislead(text: &str, layout: Layout) -> bool {
    let rest = &text[run_of_backslashes(text)..];
    let Some(next) = rest.chars().next() else { return false };
    rest.starts_with("u{")
        || (layout == Layout::OneLine && matches!(next, 'n' | 't'))
        || is_shown_escaped(next, Some('\\'), rest, false, layout)
}

/// Whether a character is obeyed instead of shown, or shown as nothing: controls, bidirectional and other format
/// characters, fillers, variation selectors, tags, private use, no characters at all.
///
/// From the Unicode Character Database 16: `Cc`, `Cf` but for the visible signs among them, `Zl`, `Zp`, `Co`,
/// `Default_Ignorable_Code_Point`, `Noncharacter_Code_Point`; and the blank Braille pattern. The two selectors that choose
/// between a symbol's text and picture form stay after a symbol.
fn is_hidden(c: char, before: Option<char>) -> bool {
    match c {
        '\u{fe0e}' | '\u{fe0f}' => !before.is_some_and(is_symbol),
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{70f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{fe00}'..='\u{fe0d}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{13430}'..='\u{1345f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{10ffff}' => true,
        _ => u32::from(c) & 0xfffe == 0xfffe,
    }
}

/// The blocks whose characters have a text and a picture form: arrows, technical and other symbols, pictographs.
fn is_symbol(c: char) -> bool {
    matches!(c, '\u{2030}'..='\u{205e}' | '\u{2100}'..='\u{27bf}' | '\u{2900}'..='\u{2bff}' | '\u{3030}'..='\u{303d}' | '\u{3290}'..='\u{329f}' | '\u{1f000}'..='\u{1faff}')
}

/// A value as JSON, indented by two spaces, a line feed at its end. Pure ASCII is not forced; what [`line()`] would escape is
/// written `\u…`, so that the document can be shown in a terminal or a log, and every value reads back unchanged.
#[must_use]
pub fn json<T: serde::Serialize>(value: &T) -> String {
    json_in(value, JsonFormatter { layout: serde_json::ser::PrettyFormatter::new() })
}

/// The same on one line, for a log: no text in it can begin another line.
#[must_use]
pub fn json_line<T: serde::Serialize>(value: &T) -> String {
    json_in(value, JsonFormatter { layout: serde_json::ser::CompactFormatter })
}

fn json_in<T: serde::Serialize, F: serde_json::ser::Formatter>(value: &T, formatter: JsonFormatter<F>) -> String {
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut out, formatter);
    value.serialize(&mut writer).expect("reports have text keys and no failing parts, and memory takes every write");
    out.push(b'\n');
    String::from_utf8(out).expect("the formatter writes only whole characters")
}

/// Lays a document out as `F` does, and escapes its texts.
struct JsonFormatter<F> {
    layout: F,
}

type Written = std::io::Result<()>;

impl<F: serde_json::ser::Formatter> serde_json::ser::Formatter for JsonFormatter<F> {
    /// Gets what lies between the characters that JSON itself escapes.
    fn write_string_fragment<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, fragment: &str) -> Written {
        let mut before = None;
        let mut plain_from = 0;
        for (at, c) in fragment.char_indices() {
            if is_shown_escaped(c, before, &fragment[at..], false, Layout::OneLine) {
                writer.write_all(&fragment.as_bytes()[plain_from..at])?;
                let mut escape = String::new();
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(escape, "\\u{unit:04x}").map_err(std::io::Error::other)?;
                }
                writer.write_all(escape.as_bytes())?;
                plain_from = at + c.len_utf8();
            }
            before = Some(c);
        }
        writer.write_all(&fragment.as_bytes()[plain_from..])
    }

    fn begin_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.layout.begin_array(writer)
    }
    fn end_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.layout.end_array(writer)
    }
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> Written {
        self.layout.begin_array_value(writer, first)
    }
    fn end_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.layout.end_array_value(writer)
    }
    fn begin_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.layout.begin_object(writer)
    }
    fn end_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.layout.end_object(writer)
    }
    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> Written {
        self.layout.begin_object_key(writer, first)
    }
    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.layout.begin_object_value(writer)
    }
    fn end_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.layout.end_object_value(writer)
    }
}

/// A text of one line for Markdown, in a code span: nothing in there is a mention, a reference, a link, a picture, a tag.
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let shown = line(text);
    let fence = "`".repeat(longest_run(&shown, '`') + 1);
    // A reader takes one space off each end where both have one; an end that is a backtick would belong to the fence.
    let pad = if shown.starts_with([' ', '`']) || shown.ends_with([' ', '`']) { " " } else { "" };
    if shown.trim_matches(' ').is_empty() {
        format!("`\"{shown}\"`")
    } else {
        format!("{fence}{pad}{shown}{pad}{fence}")
    }
}

/// A sentence for Markdown, behind other words of its line. Plain words stay as they are; whatever a reader could take for
/// more than a word, and what stands between two backticks, goes into code spans.
#[must_use]
pub fn markdown(text: &str) -> String {
    let shown = line(text);
    let mut out = String::with_capacity(shown.len() + 16);
    let code = |out: &mut String, part: &str| {
        if part.is_empty() || out.ends_with('`') {
            out.push(' ');
        }
        if !part.is_empty() {
            out.push_str(&markdown_code(part));
        }
    };
    let paired = shown.matches('`').count().is_multiple_of(2);
    let parts = if paired { shown.split('`').collect() } else { vec![&*shown] };
    for (index, part) in parts.into_iter().enumerate() {
        if index % 2 == 1 {
            code(&mut out, part);
            continue;
        }
        for word in part.split_inclusive(' ') {
            let (word, space) = word.strip_suffix(' ').map_or((word, ""), |word| (word, " "));
            if is_plain_word(word) {
                out.push_str(word);
            } else {
                code(&mut out, word);
            }
            out.push_str(space);
        }
    }
    out
}

/// Whether a word is nothing but a word wherever it stands: no mark-up, no link, mention or reference, not even a commit's
/// hash or a ticket's number that a service would make a link of.
fn is_plain_word(word: &str) -> bool {
    let core =
        word.trim_start_matches(['(', '"', '\'']).trim_end_matches([')', '"', '\'', '.', ',', ';', ':', '?', '!']);
    let is_hash = core.len() >= 7 && core.chars().all(|c| c.is_ascii_hexdigit());
    let is_ticket = core.contains('-') && core.contains(|c: char| c.is_ascii_digit());
    let is_numbering = core.chars().all(|c| c.is_ascii_digit()) && word.ends_with(['.', ')']) && !core.is_empty();
    core.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '\'' | '’'))
        && !core.starts_with(['-', '\''])
        && !(is_hash || is_ticket || is_numbering)
}

/// Lines for Markdown in a fenced block that nothing in them can end. `shown` has passed [`lines()`].
#[must_use]
pub fn markdown_block(language: &str, shown: &str) -> String {
    let fence = "`".repeat((longest_run(shown, '`') + 1).max(3));
    let end = if shown.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{shown}{end}{fence}\n")
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

/// What may stand in a marker as it is.
const MARKER: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b':').remove(b'/').remove(b'=').remove(b'@').remove(b'+');

/// A hidden marker for Markdown: a comment that no text can end, and that [`marked`] reads back.
#[must_use]
pub fn marker(text: &str) -> String {
    format!("<!-- policysync:{} -->", utf8_percent_encode(text, MARKER))
}

/// The text of the marker that a body begins with. A marker anywhere else is none: a policy's text can hold one.
#[must_use]
pub fn marked(body: &str) -> Option<String> {
    let first = body.split(['\r', '\n']).next()?;
    let text = first.strip_prefix("<!-- policysync:")?.strip_suffix(" -->")?;
    let text = percent_decode_str(text).decode_utf8().ok()?.into_owned();
    // Only what `marker` writes: there is one way to say a thing.
    (marker(&text) == first).then_some(text)
}

/// A text for HTML, in an element or in a quoted attribute.
#[must_use]
pub fn html(text: &str, layout: Layout) -> String {
    entities(&escaped(text, layout))
}

/// A sentence of ours for HTML: of what stands between backticks in it these words are code, and all else is text.
#[must_use]
pub fn html_sentence(text: &str, words: &[&str]) -> String {
    let code =
        |shown: String, word: &&str| shown.replace(&format!("&#96;{word}&#96;"), &format!("<code>{word}</code>"));
    words.iter().fold(html(text, Layout::OneLine), code)
}

/// For HTML what is shown already for a piece of a text ([`pieces`]).
#[must_use]
pub fn entities(shown: &str) -> String {
    let mut out = String::with_capacity(shown.len() + 16);
    for c in shown.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            _ => out.push(c),
        }
    }
    out
}

/// What templates put their values through, unless it is named as [`html`] already.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl askama::filters::Escaper for Html {
    fn write_escaped_str<W: std::fmt::Write>(&self, mut out: W, text: &str) -> std::fmt::Result {
        out.write_str(&html(text, Layout::OneLine))
    }
}

/// A text as the message of a runner's command.
#[must_use]
pub fn workflow_message(text: &str) -> String {
    line(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as the value of a property of a runner's command.
#[must_use]
pub fn workflow_property(text: &str) -> String {
    workflow_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// What may stand in a path of a link as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// A path, `/` between its parts, as a part of a URI.
#[must_use]
pub fn uri_path(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// A text as a message of SARIF, where `{0}` would be a placeholder and `[text](1)` a link (3.11.5, 3.11.6).
#[must_use]
pub fn sarif(text: &str) -> String {
    line(text).replace('{', "{{").replace('}', "}}").replace("](", "\\](")
}

#[cfg(test)]
#[path = "escape_tests.rs"]
mod tests;
