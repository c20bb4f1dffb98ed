//! Which pods and ports are databases.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::{
    Release, Spot,
    product::{of_name, of_port, usual_ports},
    reach::{Index, Known, Labels, Port, labels, pair_of, selects_pairs},
    workload::{is_server, pod_labels, pod_spec},
};
use crate::chart::ContainerPort;

/// The databases of a tree.
pub(super) struct Databases {
    all: Vec<Database>,
    index: Index,
    /// Those of values that stand alone, which have few labels.
    loose: Vec<usize>,
}

/// The pods of one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Empty where nothing names it.
    pub namespace: String,
    /// Their labels.
    pub labels: Labels,
    /// Whether they may have further labels, as the pods of a chart that is not rendered here.
    pub is_open: bool,
    /// The ports of their containers, as far as they are told.
    pub ports: Vec<Port>,
    /// The ports that the database itself listens on.
    pub listens: Vec<u16>,
    /// The ports of the database, where other containers stand beside it and have ports of their own.
    beside: Option<Vec<Json>>,
    /// What it is, for people.
    pub product: &'static str,
}

/// The label with the name of what runs.
const NAME: &str = "app.kubernetes.io/name";
const INSTANCE: &str = "app.kubernetes.io/instance";

impl Databases {
    pub(super) fn find(bodies: &[Spot<'_, '_>], releases: &[Release<'_>]) -> Databases {
        let mut databases = Databases { all: Vec::new(), index: Index::default(), loose: Vec::new() };
        bodies.iter().filter_map(Database::of_workload).for_each(|database| databases.add(database));
        // Many files may hold values of one chart.
        let mut known = HashSet::new();
        for database in releases.iter().filter_map(Database::of_release) {
            let is_loose = !database.labels.contains_key(INSTANCE);
            if !is_loose {
                databases.add(database);
            } else if known.insert((database.namespace.clone(), database.product, database.listens.clone())) {
                databases.loose.push(databases.all.len());
                databases.all.push(database);
            }
        }
        databases
    }

    fn add(&mut self, database: Database) {
        for (key, value) in &database.labels {
            self.index.insert(&database.namespace, Some((key, value)), self.all.len());
        }
        self.all.push(database);
    }

    pub(super) fn all(&self) -> &[Database] {
        &self.all
    }

    pub(super) fn into_all(self) -> Vec<Database> {
        self.all
    }

    /// The database that a Service leads to: by its selector and one of its ports.
    pub(super) fn selected_by(&self, service: &Spot<'_, '_>) -> Option<&Database> {
        let selector = service.value_at(&["spec", "selector"])?;
        let near = self.index.get(service.namespace(), pair_of(Some(selector)));
        let near = near.chain(self.loose.iter().copied()).map(|number| &self.all[number]);
        let ports = service.items(&["spec", "ports"]);
        let is_own = |database: &Database, port: &Spot<'_, '_>| {
            let target = port.value.get("targetPort").or(port.value.get("port"));
            let is_one = |own: &Vec<Json>| target.is_some_and(|port| own.contains(port) || of_port(port).is_some());
            database.beside.as_ref().is_none_or(is_one)
        };
        near.filter(|database| database.is_selected(service.namespace(), selector))
            .find(|database| ports.iter().any(|port| is_own(database, port)))
    }

    /// What stands behind a Service, where that is a database: its pods tell, else its ports.
    pub(super) fn behind(&self, service: &Spot<'_, '_>) -> Option<&'static str> {
        if let Some(database) = self.selected_by(service) {
            return Some(database.product);
        }
        let named = || of_name(service.text(&["spec", "selector", NAME])?);
        let ports = service.items(&["spec", "ports"]);
        let by_port = |port: &Spot<'_, '_>| {
            let mut numbers = ["port", "targetPort"].into_iter().filter_map(|key| port.value.get(key));
            let names = ["name", "targetPort"].into_iter().filter_map(|key| port.text(&[key]));
            let by_number = numbers.find_map(of_port);
            by_number.or_else(|| names.into_iter().flat_map(|name| name.split('-')).find_map(of_name))
        };
        named().or_else(|| ports.iter().find_map(by_port))
    }
}

/// What a policy's selector says that it is about, where that is a database by its name.
pub(super) fn named_by(policy: &Spot<'_, '_>) -> Option<&'static str> {
    of_name(policy.text(&["spec", "podSelector", "matchLabels", NAME])?)
}

