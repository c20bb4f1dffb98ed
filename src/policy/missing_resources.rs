//! Memory of databases.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{PodFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "missing-resources",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A database's server has no limit of memory, or one below what it needs to start.",
    rationale: "Without a limit a server can take its node down, and is among the first to be killed where the node runs short. \
                Bitnami's preset `nano` ends at 192Mi: PostgreSQL with its extensions is killed idle, recovers, and is killed \
                again.",
    remedy: "Set `resources` of the service: a request and a limit of memory, the same for a server that must stay. A limit \
             of processor time is not needed.",
    bad: "services:\n  postgres:\n    values:\n      primary: {resources: null, resourcesPreset: nano}\n",
    good: "services:\n  postgres:\n    resources: {requests: {cpu: 250m, memory: 512Mi}, limits: {memory: 1Gi}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "Checkov CKV_K8S_12, CKV_K8S_13",
        "kube-linter unset-memory-requirements",
        "kube-score container-resources",
        "Kubescape C-0271",
        "Polaris memoryLimitsMissing, memoryRequestsMissing",
        "Trivy KSV-0016, KSV-0018",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for upkeep in &view.upkeep {
        let help =
            "write `resources: {requests: {memory: 512Mi}, limits: {memory: 1Gi}}`, with the sizes that it needs";
        match &upkeep.flaw {
            PodFlaw::NoMemoryLimit(name) => {
                let message =
                    format!("the database in the container `{name}` has no limit of memory: it can take its node down");
                report.violation(&upkeep.at, message, help);
            }
            PodFlaw::TinyPreset(preset) => {
                let message = format!(
                    "the preset `{preset}` ends at 192Mi of memory, which an idle server outgrows: it is killed again and again"
                );
                report.violation(&upkeep.at, message, help);
            }
            _ => {}
        }
    }
}
