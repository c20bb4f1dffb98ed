//! Routes of ingress and gateway controllers: what they hand connections on to.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::Spot;

/// One way from a route to a Service.
pub(super) struct Route<'a, 'v> {
    /// The object that routes.
    pub(super) body: Spot<'a, 'v>,
    /// What it is called, for people.
    pub(super) kind: &'v str,
    /// Where the Service is named.
    pub(super) place: Spot<'a, 'v>,
    /// The Service's namespace; empty where nothing names it.
    pub(super) namespace: &'v str,
    /// The Service's name.
    pub(super) service: &'v str,
    /// The number or the name of its port.
    pub(super) port: Option<Json>,
    /// Whether it hands on requests, not bare connections.
    pub(super) speaks_http: bool,
}

/// The Services of a tree by name.
pub(super) struct Services<'a, 'v> {
    by_name: HashMap<&'v str, Vec<Spot<'a, 'v>>>,
}

impl<'a, 'v> Services<'a, 'v> {
    pub(super) fn among(bodies: &[Spot<'a, 'v>]) -> Services<'a, 'v> {
        let mut by_name: HashMap<&'v str, Vec<Spot<'a, 'v>>> = HashMap::new();
        for body in bodies.iter().filter(|body| body.kind() == "Service" && body.group().is_empty()) {
            by_name.entry(body.name()).or_default().push(body.clone());
        }
        Services { by_name }
    }

    /// The Service that a route leads to.
    pub(super) fn behind(&self, route: &Route<'_, '_>) -> Option<&Spot<'a, 'v>> {
        let is_there = |service: &&Spot<'a, 'v>| {
            let own = service.namespace();
            own.is_empty() || route.namespace.is_empty() || own == route.namespace
        };
        self.by_name.get(route.service)?.iter().find(is_there)
    }
}

/// The kinds that route, with the lists that lead to what they route to.
const KINDS: &[Kind] = &[
    Kind::new("GRPCRoute", "gateway.networking.k8s.io", &[&["rules"], &["backendRefs"]], true),
    Kind::new("HTTPRoute", "gateway.networking.k8s.io", &[&["rules"], &["backendRefs"]], true),
    Kind::new("TCPRoute", "gateway.networking.k8s.io", &[&["rules"], &["backendRefs"]], false),
    Kind::new("TLSRoute", "gateway.networking.k8s.io", &[&["rules"], &["backendRefs"]], false),
    Kind::new("IngressRoute", "traefik.io", &[&["routes"], &["services"]], true),
    Kind::new("IngressRoute", "traefik.containo.us", &[&["routes"], &["services"]], true),
    Kind::new("IngressRouteTCP", "traefik.io", &[&["routes"], &["services"]], false),
    Kind::new("IngressRouteTCP", "traefik.containo.us", &[&["routes"], &["services"]], false),
    Kind::new("HTTPProxy", "projectcontour.io", &[&["routes"], &["services"]], true),
    Kind::new("HTTPProxy", "projectcontour.io", &[&["tcpproxy", "services"]], false),
    Kind::new("Ingress", "networking.k8s.io", &[&["rules"], &["http", "paths"]], true).naming(
        &["backend", "service", "name"],
        &[&["backend", "service", "port", "number"], &["backend", "service", "port", "name"]],
    ),
    Kind::new("Ingress", "networking.k8s.io", &[], true)
        .naming(&["defaultBackend", "service", "name"], &[&["defaultBackend", "service", "port", "number"]]),
    Kind::new("Ingress", "extensions", &[&["rules"], &["http", "paths"]], true)
        .naming(&["backend", "serviceName"], &[&["backend", "servicePort"]]),
    Kind::new("TCPIngress", "configuration.konghq.com", &[&["rules"]], false)
        .naming(&["backend", "serviceName"], &[&["backend", "servicePort"]]),
    Kind::new("VirtualService", "networking.istio.io", &[&["http"], &["route"]], true)
        .naming(&["destination", "host"], &[&["destination", "port", "number"]]),
    Kind::new("VirtualService", "networking.istio.io", &[&["tcp"], &["route"]], false)
        .naming(&["destination", "host"], &[&["destination", "port", "number"]]),
    Kind::new("VirtualService", "networking.istio.io", &[&["tls"], &["route"]], false)
        .naming(&["destination", "host"], &[&["destination", "port", "number"]]),
];

