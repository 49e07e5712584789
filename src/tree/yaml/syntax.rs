//! The parser's words for what it could not read, made plain.

use granit_parser::ErrorKind;

const TEXT: &str = "a text that holds `: `, ` #`, or begins with one of `*&!%@?[{|>'\"` must stand in quotes";
const COLUMN: &str = "begin fields that belong together in one column";

/// Whether it is a tab that the parser stopped at.
pub(super) fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

/// What is wrong and what to do, by the parser's words alone: for where the lines show none of the usual reasons.
pub(super) fn explain(kind: &ErrorKind) -> (&'static str, &'static str) {
    match kind {
        kind if is_tab(kind) => ("a tab can't indent or separate here", "use spaces"),
        ErrorKind::UnclosedQuotedScalar => ("this quote is never closed", "close it, or take it away"),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("this bracket is never closed", "close it, or put the text in quotes")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::MappingKeyNotAllowed => {
            ("a field and its `:` can't stand here", TEXT)
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("between two entries of `{…}` there is no `,`", "write one after the entry above")
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("between two entries of `[…]` there is no `,`", "write one after the entry above")
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("a field must be followed by `:` on the same line", COLUMN)
        }
        ErrorKind::ExpectedBlockMappingKey => ("the indentation fits nothing above", COLUMN),
        ErrorKind::ExpectedDocumentStart => ("this line begins further to the left than the first field", COLUMN),
        ErrorKind::InvalidBlockScalarHeader => (
            "no text can follow `|` or `>` on its line",
            "begin the text on the next line, two spaces in; put one that itself begins with `|` or `>` in quotes",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => (
            "a list can't begin on this line",
            "put a text that begins with `-` in quotes; begin a list on the next line",
        ),
        ErrorKind::MissingAnchorOrAliasName => {
            ("`*` or `&` can't begin a text", "put the text in quotes; an entry of a list begins with `- `")
        }
        ErrorKind::InvalidBlockScalarIndent => {
            ("this line is indented otherwise than the block it belongs to", "indent all lines of a block alike")
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            ("this line lies within a quote that is open above", "close the quote, or indent this line further")
        }
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent => (
            "this line is not indented far enough",
            "indent it further than the field above, or close the bracket or quote before it",
        ),
        ErrorKind::MisplacedFlowCollectionEnd => ("this bracket closes nothing", "take it away"),
        ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("this bracket closes one of another kind", "close `[` with `]` and `{` with `}`")
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            ("there is more text after the closing quote", "put the whole text in quotes; within '…' write '' for '")
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            (r"\ can't be followed by this character within double quotes", r"write \\ for \, or use '…'")
        }
        ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a quote is not closed before the next `---` or `...`", "close it where the text ends")
        }
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            ("a control character can't stand here", "take it away, or write it as an escape within double quotes")
        }
        ErrorKind::UnexpectedCharacter { .. } => ("a value can't begin with this character", "put it in quotes"),
        ErrorKind::CommentInterceptedScalar => (
            "a comment can't stand within a text of several lines",
            "if `#` belongs to the text, write it below `content: |`, indented",
        ),
        ErrorKind::BomInsideDocument => ("a byte order mark (U+FEFF) can stand only at the beginning", "take it away"),
        _ => (
            "this can't be read as YAML",
            "put a text with special characters in quotes; `policysync explain syntax` names the usual reasons",
        ),
    }
}
