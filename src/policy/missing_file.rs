//! A path that leads nowhere.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "missing-file",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A kustomization.yaml, a Flux Kustomization or an Application names a file or folder that does not \
              exist.",
    rationale: "Kustomize builds all of a folder or nothing: one missing file, and none of the folder's objects is \
                applied or updated, the fix in the same commit included. The cluster keeps running on the old state, \
                so nobody notices until it matters.",
    remedy: "Correct the path, or add the file. Paths in a kustomization.yaml start at its own folder, those of \
             Flux and Argo CD at the source's root.",
    bad: "# kustomization.yaml\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [polcy.yaml]\n# policy.yaml\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}}\n",
    good: "# kustomization.yaml\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [policy.yaml]\n# policy.yaml\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["flate test"],
    check: Check::Tree(|view, report| report.faults(view)),
};
