//! Ways to reach a database from outside the cluster.

use serde_json::Value as Json;

use super::{At, Databases, Release, Spot, database, pod::Pod};
use crate::chart::{Exposure as Exposing, Facet, Kind, Shape};

/// A way to reach a database from outside the cluster, as set: it counts also where another value makes it idle today.
pub struct Exposure<'a> {
    /// Where it is set.
    pub at: At<'a>,
    /// The way.
    pub way: Way,
    /// What is reached, for people.
    pub product: &'static str,
}

/// The ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A Service of this type, which is not `ClusterIP`.
    ServiceType(String),
    /// A port on every node.
    NodePort,
    /// An address or a class for a load balancer.
    LoadBalancer,
    /// A load balancer that takes callers from anywhere.
    AnySource,
    /// Addresses outside the cluster that lead to the Service.
    ExternalIp,
    /// A port on the pod's node.
    HostPort,
    /// The pod's node's own network.
    HostNetwork,
    /// A TCP route of an ingress or gateway controller, of this kind.
    TcpRoute(String),
    /// An annotation by which a controller publishes the Service.
    Annotation(String),
}

/// Annotations by which controllers publish a Service: the beginnings of their keys.
const PUBLISHING: &[&str] = &[
    "external-dns.",
    "metallb.",
    "tailscale.com/expose",
    "tailscale.com/funnel",
    "service.beta.kubernetes.io/aws-load-balancer",
    "service.beta.kubernetes.io/azure-load-balancer",
    "service.beta.kubernetes.io/do-loadbalancer",
    "cloud.google.com/load-balancer",
    "networking.gke.io/load-balancer",
    "load-balancer.hetzner.cloud/",
    "kube-vip.io/",
    "lbipam.cilium.io/",
    "io.cilium/lb-",
];

/// Annotations that keep a load balancer inside the network that it stands in: key and value.
const INTERNAL: &[(&str, &str)] = &[
    ("service.beta.kubernetes.io/aws-load-balancer-internal", "true"),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
    ("networking.gke.io/load-balancer-type", "Internal"),
];

pub(super) fn find<'a>(
    bodies: &[Spot<'a, '_>],
    pods: &[Pod<'a, '_>],
    releases: &[Release<'a>],
    databases: &Databases,
) -> Vec<Exposure<'a>> {
    let mut found = Vec::new();
    for body in bodies {
        match body.kind() {
            "Service" => found.extend(databases.behind(body).into_iter().flat_map(|product| of_service(body, product))),
            _ => found.extend(of_route(body, bodies, databases)),
        }
    }
    found.extend(pods.iter().flat_map(of_pod));
    found.extend(releases.iter().flat_map(of_release));
    found
}

fn of_service<'a>(service: &Spot<'a, '_>, product: &'static str) -> Vec<Exposure<'a>> {
    let mut ways = Vec::new();
    let mut way = |spot: Option<Spot<'a, '_>>, way: Way| ways.extend(spot.map(|spot| (spot.at(), way)));
    if let Some(kind) = service.text(&["spec", "type"]).filter(|kind| *kind != "ClusterIP") {
        way(service.get(&["spec", "type"]), Way::ServiceType(kind.to_owned()));
    }
    for port in service.items(&["spec", "ports"]) {
        way(port.get(&["nodePort"]), Way::NodePort);
    }
    let has_items = |spot: &Spot<'_, '_>| spot.value.as_array().is_some_and(|items| !items.is_empty());
    way(service.get(&["spec", "externalIPs"]).filter(has_items), Way::ExternalIp);
    for key in ["loadBalancerIP", "loadBalancerClass"] {
        way(service.get(&["spec", key]).filter(|spot| spot.value != ""), Way::LoadBalancer);
    }
    for source in service.items(&["spec", "loadBalancerSourceRanges"]).into_iter().filter(|source| is_any(source.value))
    {
        way(Some(source), Way::AnySource);
    }
    for (key, spot) in service.entries(&["metadata", "annotations"]) {
        if publishes(key, spot.value) {
            way(Some(spot), Way::Annotation(key.to_owned()));
        }
    }
    ways.into_iter().map(|(at, way)| Exposure { at, way, product }).collect()
}

fn publishes(key: &str, value: &Json) -> bool {
    let is_internal = INTERNAL.iter().any(|(known, internal)| *known == key && value.as_str() == Some(internal));
    PUBLISHING.iter().any(|start| key.starts_with(start)) && !is_internal
}

/// Whether a range of addresses is all of them.
pub(super) fn is_any(range: &Json) -> bool {
    range.as_str().is_some_and(|range| range.ends_with("/0"))
}

