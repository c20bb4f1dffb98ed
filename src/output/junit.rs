//! Findings as a JUnit report: a suite for each file, a case for each finding.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::diagnostic::{Finding, Severity};

/// An XML document. What is at least `fails` is a failure, anything else a case that passes and says something. A run without
/// findings has one case that passes: an empty report is taken for a broken one.
#[must_use]
pub fn document(findings: &[Finding], fails: Severity) -> String {
    let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        suites.entry(&finding.location.file).or_default().push(finding);
    }
    let failed = |findings: &[&Finding]| findings.iter().filter(|finding| finding.severity >= fails).count();
    let all: Vec<&Finding> = findings.iter().collect();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests = all.len().max(1);
    let _ = writeln!(xml, "<testsuites name=\"gen\" tests=\"{tests}\" failures=\"{}\" errors=\"0\">", failed(&all));
    for (file, findings) in suites {
        let (tests, failures) = (findings.len(), failed(&findings));
        let file = attribute(file);
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">"
        );
        findings.iter().for_each(|finding| case(&mut xml, &file, finding, fails));
        xml.push_str("  </testsuite>\n");
    }
    if findings.is_empty() {
        xml.push_str("  <testsuite name=\"gen\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">\n");
        xml.push_str("    <testcase name=\"nothing is wrong\" classname=\"gen\"/>\n  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(xml: &mut String, file: &str, finding: &Finding, fails: Severity) {
    let Finding { rule, severity, message, help, location, .. } = finding;
    let name = attribute(&format!("{rule}: {message}"));
    let mut said = format!("{}:{}:{}: {severity}: {message}", location.file, location.line, location.column);
    if !help.is_empty() {
        let _ = write!(said, "\n{help}");
    }
    let said = content(&said);
    let inner = match *severity >= fails {
        true => format!("<failure message=\"{}\" type=\"{severity}\">{said}</failure>", attribute(message)),
        false => format!("<system-out>{said}</system-out>"),
    };
    let _ = writeln!(xml, "    <testcase name=\"{name}\" classname=\"{file}\">{inner}</testcase>");
}

/// Text between tags. `>` too: `]]>` may not stand there.
fn content(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A parser would make a line feed of it.
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(c),
            // XML 1.0 has no way to write these.
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.extend(c.escape_unicode()),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text in double quotes, where a parser makes spaces of line ends and tabs.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}
