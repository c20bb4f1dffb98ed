//! The name of something that is not there.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "dangling-reference",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "An object is named that the tree does not hold.",
    rationale: "A pod that misses a Secret stays in CreateContainerConfigError, a HelmRelease whose values or source are missing \
                never reconciles, and both look like a problem of something else. In a tree that gen does not own it is a \
                note: what is missing may come from elsewhere.",
    remedy: "Correct the name, or add the object. What somebody else brings to the cluster on purpose can be ignored with a \
             reason (`policy.ignore`).",
    bad: "services:\n  postgres:\n    values:\n      primary: {extraEnvVarsSecret: postgres-extra}   # nowhere in the tree\n",
    good: "services:\n  postgres:\n    values:\n      primary: {extraEnvVarsSecret: postgres-auth}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["flate test", "kube-linter dangling-service", "flux-schema discover"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    report.faults(view);
    let is_complete = view.bundle.provided.is_some();
    for reference in &view.references {
        let target = &reference.target;
        let place = match target.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" in the namespace `{namespace}`"),
        };
        let message = format!("there is no {} `{}`{place} in this tree", target.kind, target.name);
        report.unless_elsewhere(is_complete, &reference.at, message, "correct the name, or add the object");
    }
}
