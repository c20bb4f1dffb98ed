//! Rules: all of them in short, one of them in full.

mod page;

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

pub use page::page;

use crate::{
    manifest::IGNORE,
    policy::{LOCKED_ALWAYS, Rule},
};

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
    for (title, paragraph) in [("Why", rule.rationale), ("How to fix", rule.remedy), ("", cure(rule))] {
        if !paragraph.is_empty() {
            let title = if title.is_empty() { String::new() } else { format!("\n{title}\n") };
            let _ = write!(text, "{title}{}", indented(&wrapped(paragraph, 96)));
        }
    }
    for (title, example) in [("Wrong", rule.bad), ("Right", rule.good), ("How to ignore", &how_to_ignore(rule))] {
        let _ = write!(text, "\n{title}\n{}", indented(example));
    }
    if !rule.elsewhere.is_empty() {
        let _ = write!(text, "\nWhat other tools call it\n{}", indented(&wrapped(&rule.elsewhere.join(", "), 96)));
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
            "opinion": rule.is_opinion,
            "ignorable": may_be_ignored(rule),
            "fixable": rule.is_fixable(),
            "summary": rule.summary,
            "rationale": rule.rationale,
            "remedy": rule.remedy,
            "bad": rule.bad,
            "good": rule.good,
            "elsewhere": rule.elsewhere,
        })
    };
    let rules: Vec<Json> = rules.iter().map(rule).collect();
    format!("{}\n", json!({ "version": 1, "rules": rules }))
}

/// How much a rule matters, in words.
#[must_use]
pub fn severities(rule: &Rule) -> String {
    let severity = match rule.severity == rule.production {
        true => rule.severity.to_string(),
        false => format!("{}, in production {}", rule.severity, rule.production),
    };
    if rule.is_opinion { format!("{severity}, opinion") } else { severity }
}

fn may_be_ignored(rule: &Rule) -> bool {
    !LOCKED_ALWAYS.contains(&rule.id)
}

/// What gen itself does about it; empty where that is nothing.
fn cure(rule: &Rule) -> &'static str {
    if rule.is_fixable() { "`--fix` does it where the value is written and the change is certain." } else { "" }
}

/// How to pass over a finding of a rule: YAML for the environment and a comment for other files, or why that cannot be.
fn how_to_ignore(rule: &Rule) -> String {
    let id = rule.id;
    match may_be_ignored(rule) {
        false => "not at all".to_owned(),
        true => format!(
            "policy:\n  ignore:\n    - rule: {id}\n      path: services.postgres   # and below; without it everywhere\n      reason: why this \
             is right here\n      until: 2027-03-01\n\nin another file at the end of the line, on the line above or at the document's \
             head:\n\n# {IGNORE} {id} why this is right here, until 2027-03-01\n"
        ),
    }
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
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
