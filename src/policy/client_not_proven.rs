//! A client that is let in, and does not reach the database all the same.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{Lost, View},
};

pub(super) const RULE: Rule = Rule {
    id: "client-not-proven",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "Policies let a client in, and it does not reach the database all the same.",
    rationale: "A connection needs every step: the Service's port, the pods' port, the policies of the database and those of \
                the client. One that is missing is a time-out in the application, hours after the change. Where the policies \
                of the client's namespace do not let it out, its own deployment may bring what is missing, so that is a note.",
    remedy: "Bring the ports of Service, policy and pods together. In a namespace that denies by default, give the client a \
             NetworkPolicy with an `egress` rule to the database.",
    bad: "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  template:\n    metadata: {labels: {app: db}}\n    spec: {containers: [{name: db, image: \"docker.io/library/postgres:17.6\", ports: [{containerPort: 5432}]}]}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db}\nspec:\n  podSelector: {matchLabels: {app: db}}\n  ingress: [{from: [{podSelector: {matchLabels: {app: shop}}}], ports: [{port: 3306}]}]\n",
    good: "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  template:\n    metadata: {labels: {app: db}}\n    spec: {containers: [{name: db, image: \"docker.io/library/postgres:17.6\", ports: [{containerPort: 5432}]}]}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db}\nspec:\n  podSelector: {matchLabels: {app: db}}\n  ingress: [{from: [{podSelector: {matchLabels: {app: shop}}}], ports: [{port: 5432}]}]\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "kube-linter dangling-networkpolicy, dangling-service",
        "kube-score networkpolicy-targets-pod, service-targets-pod",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for lost in &view.lost_clients {
        let product = lost.product;
        match &lost.why {
            Lost::Ports(listens) => {
                let ports: Vec<String> = listens.iter().map(ToString::to_string).collect();
                let message = format!(
                    "policies let clients in to {product}, but not on port {}, where it listens",
                    ports.join(" or ")
                );
                report.violation(&lost.at, message, "write the port that the pods listen on");
            }
            Lost::Target(target) => {
                let message = format!("this Service leads to port `{target}` of {product}, where nothing listens");
                report.violation(&lost.at, message, "write the name or the number of the container's port");
            }
            Lost::Egress(labels, namespace) => {
                let message = format!(
                    "pods {labels} are let in to {product}, but no policy in this tree lets them out of `{namespace}`, which denies egress"
                );
                let help = "their own deployment has to bring a NetworkPolicy with an `egress` rule to the database";
                report.unless_elsewhere(false, &lost.at, message, help);
            }
        }
    }
}
