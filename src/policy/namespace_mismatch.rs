//! Another namespace than it says.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "namespace-mismatch",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A manifest names one namespace, and what applies it puts the object into another one.",
    rationale: "`targetNamespace` of Flux and `namespace` of kustomize win over what a manifest says, also over a \
                namespace that was meant: a RoleBinding or NetworkPolicy for another namespace protects the wrong \
                one.",
    remedy: "Name the namespace in one place: in the manifest, in kustomization.yaml or in `targetNamespace`. \
             Move what belongs elsewhere to a folder of its own.",
    bad: "kind: NetworkPolicy\nmetadata: {name: deny, namespace: database}   # the Kustomization has `targetNamespace: app`\n",
    good: "kind: NetworkPolicy\nmetadata: {name: deny}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["kube-linter use-namespace", "Checkov CKV_K8S_21", "Trivy KSV-0110"],
    check: Check::Tree(|view, report| report.faults(view)),
};
