//! One claim for several servers.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{ClaimFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "shared-claim",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "Several servers of a database would write to one claim.",
    rationale: "Every server of a database needs a data folder of its own: two on one folder damage it, or the second one does \
                not start because of the lock of the first.",
    remedy: "Let a StatefulSet make a claim for each by `volumeClaimTemplates`; in the chart leave \
             `readReplicas.persistence.existingClaim` empty.",
    bad: "architecture: replication\nreadReplicas: {replicaCount: 2, persistence: {existingClaim: data}}\n",
    good: "architecture: replication\nreadReplicas: {replicaCount: 2, persistence: {size: 20Gi, storageClass: local-path}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for claim in &view.claims {
        if let ClaimFlaw::Shared(name) = &claim.flaw {
            let message = format!("several servers would write to the claim `{name}`, and damage each other's data");
            report.violation(&claim.at, message, "give each a claim of its own, by `volumeClaimTemplates`");
        }
    }
}
