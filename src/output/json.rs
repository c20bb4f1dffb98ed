//! Findings as one JSON document; `docs/findings.schema.json` describes it.

use serde_json::{Value as Json, json};

use crate::diagnostic::{Finding, Fix, Location, fingerprints};

/// `{"version": 1, "findings": [...]}` in one line, with a newline at its end.
#[must_use]
pub fn document(findings: &[Finding]) -> String {
    format!("{}\n", json!({ "version": 1, "findings": list(findings) }))
}

/// Findings as a list of objects.
pub(super) fn list(findings: &[Finding]) -> Vec<Json> {
    findings.iter().zip(fingerprints(findings)).map(|(one, fingerprint)| finding(one, &fingerprint)).collect()
}

fn finding(finding: &Finding, fingerprint: &str) -> Json {
    json!({
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "help": finding.help,
        "file": finding.location.file,
        "line": finding.location.line,
        "column": finding.location.column,
        "length": finding.location.length,
        "path": finding.path,
        "generated": finding.generated.as_ref().map(place),
        "fix": finding.fix.as_ref().map(fix),
        "fingerprint": fingerprint,
    })
}

fn place(location: &Location) -> Json {
    json!({ "file": location.file, "line": location.line, "column": location.column })
}

fn fix(fix: &Fix) -> Json {
    match fix {
        Fix::Replace(yaml) => json!({ "kind": "replace", "yaml": yaml }),
        Fix::Remove => json!({ "kind": "remove" }),
        Fix::Insert(key, yaml) => json!({ "kind": "insert", "key": key, "yaml": yaml }),
    }
}
