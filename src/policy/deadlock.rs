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
    bad: "metadata: {name: claims}            # holds the claim of local-path\nspec: {wait: true}\n---\nmetadata: {name: database}          # holds its StatefulSet\nspec: {dependsOn: [{name: claims}]}\n",
    good: "metadata: {name: database}          # holds both\nspec:\n  healthChecks: [{apiVersion: apps/v1, kind: StatefulSet, name: postgres, namespace: data}]\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(|view, report| report.faults(view)),
};
