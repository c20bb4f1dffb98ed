//! Network policies.

use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
        NetworkPolicySpec,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{Document, document, record_labels, selector, start};
use crate::{
    manifest::{Origin, Origins, Traced},
    part::{Allowance, Labels, NetworkRule, Peer},
};

const DNS_PORT: i32 = 53;
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Denies what no other policy allows, DNS excepted.
pub(in crate::render) fn default_deny(namespace: &str) -> Document {
    let origin = Origin::fixed("namespace.defaultDeny");
    let rule = NetworkRule {
        name: Traced::new("default-deny".to_owned(), &origin),
        pods: Labels::new(),
        ingress: Traced::new(Vec::new(), &origin),
        egress: Vec::new(),
    };
    network_policy(&rule, origin, namespace)
}

/// A policy that denies everything but what the rule allows, and DNS.
pub(in crate::render) fn network_policy(rule: &NetworkRule, origin: impl Into<Origin>, namespace: &str) -> Document {
    let (metadata, mut origins) = start(&rule.name, namespace, origin);
    let ingress = rule.ingress.iter().map(|allowed| NetworkPolicyIngressRule {
        from: Some(vec![peer(&allowed.peer)]),
        ports: Some(tcp_ports(allowed)),
    });
    let egress = rule.egress.iter().map(|allowed| NetworkPolicyEgressRule {
        to: Some(vec![peer(&allowed.peer)]),
        ports: Some(tcp_ports(allowed)),
    });
    // To anywhere, because node-local DNS caches answer on addresses that are no pods.
    let dns = ["UDP", "TCP"].map(|protocol| port(protocol, DNS_PORT)).to_vec();
    let dns = NetworkPolicyEgressRule { to: None, ports: Some(dns) };
    let spec = NetworkPolicySpec {
        pod_selector: Some(selector(&rule.pods)),
        policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
        ingress: Some(ingress.collect()),
        egress: Some(egress.chain([dns]).collect()),
    };
    record_labels(&mut origins, "/spec/podSelector/matchLabels", &rule.pods);
    origins.record("/spec/ingress", &rule.ingress.origin);
    for (index, allowed) in rule.ingress.iter().enumerate() {
        record_allowance(&mut origins, &format!("/spec/ingress/{index}"), "from", allowed);
    }
    for (index, allowed) in rule.egress.iter().enumerate() {
        record_allowance(&mut origins, &format!("/spec/egress/{index}"), "to", allowed);
    }
    document(&NetworkPolicy { metadata, spec: Some(spec) }, origins)
}

fn record_allowance(origins: &mut Origins, at: &str, side: &str, allowed: &Allowance) {
    origins.record(at.to_owned(), &allowed.origin);
    if let Some(namespace) = &allowed.peer.namespace {
        origins.record(format!("{at}/{side}/0/namespaceSelector"), &namespace.origin);
    }
    record_labels(origins, &format!("{at}/{side}/0/podSelector/matchLabels"), &allowed.peer.labels);
    for (index, port) in allowed.ports.iter().enumerate() {
        origins.record(format!("{at}/ports/{index}/port"), &port.origin);
    }
}

fn peer(peer: &Peer) -> NetworkPolicyPeer {
    let namespace = peer.namespace.as_ref().map(|name| name.map(ToString::to_string));
    let namespace = namespace.map(|name| selector(&Labels::from([(NAMESPACE_NAME.to_owned(), name)])));
    let pods = if peer.labels.is_empty() && namespace.is_some() { None } else { Some(selector(&peer.labels)) };
    NetworkPolicyPeer { namespace_selector: namespace, pod_selector: pods, ..NetworkPolicyPeer::default() }
}

fn tcp_ports(allowed: &Allowance) -> Vec<NetworkPolicyPort> {
    allowed.ports.iter().map(|number| port("TCP", number.value.into())).collect()
}

fn port(protocol: &str, number: i32) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        port: Some(IntOrString::Int(number)),
        ..NetworkPolicyPort::default()
    }
}
