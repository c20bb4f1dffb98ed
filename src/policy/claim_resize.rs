//! A larger size that changes nothing.

use super::{Check, Report, Rule, Transition, transition::kept};
use crate::{diagnostic::Severity, view::lasting::Growth};

pub(super) const RULE: Rule = Rule {
    id: "claim-resize",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A claim asks for more than its storage class can give it.",
    rationale: "local-path and its like cannot resize a volume: Git says one size, the cluster has another. A plain apply of the new size is \
                refused, and the rest of the commit with it.",
    remedy: "Restore the data into a new claim of the larger size and switch to it; local-path holds nobody to the size anyway, so often \
             nothing needs to be done.",
    bad: "storageClassName: local-path\nresources:\n  requests:\n    storage: 30Gi   # was 20Gi\n",
    good: "storageClassName: fast   # allowVolumeExpansion: true\nresources:\n  requests:\n    storage: 30Gi   # was 20Gi\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Change(check),
};

fn check(transition: &Transition<'_>, report: &mut Report<'_>) {
    for (before, after) in kept(&transition.before.claims, &transition.after.claims) {
        let (old, new) = (&before.says.size, &after.says.size);
        let Growth::Never(class) = &after.says.growth else { continue };
        if new.nanos() <= old.nanos() {
            continue;
        }
        let message = format!("the claim keeps its {old} in the cluster: {class} cannot resize it to {new}");
        let otherwise = "restore the data into a new claim of that size and switch to it, or take the edit back";
        report.violation(&after.at, message, transition.steps("resize", otherwise));
    }
}
