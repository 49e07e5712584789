//! The names of our fields, and lines that begin with one and have no `:` that counts.

use super::{Line, Pair, Told, shown, told};
use crate::tree::yaml::quote::tick;

/// The fields of a policy and of a scope, by which a field that was mistyped is told from a line of a text.
pub(in crate::tree) const FIELDS: &[&str] = &[
    "name",
    "riskType",
    "actionType",
    "content",
    "contentFile",
    "key",
    "protected",
    "draft",
    "metadata",
    "orgId",
    "workspaceId",
    "repoId",
    "id",
];

/// A field that is meant by a word, letter case, `-` and `_` aside.
pub(super) fn known(word: &str) -> Option<&'static str> {
    let plain = |word: &str| word.replace(['-', '_'], "").to_ascii_lowercase();
    FIELDS.iter().copied().find(|field| plain(field) == plain(word))
}

/// What stands where a field's `:` and the space after it are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tree) enum Slip {
    WideColon,
    NoBreakSpace,
    NoSpace,
    EqualsSign,
    NoColon,
}

/// A line that begins with a field's name and no colon that counts.
#[derive(Debug, Clone, Copy)]
pub(in crate::tree) struct Slipped<'t> {
    /// The field that is meant.
    pub(in crate::tree) field: &'static str,
    /// What is wrong.
    pub(in crate::tree) slip: Slip,
    /// Its name as written.
    pub(in crate::tree) word: &'t str,
    value: &'t str,
}

impl<'t> Slipped<'t> {
    /// What is wrong with a line, if it is one; spaces before it are passed over.
    pub(in crate::tree) fn of(line: &'t str) -> Option<Self> {
        let body = line.trim();
        let word = body.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).next()?;
        let field = known(word)?;
        let rest = body.get(word.len()..)?;
        let behind = |mark: char| rest.trim_start().strip_prefix(mark).map(str::trim).unwrap_or_default();
        let (slip, value) = if rest.starts_with('\u{ff1a}') {
            (Slip::WideColon, behind('\u{ff1a}'))
        } else if let Some(value) = rest.strip_prefix(":\u{a0}") {
            (Slip::NoBreakSpace, value.trim())
        } else if rest.starts_with(':') && rest.len() > 1 && !rest.starts_with(": ") && !rest.starts_with(":\t") {
            (Slip::NoSpace, behind(':'))
        } else if rest.trim_start().starts_with('=') {
            (Slip::EqualsSign, behind('='))
        } else if rest.is_empty() || (rest.starts_with(' ') && !rest.contains(": ") && !rest.ends_with(':')) {
            (Slip::NoColon, rest.trim())
        } else {
            return None;
        };
        Some(Self { field, slip, word, value })
    }

    /// Whether it is hardly a line of a text: one may begin with `name` or `content`, none with `riskType` or `name=`.
    pub(super) fn is_sure(&self) -> bool {
        self.slip != Slip::NoColon || self.field.chars().any(char::is_uppercase)
    }

    /// The line as it should be; nothing where that can't be known. `goes_on` is whether the next line belongs to it.
    fn mended(&self, goes_on: bool) -> Option<String> {
        let Self { field, value, .. } = *self;
        // Its entries stand below it.
        if field == "metadata" {
            return None;
        }
        if is_plain(value) || is_quoted(value) || (goes_on && opens_a_block(value)) {
            return shown(&format!("{field}: {value}"));
        }
        // Of the other fields none has a value that needs quotes.
        let is_a_text = matches!(field, "name" | "content") && !goes_on && !value.is_empty() && !opens_a_block(value);
        is_a_text.then(|| Pair { name: field, name_at: 0, value, value_at: 0 }.in_quotes())?
    }
}

/// What is wrong with a line of the text that begins with the name of a field and no colon that counts.
pub(super) fn ill(text: &str, line: &Line<'_>) -> Option<Told> {
    let slipped = Slipped::of(line.said)?;
    let Slipped { field, slip, word, .. } = slipped;
    let what = match slip {
        Slip::WideColon => "has a wide colon (U+FF1A), which is another character than `:`",
        Slip::NoBreakSpace => "has a no-break space (U+00A0) after its `:`, which looks like a space",
        Slip::NoSpace => "has no space after its `:`",
        Slip::EqualsSign => "has a `=` in place of its `:`",
        Slip::NoColon => "has no `:`",
    };
    let hint = match slipped.mended(line.goes_on(text)) {
        Some(mended) => format!("write {mended}"),
        None => format!("begin the line with {}, a space and its value", tick(&format!("{field}:"))),
    };
    let start = line.range().start;
    told(format!("{} {what}", tick(field)), hint, start..start + word.len())
}

/// Whether a value is a text without marks around it, which YAML reads as it stands.
fn is_plain(value: &str) -> bool {
    let begins_otherwise = value.starts_with(|c: char| c.is_ascii_punctuation() && !matches!(c, '.' | '/' | '(' | '_'));
    let is_nothing = value.is_empty() || value.eq_ignore_ascii_case("null");
    let is_cut = value.ends_with(':') || [": ", ":\t", " #", "\t#"].iter().any(|mark| value.contains(mark));
    !begins_otherwise && !is_nothing && !is_cut && value != "..."
}

/// Whether a value stands in quotes as a whole, and nothing in them needs a second look.
fn is_quoted(value: &str) -> bool {
    ['"', '\''].iter().any(|mark| {
        let inner = value.strip_prefix(*mark).and_then(|rest| rest.strip_suffix(*mark));
        inner.is_some_and(|inner| !inner.trim().is_empty() && !inner.contains([*mark, '\\']))
    })
}

/// Whether a value says that its text stands below it.
fn opens_a_block(value: &str) -> bool {
    matches!(value, "|" | ">" | "|-" | ">-" | "|+" | ">+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_mended_only_where_it_is_right() {
        let mended = |line: &str| Slipped::of(line).and_then(|slipped| slipped.mended(false));
        for (line, want) in [
            ("name PII", Some("`name: PII`")),
            ("NAME = \"PII\"", Some("`name: \"PII\"`")),
            ("RISK_TYPE HIGH", Some("`riskType: HIGH`")),
            ("name= \"x\" y", Some("`name: '\"x\" y'`")),
            ("name= @x", Some("`name: \"@x\"`")),
            ("name=a: b", Some("`name: \"a: b\"`")),
            ("name= null", Some("`name: \"null\"`")),
            ("name= \"x\\d\"", None),
            ("name= it's \"x\"", Some("`name: it's \"x\"`")),
            ("name= 'it's \"x\"", None),
            ("riskType= @x", None),
            ("riskType HIGH # how bad", None),
            ("name= \u{202e}A: B", None),
            ("metadata= {a: b}", None),
            ("content |", None),
            ("protected", None),
        ] {
            assert_eq!(mended(line).as_deref(), want, "{line}");
        }
        assert_eq!(Slipped::of("content |").and_then(|slipped| slipped.mended(true)).as_deref(), Some("`content: |`"));
    }

    #[test]
    fn a_line_of_a_text_is_told_from_a_field() {
        for (line, sure) in [("riskType HIGH", true), ("name=PII", true), ("name of a person", false)] {
            assert_eq!(Slipped::of(line).map(|slipped| slipped.is_sure()), Some(sure), "{line}");
        }
        for line in ["name: PII", "name:\tPII", "names", "We name", "name that: x"] {
            assert!(Slipped::of(line).is_none(), "{line}");
        }
    }
}
