//! The one room that reads YAML: [`parse`] makes documents of nodes that know their place, [`Fields`] takes a mapping
//! apart by its fields' names. All that is wrong in a document is found at once, each at its own line and column.
//!
//! Read with `granit-parser`, not through a typed reader: that one stops at the first error. Knows nothing of policies
//! but the names of their fields, by which `usual` tells a field that was mistyped from a line of a text.

mod fields;
mod node;
mod parse;
mod quote;
mod suggest;
mod syntax;
mod text;
mod usual;

pub use fields::{
    EMPTY_VALUE, Field, Fields, Finished, NOT_A_FLAG, NOT_A_LIST, NOT_A_MAPPING, NOT_A_NUMBER, NOT_A_TEXT,
    UNKNOWN_FIELD, choose,
};
pub use node::{Entry, Node, Spanned, Style, Value};
pub use parse::{
    ALIAS, ANCHOR, BAD_FIELD_NAME, DIRECTIVE, DUPLICATE_FIELD, Document, MAX_DEPTH, MAX_DOCUMENTS, MAX_NODES,
    MERGE_KEY, SYNTAX, TAG, TOO_DEEP, TOO_MANY_NODES, comments, parse,
};
pub use quote::{is_invisible, quote, tick};
pub use suggest::nearest;
pub use text::{BYTE_ORDER_MARK, Text};
#[cfg(test)]
pub(super) use usual::FIELDS;
pub(super) use usual::{Slip, Slipped};
