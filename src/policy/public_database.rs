//! A database that can be reached from outside the cluster.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::{Fix, Severity},
    view::{View, Way},
};

pub(super) const RULE: Rule = Rule {
    id: "public-database",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A database can be reached from outside the cluster.",
    rationale: "Scanners find an open 5432 within minutes, and then a password is all that stands before the data. Network \
                policies do not help: a load balancer or a node port brings callers under the address of a node, and a pod on \
                its node's network is not subject to policies at all. A setting that another one makes idle today opens the \
                database on the day that the other one changes, so it counts as set.",
    remedy: "Leave the Service at `ClusterIP`, and let clients inside the cluster in by name (`clients:`). People reach it by \
             `kubectl port-forward`; another network by a VPN that ends inside the cluster.",
    bad: "services:\n  postgres:\n    values:\n      primary:\n        service: {type: LoadBalancer}\n",
    good: "services:\n  postgres:\n    clients:\n      api: {namespace: viridial-api, labels: {app: api}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "Checkov CKV_K8S_19, CKV_K8S_26",
        "Gatekeeper K8sBlockLoadBalancer, K8sBlockNodePort, K8sExternalIPs",
        "KICS Service With External Load Balancer",
        "Kubescape C-0041, C-0044, C-0256, C-0266",
        "Kyverno restrict-loadbalancer, restrict-nodeport, restrict-service-external-ips",
        "Trivy KSV-0009, KSV-0024, KSV-0108",
        "kube-linter exposed-services, host-network",
        "kube-score service-type",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for exposure in &view.exposures {
        let product = exposure.product;
        let (message, help) = match &exposure.way {
            Way::ServiceType(kind) => match kind.as_str() {
                "LoadBalancer" => (
                    format!("`LoadBalancer` gives {product} an address outside the cluster"),
                    "write `ClusterIP`; people get in by `kubectl port-forward`",
                ),
                "NodePort" => (
                    format!("`NodePort` opens {product} on every node of the cluster"),
                    "write `ClusterIP`; people get in by `kubectl port-forward`",
                ),
                other => (
                    format!("a Service of type `{other}` is no address inside the cluster for {product}"),
                    "write `ClusterIP`",
                ),
            },
            Way::Metrics(kind) => (
                format!("`{kind}` opens the metrics of {product} to callers from outside the cluster"),
                "write `ClusterIP`: Prometheus asks from inside",
            ),
            Way::NodePort => (
                format!("this port opens {product} on every node, as soon as the Service's type lets it"),
                "leave it out: a `ClusterIP` has no node ports",
            ),
            Way::LoadBalancer => (
                format!("this is for a load balancer, which would give {product} an address outside the cluster"),
                "leave it out",
            ),
            Way::AnySource => (
                format!(
                    "this range is every address there is, or nearly, so the load balancer lets anybody through to {product}"
                ),
                "leave it out, and keep the Service at `ClusterIP`",
            ),
            Way::ExternalIp => (
                format!("these addresses lead from outside the cluster to {product}"),
                "leave them out: inside the cluster the Service has an address of its own",
            ),
            Way::HostPort => (
                format!("a host port opens {product} on the address of its node, past the Service and its policies"),
                "leave it out: clients use the Service",
            ),
            Way::HostNetwork => (
                format!(
                    "on its node's network {product} listens on the node's own address, and no network policy guards it"
                ),
                "write `false`, or leave it out",
            ),
            Way::TcpRoute(kind) => (
                format!("this {kind} hands connections from outside the cluster on to {product}"),
                "take the route away; people get in by `kubectl port-forward`",
            ),
            Way::Published(bound, _) => (
                format!(
                    "this publishes {product} on every address of the machine, and Docker opens its firewall for it"
                ),
                bound.as_str(),
            ),
            Way::MachineNetwork => (
                format!("on its machine's network {product} listens on every address of the machine"),
                "leave it out; publish `127.0.0.1:PORT:PORT` where people on the machine need it",
            ),
            Way::Tunnel(program) => (
                format!("`{program}` beside {product} leads connections from elsewhere into its pod"),
                "take it out; people get in by `kubectl port-forward`",
            ),
            Way::Annotation(key) => (
                format!("`{key}` has a controller publish {product}"),
                "leave it out: clients inside the cluster know the Service's name",
            ),
        };
        let help = match exposure.way {
            Way::Published(..) if help.is_empty() => {
                "bind it to `127.0.0.1`; services of the file need no port to meet".to_owned()
            }
            Way::Published(..) => format!("write `{help}`; services of the file need no port to meet"),
            _ => help.to_owned(),
        };
        let message = match exposure.path.as_str() {
            "" => message,
            path => format!("{message}: {path}"),
        };
        let severity = match exposure.way {
            // They tell what a database does, and not what it holds.
            Way::Metrics(_) => Severity::Warning,
            _ => report.severity,
        };
        report.finding(severity, &exposure.at, message, help).fix = fix(&exposure.way);
    }
}

/// The change that closes a way, where nothing else depends on it.
fn fix(way: &Way) -> Option<Fix> {
    match way {
        Way::ServiceType(kind) if kind != "ExternalName" => Some(Fix::Replace("ClusterIP".to_owned())),
        Way::Metrics(_) => Some(Fix::Replace("ClusterIP".to_owned())),
        Way::NodePort | Way::LoadBalancer | Way::AnySource | Way::ExternalIp | Way::HostPort => Some(Fix::Remove),
        Way::HostNetwork => Some(Fix::Replace("false".to_owned())),
        Way::Published(_, fix) => fix.clone(),
        Way::MachineNetwork => Some(Fix::Remove),
        Way::ServiceType(_) | Way::TcpRoute(_) | Way::Tunnel(_) | Way::Annotation(_) => None,
    }
}
