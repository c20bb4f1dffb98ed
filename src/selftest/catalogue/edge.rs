//! Doors: who can reach a service, and what they must show.

use serde_json::{Value as Json, json};

use crate::{
    chart::{Exposure, Facet, Setting},
    manifest::at,
    selftest::operator::{
        Change::{Beside, Copy, Drop, Push, Put, Remove, Turn},
        On::{Compose, Containers, Kind, Pods, Settings, Values},
        Operator,
    },
};

/// Ports on which databases listen.
const DATABASE_PORTS: &[u64] = &[5432, 3306, 6379, 27017, 9200];

const PUBLIC: &[&str] = &["public-database"];
const OPEN: &[&str] = &["open-network-policy", "public-database"];

pub(super) const OPERATORS: &[Operator] = &[
    new(
        "service-load-balancer",
        PUBLIC,
        "a load balancer in front of a database",
        Kind("Service"),
        "spec.type",
        Put("LoadBalancer"),
    )
    .when(is_database),
    new(
        "service-node-port",
        PUBLIC,
        "a database on a port of every node",
        Kind("Service"),
        "spec.type",
        Put("NodePort"),
    )
    .when(is_database),
    new(
        "service-external-ip",
        PUBLIC,
        "an outside address for a database",
        Kind("Service"),
        "spec.externalIPs",
        Put("[203.0.113.7]"),
    )
    .when(is_database),
    new(
        "second-service",
        PUBLIC,
        "a second Service, a load balancer, for the pods of a database",
        Kind("Service"),
        "",
        Copy(load_balancer),
    )
    .when(is_database),
    new(
        "web-load-balancer",
        &["open-load-balancer"],
        "a load balancer open to everybody in front of something else",
        Kind("Service"),
        "spec.type",
        Put("LoadBalancer"),
    )
    .when(is_no_database),
    new("tcp-route", PUBLIC, "a TCPRoute to a database", Kind("Service"), "", Beside(TCP_ROUTE)).when(is_database),
    new("traefik-tcp", PUBLIC, "an IngressRouteTCP to a database", Kind("Service"), "", Beside(TRAEFIK))
        .when(is_database),
    new(
        "tcp-services",
        PUBLIC,
        "a database in the TCP ports of ingress-nginx",
        Kind("Service"),
        "",
        Beside(TCP_SERVICES),
    )
    .when(is_database),
    new(
        "values-service-type",
        PUBLIC,
        "a load balancer in the values of a chart",
        Settings(is_service_type),
        "",
        Put("LoadBalancer"),
    ),
    new(
        "values-node-port-type",
        PUBLIC,
        "a Service of type NodePort in the values of a chart",
        Settings(is_service_type),
        "",
        Put("NodePort"),
    ),
    new("values-node-port", PUBLIC, "a node port in the values of a chart", Settings(is_node_port), "", Put("30432")),
    new(
        "values-host-network",
        &["public-database", "pod-security"],
        "the node's network in the values of a chart",
        Settings(is_host_network),
        "",
        Put("true"),
    ),
    new(
        "values-extra-deploy",
        PUBLIC,
        "a load balancer among the extra objects of a chart",
        Values,
        "extraDeploy",
        Put(EXTRA),
    ),
    new(
        "host-network",
        &["pod-security", "public-database"],
        "a pod on its node's network",
        Pods,
        "hostNetwork",
        Put("true"),
    ),
    new(
        "host-port",
        &["pod-security", "public-database"],
        "a port of the node for a container",
        Containers,
        "ports",
        Push("{containerPort: 5432, hostPort: 5432}"),
    ),
    new("policy-gone", OPEN, "a database without its network policy", Kind("NetworkPolicy"), "", Remove)
        .when(has_sources),
    new(
        "policy-everybody",
        OPEN,
        "a network policy with a rule for everybody",
        Kind("NetworkPolicy"),
        "spec.ingress",
        Push("{}"),
    )
    .when(has_sources),
    new(
        "policy-no-peers",
        OPEN,
        "a rule of a network policy without its peers",
        Kind("NetworkPolicy"),
        "spec.ingress.*",
        Turn(without_peers),
    ),
    new(
        "policy-empty-peers",
        OPEN,
        "an empty list of peers, which lets in everybody",
        Kind("NetworkPolicy"),
        "spec.ingress.*",
        Turn(empty_peers),
    ),
    new(
        "policy-any-pod",
        OPEN,
        "a peer that is every pod of the namespace",
        Kind("NetworkPolicy"),
        "spec.ingress.*",
        Turn(any_pod),
    ),
    new(
        "policy-any-namespace",
        OPEN,
        "a peer that is every namespace",
        Kind("NetworkPolicy"),
        "spec.ingress.*",
        Turn(any_namespace),
    ),
    new(
        "policy-internet",
        OPEN,
        "a peer that is the whole internet",
        Kind("NetworkPolicy"),
        "spec.ingress.*",
        Turn(internet),
    ),
    new(
        "policy-egress-only",
        OPEN,
        "a network policy that no longer is about who comes in",
        Kind("NetworkPolicy"),
        "spec.policyTypes",
        Put("[Egress]"),
    )
    .when(has_sources),
    new(
        "policy-misses",
        OPEN,
        "a network policy whose selector misses its pods",
        Kind("NetworkPolicy"),
        "spec.podSelector.matchLabels.*",
        Turn(other),
    )
    .when(has_sources),
    new(
        "policy-beside",
        OPEN,
        "a second network policy that lets in everybody",
        Kind("NetworkPolicy"),
        "",
        Copy(open_to_all),
    )
    .when(has_sources),
    new(
        "trust",
        &["authentication-disabled"],
        "a database that lets in whoever connects",
        Values,
        "primary.pgHbaConfiguration",
        Put("host all all 0.0.0.0/0 trust"),
    ),
    new(
        "chart-policy-open",
        OPEN,
        "the chart's own network policy, which lets in everybody",
        Values,
        "primary.networkPolicy",
        Put("{enabled: true, allowExternal: true}"),
    ),
    new("ingress-without-tls", &["http-without-tls"], "an Ingress without TLS", Kind("Ingress"), "spec.tls", Drop),
    new(
        "compose-port",
        PUBLIC,
        "a database of Docker Compose on every address of its host",
        Compose,
        "services.*.ports",
        Put("['5432:5432']"),
    )
    .when(has_compose_database),
    new(
        "compose-trust",
        &["authentication-disabled"],
        "a database of Docker Compose that asks for no password",
        Compose,
        "services.*.environment.POSTGRES_HOST_AUTH_METHOD",
        Put("trust"),
    )
    .when(has_compose_database),
];

