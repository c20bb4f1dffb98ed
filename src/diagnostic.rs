//! What `gen` says about a mistake: one kind of [`Finding`] for a syntax error, a schema violation, drift and, later,
//! a policy. Only the rule differs, hence one renderer and one exit-code rule.

mod fingerprint;

use std::fmt;

use serde::Serialize;

pub use fingerprint::{Fingerprint, fingerprints};

/// How much a finding matters. Ordered: `Note < Warning < Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Note,
    /// Printed, fails a run only under `--fail-on warning`.
    Warning,
    /// Fails the run.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// A place in a file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file, relative to the repository's root, with `/` between the parts.
    pub file: String,
    /// Line, at least 1.
    pub line: u32,
    /// Column in characters, at least 1.
    pub column: u32,
    /// How many characters to underline; 0 where the place is a whole file.
    pub length: u32,
}

impl Location {
    /// The place `line:column` of `file`, one character wide.
    #[must_use]
    pub fn new(file: impl Into<String>, line: u32, column: u32) -> Self {
        Location { file: file.into(), line: line.max(1), column: column.max(1), length: 1 }
    }

    /// A whole file; line and column are those of its first character.
    #[must_use]
    pub fn file(file: impl Into<String>) -> Self {
        Location { length: 0, ..Location::new(file, 1, 1) }
    }

    /// The same place, underlining `length` characters.
    #[must_use]
    pub fn spanning(mut self, length: u32) -> Self {
        self.length = length.max(1);
        self
    }
}

/// One thing that is wrong, where, and how to fix it. Messages never hold a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's slug, such as `unknown-key`; it names the problem, not the cure.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong and why, in one line without a full stop.
    pub message: String,
    /// How to fix it, in one line; empty where nothing useful can be said.
    pub help: String,
    /// Where.
    pub location: Location,
    /// The dotted environment path (`services.postgres.storage`), or the path inside the object for foreign files; may be empty.
    pub path: String,
    /// Where the same stands in a generated file, if `location` is in what it was generated from.
    pub generated: Option<Location>,
    /// The object it is about and the path in it, spelled so that neither lines nor items of lists that move change it; empty
    /// where `path` is all there is.
    pub subject: String,
    /// A change that solves it and can do no harm.
    pub fix: Option<Fix>,
    /// The keys that lead to what `fix` changes, in the document that `location` lies in; none where the value is not written
    /// there.
    pub target: Option<Vec<String>>,
}

/// A change to the value that a finding points at. It is made only where that value is written, not merely derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Write this YAML in place of the value.
    Replace(String),
    /// Take the value away, with its key.
    Remove,
    /// Add an entry, key and YAML, to the map.
    Insert(String, String),
}

impl Finding {
    /// An error of `rule` at `location`.
    #[must_use]
    pub fn error(rule: &'static str, location: Location, message: impl Into<String>) -> Self {
        Finding::new(rule, Severity::Error, location, message)
    }

    /// A warning of `rule` at `location`.
    #[must_use]
    pub fn warning(rule: &'static str, location: Location, message: impl Into<String>) -> Self {
        Finding::new(rule, Severity::Warning, location, message)
    }

    /// A note of `rule` at `location`.
    #[must_use]
    pub fn note(rule: &'static str, location: Location, message: impl Into<String>) -> Self {
        Finding::new(rule, Severity::Note, location, message)
    }

    fn new(rule: &'static str, severity: Severity, location: Location, message: impl Into<String>) -> Self {
        Finding {
            rule,
            severity,
            message: printable(message.into()),
            help: String::new(),
            location,
            path: String::new(),
            generated: None,
            subject: String::new(),
            fix: None,
            target: None,
        }
    }

    /// The same finding with the way to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = printable(help.into());
        self
    }

    /// The same finding with a change that solves it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The same finding with the environment path it is about.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = printable(path.into());
        self
    }
}

/// A text as one line that a terminal takes for nothing but text, and without private keys: names from input files reach
/// messages.
#[must_use]
pub fn printable(text: String) -> String {
    let text = without_keys(text);
    if !text.contains(is_invisible) {
        return text;
    }
    text.chars().map(|c| if is_invisible(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Control characters, and those that change the direction of the text around them.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with every age private key starred out, of the same length.
#[must_use]
pub fn without_keys(text: String) -> String {
    const START: &str = "AGE-SECRET-KEY-";
    let upper = text.to_ascii_uppercase();
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in upper.match_indices(START) {
        let key = at + START.len();
        let rest = &upper[key..];
        let end = key + rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        shown.push_str(&text[done..key]);
        shown.extend(std::iter::repeat_n('*', end - key));
        done = end;
    }
    shown.push_str(&text[done..]);
    shown
}

/// The worst severity among `findings`, `None` where there are none.
#[must_use]
pub fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).max()
}

#[cfg(test)]
mod tests {
    use super::{Finding, Location, without_keys};

    #[test]
    fn a_message_is_one_line_of_plain_text() {
        let finding = Finding::error("rule", Location::file("x"), "a\nb\u{1b}[31m\u{202e}ä").help("c\rd").at("e\u{7}");
        assert_eq!(finding.message, "a\\nb\\u{1b}[31m\\u{202e}ä");
        assert_eq!((finding.help.as_str(), finding.path.as_str()), ("c\\rd", "e\\u{7}"));
    }

    #[test]
    fn private_keys_are_starred_out_in_place() {
        let text = "ä `age-secret-key-1qpzry` and AGE-SECRET-KEY-1ABC, AGE-SECRET-KEY-";
        let shown = "ä `age-secret-key-******` and AGE-SECRET-KEY-****, AGE-SECRET-KEY-";
        assert_eq!(without_keys(text.to_owned()), shown);
    }
}
