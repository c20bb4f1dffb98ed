//! Ways to reach a database from outside the cluster.

mod values;

use serde_json::Value as Json;

use super::{
    At, Spot, Tree, compose, path,
    pod::Pod,
    product,
    reach::is_wide,
    route::{Route, Services, entries, routes},
};

use crate::diagnostic::Fix;

/// A way to reach a database from outside the cluster, as set: it counts also where another value makes it idle today.
pub struct Exposure<'a> {
    /// Where it is set.
    pub at: At<'a>,
    /// The way.
    pub way: Way,
    /// What is reached, for people.
    pub product: &'static str,
    /// From where to where, step by step; empty where a chart makes the steps.
    pub path: String,
}

/// The ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A Service of this type, which is not `ClusterIP`.
    ServiceType(String),
    /// A Service of this type in front of an exporter, which tells about the database.
    Metrics(String),
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
    /// A port that Compose publishes on every address of its machine: what to write instead.
    Published(String, Option<Fix>),
    /// The network of the machine that Compose runs on.
    MachineNetwork,
    /// A program of this name in the database's own pod, which leads connections into it.
    Tunnel(String),
    /// An annotation by which a controller publishes the Service.
    Annotation(String),
}

/// Annotations by which controllers publish a Service: the beginnings of their keys.
const PUBLISHING: &[&str] = &[
    "cloudflare",
    "k8s.ngrok.com/",
    "metallb.",
    "tailscale.com/expose",
    "tailscale.com/funnel",
    "service.beta.kubernetes.io/aws-load-balancer",
    "service.beta.kubernetes.io/azure-load-balancer",
    "service.beta.kubernetes.io/do-loadbalancer",
    "service.beta.kubernetes.io/oci-load-balancer",
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

/// Images of programs that lead connections from elsewhere into the pod that they run in.
const TUNNELS: &[&str] =
    &["bore", "chisel", "cloudflared", "frpc", "inlets", "ngrok", "playit", "rathole", "socat", "tailscale", "zrok"];

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Exposure<'a>> {
    let mut found = Vec::new();
    let services = Services::among(tree.bodies);
    for body in tree.bodies {
        match (body.kind(), body.group()) {
            ("Service", "") => found.extend(of_service(body, tree)),
            _ => found.extend(routes(body).iter().filter_map(|route| of_route(route, &services, tree))),
        }
    }
    found.extend(tree.pods.iter().flat_map(of_pod));
    found.extend(tree.releases.iter().flat_map(values::of_release));
    for release in tree.foreign {
        found.extend(values::of_foreign(release));
        // The chart of ingress-nginx makes the ConfigMap of bare connections from this map.
        let entries = if release.chart == "ingress-nginx" { entries(&release.values, &["tcp"]) } else { Vec::new() };
        found.extend(entries.iter().filter_map(|route| of_route(route, &services, tree)));
    }
    found.extend(compose::exposures(tree.composed));
    found
}

