//! Exceptions from rules: `policy.ignore` of an environment, `policy.locked` of the project.

use super::{Place, RULES, find};
use crate::{diagnostic::Finding, path::split, scalar::Date, schema::closest};

/// Rules that nobody can ignore: there is no good reason for a secret in plain text, nor for a seal that holds nothing.
pub const LOCKED_ALWAYS: &[&str] = &[
    "fake-envelope",
    "partially-encrypted",
    "plaintext-secret",
    "private-key-committed",
    "tampered-secret",
    "wrong-recipient",
];

/// The rule of an exception that nothing needs.
pub const UNUSED_EXCEPTION: &str = "unused-exception";

/// One finding, or a group of them, that somebody wants to be passed over.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The rule's id.
    pub rule: String,
    /// The environment path that the finding is about, or one above it; all of them where there is none.
    pub path: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day that it holds.
    pub until: Option<Date>,
    /// Where it stands.
    pub place: Place,
    /// Whether it was written for this environment alone: then it is wrong if nothing needs it.
    pub is_own: bool,
}

/// All exceptions of an environment.
#[derive(Clone, Debug)]
pub struct Exceptions {
    /// The exceptions.
    pub list: Vec<Exception>,
    /// Rules that the project locks.
    pub locked: Vec<String>,
    /// The day on which they are asked.
    pub today: Date,
}

impl Exceptions {
    /// The findings that are left, and what is wrong with the exceptions themselves.
    #[must_use]
    pub fn apply(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        let mut said = Vec::new();
        for exception in &self.list {
            if let Some(finding) = self.objection(exception) {
                said.push(finding);
                continue;
            }
            let before = findings.len();
            findings.retain(|finding| !exception.covers(finding));
            if before == findings.len() && exception.is_own {
                said.push(exception.unused());
            }
        }
        findings.extend(said);
        findings
    }

    /// Why an exception does not hold.
    fn objection(&self, exception: &Exception) -> Option<Finding> {
        let rule = exception.rule.as_str();
        if find(rule).is_none() {
            return Some(unknown(rule, &exception.place));
        }
        if LOCKED_ALWAYS.contains(&rule) {
            let message = format!(
                "`{rule}` can never be ignored: what is committed is known to everybody who reads the repository"
            );
            return Some(exception.error("locked-rule", message, "delete this exception, and solve what it is for"));
        }
        if self.locked.iter().any(|locked| locked == rule) {
            let message = format!("gen.yaml locks `{rule}`: no environment may ignore it");
            return Some(exception.error(
                "locked-rule",
                message,
                "delete this exception, or have the lock taken off in gen.yaml",
            ));
        }
        if exception.reason.trim().is_empty() {
            let help = "say why this is right here: whoever reads it next cannot ask";
            return Some(exception.error("missing-reason", "this exception has no reason".to_owned(), help));
        }
        let until = exception.until.as_ref().filter(|until| **until < self.today)?;
        let message = format!("this exception ended on {until}");
        Some(exception.warning("expired-exception", message, "solve what it was for, or give it a new date"))
    }
}

impl Exception {
    fn covers(&self, finding: &Finding) -> bool {
        let covers_path = |path: &String| split(&finding.path).starts_with(&split(path));
        finding.rule == self.rule && self.path.as_ref().is_none_or(covers_path)
    }

    fn unused(&self) -> Finding {
        let (message, help) = match &self.path {
            Some(path) => {
                (format!("nothing at `{path}` breaks `{}`", self.rule), "delete this exception, or correct its path")
            }
            None => (format!("nothing here breaks `{}` any more", self.rule), "delete this exception"),
        };
        self.warning(UNUSED_EXCEPTION, message, help)
    }

    fn error(&self, rule: &'static str, message: String, help: &str) -> Finding {
        Finding::error(rule, self.place.location.clone(), message).help(help).at(self.place.path.as_str())
    }

    fn warning(&self, rule: &'static str, message: String, help: &str) -> Finding {
        Finding::warning(rule, self.place.location.clone(), message).help(help).at(self.place.path.as_str())
    }
}

/// The finding about a name that no rule has.
#[must_use]
pub fn unknown(rule: &str, place: &Place) -> Finding {
    let ids = RULES.iter().map(|rule| rule.id);
    let help = match closest(rule, ids.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("rules: {}", ids.collect::<Vec<_>>().join(", ")),
    };
    let message = format!("there is no rule `{rule}`");
    Finding::error("unknown-rule", place.location.clone(), message).help(help).at(place.path.as_str())
}
