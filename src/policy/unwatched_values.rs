//! A change that is noticed late.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "unwatched-values",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "Flux takes values from a ConfigMap or Secret that it does not watch.",
    rationale: "helm-controller and kustomize-controller look at what `valuesFrom` and `substituteFrom` name at \
                their interval only: a merged change, a rotated password among them, arrives up to an hour later, or \
                together with something else.",
    remedy: "Label the ConfigMap or Secret `reconcile.fluxcd.io/watch: Enabled` (since Flux 2.7); in a generator \
             set `options.labels`.",
    bad: "# clusters/one/app.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  path: ./app\n  sourceRef: {kind: GitRepository, name: flux-system}\n# app/release.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: wiki, namespace: wiki}\nspec:\n  interval: 30m\n  valuesFrom: [{kind: ConfigMap, name: wiki-values}]\n# app/values.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: wiki-values, namespace: wiki}\ndata: {values.yaml: \"replicas: 2\"}\n",
    good: "# clusters/one/app.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  path: ./app\n  sourceRef: {kind: GitRepository, name: flux-system}\n# app/release.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: wiki, namespace: wiki}\nspec:\n  interval: 30m\n  valuesFrom: [{kind: ConfigMap, name: wiki-values}]\n# app/values.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: wiki-values, namespace: wiki, labels: {reconcile.fluxcd.io/watch: Enabled}}\ndata: {values.yaml: \"replicas: 2\"}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(|view, report| report.faults(view)),
};
