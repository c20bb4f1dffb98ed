//! Web interfaces of stores that a route shows to the world without TLS.

use std::collections::{HashMap, HashSet};

use super::{
    At, Spot, Tree, path, product,
    route::{Route, Services, routes},
    workload::{pod_labels, pod_spec},
};

/// A console that is reached in clear text.
pub struct OpenConsole<'a> {
    /// Where the route says so, or does not.
    pub at: At<'a>,
    /// What is reached, for people.
    pub console: &'static str,
    /// What is wrong.
    pub flaw: Showing,
    /// From where to where.
    pub path: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Showing {
    /// No TLS.
    NoTls,
    /// It answers under every name.
    AnyHost,
}

/// Consoles by the last part of their image, or the name that their Service or label has.
const CONSOLES: &[(&str, &str)] = &[
    ("adminer", "Adminer"),
    ("cloudbeaver", "CloudBeaver"),
    ("console", "the MinIO console"),
    ("grafana", "Grafana"),
    ("kibana", "Kibana"),
    ("meilisearch", "Meilisearch"),
    ("minio", "MinIO"),
    ("mongo-express", "Mongo Express"),
    ("opensearch-dashboards", "OpenSearch Dashboards"),
    ("pgadmin", "pgAdmin"),
    ("pgadmin4", "pgAdmin"),
    ("pgweb", "pgweb"),
    ("phpmyadmin", "phpMyAdmin"),
    ("phppgadmin", "phpPgAdmin"),
    ("redis-commander", "Redis Commander"),
    ("redisinsight", "Redis Insight"),
];

/// Annotations by which a controller ends TLS without the Ingress naming a certificate: their starts.
const TLS_ELSEWHERE: &[&str] = &[
    "alb.ingress.kubernetes.io/certificate-arn",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
    "traefik.ingress.kubernetes.io/router.tls",
    "kubernetes.digitalocean.com/load-balancer-id",
];

/// Classes of ingress that bring TLS themselves.
const TLS_CLASSES: &[&str] = &["cloudflare-tunnel", "ngrok", "tailscale"];

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<OpenConsole<'a>> {
    let services = Services::among(tree.bodies);
    let mut images: HashMap<(&str, &str), &'static str> = HashMap::new();
    for body in tree.bodies {
        let containers = pod_spec(body).map(|spec| spec.items(&["containers"])).unwrap_or_default();
        let console = containers.iter().find_map(|container| called(product::last_part(container.text(&["image"])?)));
        for (key, value) in pod_labels(body).map(|labels| labels.entries(&[])).unwrap_or_default() {
            images.extend(console.and_then(|console| Some(((key, value.value.as_str()?), console))));
        }
    }
    let gateways: HashMap<&str, &Spot<'a, '_>> =
        tree.bodies.iter().filter(|body| body.kind() == "Gateway").map(|body| (body.name(), body)).collect();
    let mut seen = HashSet::new();
    let ways = tree.bodies.iter().flat_map(routes).filter(|route| route.speaks_http);
    ways.flat_map(|route| {
        let service = services.behind(&route);
        let Some(console) = console(&route, service, &images) else { return Vec::new() };
        let path = path::of_route(&route, service, tree.databases);
        let flaw = |(at, flaw)| OpenConsole { at, console, flaw, path: path.clone() };
        flaws(&route, &gateways).into_iter().map(flaw).collect::<Vec<_>>()
    })
    .filter(|open| seen.insert((std::ptr::from_ref(open.at.object), open.at.pointer.clone(), open.flaw)))
    .collect()
}

fn called(name: &str) -> Option<&'static str> {
    CONSOLES.iter().find(|(known, _)| *known == name).map(|(_, console)| *console)
}

/// The console that a route leads to: the pods' image tells, or the name of the Service.
fn console(
    route: &Route<'_, '_>,
    service: Option<&Spot<'_, '_>>,
    images: &HashMap<(&str, &str), &'static str>,
) -> Option<&'static str> {
    let selector = service.map(|service| service.entries(&["spec", "selector"])).unwrap_or_default();
    let by_image = selector.iter().find_map(|(key, value)| images.get(&(*key, value.value.as_str()?)).copied());
    let by_label = || selector.iter().find_map(|(_, value)| called(value.value.as_str()?));
    let by_name = || {
        called(route.service)
            .or_else(|| called(route.service.rsplit('-').next()?))
            .filter(|_| route.service != "console")
    };
    by_image.or_else(by_label).or_else(by_name)
}

fn flaws<'a>(route: &Route<'a, '_>, gateways: &HashMap<&str, &Spot<'a, '_>>) -> Vec<(At<'a>, Showing)> {
    let body = &route.body;
    let mut flaws = Vec::new();
    match body.kind() {
        "Ingress" if !is_encrypted(body) => flaws.push((body.at_name(), Showing::NoTls)),
        "IngressRoute" if body.get(&["spec", "tls"]).is_none() => {
            // An entry point may bring TLS for all its routes.
            let points = body.items(&["spec", "entryPoints"]);
            if points.iter().any(|point| matches!(point.value.as_str(), Some("web" | "http"))) {
                flaws.push((body.at_name(), Showing::NoTls));
            }
        }
        "HTTPRoute" => flaws.extend(plain_listener(body, gateways).map(|at| (at, Showing::NoTls))),
        _ => {}
    }
    if body.kind() == "Ingress" {
        let rules = body.items(&["spec", "rules"]);
        let is_any = |rule: &&Spot<'a, '_>| matches!(rule.text(&["host"]), None | Some("" | "*"));
        let place = route.place.pointer();
        let is_own = |rule: &&Spot<'a, '_>| place.starts_with(&rule.pointer());
        flaws.extend(rules.iter().find(|rule| is_any(rule) && is_own(rule)).map(|rule| (rule.at(), Showing::AnyHost)));
    }
    flaws
}

fn is_encrypted(ingress: &Spot<'_, '_>) -> bool {
    let has_annotation = || {
        let annotations = ingress.entries(&["metadata", "annotations"]);
        annotations.iter().any(|(key, value)| {
            let is_on = value.value != "false" && value.value != "";
            let is_secure_entry =
                *key == "traefik.ingress.kubernetes.io/router.entrypoints" && value.value == "websecure";
            is_secure_entry || (is_on && TLS_ELSEWHERE.iter().any(|start| key.starts_with(start)))
        })
    };
    let class = ingress.text(&["spec", "ingressClassName"]);
    !ingress.items(&["spec", "tls"]).is_empty()
        || class.is_some_and(|class| TLS_CLASSES.contains(&class))
        || has_annotation()
}

/// Where a route hangs on a listener of a Gateway in the tree that has no TLS.
fn plain_listener<'a>(route: &Spot<'a, '_>, gateways: &HashMap<&str, &Spot<'a, '_>>) -> Option<At<'a>> {
    route.items(&["spec", "parentRefs"]).iter().find_map(|parent| {
        let gateway = gateways.get(parent.text(&["name"])?)?;
        let section = parent.text(&["sectionName"]);
        let listeners = gateway.items(&["spec", "listeners"]);
        let mut own =
            listeners.iter().filter(|listener| section.is_none() || listener.text(&["name"]) == section).peekable();
        let is_plain = own.peek().is_some() && own.all(|listener| listener.text(&["protocol"]) == Some("HTTP"));
        is_plain.then(|| parent.at())
    })
}
