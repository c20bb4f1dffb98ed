//! Probes of databases.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{PodFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "missing-probes",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "Nobody asks a database's server whether it is ready.",
    rationale: "Without a readiness probe a Service sends clients to a server that is still starting or replaying its log. \
                Bitnami's chart has all probes; who turns them off, mostly for a long recovery, needs `startupProbe` instead.",
    remedy: "Give the container a `readinessProbe`, such as `pg_isready`; in the chart leave `readinessProbe.enabled` and \
             `livenessProbe.enabled` on, and allow a long start with `startupProbe`.",
    bad: "services:\n  postgres:\n    values:\n      primary: {readinessProbe: {enabled: false}}\n",
    good: "services:\n  postgres:\n    values:\n      primary: {startupProbe: {enabled: true, failureThreshold: 120}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "Checkov CKV_K8S_8, CKV_K8S_9",
        "kube-linter no-readiness-probe, no-liveness-probe",
        "kube-score pod-probes",
        "Kubescape C-0018, C-0056",
        "Polaris readinessProbeMissing, livenessProbeMissing",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for upkeep in &view.upkeep {
        let PodFlaw::NoProbe(name, probe) = &upkeep.flaw else { continue };
        let message = match *probe {
            "readinessProbe" => format!(
                "the database in the container `{name}` has no readiness probe: clients are sent to it before it can answer"
            ),
            _ => format!(
                "the database in the container `{name}` has no liveness probe: it is not restarted when it hangs"
            ),
        };
        report.violation(
            &upkeep.at,
            message,
            format!("give it a `{probe}`; a long start is what `startupProbe` is for"),
        );
    }
}
