//! A deletion that nobody confirms.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "unguarded-prune",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A delivery engine may delete, or delete and make again, what keeps state.",
    rationale: "A renamed file or a field that cannot change is enough: Argo CD prunes the StatefulSet or Namespace \
                whose manifest is gone, `force` and `Replace=true` delete a StatefulSet or claim and make a new, \
                empty one.",
    remedy: "Annotate what keeps state with `argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm`, and \
             leave `force`, `Replace=true` and the cascading finalizer away.",
    bad: "kind: StatefulSet\nmetadata: {annotations: {kustomize.toolkit.fluxcd.io/force: Enabled}}\n",
    good: "kind: StatefulSet\nmetadata: {annotations: {}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["Kyverno application-prevent-default-project"],
    check: Check::Tree(|view, report| report.faults(view)),
};
