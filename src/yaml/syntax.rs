//! Syntax errors in words that name the usual cause and its fix, not the parser's state.

use serde_saphyr::granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::{Finding, Location};

use super::text::clamp;

/// The finding for an error; `last_end` is the end of the last token that was understood.
pub(super) fn finding(error: &ScanError, name: &str, text: &str, last_end: usize) -> Finding {
    let marker = error.marker();
    let offset = marker.byte_offset().unwrap_or(text.len()).min(text.len());
    let mut location = Location::new(name, clamp(marker.line()), clamp(marker.col() + 1));
    let opening = if is_about_a_quote(error.kind()) { unclosed_quote(text, last_end, offset) } else { None };
    if let Some((line, column)) = opening {
        location = Location::new(name, clamp(line), clamp(column));
    }
    // The parser stops behind the tab.
    if text[..offset].ends_with('\t') && is_about_a_tab(error.kind()) {
        location.column = location.column.saturating_sub(1).max(1);
    }
    let (rule, message, help) = words(error.kind());
    Finding::error(rule, location, message).help(help)
}

fn is_about_a_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
    )
}

fn is_about_a_quote(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnclosedQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::DocumentIndicatorInQuotedScalar
    )
}

/// Line and column of the quote between `from` and `to` that is not closed there.
fn unclosed_quote(text: &str, from: usize, to: usize) -> Option<(usize, usize)> {
    let region = text.get(from..to)?;
    let mut open = None;
    let mut characters = region.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match (open, character) {
            (None, '"' | '\'') => open = Some((at, character)),
            (Some((_, '"')), '\\') => {
                characters.next();
            }
            (Some((_, '\'')), '\'') if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
            }
            (Some((_, quote)), _) if character == quote => open = None,
            _ => {}
        }
    }
    let before = &text[..from + open?.0];
    let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    Some((before.replace("\r\n", "\n").matches(['\n', '\r']).count() + 1, before[line_start..].chars().count() + 1))
}

fn words(kind: &ErrorKind) -> (&'static str, String, &'static str) {
    let syntax = |message: &str, help: &'static str| ("yaml-syntax", message.to_owned(), help);
    match kind {
        kind if is_about_a_tab(kind) => syntax("a tab stands where YAML wants spaces", "replace it with spaces"),
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::DocumentIndicatorInQuotedScalar => {
            syntax("this quote is not closed", "add the closing quote at the end of the text")
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar => syntax(
            "text follows a closing quote",
            "write a single quote inside single quotes twice, or put the whole text in double quotes",
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            syntax("text follows a closing quote", "write a double quote inside double quotes as \\\"")
        }
        ErrorKind::UnclosedFlowCollection { open } => (
            "yaml-syntax",
            format!("this bracket `{open}` is not closed"),
            if *open == '[' { "add the closing `]`" } else { "add the closing `}`" },
        ),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => (
            "yaml-syntax",
            format!("this bracket `{open}` is closed by `{close}`"),
            "close it with the bracket that fits",
        ),
        ErrorKind::MisplacedFlowCollectionEnd => {
            syntax("a closing bracket without an opening one", "delete it, or put the text in double quotes")
        }
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::FlowMappingValueAdjacentCollection
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping => syntax(
            "the list or map in brackets before this is not complete",
            "check that every bracket is closed and that commas stand between the items",
        ),
        ErrorKind::MappingValueNotAllowed | ErrorKind::MappingKeyNotAllowed => syntax(
            "a key cannot stand here: the line is indented too far, or the text before it already is the value",
            "align it with the keys beside it, or put a text that holds `: ` in double quotes",
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation | ErrorKind::InvalidBlockScalarIndent => {
            syntax("the indentation fits no level above", "align the line with the keys it belongs to")
        }
        ErrorKind::ExpectedBlockSequenceEntry => syntax(
            "a list item or the end of the list is expected here",
            "start the line with `- `, or indent the list under a key",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => {
            syntax("a list item cannot stand here", "put each `- ` on a line of its own, under its key")
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            syntax("a key without a colon", "write `key: value`, or indent the line if it belongs to the text above")
        }
        ErrorKind::UnexpectedCharacter { character } => (
            "yaml-syntax",
            format!("a value cannot start with `{}`", character.escape_debug()),
            "put it in double quotes",
        ),
        ErrorKind::UnknownQuotedScalarEscape => syntax(
            "a backslash in this text is followed by a character that needs none",
            "write the backslash twice, or use single quotes",
        ),
        ErrorKind::CommentInterceptedScalar => {
            syntax("a comment stands inside a text of several lines", "move the comment above the key")
        }
        ErrorKind::CommentNotSeparated => {
            syntax("a comment needs a space before its `#`", "add the space, or quote the text")
        }
        ErrorKind::MissingAnchorOrAliasName => syntax(
            "`*` and `&` start an alias and an anchor, and their name is missing",
            "put the text in double quotes",
        ),
        ErrorKind::DirectiveDisallowed => {
            syntax("directives (lines that start with `%`) are not used here", "delete the line")
        }
        ErrorKind::RecursionLimitExceeded => {
            ("deep-nesting", "the lists and maps are nested too deeply".to_owned(), "at most 64 levels are read")
        }
        other => {
            ("yaml-syntax", other.to_string(), "check the indentation, the quotes and the brackets near this place")
        }
    }
}
