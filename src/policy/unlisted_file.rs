//! A manifest that nobody applies.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "unlisted-file",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A manifest stands beside a kustomization.yaml that does not list it, and nothing else does.",
    rationale: "A folder with a kustomization.yaml holds what that file lists, nothing more: a NetworkPolicy or a \
                sealed Secret that is not listed never reaches the cluster, though it looks as if it did.",
    remedy: "List the file in `resources`, or delete it. What is no manifest of the cluster can carry the \
             annotation `config.kubernetes.io/local-config: \"true\"`.",
    bad: "# kustomization.yaml\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [deny.yaml]\n# deny.yaml\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}}\n# allow.yaml\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: allow}\nspec: {podSelector: {}}\n",
    good: "# kustomization.yaml\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [deny.yaml, allow.yaml]\n# deny.yaml\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}}\n# allow.yaml\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: allow}\nspec: {podSelector: {}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(|view, report| report.faults(view)),
};
