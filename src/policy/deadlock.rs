//! A wait that never ends.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "deadlock",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A Kustomization waits for something that can only start after it, or a sync wave does.",
    rationale: "A claim of local-path is bound when its first pod starts. A Kustomization with `wait: true` that \
                holds the claim and not its pod never becomes ready, and all that depends on it, the pod included, \
                never starts. The same holds for a claim in an earlier sync wave of Argo CD, and for a Kustomization \
                that waits for another one which depends on it.",
    remedy: "Put the claim and what uses it into one Kustomization, with `wait: false` and `healthChecks` on the \
             workload or the HelmRelease alone; into one wave under Argo CD.",
    bad: "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: claims, namespace: flux-system}\nspec:\n  healthChecks: [{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, name: database, namespace: flux-system}]\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: database, namespace: flux-system}\nspec:\n  dependsOn: [{name: claims}]\n",
    good: "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: claims, namespace: flux-system}\nspec:\n  wait: false\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: database, namespace: flux-system}\nspec:\n  dependsOn: [{name: claims}]\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(|view, report| report.faults(view)),
};
