//! Findings as workflow commands of GitHub Actions: annotations beside the lines of a pull request.
//!
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>; a step shows ten annotations of each kind.

use std::fmt::Write as _;

use super::from_the_top;
use crate::diagnostic::{Finding, Severity};

/// How many annotations of a kind a step shows.
const SHOWN: usize = 10;

/// Findings as annotations, and those that a step has no room for.
pub struct Annotations<'a> {
    /// The workflow commands, one a line.
    pub commands: String,
    /// What is left.
    pub rest: Vec<&'a Finding>,
}

/// As many findings as a step shows; all of them where nobody shows the rest elsewhere. `above` are the folders between the top of
/// the Git repository and the folder that files count from.
#[must_use]
pub fn annotations<'a>(findings: &'a [Finding], above: &str, has_summary: bool) -> Annotations<'a> {
    let mut annotations = Annotations { commands: String::new(), rest: Vec::new() };
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let mut of_it = findings.iter().filter(|finding| finding.severity == severity);
        let shown = if has_summary { SHOWN } else { usize::MAX };
        for finding in of_it.by_ref().take(shown) {
            annotations.commands.push_str(&command(finding, above));
        }
        annotations.rest.extend(of_it);
    }
    annotations
}

fn command(finding: &Finding, above: &str) -> String {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place = &finding.location;
    let mut command = format!("::{kind} file={},line={}", property(&from_the_top(above, &place.file)), place.line);
    if place.length > 0 {
        let _ = write!(command, ",col={},endColumn={}", place.column, place.column.saturating_add(place.length));
    }
    let _ = write!(command, ",title={}::{}", property(finding.rule), data(&finding.message));
    if !finding.help.is_empty() {
        let _ = write!(command, "%0A{}", data(&finding.help));
    }
    command.push('\n');
    command
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
