//! What `gen` says about a mistake: one kind of [`Finding`] for a syntax error, a schema violation, drift and, later,
//! a policy. Only the rule differs, hence one renderer and one exit-code rule.

use std::fmt;

use serde::Serialize;

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
    /// How many characters to underline, at least 1.
    pub length: u32,
}

impl Location {
    /// The place `line:column` of `file`, one character wide.
    #[must_use]
    pub fn new(file: impl Into<String>, line: u32, column: u32) -> Self {
        Location { file: file.into(), line: line.max(1), column: column.max(1), length: 1 }
    }

    /// A whole file, shown as its first character.
    #[must_use]
    pub fn file(file: impl Into<String>) -> Self {
        Location::new(file, 1, 1)
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
        Finding { rule, severity, message: message.into(), help: String::new(), location, path: String::new() }
    }

    /// The same finding with the way to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The same finding with the environment path it is about.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }
}

/// The worst severity among `findings`, `None` where there are none.
#[must_use]
pub fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).max()
}
