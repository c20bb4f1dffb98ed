//! Something that was closed and is open.

use super::{Check, Place, Report, Rule, Transition, transition::kept};
use std::collections::BTreeSet;

use crate::diagnostic::{Finding, Location, Severity};

pub(super) const RULE: Rule = Rule {
    id: "security-regression",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "Something is more open than it was before.",
    rationale: "An exception with a reason silences a finding for good. On the day that it comes in, somebody should see what it opens: what was \
                closed until now, and is told here even where the new tree ignores it.",
    remedy: "Close it again, or have whoever reviews the change say that it is meant. It is told once: against the next base it is no news.",
    bad: "spec:\n  type: LoadBalancer   # was ClusterIP\n",
    good: "spec:\n  type: ClusterIP\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Change(check),
};

/// The rules whose findings open something.
pub(super) const RULES_OF_IT: &[&str] = &[
    "authentication-disabled",
    "client-not-proven",
    "debug-mode",
    "host-path-volume",
    "http-without-tls",
    "open-load-balancer",
    "open-network-policy",
    "pod-security",
    "public-database",
    "service-account-token",
    "unencrypted-connection",
    "wildcard-rbac",
];

fn check(transition: &Transition<'_>, report: &mut Report<'_>) {
    for finding in &transition.opened {
        let message = format!("new here, and {} says: {}", finding.rule, finding.message);
        let said = Finding { rule: report.rule.id, severity: report.severity, message, fix: None, ..finding.clone() };
        report.findings.push(said);
    }
    for (before, after) in kept(&transition.before.levels, &transition.after.levels) {
        let (old, new) = (&before.says, &after.says);
        let Place { location, path, .. } = report.place(&after.at);
        let is_told = |said: &Finding| said.location == location && said.path == path;
        if new.rank > old.rank && !report.findings.iter().any(is_told) {
            let message = format!("{} opens: {} was {}", after.thing, new.is, old.is);
            report.violation(&after.at, message, "go back to what it was, or say in the review why this is meant");
        }
    }
}

/// Takes away the regressions that somebody is told anyway, at the same place, by the rule itself.
pub fn without_echoes(findings: &mut Vec<Finding>) {
    let of_rules = findings.iter().filter(|finding| RULES_OF_IT.contains(&finding.rule));
    let told: BTreeSet<(Location, String)> =
        of_rules.map(|finding| (finding.location.clone(), finding.path.clone())).collect();
    let is_echo =
        |finding: &Finding| finding.rule == RULE.id && told.contains(&(finding.location.clone(), finding.path.clone()));
    findings.retain(|finding| !is_echo(finding));
}
