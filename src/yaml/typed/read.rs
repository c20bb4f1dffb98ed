//! Drives the event parser for [`Stream`]s. See `builder` for how trees come about.

use serde_saphyr::granit_parser::{Event, Parser, options};

use super::super::{Dialect, Source, text};
use super::{Stream, builder::Builder};
use crate::diagnostic::Finding;

/// Reads a stream. A document that holds nothing is an empty map. Comments go where sops puts them: those on lines of their own
/// before the pair or item they stand above, those behind the last pair or item of a list or map to its end where they are
/// indented like it, and those behind a value before that value, as `inline`.
///
/// # Errors
/// Every mistake that could be found at once, with its place and without a word of what the file holds. Their rules:
/// `yaml-syntax`, `merge-conflict`, `not-utf8`, `control-character`, `byte-order-mark`, `yaml-1.1-trap`, `file-too-large`,
/// `duplicate-key`, `non-string-key`, `deep-nesting`, `alias-bomb`, `undefined-alias`, `merge-key`, `unsupported-tag`,
/// `number-too-large`, `empty-file`, `root-not-a-map`.
pub fn read(source: Source<'_>) -> Result<Stream, Vec<Finding>> {
    let text = text::read(source, Dialect::Manifest)?;
    let mut builder = Builder::new(source, text);
    let options = options! {
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((Event::DocumentEnd, _)) => builder.finish_document(),
            Ok((event, span)) => {
                if builder.event(event, &span).is_break() {
                    break;
                }
            }
            Err(error) => {
                builder.broken(&error);
                break;
            }
        }
    }
    builder.finish()
}
