//! What was set to look for a mistake, and left.

use super::{Check, Profile, Report, Rule};
use crate::{
    diagnostic::{Fix, Severity},
    view::{PodFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "debug-mode",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "What was set to look for a mistake was left on: a server that sleeps, or a log of everything.",
    rationale: "In diagnostic mode the chart starts `sleep infinity` in place of the server and drops its probes: the release is \
                green and nothing answers. `image.debug` logs the start in full, which can show SQL and what it answers.",
    remedy: "Take the line away. For a look into a volume start a pod of its own, or `kubectl debug`.",
    bad: "services:\n  postgres:\n    values:\n      diagnosticMode: {enabled: true}\n",
    good: "services:\n  postgres:\n    values:\n      diagnosticMode: {enabled: false}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for upkeep in &view.upkeep {
        match &upkeep.flaw {
            PodFlaw::Replaced(product, what) => {
                let message = format!("no {product} runs here: `{what}` takes the place of the server");
                report.violation(&upkeep.at, message, "take it away, and the server starts again");
            }
            PodFlaw::Verbose(product) => {
                let severity = match report.scope.profile {
                    Profile::Default => Severity::Warning,
                    Profile::Production => Severity::Error,
                };
                let message = format!("{product} logs its whole start, and with it SQL and what it answers");
                let fix = Fix::Replace("false".to_owned());
                report.finding(severity, &upkeep.at, message, "write `false`").fix = Some(fix);
            }
            _ => {}
        }
    }
}
