//! Findings as a Code Quality report of GitLab: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use serde_json::{Value as Json, json};

use super::from_the_top;
use crate::diagnostic::{Finding, Severity, fingerprints};

/// A JSON list, one finding a line. `above` are the folders between the top of the Git repository and the folder that files
/// count from.
#[must_use]
pub fn document(findings: &[Finding], above: &str) -> String {
    let one = |(finding, fingerprint): (&Finding, String)| {
        json!({
            "description": description(finding),
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": severity(finding.severity),
            "location": {
                "path": from_the_top(above, &finding.location.file),
                "lines": { "begin": finding.location.line },
            },
        })
    };
    let lines: Vec<String> =
        findings.iter().zip(fingerprints(findings)).map(one).map(|entry: Json| entry.to_string()).collect();
    match lines.is_empty() {
        true => "[]\n".to_owned(),
        false => format!("[\n{}\n]\n", lines.join(",\n")),
    }
}

fn description(finding: &Finding) -> String {
    match finding.help.as_str() {
        "" => finding.message.clone(),
        help => format!("{}. {help}", finding.message),
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Note => "info",
    }
}
