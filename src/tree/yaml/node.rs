//! What a YAML document is made of, as far as policysync lets it: texts, mappings and sequences that know their place.

use std::ops::Range;

/// A value and the bytes of the file that it was written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The bytes.
    pub range: Range<usize>,
}

/// How a text was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is: `no`, `012`, `~`.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a block, `|` or `>`.
    Block,
}

/// One node of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// The bytes it was written in; of a mapping, from its first key to the end of its last value.
    pub range: Range<usize>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text; never anything else: numbers and booleans are read from it where they are due.
    Text {
        /// The text that is meant, escapes resolved.
        text: String,
        /// How it was written.
        style: Style,
    },
    /// Keys and values, in the order of the file; each key once, each a text.
    Mapping(Vec<Entry>),
    /// Values, in the order of the file.
    Sequence(Vec<Node>),
    /// Something that was reported and is not used, as an alias is.
    Refused,
}

/// A key of a mapping and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Whether nothing is written here, or YAML's word for nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Text { text, style: Style::Plain } => {
                matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            Value::Text { .. } | Value::Mapping(_) | Value::Sequence(_) | Value::Refused => false,
        }
    }

    /// The node's kind, for a message: `a list`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Text { .. } => "a text",
            Value::Mapping(_) => "fields of its own",
            Value::Sequence(_) => "a list",
            Value::Refused => "what can't stand here",
        }
    }
}
