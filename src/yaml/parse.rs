//! Drives the event parser and decides what a file as a whole must be.

use serde_saphyr::granit_parser::{Event, Parser, options};

use crate::diagnostic::{Finding, Location};

use super::node::{Node, Value};
use super::tree::Builder;
use super::{Dialect, Source, syntax, text};

/// Parses a text into its documents (exactly one under [`Dialect::Input`]; empty ones are dropped under
/// [`Dialect::Manifest`]).
///
/// # Errors
/// Every mistake that could be found at once (the first hundred), in file order, each at its line and column. Their rules: `yaml-syntax`,
/// `merge-conflict`, `not-utf8`, `control-character`, `byte-order-mark`, `file-too-large`, `duplicate-key`,
/// `non-string-key`, `deep-nesting`, `alias-bomb`, `undefined-alias`, `merge-key`, `unsupported-tag`,
/// `non-finite-number`, and for inputs `yaml-1.1-trap`, `empty-file`, `several-documents`, `root-not-a-map`.
pub fn parse(source: Source<'_>, dialect: Dialect) -> Result<Vec<Node>, Vec<Finding>> {
    let text = text::read(source, dialect)?;
    let mut builder = Builder::new(source, text, dialect);
    let options = options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        disallow_directives: dialect == Dialect::Input,
    };
    let mut documents = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((Event::DocumentStart(..), span)) => {
                if dialect == Dialect::Input && !documents.is_empty() {
                    let location = builder.place(&span).location(source.name);
                    let message = "a second document starts here, but a file of this kind holds one";
                    builder.report(
                        Finding::error("several-documents", location, message)
                            .help("move it into a file of its own, or delete this `---`"),
                    );
                    break;
                }
            }
            Ok((Event::DocumentEnd, _)) => documents.extend(builder.finish_document()),
            Ok((event, span)) => {
                if builder.event(event, &span).is_break() {
                    break;
                }
            }
            Err(error) => {
                builder.report(syntax::finding(&error, source.name, text, builder.last_end()));
                break;
            }
        }
    }
    let mut findings = builder.into_findings();
    if findings.is_empty() {
        match dialect {
            Dialect::Manifest => documents.retain(|document| !document.is_null()),
            Dialect::Input => findings.extend(wrong_root(source.name, &documents)),
        }
    }
    if findings.is_empty() {
        return Ok(documents);
    }
    findings.sort_by_key(|finding| (finding.location.line, finding.location.column));
    Err(findings)
}

fn wrong_root(name: &str, documents: &[Node]) -> Option<Finding> {
    match documents.first() {
        Some(Node { value: Value::Mapping(_), .. }) => None,
        None | Some(Node { value: Value::Null, .. }) => {
            let location = Location::file(name);
            Some(
                Finding::error("empty-file", location, "the file is empty")
                    .help("write at least one `key: value`, or delete the file"),
            )
        }
        Some(root) => {
            let message = format!("the file must be a map of keys, not {}", root.kind_name());
            Some(
                Finding::error("root-not-a-map", root.mark.location(name), message)
                    .help("start with `key: value` lines"),
            )
        }
    }
}
