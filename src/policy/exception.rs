//! Exceptions from rules: `policy.ignore` of an environment, comments in files that people write, `policy.locked` of the project.

mod comment;

use super::{Place, RULES, Rule, find};
use crate::{diagnostic::Finding, path::split, scalar::Date, schema::closest};

/// Rules that nobody can ignore: there is no good reason for a secret in plain text, nor for a seal that holds nothing, and what opens
/// something is told even where an exception comes with it.
pub const LOCKED_ALWAYS: &[&str] = &[
    "fake-envelope",
    "partially-encrypted",
    "plaintext-secret",
    "private-key-committed",
    "security-regression",
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
    /// What it covers.
    pub covers: Covers,
    /// Why.
    pub reason: String,
    /// The last day that it holds.
    pub until: Option<Date>,
    /// Why it cannot be read, where it cannot.
    pub flaw: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// Whether it was written for what is judged here alone: then it is wrong if nothing needs it.
    pub is_own: bool,
}

/// What an exception covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Covers {
    /// Everything.
    Everything,
    /// An environment path and all below it.
    Path(String),
    /// A path that there is not; what may have been meant.
    NoPath(String, Option<String>),
    /// Lines of the file that it stands in, from the first to the last.
    Lines(u32, u32),
    /// Nothing: it is a comment that no value follows.
    Nothing,
}

/// All exceptions that hold for a tree.
#[derive(Clone, Debug)]
pub struct Exceptions {
    /// The exceptions.
    pub list: Vec<Exception>,
    /// Rules that the project locks.
    pub locked: Vec<String>,
    /// The day on which they are asked.
    pub today: Date,
    /// Whether rules that are a matter of taste were asked too.
    pub with_opinions: bool,
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
            if before == findings.len() && self.is_missed(exception) {
                said.push(exception.unused());
            }
        }
        findings.extend(said);
        findings
    }

    /// Whether an exception that covered nothing should have: whoever keeps it for another tree, or for a rule that was not
    /// asked here, is right.
    fn is_missed(&self, exception: &Exception) -> bool {
        let was_asked = |rule: &Rule| rule.is_about_trees() && (self.with_opinions || !rule.is_opinion);
        exception.covers == Covers::Nothing || (exception.is_own && find(&exception.rule).is_some_and(was_asked))
    }

    /// The findings about a transition that are left. What is wrong with the exceptions is told with the tree itself; that nothing needs
    /// one today says nothing about the next change.
    #[must_use]
    pub fn silence(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        let holding = self.list.iter().filter(|exception| self.objection(exception).is_none());
        holding.for_each(|exception| findings.retain(|finding| !exception.covers(finding)));
        findings
    }

    /// Why an exception does not hold.
    fn objection(&self, exception: &Exception) -> Option<Finding> {
        let rule = exception.rule.as_str();
        if rule.is_empty() {
            let help = "write `# gen:ignore RULE why`; `gen rules` lists them";
            return Some(exception.error("unknown-rule", "this comment names no rule".to_owned(), help));
        }
        if find(rule).is_none() {
            return Some(unknown(rule, &exception.place));
        }
        if LOCKED_ALWAYS.contains(&rule) {
            let why = match rule {
                "security-regression" => "it is told once, when something opens, and is no news in the next change",
                _ => "what is committed is known to everybody who reads the repository",
            };
            let message = format!("`{rule}` can never be ignored: {why}");
            return Some(exception.error("locked-rule", message, "delete this exception, and solve what it is for"));
        }
        if self.locked.iter().any(|locked| locked == rule) {
            let message = format!("gen.yaml locks `{rule}`: neither an environment nor a comment may ignore it");
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
        if let Some(why) = &exception.flaw {
            let message = format!("the last day of this exception {why}");
            return Some(exception.error("wrong-value", message, "write a day such as 2027-03-01"));
        }
        let until = exception.until.as_ref().filter(|until| **until < self.today)?;
        let message = format!("this exception ended on {until}");
        Some(exception.warning("expired-exception", message, "solve what it was for, or give it a new date"))
    }
}

impl Exception {
    fn covers(&self, finding: &Finding) -> bool {
        finding.rule == self.rule
            && match &self.covers {
                Covers::Everything => true,
                Covers::Path(path) | Covers::NoPath(path, _) => split(&finding.path).starts_with(&split(path)),
                Covers::Lines(first, last) => {
                    finding.location.file == self.place.location.file
                        && (*first..=*last).contains(&finding.location.line)
                }
                Covers::Nothing => false,
            }
    }

    fn unused(&self) -> Finding {
        let rule = &self.rule;
        let (message, help) = match &self.covers {
            Covers::Path(path) => (
                format!("nothing at `{path}` breaks `{rule}`"),
                "delete this exception, or correct its path".to_owned(),
            ),
            Covers::NoPath(path, meant) => (
                format!("there is no `{path}` in this environment, so this exception covers nothing"),
                meant.as_ref().map_or_else(
                    || "correct the path, or delete this exception".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                ),
            ),
            Covers::Everything => {
                (format!("nothing here breaks `{rule}` any more"), "delete this exception".to_owned())
            }
            Covers::Lines(first, last) => {
                let lines = if first == last { format!("line {first}") } else { format!("lines {first} to {last}") };
                (
                    format!("nothing on {lines} breaks `{rule}`"),
                    "delete this comment, or move it to the line that the finding names, or the one above".to_owned(),
                )
            }
            Covers::Nothing => (
                "this comment is about nothing: no key and no item begins on this line, or on the next".to_owned(),
                "put it at the end of the line that the finding names, or on the one above".to_owned(),
            ),
        };
        self.warning(UNUSED_EXCEPTION, message, &help)
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
