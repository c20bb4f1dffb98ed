//! Who may connect.

use super::{METRICS_PORT, PORT, Postgres, spec::Client};
use crate::{
    component::Outcome,
    part::{Allowance, Body, Labels, NetworkRule, Peer},
    path,
    scalar::DnsLabel,
};

impl Postgres<'_> {
    pub(super) fn network(&self, outcome: &mut Outcome) {
        let clients_path = self.context.at("clients");
        let mut ingress = Vec::new();
        for (name, client) in &self.spec.clients {
            let origin = path::join(&clients_path, name.as_str());
            self.check_client(name, client, &origin, outcome);
            let ports = if client.ports.is_empty() { vec![PORT] } else { client.ports.clone() };
            ingress.push(Allowance { name: name.to_string(), peer: peer_of(client), ports, origin });
        }
        let mut egress = Vec::new();
        if self.is_replicated() {
            let own = |name: &str| Allowance {
                name: name.to_owned(),
                peer: Peer { namespace: None, labels: self.names.pods() },
                ports: vec![PORT],
                origin: self.context.at("architecture"),
            };
            ingress.push(own("replicas of this database"));
            egress.push(own("the other servers of this database"));
        }
        if self.spec.backup.is_some() {
            ingress.push(Allowance {
                name: "backup and restore".to_owned(),
                peer: Peer { namespace: None, labels: self.backup_labels() },
                ports: vec![PORT],
                origin: self.context.at("backup"),
            });
        }
        let rule = NetworkRule { name: self.names.instance.clone(), pods: self.names.pods(), ingress, egress };
        outcome.add(clients_path, Body::NetworkRule(rule));
    }

    fn check_client(&self, name: &DnsLabel, client: &Client, origin: &str, outcome: &mut Outcome) {
        if client.app.is_none() && client.labels.is_empty() && client.namespace.is_none() {
            outcome.error(
                "open-client",
                origin,
                format!("client `{name}` names nobody, which would let in every pod of the namespace"),
                "write `app: NAME`, `labels: {...}` or `namespace: NAME`",
            );
        }
        let label = "app.kubernetes.io/name";
        if client.app.is_some() && client.labels.keys().any(|key| key.as_str() == label) {
            outcome.error(
                "wrong-value",
                origin,
                format!("client `{name}` sets `app` and the label `{label}`, which is the same thing twice"),
                "keep one of them",
            );
        }
        for (index, port) in client.ports.iter().enumerate() {
            let at = path::item(&path::join(origin, "ports"), index);
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

fn peer_of(client: &Client) -> Peer {
    let mut labels: Labels = client.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    if let Some(app) = &client.app {
        labels.insert("app.kubernetes.io/name".to_owned(), app.to_string());
    }
    Peer { namespace: client.namespace.clone(), labels }
}
