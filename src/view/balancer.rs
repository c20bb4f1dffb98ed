//! Load balancers that take callers from anywhere.

use super::{
    At, Spot, Tree,
    exposure::{is_any, is_internal},
    path,
    reach::is_private,
};

/// A load balancer that is open to the world, and in front of no database.
pub struct OpenBalancer<'a> {
    /// Its type, or the range that is everybody.
    pub at: At<'a>,
    /// The port that tells that it is no website.
    pub port: String,
    /// From where to where.
    pub path: String,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<OpenBalancer<'a>> {
    let services = tree.bodies.iter().filter(|body| body.kind() == "Service" && body.group().is_empty());
    let balancers = services.filter(|service| service.text(&["spec", "type"]) == Some("LoadBalancer"));
    balancers.filter_map(|service| open(service, tree)).collect()
}

fn open<'a>(service: &Spot<'a, '_>, tree: &Tree<'a, '_>) -> Option<OpenBalancer<'a>> {
    let ranges = service.items(&["spec", "loadBalancerSourceRanges"]);
    let at = match ranges.iter().find(|range| is_any(range.value)) {
        Some(range) => range.at(),
        None if ranges.is_empty() => service.get(&["spec", "type"])?.at(),
        None => return None,
    };
    let annotations = service.entries(&["metadata", "annotations"]);
    let is_limited =
        annotations.iter().any(|(key, value)| is_internal(key, value.value) || limits(key) || is_inside(value))
            || service.get(&["spec", "loadBalancerIP"]).is_some_and(|address| is_inside(&address));
    let ports = service.items(&["spec", "ports"]);
    let port = ports.iter().find(|port| !is_web(port))?;
    // A database is another rule's business, whoever is let through.
    let is_database = || tree.databases.behind(service).is_some();
    let number = port.value_at(&["port"]).map_or(String::new(), ToString::to_string);
    (!is_limited && !is_database()).then(|| OpenBalancer {
        at,
        port: number,
        path: path::to_service(service, tree.databases),
    })
}

/// Whether a text is a list of addresses of an own network, as controllers are told which ones to take.
fn is_inside(addresses: &Spot<'_, '_>) -> bool {
    let mut addresses = addresses.value.as_str().unwrap_or_default().split(',').map(str::trim);
    addresses.all(|address| address.parse().is_ok_and(is_private))
}

/// Whether an annotation says from where a load balancer is reached, or keeps it inside a network of its own.
fn limits(key: &str) -> bool {
    ["source-ranges", "allowed-ip", "security-groups", "internal", "private-network", "white-list", "whitelist"]
        .iter()
        .any(|part| key.contains(part))
        || key.starts_with("tailscale.com/")
}

/// Whether a port is for everybody by its nature: websites.
fn is_web(port: &Spot<'_, '_>) -> bool {
    let is_number =
        port.value_at(&["port"]).and_then(serde_json::Value::as_u64).is_some_and(|number| matches!(number, 80 | 443));
    is_number || matches!(port.text(&["name"]), Some("http" | "https" | "web" | "websecure" | "http2" | "http3"))
}
