//! What a chart's values open.

use super::{At, Exposure, Way, is_any, is_port, publishes};
use crate::{
    chart::{Exposure as Exposing, Facet, Kind, Shape},
    view::{
        Spot,
        foreign::{Foreign, Told},
        product,
        release::{Valued, is_true},
    },
};

pub(super) fn of_release<'a>(valued: &Valued<'a, '_>) -> Vec<Exposure<'a>> {
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
    ways.into_iter().map(|(at, way)| Exposure { at, way, product, path: String::new() }).collect()
}

/// What the values of a chart open that there is no model of.
pub(super) fn of_foreign<'a>(release: &Foreign<'a, '_>) -> Vec<Exposure<'a>> {
    let Some(product) = release.product() else { return Vec::new() };
    let way = |told: Told<'a, '_>| match told {
        Told::ServiceType(kind, is_metrics) => {
            let name = kind.value.as_str().unwrap_or_default().to_owned();
            Some((kind.at(), if is_metrics { Way::Metrics(name) } else { Way::ServiceType(name) }))
        }
        Told::NodePort(port) => Some((port.at(), Way::NodePort)),
        Told::LoadBalancer(address) => Some((address.at(), Way::LoadBalancer)),
        Told::HostNetwork(flag) => Some((flag.at(), Way::HostNetwork)),
        _ => None,
    };
    let ways = release.told().into_iter().filter_map(way);
    ways.map(|(at, way)| Exposure { at, way, product, path: String::new() }).collect()
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
