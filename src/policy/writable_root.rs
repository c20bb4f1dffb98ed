//! Containers that may write to their image.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{PodFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "writable-root",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A container may write to its own image.",
    rationale: "Who breaks in can leave programs behind and change those that are there.",
    remedy: "Write `readOnlyRootFilesystem: true`, and mount an emptyDir where the program writes.",
    bad: "services:\n  postgres:\n    values:\n      primary: {containerSecurityContext: {readOnlyRootFilesystem: false}}\n",
    good: "services:\n  postgres:\n    values:\n      primary: {containerSecurityContext: {readOnlyRootFilesystem: true}}\n",
    hides_lines: false,
    is_opinion: true,
    elsewhere: &[
        "Checkov CKV_K8S_22",
        "kube-linter no-read-only-root-fs",
        "kube-score container-security-context-readonlyrootfilesystem",
        "Kubescape C-0017",
        "Polaris notReadOnlyRootFilesystem",
        "Trivy KSV-0014",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for upkeep in &view.upkeep {
        let PodFlaw::WritableRoot(name) = &upkeep.flaw else { continue };
        let message = format!("the container `{name}` may write to its own image");
        report.violation(
            &upkeep.at,
            message,
            "write `readOnlyRootFilesystem: true`, and mount an emptyDir where it writes",
        );
    }
}
