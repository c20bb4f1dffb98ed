//! Limits of processor time.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{PodFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "cpu-limit",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "The processor time of a database is limited.",
    rationale: "The kernel stops a container that has used up its share, idle processors or not: queries take longer for no \
                gain. The request alone already divides a busy node fairly.",
    remedy: "Leave `limits.cpu` out and set `requests.cpu`, unless you are charged by limits or need them to be equal.",
    bad: "services:\n  postgres:\n    resources: {requests: {cpu: 250m, memory: 1Gi}, limits: {cpu: 500m, memory: 1Gi}}\n",
    good: "services:\n  postgres:\n    resources: {requests: {cpu: 250m, memory: 1Gi}, limits: {memory: 1Gi}}\n",
    hides_lines: false,
    is_opinion: true,
    elsewhere: &[
        "Kyverno forbid-cpu-limits; the opposite: Checkov CKV_K8S_11, Polaris cpuLimitsMissing, Trivy KSV-0011",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for upkeep in &view.upkeep {
        let PodFlaw::CpuLimit(name) = &upkeep.flaw else { continue };
        let message =
            format!("the processor time of `{name}` is limited: queries are stopped while processors are idle");
        report.violation(&upkeep.at, message, "take `limits.cpu` away, and keep `requests.cpu`");
    }
}
