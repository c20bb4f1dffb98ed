//! From where to where, for people: `Ingress shop/search -> Service shop/elastic:9200 -> pods app=elastic`.

use serde_json::Value as Json;

use super::{
    Spot,
    database::{Database, Databases},
    product,
    route::Route,
};

/// The steps from a route to pods.
pub(super) fn of_route(route: &Route<'_, '_>, service: Option<&Spot<'_, '_>>, databases: &Databases) -> String {
    let from = match route.kind.contains(' ') {
        // An entry goes by its key, which is the port that is listened on.
        true => format!("{}, port {}", route.kind, route.place.pointer().last().map_or("", String::as_str)),
        false => format!("{} {}", route.kind, called(route.body.namespace(), route.body.name())),
    };
    let to = match service {
        Some(service) => to_service(service, databases),
        None => {
            let port = route.port.as_ref().map_or(String::new(), |port| format!(":{}", plain(port)));
            format!("Service {}{port}", called(route.namespace, route.service))
        }
    };
    format!("{from} -> {to}")
}

/// The steps from a Service to pods.
pub(super) fn to_service(service: &Spot<'_, '_>, databases: &Databases) -> String {
    let database = databases.selected_by(service);
    let ports = service.items(&["spec", "ports"]);
    let target = |port: &Spot<'_, '_>| port.value.get("targetPort").or(port.value.get("port")).cloned();
    let leads = |port: &&Spot<'_, '_>| target(port).is_some_and(|target| is_own(&target, database));
    let port = ports.iter().find(leads).or(ports.first());
    let number = port.and_then(|port| port.value.get("port"));
    let own = number.map_or(String::new(), |number| format!(":{}", plain(number)));
    let mut path = format!("Service {}{own}", called(service.namespace(), service.name()));
    let selector = service.entries(&["spec", "selector"]);
    let labels: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={}", plain(value.value))).collect();
    if !labels.is_empty() {
        let target = port.and_then(target).filter(|target| Some(target) != number);
        let target = target.map_or(String::new(), |target| format!(":{}", plain(&target)));
        path.push_str(&format!(" -> pods {}{target}", labels.join(",")));
    }
    path
}

fn is_own(target: &Json, database: Option<&Database>) -> bool {
    let is_port = |database: &Database| {
        let named = |number: &u16| database.ports.iter().any(|port| port.number == *number && target == &port.name);
        database.listens.iter().any(|number| *target == *number || named(number))
    };
    database.is_some_and(is_port) || product::of_port(target).is_some()
}

/// A name with its namespace, where there is one.
pub(super) fn called(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Labels as people write them: `app=db,tier=back`.
pub(super) fn pairs<'p>(labels: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    labels.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
