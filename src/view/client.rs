//! Clients that policies let in, and that do not reach their database all the same.

use super::{
    At, Spot, Tree,
    database::Database,
    path,
    product::usual_ports,
    reach::{Caller, Direction, Labels, Port, covers, labels},
};

/// A client that is kept out, or a way that leads nowhere.
pub struct LostClient<'a> {
    /// Where.
    pub at: At<'a>,
    /// Why.
    pub why: Lost,
    /// The database, for people.
    pub product: &'static str,
}

/// Why a client does not reach its database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Policies let clients in, but on no port that the database listens on: these.
    Ports(Vec<u16>),
    /// A Service leads to this port of the pods, where nothing listens.
    Target(String),
    /// The policies of its own namespace do not let it out: its labels, its namespace.
    Egress(String, String),
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<LostClient<'a>> {
    let mut found: Vec<LostClient<'a>> =
        tree.databases.all().iter().flat_map(|database| of_database(database, tree)).collect();
    for service in tree.bodies.iter().filter(|body| body.kind() == "Service" && body.group().is_empty()) {
        if let Some(database) = tree.databases.selected_by(service).filter(|database| !database.ports.is_empty()) {
            let ports = service.items(&["spec", "ports"]).into_iter();
            found.extend(ports.filter_map(|port| lost_target(&port, database)));
        }
    }
    found
}

/// A port of a Service that leads to none of a database's pods.
fn lost_target<'a>(port: &Spot<'a, '_>, database: &Database) -> Option<LostClient<'a>> {
    let target = port.get(&["targetPort"]).or_else(|| port.get(&["port"]))?;
    let is_there = match target.value.as_str() {
        Some(name) => database.ports.iter().any(|port| port.name == name),
        None => {
            let own = database.ports.iter().map(|port| port.number).chain(usual_ports(database.product));
            target.value.as_u64().is_none_or(|number| own.into_iter().any(|own| u64::from(own) == number))
        }
    };
    let shown = target.value.as_str().map_or_else(|| target.value.to_string(), str::to_owned);
    (!is_there).then(|| LostClient { at: target.at(), why: Lost::Target(shown), product: database.product })
}

fn of_database<'a>(database: &Database, tree: &Tree<'a, '_>) -> Vec<LostClient<'a>> {
    let product = database.product;
    let policies = tree.policies.selecting(&database.namespace, database.known()).into_iter();
    let policies = policies.map(|number| &tree.policies.all()[number]);
    let rules: Vec<(&Spot<'a, '_>, Spot<'a, '_>)> = policies
        .flat_map(|policy| policy.rules(Direction::Ingress).into_iter().map(|rule| (&policy.spot, rule)))
        .collect();
    let port = |number: &u16| {
        let known = database.ports.iter().find(|port| port.number == *number).cloned();
        known.unwrap_or(Port { name: String::new(), number: *number, protocol: "TCP".to_owned() })
    };
    let is_heard =
        |rule: &Spot<'_, '_>| database.listens.iter().any(|number| covers(rule, &database.ports, &port(number)));
    let Some((_, first)) = rules.first().filter(|_| !database.listens.is_empty()) else { return Vec::new() };
    // An exporter beside the database may be all that is asked.
    let is_answered = |rule: &Spot<'_, '_>| database.ports.iter().any(|own| covers(rule, &database.ports, own));
    if !rules.iter().any(|(_, rule)| is_heard(rule) || is_answered(rule)) {
        let why = Lost::Ports(database.listens.clone());
        return vec![LostClient { at: first.at(), why, product }];
    }
    let mut found = Vec::new();
    for (policy, rule) in rules.iter().filter(|(_, rule)| is_heard(rule)) {
        for peer in rule.items(&["from"]) {
            // What stands there by name: any other selector leaves open who is meant.
            let own = labels(peer.value_at(&["podSelector", "matchLabels"]));
            let space = match peer.get(&["namespaceSelector"]) {
                None => policy.namespace(),
                Some(selector) => selector.text(&["matchLabels", "kubernetes.io/metadata.name"]).unwrap_or_default(),
            };
            if own.is_empty() || space.is_empty() || database.labels.iter().all(|pair| own.get(pair.0) == Some(pair.1))
            {
                continue;
            }
            let caller = Caller::Pod { namespace: space, labels: &own };
            let to = |number: &u16| {
                tree.policies.lets_out(caller, &database.namespace, &database.labels, &database.ports, &port(number))
            };
            if !database.listens.iter().any(to) {
                let why = Lost::Egress(shown(&own), space.to_owned());
                found.push(LostClient { at: peer.at(), why, product });
            }
        }
    }
    found
}

fn shown(labels: &Labels) -> String {
    path::pairs(labels.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}
