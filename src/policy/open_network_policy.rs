//! A database that every pod may connect to.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{Gap, View},
};

pub(super) const RULE: Rule = Rule {
    id: "open-network-policy",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "No network policy keeps strangers from a database.",
    rationale: "Without a policy every pod of the cluster may connect, and through it whoever gets into any of them. The \
                chart's own policy is open by default (`allowExternal: true`: every source on 5432 and 9187), and a quoted \
                \"false\" leaves it open, because a text that is not empty is true for Helm. A rule without `from`, or with an \
                empty `namespaceSelector`, means everybody too.",
    remedy: "Name the clients. Under `services.<name>.clients` gen writes the policy, port by port; by hand, give every ingress \
             rule a `from` with a `podSelector` or a namespace by its label `kubernetes.io/metadata.name`.",
    bad: "primary:\n  networkPolicy:\n    enabled: true\n    allowExternal: true\n",
    good: "primary:\n  networkPolicy:\n    enabled: true\n    allowExternal: false\n    ingressNSMatchLabels: {kubernetes.io/metadata.name: api}\n    \
           ingressNSPodMatchLabels: {app: api}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "Checkov CKV2_K8S_6",
        "KICS Missing Network Policy",
        "Kubescape C-0260",
        "Kyverno require-network-policy",
        "Polaris missingNetworkPolicy",
        "kube-linter non-isolated-pod",
        "kube-score pod-networkpolicy",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for gap in &view.network {
        let product = gap.product;
        let (message, help) = match gap.gap {
            Gap::AllowExternal => (
                format!("`allowExternal` lets every pod and every host connect to {product}, on its metrics port too"),
                "write `allowExternal: false`, and name the clients in `extraIngress`",
            ),
            Gap::QuotedFalse => (
                format!(
                    "in quotes this is true for Helm, as every text is: every pod and every host may connect to {product}"
                ),
                "write `false` without quotes",
            ),
            Gap::OpenByDefault => (
                format!("the chart's network policy lets every pod and every host connect to {product} by default"),
                "write `allowExternal: false`, and name the clients in `extraIngress`",
            ),
            Gap::Off | Gap::OffHere => (
                format!("the chart's network policy is off, and no other in this tree selects the pods of {product}"),
                "write `enabled: true` with `allowExternal: false`, or add a NetworkPolicy for the pods",
            ),
            Gap::None => (
                format!(
                    "no NetworkPolicy in this tree selects these pods of {product}: every pod of the cluster may connect"
                ),
                "add one with the pods' labels that names who may connect",
            ),
            Gap::AnyPeer => (
                format!("a rule without `from` lets every pod and every host connect to {product}"),
                "name the clients below `from`",
            ),
            Gap::AnyAddress => (
                format!("this range is every address there is, or nearly, and lets them connect to {product}"),
                "name the clients instead",
            ),
            Gap::EveryNamespace => (
                format!("an empty `namespaceSelector` lets every pod of every namespace connect to {product}"),
                "name the namespace by its label `kubernetes.io/metadata.name`",
            ),
            Gap::NearlyEverybody => (
                format!(
                    "this selector leaves out some namespaces, and lets every pod of all others connect to {product}"
                ),
                "name the namespace by its label `kubernetes.io/metadata.name`",
            ),
        };
        let message = match gap.path.as_str() {
            "" => message,
            path => format!("{message}: {path}"),
        };
        match gap.gap {
            Gap::None | Gap::OffHere => report.unless_elsewhere(view.bundle.provided.is_some(), &gap.at, message, help),
            _ => report.violation(&gap.at, message, help),
        };
    }
}
