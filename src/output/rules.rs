//! Rules: all of them in short, one of them in full.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::policy::{LOCKED_ALWAYS, Rule};

/// Every rule in a line or two.
#[must_use]
pub fn list(rules: &[Rule]) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let line = |rule: &Rule| format!("{:width$}  {:31}  {}\n", rule.id, severities(rule), rule.summary);
    rules.iter().map(line).collect()
}

/// One rule, for people.
#[must_use]
pub fn text(rule: &Rule) -> String {
    let mut text = format!("{}: {}\n{}\n", rule.id, severities(rule), rule.summary);
    for (title, paragraph) in [("Why", rule.rationale), ("How to fix", rule.remedy)] {
        let _ = write!(text, "\n{title}\n{}", indented(&wrapped(paragraph, 96)));
    }
    for (title, example) in [("Wrong", rule.bad), ("Right", rule.good), ("How to ignore", &how_to_ignore(rule))] {
        let _ = write!(text, "\n{title}\n{}", indented(example));
    }
    text
}

/// The rules as one JSON document: `{"version": 1, "rules": [...]}`.
#[must_use]
pub fn document(rules: &[&Rule]) -> String {
    let rule = |rule: &&Rule| {
        json!({
            "id": rule.id,
            "severity": rule.severity,
            "production": rule.production,
            "summary": rule.summary,
            "rationale": rule.rationale,
            "remedy": rule.remedy,
            "bad": rule.bad,
            "good": rule.good,
        })
    };
    let rules: Vec<Json> = rules.iter().map(rule).collect();
    format!("{}\n", json!({ "version": 1, "rules": rules }))
}

/// How much a rule matters, in words.
#[must_use]
pub fn severities(rule: &Rule) -> String {
    match rule.severity == rule.production {
        true => rule.severity.to_string(),
        false => format!("{}, in production {}", rule.severity, rule.production),
    }
}

/// How to pass over a finding of a rule: YAML for the environment, or why that cannot be.
fn how_to_ignore(rule: &Rule) -> String {
    match LOCKED_ALWAYS.contains(&rule.id) {
        true => "not at all".to_owned(),
        false => format!(
            "policy:\n  ignore:\n    - rule: {}\n      path: services.postgres   # and below; without it everywhere\n      reason: why this \
             is right here\n      until: 2027-03-01\n",
            rule.id
        ),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// The words of a paragraph in lines of at most `width` characters.
fn wrapped(paragraph: &str, width: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        match column {
            0 => column = length,
            _ if column + 1 + length > width => {
                text.push('\n');
                column = length;
            }
            _ => {
                text.push(' ');
                column += 1 + length;
            }
        }
        text.push_str(word);
    }
    text
}