const TCP_ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: {name: database, namespace: NAMESPACE}
spec:
  parentRefs: [{name: edge, namespace: gateways}]
  rules: [{backendRefs: [{name: NAME, port: 5432}]}]
";

const TRAEFIK: &str = "apiVersion: traefik.io/v1alpha1
kind: IngressRouteTCP
metadata: {name: database, namespace: NAMESPACE}
spec:
  entryPoints: [postgres]
  routes: [{match: HostSNI(`*`), services: [{name: NAME, port: 5432}]}]
";

const TCP_SERVICES: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: tcp-services, namespace: ingress-nginx}
data:
  '5432': NAMESPACE/NAME:5432
";

const EXTRA: &str = "[{apiVersion: v1, kind: Service, metadata: {name: outside}, spec: {type: LoadBalancer, \
    ports: [{port: 5432}], selector: {app.kubernetes.io/name: postgresql}}}]";

const fn new(
    id: &'static str,
    rules: &'static [&'static str],
    plants: &'static str,
    on: crate::selftest::operator::On,
    at: &'static str,
    change: crate::selftest::operator::Change,
) -> Operator {
    Operator::new(id, rules, plants, on, at, change)
}

fn listens_on_database_port(service: &Json) -> bool {
    let ports = at(service, &["spec", "ports"]).and_then(Json::as_array).into_iter().flatten();
    ports.filter_map(|port| port.get("port")?.as_u64()).any(|port| DATABASE_PORTS.contains(&port))
}

