//! An object that two apply.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "two-owners",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "Two Kustomizations or Applications of one cluster apply the same object.",
    rationale: "Each writes its own version over the other's at every interval, and whichever is deleted or stops \
                listing the object prunes it, though the other still wants it: for a claim or a Secret that is data \
                loss.",
    remedy: "Let one of them apply the object and the other depend on it.",
    bad: "# both Kustomizations apply shared/namespace.yaml\nmetadata: {name: api}\nspec: {path: ./api}\n---\nmetadata: {name: web}\nspec: {path: ./web}\n",
    good: "metadata: {name: namespace}\nspec: {path: ./shared}\n---\nmetadata: {name: api}\nspec: {path: ./api, dependsOn: [{name: namespace}]}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["argocd SharedResourceWarning"],
    check: Check::Tree(|view, report| report.faults(view)),
};
