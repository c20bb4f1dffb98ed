//! PostgreSQL by Bitnami's chart: the chart runs the server, everything that guards data or access is gen's own.

mod backup;
mod network;
mod quota;
mod runbook;
mod spec;
mod values;

use serde_json::Value as Json;

use self::spec::{Architecture, PostgresSpec, REPLICATION_USER, SUPERUSER};
use super::{Address, Context, Kind, Outcome, Place, resources::Resources};
use crate::{
    part::{Body, Claim, Endpoint, Labels, SecretDemand},
    path,
    scalar::DnsName,
    schema,
};

/// The port of PostgreSQL.
const PORT: u16 = 5432;
/// The port of the metrics exporter.
const METRICS_PORT: u16 = 9187;
/// Longest instance name: with the suffixes that the chart and the StatefulSet controller add, every derived name and
/// label stays within Kubernetes' 63 characters.
const LONGEST_NAME: usize = 40;

/// Longest name of a Helm release, in Helm and in Flux's HelmRelease.
const LONGEST_RELEASE: usize = 53;
/// Longest name of a StatefulSet: its controller puts it into a label of every pod, with eleven characters behind it.
const LONGEST_STATEFUL_SET: usize = 52;

/// PostgreSQL.
pub const KIND: Kind =
    Kind { name: "postgres", chart: values::CHART, schema: schema::json_schema_of::<PostgresSpec>, address, parts };

fn address(spec: &Json, place: &Place<'_>) -> Address {
    let secret = spec.pointer("/secret/name").and_then(Json::as_str);
    Address { host: place.host(place.instance), port: PORT, secret: secret_name(secret, place.instance) }
}

fn secret_name(given: Option<&str>, instance: &str) -> String {
    given.map_or_else(|| format!("{instance}-auth"), str::to_owned)
}

fn parts(spec: &Json, context: &Context<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    match serde_json::from_value::<PostgresSpec>(spec.clone()) {
        Ok(spec) => Postgres { spec: &spec, context, names: Names::of(&spec, context) }.build(&mut outcome),
        Err(error) => outcome.error("wrong-value", context.path, error.to_string(), ""),
    }
    outcome
}

/// One instance on its way to parts.
struct Postgres<'a> {
    spec: &'a PostgresSpec,
    context: &'a Context<'a>,
    names: Names,
}

/// The names that an instance and its chart give to things.
struct Names {
    /// Service and everything of gen's own.
    instance: String,
    /// Helm's release.
    release: String,
    /// What the chart calls its objects.
    fullname: String,
    /// The primary's StatefulSet.
    primary: String,
    /// The Secret with the passwords.
    secret: String,
    /// The data claim.
    claim: String,
}

impl Names {
    fn of(spec: &PostgresSpec, context: &Context<'_>) -> Names {
        let instance = context.place.instance.to_owned();
        let release = spec.release.as_ref();
        let fullname =
            release.and_then(|release| release.fullname.as_ref()).map_or(instance.clone(), ToString::to_string);
        Names {
            release: release.and_then(|release| release.name.as_ref()).map_or(instance.clone(), ToString::to_string),
            primary: match spec.architecture {
                Architecture::Standalone => fullname.clone(),
                Architecture::Replication => format!("{fullname}-primary"),
            },
            secret: secret_name(
                spec.secret.as_ref().and_then(|secret| secret.name.as_ref()).map(DnsName::as_str),
                &instance,
            ),
            claim: spec.storage.claim.as_ref().map_or_else(|| format!("{instance}-data"), ToString::to_string),
            instance,
            fullname,
        }
    }

