//! What waits for itself.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "dependency-cycle",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "Kustomizations or HelmReleases depend on each other in a circle, or a kustomization.yaml lists \
              itself.",
    rationale: "Each waits for another to become ready first, so none is ever applied again; kustomize refuses a \
                folder that leads back to itself.",
    remedy: "Take one of the dependencies away. What two things need, such as a namespace, becomes a third that \
             both depend on.",
    bad: "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  dependsOn: [{name: db}]\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: db, namespace: flux-system}\nspec:\n  dependsOn: [{name: app}]\n",
    good: "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  dependsOn: [{name: db}]\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: db, namespace: flux-system}\nspec:\n  wait: false\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["flate test"],
    check: Check::Tree(|view, report| report.faults(view)),
};
