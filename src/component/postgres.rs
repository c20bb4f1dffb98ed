//! PostgreSQL by Bitnami's chart: the chart runs the server, everything that guards data or access is gen's own.

mod backup;
mod credentials;
mod names;
mod network;
mod quota;
mod rotation;
mod runbook;
mod spec;
mod values;

use std::borrow::Cow;

use serde_json::Value as Json;

use self::{
    names::Names,
    spec::{Architecture, PostgresSpec, REPLICATION_USER, SUPERUSER},
};
use super::{Address, Context, Kind, Outcome, Place, resources::Resources};
use crate::{
    manifest::{Origin, Traced},
    part::{Body, Claim, Endpoint, Labels},
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

/// What follows the instance's name in that of its Secret.
const SECRET_SUFFIX: &str = "-auth";

/// PostgreSQL.
pub const KIND: Kind =
    Kind { name: "postgres", chart: values::CHART, schema: schema::json_schema_of::<PostgresSpec>, address, parts };

fn address(spec: &Json, place: &Place<'_>) -> Address {
    let given = spec.pointer("/secret/name").and_then(Json::as_str);
    let secret = given.map_or_else(|| format!("{}{SECRET_SUFFIX}", place.instance), str::to_owned);
    Address { host: place.host(place.instance), port: PORT, secret }
}

fn parts(spec: &Json, context: &Context<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    match serde_json::from_value::<PostgresSpec>(spec.clone()) {
        Ok(spec) => {
            let root = Origin::from(context.path);
            Postgres { spec: &spec, context, names: Names::of(&spec, context, &root), root }.build(&mut outcome);
        }
        Err(error) => outcome.error("wrong-value", context.path, error.to_string(), ""),
    }
    outcome
}

/// One instance on its way to parts.
struct Postgres<'a> {
    spec: &'a PostgresSpec,
    context: &'a Context<'a>,
    names: Names,
    /// The environment path of the spec.
    root: Origin,
}

