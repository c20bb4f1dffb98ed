//! An object that two apply.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "two-owners",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "Two Kustomizations or Applications of one cluster apply the same object.",
    rationale: "Each writes its own version over the other's at every interval, and whichever is deleted or stops \
                listing the object prunes it, though the other still wants it: for a claim or a Secret that is data \
                loss.",
    remedy: "Let one of them apply the object and the other depend on it.",
    bad: "# clusters/one/all.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: api, namespace: flux-system}\nspec:\n  path: ./shared\n  sourceRef: {kind: GitRepository, name: flux-system}\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web, namespace: flux-system}\nspec:\n  path: ./shared\n  sourceRef: {kind: GitRepository, name: flux-system}\n# shared/namespace.yaml\napiVersion: v1\nkind: Namespace\nmetadata: {name: shared}\n",
    good: "# clusters/one/all.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: shared, namespace: flux-system}\nspec:\n  path: ./shared\n  sourceRef: {kind: GitRepository, name: flux-system}\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web, namespace: flux-system}\nspec:\n  path: ./web\n  sourceRef: {kind: GitRepository, name: flux-system}\n  dependsOn: [{name: shared}]\n# shared/namespace.yaml\napiVersion: v1\nkind: Namespace\nmetadata: {name: shared}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["argocd SharedResourceWarning"],
    check: Check::Tree(|view, report| report.faults(view)),
};
