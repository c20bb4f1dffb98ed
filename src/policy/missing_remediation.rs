//! A failed change that stays failed.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "missing-remediation",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A HelmRelease of a database is not tried again after a failure, or is uninstalled by it; or a \
              Kustomization looks at fewer things than it says.",
    rationale: "Without `install.strategy` and `upgrade.strategy` a release that failed once, say because an image \
                was slow, stays failed until somebody edits it. Remediation by uninstalling takes a database away, \
                and with it whatever its chart owns.",
    remedy: "Set `install.strategy.name` and `upgrade.strategy.name` to RetryOnFailure, which Flux recommends for \
             what keeps state. Keep either `wait: true` or `healthChecks`.",
    bad: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: postgres, namespace: shop}\nspec:\n  interval: 30m\n  chart: {spec: {chart: postgresql, version: 17.0.2, sourceRef: {kind: HelmRepository, name: charts}}}\n",
    good: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: postgres, namespace: shop}\nspec:\n  interval: 30m\n  chart: {spec: {chart: postgresql, version: 17.0.2, sourceRef: {kind: HelmRepository, name: charts}}}\n  install: {strategy: {name: RetryOnFailure}}\n  upgrade: {strategy: {name: RetryOnFailure}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(|view, report| report.faults(view)),
};
