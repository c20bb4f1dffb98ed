//! Volumes that are folders of some node.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{ClaimFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "host-path-volume",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A volume is a folder of whichever node its pod stands on.",
    rationale: "A `hostPath` volume without `nodeAffinity` means another, empty folder after the pod has moved; and whoever may \
                write to it writes to the node.",
    remedy: "Take a class such as local-path, whose volumes are bound to their node, or add the `nodeAffinity`.",
    bad: "kind: PersistentVolume\nspec: {hostPath: {path: /srv/db}}\n",
    good: "kind: PersistentVolume\nspec:\n  local: {path: /srv/db}\n  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [one]}]}]}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["Kubescape C-0048", "Kyverno disallow-host-path", "Polaris hostPathSet", "Trivy KSV-0023"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for claim in &view.claims {
        if claim.flaw == ClaimFlaw::HostPath {
            let message = "this volume is a folder of whichever node the pod stands on: after a move it is another one, and empty";
            report.violation(
                &claim.at,
                message,
                "take a `local` volume with `nodeAffinity`, or a class such as local-path",
            );
        }
    }
}
