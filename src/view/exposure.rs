//! Ways to reach a database from outside the cluster.

use serde_json::Value as Json;

use super::{
    At, Databases, Spot, Tree,
    pod::Pod,
    product,
    release::{Valued, is_true},
};
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
    for body in tree.bodies {
        match body.kind() {
            "Service" => {
                found.extend(tree.databases.behind(body).into_iter().flat_map(|product| of_service(body, product)))
            }
            _ => found.extend(of_route(body, tree.bodies, tree.databases)),
        }
    }
    found.extend(tree.pods.iter().flat_map(of_pod));
    found.extend(tree.releases.iter().flat_map(of_release));
    found
}

fn of_service<'a>(service: &Spot<'a, '_>, product: &'static str) -> Vec<Exposure<'a>> {
    let mut ways = Vec::new();
    let mut way = |spot: Option<Spot<'a, '_>>, way: Way| ways.extend(spot.map(|spot| (spot.at(), way)));
    if let Some(kind) = service.text(&["spec", "type"]).filter(|kind| *kind != "ClusterIP") {
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
    ways.into_iter().map(|(at, way)| Exposure { at, way, product }).collect()
}

/// Whether a port is chosen: 0 and nothing leave the choice to Kubernetes.
fn is_port(port: &Spot<'_, '_>) -> bool {
    !(port.value.is_null() || port.value == 0 || port.value == "")
}

fn publishes(key: &str, value: &Json) -> bool {
    if let Some((_, internal)) = INTERNAL.iter().find(|(known, _)| *known == key) {
        return value.as_str() != Some(internal);
    }
    let is_off = matches!(value.as_str(), Some("" | "false")) || value == false;
    let is_name = key.starts_with("external-dns.") && key.ends_with("/hostname");
    (is_name || PUBLISHING.iter().any(|start| key.starts_with(start))) && !is_off
}

/// Whether a range of addresses is all of them.
pub(super) fn is_any(range: &Json) -> bool {
    range.as_str().is_some_and(|range| range.ends_with("/0"))
}

/// What is made to be reached over HTTP from outside, by keys of its own.
const WEB: &[&str] = &["Meilisearch", "MinIO"];

/// Routes of ingress and gateway controllers that hand connections on.
fn of_route<'a>(body: &Spot<'a, '_>, bodies: &[Spot<'a, '_>], databases: &Databases) -> Vec<Exposure<'a>> {
    let reached = |name: &str, port: Option<&Json>| {
        let is_service = |service: &&Spot<'a, '_>| {
            let is_here = service.namespace().is_empty() || service.namespace() == body.namespace();
            service.kind() == "Service" && service.name() == name && is_here
        };
        let behind = bodies.iter().find(is_service).and_then(|service| databases.behind(service));
        behind.or_else(|| port.and_then(product::of_port))
    };
    let backend = |backend: &Spot<'a, '_>, name: &[&str], port: &[&str]| {
        let number = port.iter().try_fold(backend.value, |value, key| value.get(key));
        let speaks_http = matches!(body.kind(), "HTTPRoute" | "Ingress" | "IngressRoute");
        let product = reached(backend.text(name)?, number).filter(|product| !speaks_http || !WEB.contains(product))?;
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
                let product = reached(name, to.as_ref()).or_else(|| product::of_port(&Json::from(port)))?;
                Some(Exposure { at: spot.at(), way: Way::TcpRoute("entry of ingress-nginx".to_owned()), product })
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
    let ports = ports.filter_map(|port| port.get(&["hostPort"])).filter(is_port).map(|port| (port.at(), Way::HostPort));
    let tunnels = pod.containers.iter().filter_map(|container| {
        let image = container.get(&["image"])?;
        let name = product::last_part(image.value.as_str()?);
        TUNNELS.contains(&name).then(|| (image.at(), Way::Tunnel(name.to_owned())))
    });
    network.chain(ports).chain(tunnels).map(|(at, way)| Exposure { at, way, product }).collect()
}

fn of_release<'a>(valued: &Valued<'a, '_>) -> Vec<Exposure<'a>> {
    let chart = valued.release.chart.name;
    let Some(product) = product::of_name(chart) else { return Vec::new() };
    let mut ways = Vec::new();
    for assigned in &valued.set {
        let (setting, spot) = (assigned.setting, &assigned.spot);
        let is_set = !spot.value.is_null() && spot.value != "";
        match setting.facet {
            // Any other type is one that Kubernetes does not know.
            Facet::Exposure(Exposing::ServiceType) if spot.value == "LoadBalancer" || spot.value == "NodePort" => {
                let kind = spot.value.as_str().unwrap_or_default().to_owned();
                ways.push((spot.at(), Way::ServiceType(kind)));
            }
            Facet::Exposure(Exposing::NodePort)
                if setting.kind != Kind::Shape(Shape::ServicePorts) && is_port(spot) =>
            {
                ways.push((spot.at(), Way::NodePort));
            }
            Facet::Exposure(Exposing::LoadBalancer) if is_set => ways.push((spot.at(), Way::LoadBalancer)),
            Facet::Exposure(Exposing::HostNetwork) if is_true(spot.value) => ways.push((spot.at(), Way::HostNetwork)),
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
        match setting.kind {
            Kind::Shape(Shape::ServicePorts) => {
                let ports = spot.items(&[]).into_iter().filter_map(|port| port.get(&["nodePort"])).filter(is_port);
                ways.extend(ports.map(|port| (port.at(), Way::NodePort)));
            }
            Kind::Shape(Shape::Objects) => ways.extend(spot.items(&[]).iter().filter_map(of_text)),
            _ => {}
        }
    }
    ways.into_iter().map(|(at, way)| Exposure { at, way, product }).collect()
}

/// What an object opens that stands in the values as text, for Helm to fill in first.
fn of_text<'a>(object: &Spot<'a, '_>) -> Option<(At<'a>, Way)> {
    let lines = || object.value.as_str().unwrap_or_default().lines().map(str::trim);
    let has = |line: &str| lines().any(|other| other == line);
    let kind = ["LoadBalancer", "NodePort"].into_iter().find(|kind| has(&format!("type: {kind}")));
    match kind.filter(|_| has("kind: Service")) {
        Some(kind) => Some((object.at(), Way::ServiceType(kind.to_owned()))),
        None => {
            let route = ["IngressRouteTCP", "TCPRoute"].into_iter().find(|kind| has(&format!("kind: {kind}")))?;
            Some((object.at(), Way::TcpRoute(route.to_owned())))
        }
    }
}
