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
    bad: "kind: ConfigMap\nmetadata: {name: postgres-values}      # named by a HelmRelease's valuesFrom\n",
    good: "kind: ConfigMap\nmetadata: {name: postgres-values, labels: {reconcile.fluxcd.io/watch: Enabled}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(|view, report| report.faults(view)),
};
