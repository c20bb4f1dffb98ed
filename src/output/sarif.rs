//! Findings as SARIF 2.1.0, as code scanning of GitHub takes it:
//! <https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Map, Value as Json, json};

use super::from_the_top;
use crate::{
    diagnostic::{Finding, Location, Severity, fingerprints},
    policy::{self, Rule},
};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// GitHub refuses a run with more results.
const MOST: usize = 25_000;
/// The name of the folder that files count from, the top of the Git repository.
const TOP: &str = "%SRCROOT%";

/// One run in one JSON document. `above` are the folders between the top of the Git repository and the folder that files count
/// from.
#[must_use]
pub fn document(findings: &[Finding], above: &str) -> String {
    let fingerprints = fingerprints(findings);
    let mut results: Vec<(&Finding, String)> = findings.iter().zip(fingerprints).collect();
    let left_out = results.len().saturating_sub(MOST);
    if left_out > 0 {
        results.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.severity));
        results.truncate(MOST);
    }
    let mut rules: BTreeMap<&str, Severity> = BTreeMap::new();
    for (finding, _) in &results {
        let severity = rules.entry(finding.rule).or_insert(finding.severity);
        *severity = (*severity).max(finding.severity);
    }
    let indices: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let mut invocation = json!({ "executionSuccessful": true });
    if left_out > 0 {
        let text = format!("{left_out} more findings are left out: a run holds {MOST}");
        invocation["toolExecutionNotifications"] = json!([{ "level": "warning", "message": { "text": text } }]);
    }
    let results: Vec<Json> = results
        .iter()
        .map(|(finding, fingerprint)| result(finding, indices[finding.rule], fingerprint, above))
        .collect();
    let descriptors: Vec<Json> = rules.iter().map(|(id, severity)| descriptor(id, *severity)).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gen",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": descriptors,
            } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { TOP: { "description": { "text": "the top of the Git repository" } } },
            "invocations": [invocation],
            "results": results,
        }],
    });
    format!("{document}\n")
}

fn result(finding: &Finding, index: usize, fingerprint: &str, above: &str) -> Json {
    let mut place = json!({ "physicalLocation": physical(&finding.location, above) });
    if !finding.path.is_empty() {
        place["logicalLocations"] = json!([{ "fullyQualifiedName": finding.path }]);
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": said(finding) },
        "locations": [place],
        "partialFingerprints": { "primaryLocationLineHash": fingerprint },
    });
    if let Some(generated) = &finding.generated {
        result["relatedLocations"] = json!([{
            "id": 1,
            "message": { "text": "what it makes in the generated file" },
            "physicalLocation": physical(generated, above),
        }]);
    }
    result
}

/// Message and help. `[text](target)` would be a link.
fn said(finding: &Finding) -> String {
    let text = match finding.help.as_str() {
        "" => finding.message.clone(),
        help => format!("{}\n{help}", finding.message),
    };
    if !text.contains("](") {
        return text;
    }
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn physical(location: &Location, above: &str) -> Json {
    let mut region = json!({ "startLine": location.line });
    if location.length > 0 {
        region["startColumn"] = location.column.into();
        region["endColumn"] = location.column.saturating_add(location.length).into();
    }
    let file = from_the_top(above, &location.file);
    let artifact = match file.starts_with('/') {
        true => json!({ "uri": format!("file://{}", encoded(&file)) }),
        false => json!({ "uri": encoded(&file), "uriBaseId": TOP }),
    };
    json!({ "artifactLocation": artifact, "region": region })
}

/// A path as part of a URI.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

fn descriptor(id: &str, severity: Severity) -> Json {
    let mut descriptor = Map::from_iter([("id".to_owned(), Json::from(id))]);
    let mut set = |key: &str, value: Json| drop(descriptor.insert(key.to_owned(), value));
    set("name", pascal(id).into());
    match policy::find(id) {
        Some(rule) => {
            set("shortDescription", json!({ "text": rule.summary }));
            set("fullDescription", json!({ "text": rule.rationale }));
            set("help", json!({ "text": help(rule), "markdown": markdown(rule) }));
            set("defaultConfiguration", json!({ "level": level(rule.severity) }));
        }
        // GitHub wants a description and a help of every rule.
        None => {
            let about = "A check of the inputs, or of the tree that they produce: each result says what is wrong and how to fix it.";
            set("shortDescription", json!({ "text": id.replace('-', " ") }));
            set("fullDescription", json!({ "text": about }));
            set("help", json!({ "text": about, "markdown": about }));
            set("defaultConfiguration", json!({ "level": level(severity) }));
        }
    }
    Json::Object(descriptor)
}

/// `public-database` as `PublicDatabase`.
fn pascal(id: &str) -> String {
    let capital =
        |word: &str| word.chars().take(1).map(|c| c.to_ascii_uppercase()).chain(word.chars().skip(1)).collect();
    id.split(['-', '.']).map(capital).collect::<Vec<String>>().concat()
}

fn help(rule: &Rule) -> String {
    format!("{}\n\nHow to fix: {}\n\nMore: gen explain {}", rule.rationale, rule.remedy, rule.id)
}

fn markdown(rule: &Rule) -> String {
    let Rule { rationale, remedy, bad, good, id, .. } = rule;
    format!(
        "{rationale}\n\n**How to fix:** {remedy}\n\nWrong:\n```yaml\n{}\n```\n\nRight:\n```yaml\n{}\n```\n\nMore: `gen explain {id}`",
        bad.trim_end(),
        good.trim_end()
    )
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
