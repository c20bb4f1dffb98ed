//! Data that lives in its pod.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{Loss, View},
};

pub(super) const RULE: Rule = Rule {
    id: "no-persistence",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A database keeps its data in its pod.",
    rationale: "A pod is made anew all the time: by a restart, an eviction, the drain of a node, a new version. What lies in it \
                is gone then.",
    remedy: "Mount a claim: leave `persistence.enabled` on in the chart, give a StatefulSet `volumeClaimTemplates`.",
    bad: "services:\n  postgres:\n    architecture: replication\n    values:\n      readReplicas: {persistence: {enabled: false}}\n",
    good: "services:\n  postgres:\n    architecture: replication\n    storage: 20Gi\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for storage in view.storage.iter().filter(|storage| storage.loss == Loss::WithPod) {
        let message = "the data lives in its pod and is gone with it: on every restart, eviction and drain";
        let help = "mount a claim: `persistence.enabled: true` in a chart, `volumeClaimTemplates` in a StatefulSet";
        report.violation(&storage.at, message, help);
    }
}
