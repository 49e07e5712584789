//! All escaping: whatever a policy, a file's name or the service says passes here before it is shown.
//!
//! Laws, held by property tests:
//! - no character that a terminal obeys or that a reader can't see comes out: of those below U+0020 only `\n` and `\t`,
//!   and in one-line texts not even these;
//! - two different texts never look the same;
//! - no line is a command to a CI runner. GitHub's runner takes `::word …::` at a line's start, spaces before it aside, and
//!   `##[word …]` anywhere in a line (`ActionCommand.cs`: `TryParseV2`, `TryParse`); Azure's takes `##vso[…]`;
//! - ordinary text is shown as it is.
//!
//! Only what is shown is escaped. JSON has its own form of the same rule: the values read back unchanged.

use std::borrow::Cow;
use std::fmt::Write as _;

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
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut out, JsonFormatter::default());
    value.serialize(&mut writer).expect("reports have text keys and no failing parts, and memory takes every write");
    out.push(b'\n');
    String::from_utf8(out).expect("the formatter writes only whole characters")
}

#[derive(Default)]
struct JsonFormatter {
    pretty: serde_json::ser::PrettyFormatter<'static>,
}

type Written = std::io::Result<()>;

impl serde_json::ser::Formatter for JsonFormatter {
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
        self.pretty.begin_array(writer)
    }
    fn end_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.pretty.end_array(writer)
    }
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> Written {
        self.pretty.begin_array_value(writer, first)
    }
    fn end_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.pretty.end_array_value(writer)
    }
    fn begin_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.pretty.begin_object(writer)
    }
    fn end_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.pretty.end_object(writer)
    }
    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> Written {
        self.pretty.begin_object_key(writer, first)
    }
    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.pretty.begin_object_value(writer)
    }
    fn end_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> Written {
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_shown_as_it_is() {
        for text in [
            "Do not share personal data: names, e-mail addresses, IBANs.",
            "Zürich, 東京, Αθήνα, שלום, مرحبا, हिन्दी, e\u{301}",
            "⚠\u{fe0f} never ❤\u{fe0f} 😀",
            r"\d{3}-\d{2}, C:\Users\me, \\server\share, a\\b",
            "## Heading, # one, ### three, #[attribute], ::not-at-start in the middle a::b",
            "50 % of [all] {braces} <b>&amp;</b>",
            "no\u{a0}break",
        ] {
            assert_eq!(lines(text), text);
        }
        assert_eq!(lines("a\n\tb\n"), "a\n\tb\n");
    }

    #[test]
    fn what_a_terminal_obeys_or_hides_is_shown_as_an_escape() {
        for (text, shown) in [
            ("\u{1b}[2K", r"\u{1b}[2K"),
            ("a\rb", r"a\u{d}b"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("\u{7f}", r"\u{7f}"),
            ("\0", r"\u{0}"),
            ("ab\u{202e}c", r"ab\u{202e}c"),
            ("\u{2066}\u{200b}\u{feff}\u{ad}", r"\u{2066}\u{200b}\u{feff}\u{ad}"),
            ("\u{e0041}", r"\u{e0041}"),
            ("a\u{fe0f}", r"a\u{fe0f}"),
            ("\u{e0100}\u{2028}", r"\u{e0100}\u{2028}"),
            ("a\nb\tc", r"a\nb\tc"),
        ] {
            assert_eq!(line(text), shown);
        }
    }

    #[test]
    fn what_looks_like_an_escape_is_told_from_one() {
        for (text, shown) in [
            (r"\u{1b}", r"\\u{1b}"),
            ("\\\u{1b}", r"\\\u{1b}"),
            (r"\\u{1b}", r"\\\\u{1b}"),
            (r"C:\new", r"C:\\new"),
            ("C:\\\n", r"C:\\\n"),
            (r"\d\w\\x\", r"\d\w\\x\"),
        ] {
            assert_eq!(line(text), shown);
        }
        assert_eq!(lines(r"C:\new"), r"C:\new");
    }

    #[test]
    fn a_command_to_a_runner_is_inert() {
        for (text, shown) in [
            ("::error::x", r"\u{3a}:error::x"),
            (" \u{a0}\t::add-mask::x", " \u{a0}\t\\u{3a}:add-mask::x"),
            ("a\n::error::x\nb ::error::", "a\n\\u{3a}:error::x\nb ::error::"),
            ("a ##[set-output name=x]y", r"a #\u{23}[set-output name=x]y"),
            ("###[x]", r"##\u{23}[x]"),
            ("##vso[task.x]", r"#\u{23}vso[task.x]"),
            ("##\u{200b}[x]", r"##\u{200b}[x]"),
        ] {
            assert_eq!(lines(text), shown);
        }
    }

    #[test]
    fn json_keeps_the_value_and_shows_nothing_hidden() {
        let text = "\u{1b}[2K \u{9b} \u{202e} \u{e0041} ##[set-output] \"q\" \\ \n\t é 😀";
        let shown = json(&text);
        assert_eq!(
            shown,
            "\"\\u001b[2K \\u009b \\u202e \\udb40\\udc41 #\\u0023[set-output] \\\"q\\\" \\\\ \\n\\t é 😀\"\n"
        );
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        let value = serde_json::json!({"a": [1, {"b": null}], "e": [], "o": {}});
        assert_eq!(json(&value), format!("{}\n", serde_json::to_string_pretty(&value).unwrap()));
    }
}
