//! Access modes that a class does not have.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{ClaimFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "impossible-access-mode",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A claim asks for an access mode that volumes of its class do not have.",
    rationale: "Volumes of local-path and its like are folders of one node, and cannot be written or read from several: the \
                claim stays Pending for ever, and so does the pod.",
    remedy: "Take `ReadWriteOncePod`, or `ReadWriteOnce` where several pods of one node share it; for several nodes take a \
             class that can.",
    bad: "kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: local-path, accessModes: [ReadWriteMany], resources: {requests: {storage: 10Gi}}}\n",
    good: "kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: local-path, accessModes: [ReadWriteOncePod], resources: {requests: {storage: 10Gi}}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["KICS Incorrect Volume Claim Access Mode ReadWriteOnce", "Kyverno enforce-readwriteonce-pod"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for claim in &view.claims {
        if let ClaimFlaw::Mode(mode, class) = &claim.flaw {
            let message =
                format!("volumes of the class `{class}` stand on one node: with `{mode}` the claim is never bound");
            report.violation(&claim.at, message, "write `ReadWriteOncePod`, or `ReadWriteOnce`");
        }
    }
}