type Keys = &'static [&'static str];

struct Kind {
    name: &'static str,
    group: &'static str,
    /// From `spec`, list by list.
    lists: &'static [Keys],
    service: Keys,
    ports: &'static [Keys],
    speaks_http: bool,
}

impl Kind {
    const fn new(name: &'static str, group: &'static str, lists: &'static [Keys], speaks_http: bool) -> Kind {
        Kind { name, group, lists, service: &["name"], ports: &[&["port"]], speaks_http }
    }

    const fn naming(self, service: Keys, ports: &'static [Keys]) -> Kind {
        Kind { service, ports, ..self }
    }
}

/// The ways that an object routes.
pub(super) fn routes<'a, 'v>(body: &Spot<'a, 'v>) -> Vec<Route<'a, 'v>> {
    let kind = body.kind();
    if kind == "ConfigMap" {
        return if body.name().ends_with("tcp-services") { entries(body, &["data"]) } else { Vec::new() };
    }
    // Istio routes inside the mesh too.
    let gateways = body.items(&["spec", "gateways"]);
    if kind == "VirtualService" && !gateways.iter().any(|gateway| gateway.value != "mesh") {
        return Vec::new();
    }
    let kinds = KINDS.iter().filter(|known| known.name == kind && known.group == body.group());
    let ways = kinds.flat_map(|known| {
        let top: Vec<Spot<'a, 'v>> = body.get(&["spec"]).into_iter().collect();
        let below = |above: Vec<Spot<'a, 'v>>, keys: &Keys| above.iter().flat_map(|spot| spot.items(keys)).collect();
        let backends: Vec<Spot<'a, 'v>> = known.lists.iter().fold(top, below);
        backends.into_iter().filter_map(move |backend| route(body, known, &backend))
    });
    ways.collect()
}

fn route<'a, 'v>(body: &Spot<'a, 'v>, kind: &Kind, backend: &Spot<'a, 'v>) -> Option<Route<'a, 'v>> {
    let place = backend.get(kind.service)?;
    let name = place.value.as_str()?;
    let is_service = backend.text(&["kind"]).is_none_or(|kind| kind == "Service");
    let own = backend.text(&["namespace"]).unwrap_or(body.namespace());
    // Istio names hosts: `db.shop.svc.cluster.local`.
    let (service, namespace) = match name.split_once('.') {
        Some((service, rest)) => (service, rest.split('.').next().unwrap_or_default()),
        None => (name, own),
    };
    let port = kind.ports.iter().find_map(|keys| backend.value_at(keys)).cloned();
    let (kind, speaks_http) = (body.kind(), kind.speaks_http);
    is_service.then(|| Route { body: body.clone(), kind, place, namespace, service, port, speaks_http })
}

/// How ingress-nginx is told of bare connections: `"5432": namespace/service:5432`.
pub(super) fn entries<'a, 'v>(body: &Spot<'a, 'v>, keys: &[&str]) -> Vec<Route<'a, 'v>> {
    let route = |(listens, place): (&'v str, Spot<'a, 'v>)| {
        let target = place.value.as_str()?;
        let (namespace, rest) = target.split_once('/').unwrap_or(("", target));
        let mut parts = rest.split(':');
        let (service, port) = (parts.next()?, parts.next().unwrap_or(listens));
        let (body, kind, port) = (body.clone(), "entry of ingress-nginx", Some(Json::from(port)));
        Some(Route { body, kind, place, namespace, service, port, speaks_http: false })
    };
    body.entries(keys).into_iter().filter_map(route).collect()
}
