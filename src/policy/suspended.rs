//! A delivery that is switched off.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "suspended",
    severity: Severity::Note,
    production: Severity::Warning,
    summary: "A Kustomization or HelmRelease is suspended.",
    rationale: "What is merged for it does not arrive, security updates included, and nothing says so.",
    remedy: "Remove `suspend` when the work is done.",
    bad: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: postgres, namespace: shop}\nspec:\n  interval: 30m\n  suspend: true\n",
    good: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: postgres, namespace: shop}\nspec:\n  interval: 30m\n  suspend: false\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["konflate"],
    check: Check::Tree(|view, report| report.faults(view)),
};
