//! Tests through the public functions; the hostile corpus and the peers are in `tests/yaml_readers.rs`.
#![allow(clippy::unwrap_used)]

mod emitted;
mod findings;
mod marked;

use super::{Dialect, FileId, Node, Source, parse};
use crate::diagnostic::Finding;

fn read(text: &str, dialect: Dialect) -> Result<Vec<Node>, Vec<Finding>> {
    parse(Source { id: FileId(3), name: "f.yaml", bytes: text.as_bytes() }, dialect)
}

fn input(text: &str) -> Node {
    read(text, Dialect::Input).unwrap().remove(0)
}

fn manifest(text: &str) -> serde_json::Value {
    read(text, Dialect::Manifest).unwrap()[0].to_json()
}

/// `line:column rule` of every finding.
fn found(text: &str, dialect: Dialect) -> Vec<String> {
    let findings = read(text, dialect).unwrap_err();
    let place = |finding: &Finding| format!("{}:{} {}", finding.location.line, finding.location.column, finding.rule);
    for finding in &findings {
        assert_eq!(finding.location.file, "f.yaml");
        assert!(!finding.help.is_empty() && !finding.message.ends_with('.') && !finding.message.contains('\n'));
    }
    findings.iter().map(place).collect()
}
