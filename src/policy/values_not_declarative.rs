//! Values that no file tells.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "values-not-declarative",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A HelmRelease keeps the values of its former revision.",
    rationale: "With `preserveValues` a value that is taken out of the repository stays set in the cluster, and a \
                new cluster comes out different from the old one.",
    remedy: "Remove `upgrade.preserveValues`, and write every value down.",
    bad: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: wiki, namespace: wiki}\nspec:\n  interval: 30m\n  upgrade: {preserveValues: true}\n",
    good: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: wiki, namespace: wiki}\nspec:\n  interval: 30m\n  upgrade: {preserveValues: false}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(|view, report| report.faults(view)),
};