/// The database that a workload's pods are, and the container that it runs in. A job, or a container that ends before the
/// others start, only uses one.
pub(super) fn of_workload<'a, 'v>(body: &Spot<'a, 'v>) -> Option<(&'static str, Spot<'a, 'v>)> {
    let containers = pod_spec(body).filter(|_| is_server(body))?.items(&["containers"]);
    containers.into_iter().find_map(|container| Some((of_name(container.text(&["image"])?)?, container)))
}

impl Database {
    pub(super) fn of_workload(body: &Spot<'_, '_>) -> Option<Database> {
        let (product, container) = of_workload(body)?;
        let containers = pod_spec(body)?.items(&["containers"]);
        let told = container.items(&["ports"]);
        let beside = told.iter().flat_map(|port| ["containerPort", "name"].map(|key| port.value.get(key))).flatten();
        let beside = (containers.len() > 1).then(|| beside.cloned().collect());
        let own: Vec<Port> = told.iter().filter_map(port_of).collect();
        let ports = containers.iter().flat_map(|container| container.items(&["ports"]));
        let ports = ports.filter_map(|port| port_of(&port)).collect();
        let labels = labels(pod_labels(body).map(|labels| labels.value));
        let (namespace, listens) = (body.namespace().to_owned(), listens(product, &own));
        Some(Database { namespace, labels, is_open: false, ports, listens, beside, product })
    }

    /// The pods of a chart that is not rendered here.
    pub(super) fn of_release(release: &Release<'_>) -> Option<Database> {
        let product = of_name(release.chart.name)?;
        let mut labels = Labels::from([(NAME.to_owned(), release.chart.name.to_owned())]);
        labels.extend(release.name.clone().map(|name| (INSTANCE.to_owned(), name)));
        let number = |path: &str| {
            let default = || release.chart.default(path);
            let set = release.value(path).and_then(Json::as_u64).or_else(|| default()?.as_u64());
            set.and_then(|number| u16::try_from(number).ok())
        };
        let told = release.chart.ports.iter().filter(|port| port.when.is_empty() || release.is_on(port.when));
        let told = told.filter_map(|port| Some((port, number(port.path)?)));
        let port = |(port, number): (&ContainerPort, u16)| {
            (Port { name: port.name.to_owned(), number, protocol: "TCP".to_owned() }, port.is_metrics)
        };
        let told: Vec<(Port, bool)> = told.map(port).collect();
        let listens = told.iter().filter(|(_, is_metrics)| !is_metrics).map(|(port, _)| port.number).collect();
        let ports = told.into_iter().map(|(port, _)| port).collect();
        let namespace = release.namespace.clone();
        Some(Database { namespace, labels, is_open: true, ports, listens, beside: None, product })
    }

    pub(super) fn known(&self) -> Known<'_> {
        Known { labels: &self.labels, is_open: self.is_open }
    }

    /// Whether a Service's selector in `namespace` selects these pods. An object without a namespace may stand in any.
    fn is_selected(&self, namespace: &str, selector: &Json) -> bool {
        let is_here = self.namespace.is_empty() || namespace.is_empty() || self.namespace == namespace;
        is_here && selects_pairs(selector, self.known())
    }
}

fn port_of(port: &Spot<'_, '_>) -> Option<Port> {
    let number = u16::try_from(port.value_at(&["containerPort"])?.as_u64()?).ok()?;
    let text = |key: &str, default: &str| port.text(&[key]).unwrap_or(default).to_owned();
    Some(Port { name: text("name", ""), number, protocol: text("protocol", "TCP") })
}

/// The ports on which a database answers: those of its container that are known for it, else all that it has, else the usual.
fn listens(product: &str, own: &[Port]) -> Vec<u16> {
    let is_known = |port: &&Port| {
        of_port(&Json::from(port.number)) == Some(product) || port.name.split('-').any(|word| of_name(word).is_some())
    };
    let known: Vec<u16> = own.iter().filter(is_known).map(|port| port.number).collect();
    match (known.is_empty(), own.is_empty()) {
        (false, _) => known,
        (true, false) => own.iter().map(|port| port.number).collect(),
        (true, true) => usual_ports(product),
    }
}
