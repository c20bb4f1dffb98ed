//! A volume that shall become smaller.

use super::{Check, Report, Rule, Transition, transition::kept};
use crate::{diagnostic::Severity, view::lasting::Growth};

pub(super) const RULE: Rule = Rule {
    id: "claim-shrunk",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A volume asks for less than it has.",
    rationale: "No volume of Kubernetes shrinks. The API server refuses the smaller size, and with it everything else that is applied \
                in the same step: an unrelated fix in the same commit never arrives. A claim that is left as it is (`ssa: IfNotPresent`) keeps its \
                size, and the next one that is made from this manifest is too small for the data.",
    remedy: "Go back to the old size. To really have less, make a second claim of the smaller size, copy or restore the data into it, \
             and switch the service to it.",
    bad: "primary:\n  persistence:\n    size: 10Gi   # was 20Gi\n",
    good: "primary:\n  persistence:\n    size: 30Gi   # was 20Gi\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["konflate pvc-shrink"],
    check: Check::Change(check),
};

fn check(transition: &Transition<'_>, report: &mut Report<'_>) {
    for (before, after) in kept(&transition.before.claims, &transition.after.claims) {
        let (old, new) = (&before.says.size, &after.says.size);
        if new.nanos() >= old.nanos() {
            continue;
        }
        let who = match (&after.says.growth, after.says.is_left) {
            (Growth::Template, _) => {
                "no StatefulSet takes another size for its volumes, and what is applied with it stops".to_owned()
            }
            (_, false) => "no claim shrinks, and what is applied with it stops".to_owned(),
            (_, true) => {
                format!("the one in the cluster keeps its {old}, and the next one may be too small for the data")
            }
        };
        let message = format!("{} shrinks from {old} to {new}: {who}", after.called());
        let otherwise =
            format!("write {old} again; for less, restore the data into a second, smaller claim and switch to that");
        let help = transition.steps("restore into a new claim and switch", &otherwise);
        report.violation(&after.at, message, help);
    }
}
