//! A load balancer that takes callers from anywhere.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "open-load-balancer",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A load balancer in front of something that is no website takes callers from anywhere.",
    rationale: "Without source ranges, and without an annotation that keeps it inside, a load balancer has a public address \
                in most clouds. Websites on 80 and 443 are meant for that; a queue, a shell or an admin port seldom are. A database \
                behind one is `public-database`, whoever is let through.",
    remedy: "List the networks that may connect (`loadBalancerSourceRanges`), have the cloud make an internal one, or write \
             `ClusterIP`.",
    bad: "apiVersion: v1\nkind: Service\nmetadata: {name: queue}\nspec:\n  type: LoadBalancer\n  ports: [{name: amqp, port: 5672}]\n",
    good: "apiVersion: v1\nkind: Service\nmetadata: {name: queue}\nspec:\n  type: LoadBalancer\n  loadBalancerSourceRanges: [198.51.100.0/24]\n  ports: [{name: amqp, port: 5672}]\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["Kubescape C-0256", "Kyverno restrict-loadbalancer", "kube-linter exposed-services"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for balancer in &view.open_balancers {
        let message =
            format!("this load balancer takes callers from anywhere to port {}: {}", balancer.port, balancer.path);
        report.violation(&balancer.at, message, "list the networks that may connect in `loadBalancerSourceRanges`");
    }
}
