//! Values of charts that gen has no model of: what most charts of databases call alike.

use std::collections::HashMap;

use super::{Spot, product, release::is_true};
use crate::chart;

/// A release of such a chart.
pub(super) struct Foreign<'a, 'v> {
    /// The chart's name.
    pub(super) chart: &'v str,
    pub(super) namespace: &'v str,
    /// Helm's name of the release.
    pub(super) release: &'v str,
    pub(super) values: Spot<'a, 'v>,
}

/// A setting that says what it is by its name.
pub(super) enum Told<'a, 'v> {
    /// A Service, with its type; whether it is an exporter's.
    ServiceType(Spot<'a, 'v>, bool),
    /// A port on every node.
    NodePort(Spot<'a, 'v>),
    /// An address for a load balancer, or a switch for one.
    LoadBalancer(Spot<'a, 'v>),
    /// The node's own network.
    HostNetwork(Spot<'a, 'v>),
    /// The chart's own policy is off.
    PolicyOff(Spot<'a, 'v>),
    /// The chart's own policy lets everybody in.
    PolicyOpen(Spot<'a, 'v>),
    /// Passwords are off.
    NoPassword(Spot<'a, 'v>),
}

/// The releases of charts that there is no model of.
pub(super) fn releases<'a, 'v>(bodies: &[Spot<'a, 'v>]) -> Vec<Foreign<'a, 'v>> {
    let sources = bodies.iter().filter(|body| body.kind() == "OCIRepository");
    let urls: HashMap<&str, &str> =
        sources.filter_map(|source| Some((source.name(), source.text(&["spec", "url"])?))).collect();
    let mut found = Vec::new();
    for body in bodies {
        match (body.kind(), body.group()) {
            ("HelmRelease", "helm.toolkit.fluxcd.io") => {
                let of_source = || urls.get(body.text(&["spec", "chartRef", "name"])?).copied();
                let chart = body.text(&["spec", "chart", "spec", "chart"]).or_else(of_source);
                let namespace = body.text(&["spec", "targetNamespace"]).unwrap_or(body.namespace());
                let release = body.text(&["spec", "releaseName"]).unwrap_or(body.name());
                found.extend(chart.zip(body.get(&["spec", "values"])).map(|(chart, values)| Foreign {
                    chart: product::last_part(chart),
                    namespace,
                    release,
                    values,
                }));
            }
            ("Application", "argoproj.io") => {
                let sources = body.items(&["spec", "sources"]).into_iter().chain(body.get(&["spec", "source"]));
                let namespace = body.text(&["spec", "destination", "namespace"]).unwrap_or_default();
                found.extend(sources.filter_map(|source| {
                    let chart = source.text(&["chart"]).or_else(|| source.text(&["path"]))?;
                    let values = source.get(&["helm", "valuesObject"])?;
                    let release = source.text(&["helm", "releaseName"]).unwrap_or(body.name());
                    Some(Foreign { chart: product::last_part(chart), namespace, release, values })
                }));
            }
            _ => {}
        }
    }
    found.retain(|release| chart::versions(release.chart).is_empty());
    found
}

/// Words in the names of charts that only have to do with databases.
const BESIDE: &[&str] = &["backup", "commander", "console", "exporter", "insight", "operator", "proxy", "ui"];

impl<'a, 'v> Foreign<'a, 'v> {
    /// The database that the chart is for.
    pub(super) fn product(&self) -> Option<&'static str> {
        let words = || self.chart.split('-');
        let is_beside = words().any(|word| BESIDE.contains(&word));
        product::of_name(self.chart).or_else(|| product::of_name(words().next()?)).filter(|_| !is_beside)
    }

    /// What its values tell by their names.
    pub(super) fn told(&self) -> Vec<Told<'a, 'v>> {
        let mut told = Vec::new();
        if self.product().is_some() {
            tell(&self.values, false, 0, &mut told);
        }
        told
    }
}

/// Values are nested as deep as people nest them.
const DEEPEST: usize = 8;

fn tell<'a, 'v>(map: &Spot<'a, 'v>, is_metrics: bool, depth: usize, told: &mut Vec<Told<'a, 'v>>) {
    for (key, value) in map.entries(&[]) {
        let get = |key: &str| value.get(&[key]);
        match key {
            "hostNetwork" if value.value == true => told.push(Told::HostNetwork(value.clone())),
            "allowEmptyPassword" if value.value == true => told.push(Told::NoPassword(value.clone())),
            "service" => {
                let kind = get("type").filter(|kind| kind.value == "LoadBalancer" || kind.value == "NodePort");
                told.extend(kind.map(|kind| Told::ServiceType(kind, is_metrics)));
                if !is_metrics {
                    let ports = value.entries(&["nodePorts"]).into_iter().map(|(_, port)| port).chain(get("nodePort"));
                    told.extend(ports.filter(|port| is_true(port.value)).map(Told::NodePort));
                    let address = get("loadBalancerIP").filter(|address| is_true(address.value));
                    told.extend(address.map(Told::LoadBalancer));
                }
            }
            "externalAccess" => {
                told.extend(get("enabled").filter(|flag| flag.value == true).map(Told::LoadBalancer));
            }
            "networkPolicy" => {
                told.extend(get("enabled").filter(|flag| flag.value == false).map(Told::PolicyOff));
                told.extend(get("allowExternal").filter(|flag| is_true(flag.value)).map(Told::PolicyOpen));
            }
            "auth" => told.extend(get("enabled").filter(|flag| flag.value == false).map(Told::NoPassword)),
            _ => {}
        }
        if depth < DEEPEST && value.value.is_object() {
            tell(&value, is_metrics || key == "metrics", depth + 1, told);
        }
    }
}
