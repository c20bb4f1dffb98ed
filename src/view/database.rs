//! Which pods and ports are databases.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    Release, Spot,
    product::{of_name, of_port},
    workload::{is_server, pod_labels, pod_spec},
};

/// The databases of a tree.
pub(super) struct Databases {
    pods: Vec<Pods>,
}

/// The pods of one database.
pub(super) struct Pods {
    /// Empty where nothing names it.
    namespace: String,
    labels: Labels,
    /// Whether they may have further labels, as the pods of a chart that is not rendered here.
    is_open: bool,
    /// The ports of the database, where other containers stand beside it and have ports of their own.
    beside: Option<Vec<Json>>,
    pub(super) product: &'static str,
}

pub(super) type Labels = BTreeMap<String, String>;

/// A map of strings.
pub(super) fn labels(map: Option<Spot<'_, '_>>) -> Labels {
    let entries = map.map(|map| map.entries(&[])).unwrap_or_default();
    entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.value.as_str()?.to_owned()))).collect()
}

impl Databases {
    pub(super) fn find(bodies: &[Spot<'_, '_>], releases: &[Release<'_>]) -> Databases {
        let workloads = bodies.iter().filter_map(Pods::of_workload);
        let pods = workloads.chain(releases.iter().filter_map(Pods::of_release)).collect();
        Databases { pods }
    }

    /// What a selector in a namespace selects, where that is a database.
    pub(super) fn selected(&self, namespace: &str, selector: &Labels) -> Option<&'static str> {
        let known = self.pods.iter().find(|pods| pods.are_selected(namespace, selector)).map(|pods| pods.product);
        known.or_else(|| selector.get(NAME).and_then(|name| of_name(name)))
    }

    /// What stands behind a Service, where that is a database: its pods tell, else its ports.
    pub(super) fn behind(&self, service: &Spot<'_, '_>) -> Option<&'static str> {
        let selector = labels(service.get(&["spec", "selector"]));
        let ports = service.items(&["spec", "ports"]);
        let listens = |pods: &&Pods| {
            let is_one = |port: &Spot<'_, '_>| {
                let target = port.value.get("targetPort").or(port.value.get("port"));
                let is_own = |own: &Vec<Json>| target.is_some_and(|port| own.contains(port) || of_port(port).is_some());
                pods.beside.as_ref().is_none_or(is_own)
            };
            pods.are_selected(service.namespace(), &selector) && ports.iter().any(is_one)
        };
        if let Some(pods) = self.pods.iter().find(listens) {
            return Some(pods.product);
        }
        let named = || selector.get(NAME).and_then(|name| of_name(name));
        let by_port = |port: &Spot<'_, '_>| {
            let mut numbers = ["port", "targetPort"].into_iter().filter_map(|key| port.value.get(key));
            let names = ["name", "targetPort"].into_iter().filter_map(|key| port.text(&[key]));
            let by_number = numbers.find_map(of_port);
            by_number.or_else(|| names.into_iter().flat_map(|name| name.split('-')).find_map(of_name))
        };
        named().or_else(|| ports.iter().find_map(by_port))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Pods> {
        self.pods.iter()
    }
}

/// The label with the name of what runs.
const NAME: &str = "app.kubernetes.io/name";
const INSTANCE: &str = "app.kubernetes.io/instance";

/// The database that a workload's pods are, and the container that it runs in. A job, or a container that ends before the
/// others start, only uses one.
pub(super) fn of_workload<'a, 'v>(body: &Spot<'a, 'v>) -> Option<(&'static str, Spot<'a, 'v>)> {
    let containers = pod_spec(body).filter(|_| is_server(body))?.items(&["containers"]);
    containers.into_iter().find_map(|container| Some((of_name(container.text(&["image"])?)?, container)))
}

impl Pods {
    pub(super) fn of_workload(body: &Spot<'_, '_>) -> Option<Pods> {
        let (product, container) = of_workload(body)?;
        let is_alone = pod_spec(body)?.items(&["containers"]).len() == 1;
        let own = container.items(&["ports"]).into_iter();
        let own = own.flat_map(|port| ["containerPort", "name"].into_iter().filter_map(move |key| port.value.get(key)));
        let beside = (!is_alone).then(|| own.cloned().collect());
        let labels = labels(pod_labels(body));
        Some(Pods { namespace: body.namespace().to_owned(), labels, is_open: false, beside, product })
    }

    /// The pods of a chart that is not rendered here.
    pub(super) fn of_release(release: &Release<'_>) -> Option<Pods> {
        let product = of_name(release.chart.name)?;
        let mut labels = Labels::from([(NAME.to_owned(), release.chart.name.to_owned())]);
        labels.extend(release.name.clone().map(|name| (INSTANCE.to_owned(), name)));
        Some(Pods { namespace: release.namespace.clone(), labels, is_open: true, beside: None, product })
    }

    /// Whether they stand in `namespace`. An object without a namespace may stand in any.
    pub(super) fn are_in(&self, namespace: &str) -> bool {
        self.namespace.is_empty() || namespace.is_empty() || self.namespace == namespace
    }

    /// Whether a selector in `namespace` selects these pods.
    pub(super) fn are_selected(&self, namespace: &str, selector: &Labels) -> bool {
        let fits = |(key, value): (&String, &String)| match self.labels.get(key) {
            Some(label) => label == value,
            None => self.is_open,
        };
        let is_known = selector.keys().any(|key| self.labels.contains_key(key));
        self.are_in(namespace) && is_known && selector.iter().all(fits)
    }
}
