//! Findings as one JSON document.

use serde_json::{Value as Json, json};

use crate::diagnostic::Finding;

/// `{"version": 1, "findings": [...]}` in one line, with a newline at its end.
#[must_use]
pub fn document(findings: &[Finding]) -> String {
    let findings: Vec<Json> = findings.iter().map(finding).collect();
    format!("{}\n", json!({ "version": 1, "findings": findings }))
}

pub(super) fn finding(finding: &Finding) -> Json {
    json!({
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "help": finding.help,
        "file": finding.location.file,
        "line": finding.location.line,
        "column": finding.location.column,
        "path": finding.path,
    })
}