/// Routes of ingress and gateway controllers that hand TCP connections on.
fn of_route<'a>(body: &Spot<'a, '_>, bodies: &[Spot<'a, '_>], databases: &Databases) -> Vec<Exposure<'a>> {
    let product = |name: &str, port: Option<&Json>| {
        let is_service = |service: &&Spot<'a, '_>| service.kind() == "Service" && service.name() == name;
        let behind = bodies.iter().find(is_service).and_then(|service| databases.behind(service));
        behind.or_else(|| port.and_then(database::of_port))
    };
    let backend = |backend: &Spot<'a, '_>, name: &[&str], port: &[&str]| {
        let number = port.iter().try_fold(backend.value, |value, key| value.get(key));
        let product = product(backend.text(name)?, number)?;
        let way = Way::TcpRoute(body.kind().to_owned());
        Some(Exposure { at: backend.get(name)?.at(), way, product })
    };
    let rules = || body.items(&["spec", "rules"]);
    match (body.kind(), body.group()) {
        ("TCPRoute" | "TLSRoute" | "HTTPRoute", "gateway.networking.k8s.io") => {
            let backends = rules().into_iter().flat_map(|rule| rule.items(&["backendRefs"]));
            backends.filter_map(|spot| backend(&spot, &["name"], &["port"])).collect()
        }
        ("IngressRouteTCP" | "IngressRoute", "traefik.io" | "traefik.containo.us") => {
            let services = body.items(&["spec", "routes"]).into_iter().flat_map(|route| route.items(&["services"]));
            services.filter_map(|spot| backend(&spot, &["name"], &["port"])).collect()
        }
        ("Ingress", "networking.k8s.io") => {
            let paths = rules().into_iter().flat_map(|rule| rule.items(&["http", "paths"]));
            paths
                .filter_map(|path| {
                    backend(&path, &["backend", "service", "name"], &["backend", "service", "port", "number"])
                })
                .collect()
        }
        // ingress-nginx: `"5432": namespace/service:5432`.
        ("ConfigMap", "") if body.name().ends_with("tcp-services") => {
            let entries = body.entries(&["data"]);
            let exposure = |(port, spot): (&str, Spot<'a, '_>)| {
                let mut target = spot.value.as_str()?.split('/').next_back()?.split(':');
                let (name, to) = (target.next()?, target.next().map(Json::from));
                let product = product(name, to.as_ref()).or_else(|| database::of_port(&Json::from(port)))?;
                Some(Exposure { at: spot.at(), way: Way::TcpRoute("tcp-services".to_owned()), product })
            };
            entries.into_iter().filter_map(exposure).collect()
        }
        _ => Vec::new(),
    }
}

fn of_pod<'a>(pod: &Pod<'a, '_>) -> Vec<Exposure<'a>> {
    let Some(product) = pod.database else { return Vec::new() };
    let network = pod.spec.iter().filter_map(|spec| spec.get(&["hostNetwork"]));
    let network = network.filter(|spot| spot.value == true).map(|spot| (spot.at(), Way::HostNetwork));
    let ports = pod.containers.iter().flat_map(|container| container.items(&["ports"]));
    let ports = ports.filter_map(|port| port.get(&["hostPort"])).filter(|port| port.value != 0);
    network.chain(ports.map(|port| (port.at(), Way::HostPort))).map(|(at, way)| Exposure { at, way, product }).collect()
}

fn of_release<'a>(release: &Release<'a>) -> Vec<Exposure<'a>> {
    let product = database::of_name(release.chart.name).unwrap_or(release.chart.name);
    let mut ways = Vec::new();
    for (set, spot) in release.set() {
        let is_set = !spot.value.is_null() && spot.value != "";
        match set.setting.facet {
            Facet::Exposure(Exposing::ServiceType) if is_set && spot.value != "ClusterIP" => {
                let kind = spot.value.as_str().unwrap_or_default().to_owned();
                ways.push((spot.at(), Way::ServiceType(kind)));
            }
            Facet::Exposure(Exposing::NodePort) if is_set && !spot.value.is_array() => {
                ways.push((spot.at(), Way::NodePort))
            }
            Facet::Exposure(Exposing::LoadBalancer) if is_set => ways.push((spot.at(), Way::LoadBalancer)),
            Facet::Exposure(Exposing::HostNetwork) if super::release::is_true(spot.value) => {
                ways.push((spot.at(), Way::HostNetwork));
            }
            Facet::Exposure(Exposing::SourceRanges) => {
                let any = spot.items(&[]).into_iter().filter(|source| is_any(source.value));
                ways.extend(any.map(|source| (source.at(), Way::AnySource)));
            }
            Facet::Exposure(Exposing::Annotations) => {
                let publishing = spot.entries(&[]).into_iter().filter(|(key, value)| publishes(key, value.value));
                ways.extend(publishing.map(|(key, value)| (value.at(), Way::Annotation(key.to_owned()))));
            }
            _ => {}
        }
        if set.setting.kind == Kind::Shape(Shape::ServicePorts) {
            let ports = spot.items(&[]).into_iter().filter_map(|port| port.get(&["nodePort"]));
            ways.extend(ports.map(|port| (port.at(), Way::NodePort)));
        }
    }
    ways.into_iter().map(|(at, way)| Exposure { at, way, product }).collect()
}
