//! Services of Docker Compose files.

mod access;
mod port;

use super::{
    Spot,
    exposure::{Exposure, Way},
    product,
};
use crate::manifest::{Bundle, Object};

pub use access::{Access, HostAccess};

pub(super) use access::find as accesses;

/// A service of a Compose file.
pub(super) struct Composed<'a, 'v> {
    pub(super) spot: Spot<'a, 'v>,
}

/// The services of a tree's Compose files.
pub(super) fn services(bundle: &Bundle) -> Vec<Composed<'_, '_>> {
    let files = bundle.objects.iter().filter(|object| is_compose(object));
    let services = files.flat_map(|object| Spot::whole(object).entries(&["services"]));
    services.map(|(_, spot)| Composed { spot }).collect()
}

/// Whether a document is a Compose file: its services are maps, and one of them has an image or is built.
fn is_compose(object: &Object) -> bool {
    let has = |key: &str| object.body.get(key).is_some();
    let Some(services) = object.body.get("services").and_then(|services| services.as_object()) else { return false };
    let is_service = |service: &serde_json::Value| service.get("image").or(service.get("build")).is_some();
    object.kind().is_empty()
        && !has("apiVersion")
        && services.values().all(serde_json::Value::is_object)
        && services.values().any(is_service)
}

impl<'a, 'v> Composed<'a, 'v> {
    /// What runs in it, where that is a database.
    pub(super) fn product(&self) -> Option<&'static str> {
        product::of_name(self.spot.text(&["image"])?)
    }

    /// Its environment variables with their values: a map, or a list of `NAME=value`.
    pub(super) fn variables(&self) -> Vec<(&'v str, String, Spot<'a, 'v>)> {
        let of_map = self.spot.entries(&["environment"]).into_iter().filter_map(|(name, spot)| {
            let value = spot.value.as_str().map_or_else(|| spot.value.to_string(), str::to_owned);
            (!spot.value.is_null()).then_some((name, value, spot))
        });
        let of_list = self.spot.items(&["environment"]).into_iter().filter_map(|spot| {
            let (name, value) = spot.value.as_str()?.split_once('=')?;
            Some((name, value.to_owned(), spot))
        });
        of_map.chain(of_list).collect()
    }

    /// Whether one of its ports is published to other machines.
    pub(super) fn is_published(&self) -> bool {
        port::published(self).iter().any(|port| port.is_open)
    }
}

/// What Compose files open to other machines.
pub(super) fn exposures<'a>(services: &[Composed<'a, '_>]) -> Vec<Exposure<'a>> {
    let mut found = Vec::new();
    for service in services {
        let product = service.product();
        for port in port::published(service).into_iter().filter(|port| port.is_open) {
            let product = product.or_else(|| port.targets().find_map(|number| product::of_port(&number.into())));
            let path = format!("any host -> this machine{} -> {}", port.shown, service.called());
            found.extend(product.map(|product| Exposure {
                at: port.at,
                way: Way::Published(port.bound, port.fix),
                product,
                path,
            }));
        }
        let network = service.spot.get(&["network_mode"]).filter(|mode| mode.value == "host");
        found.extend(network.and_then(|mode| {
            Some(Exposure { at: mode.at(), way: Way::MachineNetwork, product: product?, path: String::new() })
        }));
    }
    found
}

impl Composed<'_, '_> {
    fn called(&self) -> String {
        format!("service {}", self.spot.pointer().pop().unwrap_or_default())
    }
}
