//! Who may connect.

use super::{METRICS_PORT, PORT, Postgres, spec::Client};
use crate::{
    component::Outcome,
    manifest::{Origin, Traced},
    part::{Allowance, Body, Labels, NetworkRule, Peer},
    scalar::{DnsLabel, LabelKey, LabelValue},
};

impl Postgres<'_> {
    pub(super) fn network(&self, outcome: &mut Outcome) {
        let clients = self.at("clients");
        let mut ingress = Vec::new();
        for (name, client) in &self.spec.clients {
            let origin = clients.join(name.as_str());
            self.check_client(name, client, &origin, outcome);
            let (peer, ports) = (peer_of(client, &origin), ports_of(client, &origin));
            ingress.push(Allowance { name: name.to_string(), peer, ports, origin });
        }
        let mut egress = Vec::new();
        if self.is_replicated() {
            let own = |name: &str| self.own_traffic(name, self.names.pods(), self.at("architecture"));
            ingress.push(own("replicas of this database"));
            egress.push(own("the other servers of this database"));
        }
        if self.spec.backup.is_some() {
            ingress.push(self.own_traffic("backup and restore", self.names.backup_pods(), self.at("backup")));
        }
        let (name, pods) = (self.names.instance.clone(), self.names.pods());
        let rule = NetworkRule { name, pods, ingress: Traced::new(ingress, clients), egress };
        outcome.add(&self.root, Body::NetworkRule(rule));
    }

    /// What pods of this instance may do with its servers.
    pub(super) fn own_traffic(&self, name: &str, labels: Labels, origin: Origin) -> Allowance {
        let ports = vec![Traced::new(PORT, &origin)];
        Allowance { name: name.to_owned(), peer: Peer { namespace: None, labels }, ports, origin }
    }

    fn check_client(&self, name: &DnsLabel, client: &Client, origin: &Origin, outcome: &mut Outcome) {
        if client.app.is_none() && client.labels.is_empty() && client.namespace.is_none() {
            outcome.error(
                "open-client",
                origin.to_string(),
                format!("client `{name}` names nobody, which would let in every pod of the namespace"),
                "write `app: NAME`, `labels: {...}` or `namespace: NAME`",
            );
        }
        let label = "app.kubernetes.io/name";
        if client.app.is_some() && client.labels.keys().any(|key| key.as_str() == label) {
            outcome.error(
                "wrong-value",
                origin.to_string(),
                format!("client `{name}` sets `app` and the label `{label}`, which is the same thing twice"),
                "keep one of them",
            );
        }
        for (index, port) in client.ports.iter().enumerate() {
            let at = origin.at("ports").item(index);
            match *port {
                PORT => {}
                METRICS_PORT if self.spec.metrics => {}
                METRICS_PORT => outcome.error(
                    "wrong-value",
                    at,
                    format!("nothing listens on port {METRICS_PORT} without the exporter"),
                    "set `metrics: true`, or leave the port out",
                ),
                other => outcome.error(
                    "wrong-value",
                    at,
                    format!("nothing listens on port {other}"),
                    format!("the ports are {PORT} and, with `metrics: true`, {METRICS_PORT}"),
                ),
            }
        }
    }
}

fn ports_of(client: &Client, origin: &Origin) -> Vec<Traced<u16>> {
    let ports = origin.at("ports");
    match client.ports.as_slice() {
        [] => vec![Traced::new(PORT, ports)],
        given => given.iter().enumerate().map(|(index, port)| Traced::new(*port, ports.item(index))).collect(),
    }
}

fn peer_of(client: &Client, origin: &Origin) -> Peer {
    let given = origin.at("labels");
    let label = |(key, value): (&LabelKey, &LabelValue)| {
        (key.to_string(), Traced::new(value.to_string(), given.join(key.as_str())))
    };
    let mut labels: Labels = client.labels.iter().map(label).collect();
    if let Some(app) = &client.app {
        labels.insert("app.kubernetes.io/name".to_owned(), Traced::new(app.to_string(), origin.at("app")));
    }
    let namespace = client.namespace.clone().map(|name| Traced::new(name, origin.at("namespace")));
    Peer { namespace, labels }
}
