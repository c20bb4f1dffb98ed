//! Tokens for the Kubernetes API in pods that need none.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::{Fix, Severity},
    view::{PodFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "service-account-token",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A database's pod gets a token for the Kubernetes API.",
    rationale: "Whoever breaks into the database can then ask the API server in its name. A database needs no such token, and \
                Kubernetes mounts one unless it is told not to.",
    remedy: "Write `automountServiceAccountToken: false` in the pod's spec, or in its ServiceAccount.",
    bad: "services:\n  postgres:\n    values:\n      primary: {automountServiceAccountToken: true}\n",
    good: "services:\n  postgres:\n    values:\n      primary: {automountServiceAccountToken: false}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "Checkov CKV_K8S_38, CKV_K8S_41",
        "Kubescape C-0034",
        "Polaris automountServiceAccountToken",
        "Trivy KSV-0036",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for upkeep in &view.upkeep {
        let PodFlaw::Token(product) = upkeep.flaw else { continue };
        let message =
            format!("the pod of a database ({product}) gets a token for the Kubernetes API, which it does not need");
        let fix = Fix::Replace("false".to_owned());
        report.violation(&upkeep.at, message, "write `automountServiceAccountToken: false`").fix = Some(fix);
    }
}
