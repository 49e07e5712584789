//! The parser's words for what it could not read, made plain.

use granit_parser::ErrorKind;

/// What people mostly did where the parser gives up at the byte `at`: the lines say it better than the parser can.
pub(super) fn usual(text: &str, at: usize) -> Option<(&'static str, &'static str)> {
    let before = text.get(..at)?;
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(begin..)?.lines().next()?;
    let above: Vec<&str> = text.get(..begin)?.lines().rev().take(FAR).collect();
    let is_mark =
        |line: &&str| ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark)) || *line == "=======";
    if std::iter::once(line).chain(above.first().copied()).any(|line| is_mark(&line)) {
        return Some(("a merge conflict is left here", "decide which side holds, and take the marks away"));
    }
    // A line of a block that is not indented ends it, and what follows makes no sense any more.
    let is_indented = |line: &str| line.is_empty() || line.starts_with(' ');
    let is_field = |line: &str| line.split_once(':').is_some_and(|(name, _)| name.chars().all(char::is_alphanumeric));
    let head = above.iter().position(|line| !is_indented(line) && is_field(line))?;
    let opens =
        above.get(head)?.split_once(':').map(|(_, rest)| rest.trim()).is_some_and(|rest| rest.starts_with(['|', '>']));
    let between = above.get(..head)?.iter().copied().chain([line]);
    let slipped = between.filter(|line| !is_indented(line)).any(|line| !is_field(line));
    (opens && slipped)
        .then_some(("a line of the text above is not indented", "put two spaces before each line below the `|`"))
}

/// How many lines up is looked.
const FAR: usize = 200;

/// What is wrong and, where there is a usual reason, what to do.
pub(super) fn explain(kind: &ErrorKind) -> (String, Option<&'static str>) {
    const TEXT: &str = "a text that holds `: `, ` #`, or begins with one of `*&!%@[{|>'\"` must stand in quotes";
    const INDENT: &str = "entries of one mapping begin in the same column, with spaces before them";
    let (what, hint): (&str, Option<&'static str>) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => ("a tab can't indent or separate here", Some("use spaces")),
        ErrorKind::UnclosedQuotedScalar => ("this quote is never closed", Some("close it, or take it away")),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("this bracket is never closed", Some("close it, or put the text in quotes"))
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::MappingKeyNotAllowed => {
            ("a key and its `:` can't stand here", Some(TEXT))
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("between two entries of `{…}` there is no `,`", Some("write one after the entry above"))
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("between two entries of `[…]` there is no `,`", Some("write one after the entry above"))
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("a key must be followed by `:` on the same line", Some(INDENT))
        }
        ErrorKind::ExpectedBlockMappingKey => ("the indentation fits nothing above", Some(INDENT)),
        ErrorKind::InvalidBlockScalarIndent => {
            ("this line is indented otherwise than the block it belongs to", Some("indent all lines of a block alike"))
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            ("this line lies within a quote that is open above", Some("close the quote, or indent this line further"))
        }
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent => (
            "this line is not indented far enough",
            Some("indent it further than the key above, or close the bracket or quote before it"),
        ),
        ErrorKind::MisplacedFlowCollectionEnd => ("this bracket closes nothing", Some("take it away")),
        ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("this bracket closes one of another kind", Some("close `[` with `]` and `{` with `}`"))
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "there is more text after the closing quote",
            Some("put the whole text in quotes; within '…' write '' for '"),
        ),
        ErrorKind::UnknownQuotedScalarEscape => {
            (r"\ can't be followed by this character within double quotes", Some(r"write \\ for \, or use '…'"))
        }
        ErrorKind::DocumentIndicatorInQuotedScalar => ("a quote is not closed before the next `---` or `...`", None),
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => (
            "a control character can't stand here",
            Some("take it away, or write it as an escape within double quotes"),
        ),
        ErrorKind::UnexpectedCharacter { .. } => ("a value can't begin with this character", Some("put it in quotes")),
        ErrorKind::CommentInterceptedScalar => ("a comment can't stand within a text of several lines", None),
        ErrorKind::BomInsideDocument => {
            ("a byte order mark (U+FEFF) can stand only at the beginning", Some("take it away"))
        }
        other => return (format!("not readable as YAML: {other}"), None),
    };
    (what.to_owned(), hint)
}
