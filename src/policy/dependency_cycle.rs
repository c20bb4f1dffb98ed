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
    bad: "metadata: {name: app}\nspec: {dependsOn: [{name: db}]}\n---\nmetadata: {name: db}\nspec: {dependsOn: [{name: app}]}\n",
    good: "metadata: {name: app}\nspec: {dependsOn: [{name: db}]}\n---\nmetadata: {name: db}\nspec: {}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["flate test"],
    check: Check::Tree(|view, report| report.faults(view)),
};