    /// The labels of every server pod.
    fn pods(&self) -> Labels {
        [("app.kubernetes.io/instance", self.release.as_str()), ("app.kubernetes.io/name", "postgresql")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    /// The labels of the primary's pod.
    fn primary_pod(&self) -> Labels {
        let mut labels = self.pods();
        labels.insert("app.kubernetes.io/component".to_owned(), "primary".to_owned());
        labels
    }
}

impl Postgres<'_> {
    fn build(&self, outcome: &mut Outcome) {
        self.check(outcome);
        self.release(outcome);
        self.storage(outcome);
        self.endpoints(outcome);
        self.secrets(outcome);
        self.network(outcome);
        self.backup(outcome);
        self.runbook(outcome);
    }

    fn check(&self, outcome: &mut Outcome) {
        self.check_names(outcome);
        self.check_keys(outcome);
        let storage = &self.spec.storage;
        if storage.claim.is_none() && storage.size.is_none() {
            outcome.error(
                "missing-key",
                self.context.at("storage"),
                "the data claim needs a size",
                "write `storage: 20Gi`",
            );
        }
        if storage.claim.is_some() && storage.size.is_none() && self.is_replicated() {
            outcome.error(
                "missing-key",
                self.context.at("storage"),
                "the replicas' own volumes need a size, and an existing claim does not tell it",
                "write `storage: {claim: NAME, size: 20Gi}`",
            );
        }
        if self.spec.user() == REPLICATION_USER {
            outcome.error(
                "reserved-name",
                self.context.at("username"),
                format!("the role `{REPLICATION_USER}` is the one that replicas connect as"),
                "choose another `username`",
            );
        }
        if self.spec.replicas > 1 && !self.is_replicated() {
            outcome.warning(
                "no-replicas",
                self.context.at("replicas"),
                "there are no replicas without `architecture: replication`",
                "add it, or delete this line",
            );
        }
        let backup = self.spec.backup.as_ref().and_then(|backup| backup.resources.as_ref());
        for (resources, key) in [(self.spec.resources.as_ref(), "resources"), (backup, "backup.resources")] {
            for name in resources.map(Resources::beyond_limits).unwrap_or_default() {
                outcome.error(
                    "request-above-limit",
                    self.context.at(&format!("{key}.requests.{name}")),
                    format!("the request for {name} is above its limit, and Kubernetes would refuse the pod"),
                    "raise the limit, or lower the request",
                );
            }
        }
    }

    /// One key for two roles would change both passwords in the Secret and one in the database.
    fn check_keys(&self, outcome: &mut Outcome) {
        let keys = self.spec.secret_keys();
        let shared = match (keys.replication == keys.admin || keys.replication == keys.user, keys.admin == keys.user) {
            (true, _) => Some(&keys.replication),
            (false, true) if self.spec.user() != SUPERUSER => Some(&keys.admin),
            _ => None,
        };
        if let Some(key) = shared {
            let message = format!("two roles have the key `{key}`, and could not change their passwords apart");
            outcome.error("wrong-value", self.context.at("secret.keys"), message, "name a key of its own for each");
        }
    }

    fn check_names(&self, outcome: &mut Outcome) {
        let mut too_long = |at: &str, what: String, longest: usize, why: &str| {
            let message = format!("{what} is longer than {longest} characters, {why}");
            outcome.error("name-too-long", at, message, "choose a shorter name");
        };
        let Names { instance, release, .. } = &self.names;
        if instance.len() > LONGEST_NAME {
            let why = "and names derived from it would not fit";
            return too_long(self.context.path, format!("the name `{instance}`"), LONGEST_NAME, why);
        }
        if release.len() > LONGEST_RELEASE {
            let why = "which Helm refuses";
            too_long(&self.context.at("release.name"), format!("the release's name `{release}`"), LONGEST_RELEASE, why);
        }
        if let Some(server) = self.server_sets().iter().find(|server| server.len() > LONGEST_STATEFUL_SET) {
            let why = "so that no pod of it would start";
            let what = format!("the StatefulSet's name `{server}`");
            too_long(&self.context.at("release.fullname"), what, LONGEST_STATEFUL_SET, why);
        }
    }

    fn is_replicated(&self) -> bool {
        self.spec.architecture == Architecture::Replication
    }

    /// The StatefulSets, the primary's first.
    fn server_sets(&self) -> Vec<String> {
        let replicas = self.is_replicated().then(|| format!("{}-read", self.names.fullname));
        std::iter::once(self.names.primary.clone()).chain(replicas).collect()
    }

    fn storage(&self, outcome: &mut Outcome) {
        let storage = &self.spec.storage;
        if let (None, Some(size)) = (&storage.claim, &storage.size) {
            let claim = Claim {
                name: self.names.claim.clone(),
                size: size.clone(),
                class: self.storage_class(),
                access_mode: storage.access_mode.as_str().to_owned(),
                purpose: "data".to_owned(),
            };
            outcome.add(self.context.at("storage"), Body::Claim(claim));
        }
    }

    fn storage_class(&self) -> Option<DnsName> {
        self.spec.storage.class.clone().or_else(|| self.context.storage_class.cloned())
    }

    fn endpoints(&self, outcome: &mut Outcome) {
        let endpoint = |name: String, pods: Labels, port: u16, port_name: &str, purpose: &str, own: bool| {
            let port_name = port_name.to_owned();
            Body::Endpoint(Endpoint { name, pods, port, port_name, purpose: purpose.to_owned(), own })
        };
        let primary = endpoint(
            self.names.instance.clone(),
            self.names.primary_pod(),
            PORT,
            "tcp-postgresql",
            "PostgreSQL, read and write",
            true,
        );
        outcome.add(self.context.path, primary);
        if self.is_replicated() {
            let name = format!("{}-read", self.names.fullname);
            let read = endpoint(name, Labels::new(), PORT, "tcp-postgresql", "PostgreSQL, replicas, read only", false);
            outcome.add(self.context.at("architecture"), read);
        }
        for server in self.server_sets().into_iter().filter(|_| self.spec.metrics) {
            let name = format!("{server}-metrics");
            let metrics = endpoint(name, Labels::new(), METRICS_PORT, "http-metrics", "Prometheus metrics", false);
            outcome.add(self.context.at("metrics"), metrics);
        }
    }

    fn secrets(&self, outcome: &mut Outcome) {
        let keys = &self.spec.secret_keys();
        let mut purposes = vec![
            (keys.admin.clone(), "password of the superuser `postgres`".to_owned()),
            (keys.user.clone(), format!("password of `{}`, owner of `{}`", self.spec.user(), self.spec.database)),
            (keys.replication.clone(), format!("password of the replication user `{REPLICATION_USER}`")),
        ];
        // Where the owner is the superuser, one key serves both.
        purposes.dedup_by(|later, first| later.0 == first.0);
        let demand = SecretDemand {
            name: self.names.secret.clone(),
            kind: "Opaque".to_owned(),
            keys: purposes,
            external: false,
        };
        outcome.add(self.context.at("secret"), Body::SecretDemand(demand));
        if let Some(tls) = &self.spec.tls {
            let host = self.context.place.host(&self.names.instance);
            let demand = SecretDemand {
                name: tls.secret.to_string(),
                kind: "kubernetes.io/tls".to_owned(),
                keys: vec![
                    ("tls.crt".to_owned(), format!("server certificate for `{host}`")),
                    ("tls.key".to_owned(), "its private key".to_owned()),
                    ("ca.crt".to_owned(), "certificate of the authority that signed it, for clients".to_owned()),
                ],
                external: tls.external,
            };
            outcome.add(path::join(&self.context.at("tls"), "secret"), Body::SecretDemand(demand));
        }
    }
}
