//! Disruption budgets that let nobody drain a node, or that replicas lack.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{BudgetFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "disruption-budget",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A disruption budget lets no pod go, or several replicas have none.",
    rationale: "`kubectl drain` waits until the budget allows the pod to go. One that allows none blocks every update of the node for as \
                long as it stands, and whoever is in a hurry deletes the pod by force. Without a budget a drain may take all replicas at \
                the same time.",
    remedy: "Write `maxUnavailable: 1`, which is what the chart does where nothing is set.",
    bad: "services:\n  postgres:\n    values:\n      primary: {pdb: {minAvailable: 1}}   # of one pod\n",
    good: "services:\n  postgres:\n    values:\n      primary: {pdb: {maxUnavailable: 1}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "kube-linter pdb-max-unavailable, pdb-min-available",
        "kube-score statefulset-has-poddisruptionbudget",
        "Polaris pdbDisruptionsIsZero, missingPodDisruptionBudget",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for budget in &view.budgets {
        let (message, help) = match budget.flaw {
            BudgetFlaw::Stuck => {
                ("this budget lets no pod go: a node that one stands on cannot be drained", "write `maxUnavailable: 1`")
            }
            BudgetFlaw::Missing => (
                "without a budget a drain may take all replicas at once",
                "leave it on: the chart makes `maxUnavailable: 1`",
            ),
        };
        report.violation(&budget.at, message, help);
    }
}