fn of_service<'a>(service: &Spot<'a, '_>, tree: &Tree<'a, '_>) -> Vec<Exposure<'a>> {
    let kind = service.text(&["spec", "type"]).filter(|kind| *kind != "ClusterIP");
    let Some(product) = tree.databases.behind(service) else {
        return kind.and_then(|kind| of_exporter(service, kind)).into_iter().collect();
    };
    let mut ways: Vec<(At<'a>, Way)> = Vec::new();
    let mut way = |spot: Option<Spot<'a, '_>>, way: Way| ways.extend(spot.map(|spot| (spot.at(), way)));
    if let Some(kind) = kind.filter(|kind| *kind != "ExternalName" || !is_inside(service)) {
        way(service.get(&["spec", "type"]), Way::ServiceType(kind.to_owned()));
    }
    for port in service.items(&["spec", "ports"]) {
        way(port.get(&["nodePort"]).filter(is_port), Way::NodePort);
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
    let path = |way: &Way| match way {
        Way::ServiceType(_) | Way::ExternalIp | Way::AnySource => path::to_service(service, tree.databases),
        _ => String::new(),
    };
    ways.into_iter().map(|(at, way)| Exposure { path: path(&way), at, way, product }).collect()
}

/// A Service of a type that opens it, in front of an exporter alone.
fn of_exporter<'a>(service: &Spot<'a, '_>, kind: &str) -> Option<Exposure<'a>> {
    let ports = service.items(&["spec", "ports"]);
    let numbers = ports.iter().flat_map(|port| ["port", "targetPort"].map(|key| port.value.get(key))).flatten();
    let product = numbers.into_iter().find_map(product::of_exporter).filter(|_| opens(kind))?;
    let at = service.get(&["spec", "type"])?.at();
    Some(Exposure { at, way: Way::Metrics(kind.to_owned()), product, path: String::new() })
}

/// Whether a type of Service leads in from outside the cluster.
fn opens(kind: &str) -> bool {
    matches!(kind, "LoadBalancer" | "NodePort")
}

/// Whether a Service is another name for one inside the cluster.
fn is_inside(service: &Spot<'_, '_>) -> bool {
    let name = service.text(&["spec", "externalName"]).unwrap_or_default().trim_end_matches('.');
    name.ends_with(".svc") || name.contains(".svc.cluster.")
}

/// Whether a port is chosen: 0 and nothing leave the choice to Kubernetes.
fn is_port(port: &Spot<'_, '_>) -> bool {
    !(port.value.is_null() || port.value == 0 || port.value == "")
}

/// Whether an annotation or a label has a controller publish what bears it.
fn publishes(key: &str, value: &Json) -> bool {
    if let Some((_, internal)) = INTERNAL.iter().find(|(known, _)| *known == key) {
        return value.as_str() != Some(internal);
    }
    let is_off = matches!(value.as_str(), Some("" | "false")) || value == false;
    let is_name = key.starts_with("external-dns.") && key.ends_with("/hostname");
    (is_name || PUBLISHING.iter().any(|start| key.starts_with(start))) && !is_off
}

/// Whether annotations keep a load balancer inside the network that it stands in.
pub(super) fn is_internal(key: &str, value: &Json) -> bool {
    INTERNAL.iter().any(|(known, internal)| *known == key && value.as_str() == Some(internal))
}

/// Whether a range of addresses is all of them.
pub(super) fn is_any(range: &Json) -> bool {
    range.as_str().is_some_and(is_wide)
}

/// What is made to be reached over HTTP from outside, by keys of its own.
const WEB: &[&str] = &["Meilisearch", "MinIO"];

fn of_route<'a>(route: &Route<'a, '_>, services: &Services<'a, '_>, tree: &Tree<'a, '_>) -> Option<Exposure<'a>> {
    let service = services.behind(route);
    let behind = service.and_then(|service| tree.databases.behind(service));
    let product = behind.or_else(|| route.port.as_ref().and_then(product::of_port))?;
    if route.speaks_http && WEB.contains(&product) {
        return None;
    }
    let path = path::of_route(route, service, tree.databases);
    Some(Exposure { at: route.place.at(), way: Way::TcpRoute(route.kind.to_owned()), product, path })
}

fn of_pod<'a>(pod: &Pod<'a, '_>) -> Vec<Exposure<'a>> {
    let Some(product) = pod.database else { return Vec::new() };
    let network = pod.spec.iter().filter_map(|spec| spec.get(&["hostNetwork"]));
    let network = network.filter(|spot| spot.value == true).map(|spot| (spot.at(), Way::HostNetwork));
    let ports = pod.containers.iter().flat_map(|container| container.items(&["ports"]));
    let ports = ports.filter_map(|port| port.get(&["hostPort"])).filter(is_port).map(|port| (port.at(), Way::HostPort));
    let tunnels = pod.containers.iter().filter_map(|container| {
        let image = container.get(&["image"])?;
        let name = product::last_part(image.value.as_str()?);
        TUNNELS.contains(&name).then(|| (image.at(), Way::Tunnel(name.to_owned())))
    });
    let ways = network.chain(ports).chain(tunnels);
    ways.map(|(at, way)| Exposure { at, way, product, path: String::new() }).collect()
}