/// Whether a Service is a way to a database, and has pods of its own.
fn is_database(service: &Json) -> bool {
    listens_on_database_port(service) && at(service, &["spec", "selector"]).is_some()
}

fn is_no_database(service: &Json) -> bool {
    !listens_on_database_port(service) && at(service, &["spec", "selector"]).is_some()
}

/// Whether a policy lets somebody in to a database, and not everybody.
fn has_sources(policy: &Json) -> bool {
    let rules = at(policy, &["spec", "ingress"]).and_then(Json::as_array).into_iter().flatten();
    rules.filter_map(any_pod).count() > 0
}

fn has_tls(values: &Json) -> bool {
    at(values, &["tls", "enabled"]) == Some(&Json::Bool(true))
}

fn has_compose_database(file: &Json) -> bool {
    let services = file.get("services").and_then(Json::as_object);
    services.is_some_and(|services| services.values().any(is_postgres))
}

fn is_postgres(service: &Json) -> bool {
    at(service, &["image"]).and_then(Json::as_str).is_some_and(|image| image.contains("postgres"))
}

fn is_service_type(setting: &Setting) -> bool {
    setting.facet == Facet::Exposure(Exposure::ServiceType)
}

fn is_node_port(setting: &Setting) -> bool {
    setting.facet == Facet::Exposure(Exposure::NodePort) && setting.path.contains("nodePorts")
}

fn is_host_network(setting: &Setting) -> bool {
    setting.facet == Facet::Exposure(Exposure::HostNetwork)
}

/// The Service under another name, as a load balancer.
fn load_balancer(service: &Json) -> Option<Json> {
    let mut copy = service.clone();
    *copy.pointer_mut("/metadata/name")? = json!("outside");
    copy.get_mut("spec")?.as_object_mut()?.insert("type".to_owned(), json!("LoadBalancer"));
    Some(copy)
}

/// The policy under another name, with one rule for everybody.
fn open_to_all(policy: &Json) -> Option<Json> {
    let mut copy = policy.clone();
    *copy.pointer_mut("/metadata/name")? = json!("everybody");
    copy.get_mut("spec")?.as_object_mut()?.insert("ingress".to_owned(), json!([{}]));
    Some(copy)
}

/// A rule that lets callers to a database, with other peers.
fn with_peers(rule: &Json, change: &dyn Fn(&mut Vec<Json>)) -> Option<Json> {
    let ports = rule.get("ports")?.as_array()?.iter().filter_map(|port| port.get("port")?.as_u64());
    let mut peers = rule.get("from")?.as_array()?.clone();
    if !ports.into_iter().any(|port| DATABASE_PORTS.contains(&port)) {
        return None;
    }
    change(&mut peers);
    let mut rule = rule.clone();
    *rule.get_mut("from")? = Json::Array(peers);
    Some(rule)
}

fn without_peers(rule: &Json) -> Option<Json> {
    let mut rule = with_peers(rule, &|_| {})?;
    rule.as_object_mut()?.shift_remove("from");
    Some(rule)
}

fn empty_peers(rule: &Json) -> Option<Json> {
    with_peers(rule, &Vec::clear)
}

fn any_pod(rule: &Json) -> Option<Json> {
    with_peers(rule, &|peers| peers.push(json!({ "podSelector": {} })))
}

fn any_namespace(rule: &Json) -> Option<Json> {
    with_peers(rule, &|peers| peers.push(json!({ "namespaceSelector": {} })))
}

fn internet(rule: &Json) -> Option<Json> {
    with_peers(rule, &|peers| peers.push(json!({ "ipBlock": { "cidr": "0.0.0.0/0" } })))
}

/// A name that nothing has.
fn other(name: &Json) -> Option<Json> {
    Some(json!(format!("{}-other", name.as_str()?)))
}
