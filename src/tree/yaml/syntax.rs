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
    if let Some(said) = foreign(line, above.first().copied()) {
        return Some(said);
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

/// Signs of other languages on the line, or on the one above it.
fn foreign(line: &str, above: Option<&str>) -> Option<(&'static str, &'static str)> {
    let near = || std::iter::once(line).chain(above);
    if near().any(|line| line.trim_start().starts_with("```")) {
        return Some(("this is no YAML, but Markdown around it", "take the lines with ``` away"));
    }
    let is_comment = |line: &str| ["//", "/*", "--", ";"].iter().any(|mark| line.trim_start().starts_with(mark));
    near().any(is_comment).then_some(("a comment of another language can't stand here", "begin it with `#`"))
}

/// What is wrong where a field begins further to the right than the one above, or text follows what is whole already.
pub(super) fn at_the_margin(text: &str, at: usize, kind: &ErrorKind) -> Option<(&'static str, &'static str)> {
    let begin = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let (left, line) = (text.get(begin..at)?, text.get(begin..)?.lines().next()?);
    match kind {
        ErrorKind::ExpectedBlockMappingKey if !left.trim().is_empty() => {
            Some(("there is more text after this value", TEXT))
        }
        ErrorKind::MappingValueNotAllowed
            if line.starts_with(' ') && !left.contains(':') && !left.trim().contains(' ') =>
        {
            Some(("this field is indented further than the one above, whose text it would be part of", INDENT))
        }
        _ => None,
    }
}

/// How many lines up is looked.
const FAR: usize = 200;

const TEXT: &str = "a text that holds `: `, ` #`, or begins with one of `*&!%@?[{|>'\"` must stand in quotes";
const INDENT: &str = "fields beside each other begin in the same column, with spaces before them";

/// What is wrong and, where there is a usual reason, what to do.
pub(super) fn explain(kind: &ErrorKind) -> (String, Option<&'static str>) {
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
            ("a field and its `:` can't stand here", Some(TEXT))
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("between two entries of `{…}` there is no `,`", Some("write one after the entry above"))
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("between two entries of `[…]` there is no `,`", Some("write one after the entry above"))
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("a field must be followed by `:` on the same line", Some(INDENT))
        }
        ErrorKind::ExpectedBlockMappingKey => ("the indentation fits nothing above", Some(INDENT)),
        ErrorKind::ExpectedDocumentStart => ("this line begins further to the left than the first field", Some(INDENT)),
        ErrorKind::InvalidBlockScalarHeader => (
            "no text can follow `|` or `>` on its line",
            Some(
                "begin the text on the next line, two spaces in; put one that itself begins with `|` or `>` in quotes",
            ),
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => (
            "a list can't begin on this line",
            Some("put a text that begins with `-` in quotes; begin a list on the next line"),
        ),
        ErrorKind::MissingAnchorOrAliasName => {
            ("`*` or `&` can't begin a text", Some("put the text in quotes; an entry of a list begins with `- `"))
        }
        ErrorKind::InvalidBlockScalarIndent => {
            ("this line is indented otherwise than the block it belongs to", Some("indent all lines of a block alike"))
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            ("this line lies within a quote that is open above", Some("close the quote, or indent this line further"))
        }
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent => (
            "this line is not indented far enough",
            Some("indent it further than the field above, or close the bracket or quote before it"),
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
        ErrorKind::CommentInterceptedScalar => (
            "a comment can't stand within a text of several lines",
            Some("if `#` belongs to the text, write it below `content: |`, indented"),
        ),
        ErrorKind::BomInsideDocument => {
            ("a byte order mark (U+FEFF) can stand only at the beginning", Some("take it away"))
        }
        other => return (format!("not readable as YAML: {other}"), None),
    };
    (what.to_owned(), hint)
}
