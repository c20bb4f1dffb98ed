//! A namespace with a database that lets everything through which no policy is about.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "no-default-deny",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A namespace holds a database, and has no policy for the pods that no other policy selects.",
    rationale: "Policies guard the pods that they select, and leave all others of the namespace open. The next pod, a restore \
                job or a second database, is open until somebody remembers. gen's own policies select its databases by name, \
                so this is a matter of taste.",
    remedy: "Write `namespace: {name: ..., defaultDeny: true}`, or add a NetworkPolicy with `podSelector: {}` and no rules.",
    bad: "namespace: viridial-staging\n",
    good: "namespace: {name: viridial-staging, defaultDeny: true}\n",
    hides_lines: false,
    is_opinion: true,
    elsewhere: &["Kyverno add-networkpolicy"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for at in &view.undefended {
        let message = "this namespace holds a database, and is open where no policy selects a pod";
        report.violation(
            at,
            message,
            "set `defaultDeny: true`, or add a NetworkPolicy with `podSelector: {}` and no rules",
        );
    }
}