impl Postgres<'_> {
    fn build(&self, outcome: &mut Outcome) {
        self.check(outcome);
        self.release(outcome);
        self.storage(outcome);
        self.endpoints(outcome);
        let scope = self.scope();
        let credentials = self.credentials(&scope);
        credentials.demand(self, outcome);
        self.network(outcome);
        self.backup(outcome);
        self.runbook(scope, &credentials, outcome);
    }

    fn check(&self, outcome: &mut Outcome) {
        self.check_names(outcome);
        self.check_keys(outcome);
        let storage = &self.spec.storage;
        if storage.claim.is_none() && storage.size.is_none() {
            outcome.error("missing-key", self.at("storage"), "the data claim needs a size", "write `storage: 20Gi`");
        }
        if storage.claim.is_some() && storage.size.is_none() && self.is_replicated() {
            outcome.error(
                "missing-key",
                self.at("storage"),
                "the replicas' own volumes need a size, and an existing claim does not tell it",
                "write `storage: {claim: NAME, size: 20Gi}`",
            );
        }
        if self.user().value == REPLICATION_USER {
            outcome.error(
                "reserved-name",
                self.at("username"),
                format!("the role `{REPLICATION_USER}` is the one that replicas connect as"),
                "choose another `username`",
            );
        }
        if self.spec.replicas > 1 && !self.is_replicated() {
            outcome.warning(
                "no-replicas",
                self.at("replicas"),
                "there are no replicas without `architecture: replication`",
                "add it, or delete this line",
            );
        }
        let backup = self.spec.backup.as_ref().and_then(|backup| backup.resources.as_ref());
        for (resources, key) in [(self.spec.resources.as_ref(), "resources"), (backup, "backup.resources")] {
            for name in resources.map(Resources::beyond_limits).unwrap_or_default() {
                outcome.error(
                    "request-above-limit",
                    self.at(format!("{key}.requests.{name}")),
                    format!("the request for {name} is above its limit, and Kubernetes would refuse the pod"),
                    "raise the limit, or lower the request",
                );
            }
        }
    }

    /// One key for two roles would change both passwords in the Secret and one in the database.
    fn check_keys(&self, outcome: &mut Outcome) {
        let keys = self.secret_keys();
        let (admin, user, replication) = (&*keys.admin, &*keys.user, &*keys.replication);
        let shared = match (replication == admin || replication == user, admin == user) {
            (true, _) => Some(replication),
            (false, true) if self.user().value != SUPERUSER => Some(admin),
            _ => None,
        };
        if let Some(key) = shared {
            let message = format!("two roles have the key `{key}`, and could not change their passwords apart");
            outcome.error("wrong-value", self.at("secret.keys"), message, "name a key of its own for each");
        }
    }

    fn check_names(&self, outcome: &mut Outcome) {
        let mut too_long = |at: Origin, what: String, longest: usize, why: &str| {
            let message = format!("{what} is longer than {longest} characters, {why}");
            outcome.error("name-too-long", at, message, "choose a shorter name");
        };
        let (instance, release) = (&*self.names.instance, &*self.names.release);
        if instance.len() > LONGEST_NAME {
            let why = "and names derived from it would not fit";
            return too_long(self.root.clone(), format!("the name `{instance}`"), LONGEST_NAME, why);
        }
        if release.len() > LONGEST_RELEASE {
            let why = "which Helm refuses";
            too_long(self.at("release.name"), format!("the release's name `{release}`"), LONGEST_RELEASE, why);
        }
        if let Some(server) = self.server_sets().iter().find(|server| server.len() > LONGEST_STATEFUL_SET) {
            let why = "so that no pod of it would start";
            let what = format!("the StatefulSet's name `{server}`");
            too_long(self.at("release.fullname"), what, LONGEST_STATEFUL_SET, why);
        }
    }

    /// The environment path of a key of the spec.
    fn at(&self, key: impl Into<Cow<'static, str>>) -> Origin {
        self.root.at(key)
    }

    fn is_replicated(&self) -> bool {
        self.spec.architecture == Architecture::Replication
    }

    /// The StatefulSets, the primary's first.
    fn server_sets(&self) -> Vec<String> {
        let replicas = self.is_replicated().then(|| self.read_name().value);
        std::iter::once(self.names.primary.clone()).chain(replicas).collect()
    }

    /// What the chart calls the replicas.
    fn read_name(&self) -> Traced<String> {
        self.names.fullname.map(|fullname| format!("{fullname}-read"))
    }

    fn storage(&self, outcome: &mut Outcome) {
        let storage = &self.spec.storage;
        if let (None, Some(size)) = (&storage.claim, &storage.size) {
            let claim = Claim {
                name: self.names.claim.clone(),
                size: Traced::new(size.clone(), self.at("storage.size")),
                class: self.storage_class(),
                access_mode: self.access_mode(),
                purpose: "data".to_owned(),
            };
            outcome.add(self.at("storage"), Body::Claim(claim));
        }
    }

    fn storage_class(&self) -> Option<Traced<DnsName>> {
        self.context.class(self.spec.storage.class.as_ref(), self.at("storage.class"))
    }

    fn access_mode(&self) -> Traced<String> {
        Traced::new(self.spec.storage.access_mode.as_str().to_owned(), self.at("storage.accessMode"))
    }

    fn endpoints(&self, outcome: &mut Outcome) {
        let endpoint = |name: Traced<String>, pods: Labels, port: u16, port_name: &str, purpose: &str, own: bool| {
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
        outcome.add(&self.root, primary);
        if self.is_replicated() {
            let read = endpoint(
                self.read_name(),
                Labels::new(),
                PORT,
                "tcp-postgresql",
                "PostgreSQL, replicas, read only",
                false,
            );
            outcome.add(self.at("architecture"), read);
        }
        for server in self.server_sets().into_iter().filter(|_| self.spec.metrics) {
            let name = self.names.fullname.map(|_| format!("{server}-metrics"));
            let metrics = endpoint(name, Labels::new(), METRICS_PORT, "http-metrics", "Prometheus metrics", false);
            outcome.add(self.at("metrics"), metrics);
        }
    }
}
