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
    bad: "# clusters/one/app.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  path: ./app\n  sourceRef: {kind: GitRepository, name: flux-system}\n  targetNamespace: app\n# app/policy.yaml\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: database}\nspec: {podSelector: {}}\n",
    good: "# clusters/one/app.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  path: ./app\n  sourceRef: {kind: GitRepository, name: flux-system}\n  targetNamespace: app\n# app/policy.yaml\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["kube-linter use-namespace", "Checkov CKV_K8S_21", "Trivy KSV-0110"],
    check: Check::Tree(|view, report| report.faults(view)),
};
